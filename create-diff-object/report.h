/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What create-diff-object tells people and programs about a diff that it wrote. */
#ifndef CDO_REPORT_H
#define CDO_REPORT_H

#include <stdio.h>

#include "create-diff-object/diff.h"

struct lp_err *cdo_write_report(const struct cdo_diff *diff, const struct lp_info *info,
				const char *path) LP_MUST_CHECK;
void cdo_print_json(const struct cdo_diff *diff, const struct lp_info *info, FILE *out);
/* One line per change; EXPLAIN adds where it differs first. */
void cdo_print_text(const struct lp_info *info, bool explain, FILE *out);

#endif
