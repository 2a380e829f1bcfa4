/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the author of the fix says through the macros of runtime/livepatch.h or by options. */
#ifndef CDO_AUTHOR_H
#define CDO_AUTHOR_H

#include "create-diff-object/diff.h"

enum cdo_directive_kind {
	CDO_IGNORE_FUNCTION,
	CDO_IGNORE_SECTION,
	CDO_TABLE,
	CDO_HOOK,
};

struct cdo_directive {
	enum cdo_directive_kind kind;
	u32 item;	  /* the record */
	const char *name; /* of the function, section or object */
	const char *hook; /* CDO_HOOK: "load" and so on */
};

struct cdo_directives {
	struct cdo_directive *items;
	size_t n;
	size_t cap;
};

/* The directives that the patched object has and the original has not; a record that none of the
 * macros makes is a fault. */
struct cdo_directives cdo_read_directives(struct cdo_diff *diff);
/* Notes that a directive can't be followed: RULE is the id of the rule that will refuse it. */
void cdo_fault(struct cdo_diff *diff, const char *rule, const char *text);
/* Tells the author something that is no reason to refuse. */
void cdo_note(struct cdo_diff *diff, const char *text);
void cdo_set_verdict(struct cdo_diff *diff, u32 idx, enum cdo_verdict verdict);
/* Makes new objects of the literals that have changed and that only marked tables point to. */
void cdo_renew_literals(struct cdo_diff *diff);
/* True if TABLE is the same, but not a literal in it that somebody else refers to as well. */
bool cdo_has_changed_literal(const struct cdo_diff *diff, u32 table);
/* What is different about TABLE, for people, if it points to a literal that has become new. */
struct cdo_difference cdo_name_literal(const struct cdo_diff *diff, u32 table,
				       struct cdo_difference why);
/* Marks the objects to be replaced in place, by directives and by --allow-table. */
void cdo_mark_tables(struct cdo_diff *diff, const struct cdo_directives *directives);
/* Leaves out the data that --allow-data names and that no new code refers to. */
void cdo_keep_data(struct cdo_diff *diff);

#endif
