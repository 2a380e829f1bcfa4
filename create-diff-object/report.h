/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What create-diff-object tells people and programs about a diff. */
#ifndef CDO_REPORT_H
#define CDO_REPORT_H

#include <stdio.h>

#include "create-diff-object/explain.h"
#include "lib/yaml.h"

struct cdo_r_function {
	const char *name;
	const char *change; /* "modified", "added"; when asked for by name also "same", "removed" */
	const char *why;
	u64 old_size, new_size;
	struct cdo_version old, new; /* of the first difference */
};

struct cdo_r_object {
	const char *name;
	u64 size;
	const char *why;
};

struct cdo_r_hook {
	const char *kind, *name;
};

struct cdo_report { /* lists of these structs; allowed and ignored of struct cdo_allowed */
	const char *object, *source, *compiler, *unchecked;
	struct lp_seq functions, data, tables, hooks, allowed, ignored;
	struct lp_seq refused;	    /* struct cdo_finding; empty when the output is written */
	struct lp_seq refused_data; /* that differs and can't be patched */
	struct lp_seq pins;	    /* struct lp_info_pin */
	struct lp_seq eyes;	    /* struct lp_info_advice */
	struct lp_strs removed, advice;
};

extern const struct lp_yaml_schema cdo_report_schema;

/* ONLY: a function or object, "" for everything. With one that neither object has, LP_NOTHING. */
struct lp_err *cdo_make_report(struct cdo_diff *diff, const struct lp_info *info, const char *only,
			       struct cdo_report *ret) LP_MUST_CHECK;
struct lp_err *cdo_write_report(const struct cdo_diff *diff, const struct cdo_report *report,
				const char *path) LP_MUST_CHECK;
void cdo_print_json(const struct cdo_report *report, FILE *out);
/* One line per change. */
void cdo_print_changes(const struct lp_info *info, FILE *out);
/* All that is to be told, for a person (print.c). */
void cdo_print_explanation(const struct cdo_report *report, FILE *out);

#endif
