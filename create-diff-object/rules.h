/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A refusal rule: what can't be live-patched, and what a person can do about it. Each is
 * described in docs/rules.md and has a negative case in testdata/cases.
 */
#ifndef CDO_RULES_H
#define CDO_RULES_H

#include "create-diff-object/diff.h"

struct cdo_rule {
	const char *id;
	void (*check)(struct cdo_diff *diff, const struct cdo_rule *rule);
	const char *advice;
};

void cdo_find(struct cdo_diff *diff, const struct cdo_rule *rule, const char *fmt, ...)
	LP_PRINTF(3, 4);
/* Other advice than the rule's for the finding that was made last. */
void cdo_advise(struct cdo_diff *diff, const char *fmt, ...) LP_PRINTF(2, 3);
/* A second line for the finding that was made last. */
void cdo_detail(struct cdo_diff *diff, const char *fmt, ...) LP_PRINTF(2, 3);

/* The ids of all rules, in the order of the table. */
void cdo_rule_ids(struct lp_arena *arena, struct lp_strs *ret);

/* rules_data.c */
void cdo_rule_data(struct cdo_diff *diff, const struct cdo_rule *rule);
void cdo_rule_common(struct cdo_diff *diff, const struct cdo_rule *rule);
void cdo_rule_tls(struct cdo_diff *diff, const struct cdo_rule *rule);
void cdo_rule_constructor(struct cdo_diff *diff, const struct cdo_rule *rule);
void cdo_rule_ambiguous(struct cdo_diff *diff, const struct cdo_rule *rule);
void cdo_rule_section(struct cdo_diff *diff, const struct cdo_rule *rule);
/* rules_object.c */
void cdo_rule_compiler(struct cdo_diff *diff, const struct cdo_rule *rule);
void cdo_rule_bytecode(struct cdo_diff *diff, const struct cdo_rule *rule);
void cdo_rule_function_sections(struct cdo_diff *diff, const struct cdo_rule *rule);
void cdo_rule_group(struct cdo_diff *diff, const struct cdo_rule *rule);
void cdo_rule_ifunc(struct cdo_diff *diff, const struct cdo_rule *rule);
void cdo_rule_unique(struct cdo_diff *diff, const struct cdo_rule *rule);
void cdo_rule_name(struct cdo_diff *diff, const struct cdo_rule *rule);
void cdo_rule_alias(struct cdo_diff *diff, const struct cdo_rule *rule);
/* rules_refs.c */
void cdo_rule_unnamed(struct cdo_diff *diff, const struct cdo_rule *rule);
void cdo_rule_data_sections(struct cdo_diff *diff, const struct cdo_rule *rule);
void cdo_rule_label_table(struct cdo_diff *diff, const struct cdo_rule *rule);
void cdo_rule_exception(struct cdo_diff *diff, const struct cdo_rule *rule);
void cdo_rule_duplicate(struct cdo_diff *diff, const struct cdo_rule *rule);
/* rules_author.c */
void cdo_rule_fault(struct cdo_diff *diff, const struct cdo_rule *rule);
void cdo_rule_section_name(struct cdo_diff *diff, const struct cdo_rule *rule);
void cdo_rule_ignored(struct cdo_diff *diff, const struct cdo_rule *rule);
/* rules_running.c */
void cdo_rule_running(struct cdo_diff *diff, const struct cdo_rule *rule);
/* rules_types.c */
void cdo_rule_debug_info(struct cdo_diff *diff, const struct cdo_rule *rule);
void cdo_rule_layout(struct cdo_diff *diff, const struct cdo_rule *rule);
void cdo_rule_enum(struct cdo_diff *diff, const struct cdo_rule *rule);

#endif
