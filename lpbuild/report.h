/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lpbuild says on stdout when it is done. */
#ifndef LPBUILD_REPORT_H
#define LPBUILD_REPORT_H

#include "lib/diffobj.h"
#include "lpbuild/out.h"

/* What --prepare made; VERIFIED is a line about its functions. */
void lp_report_prepared(const struct lp_work *work, const char *target, const char *verified,
			bool json);
struct lp_report { /* of a patch */
	const struct lp_outdir *out;
	struct lp_info_list infos;
};

/* What changed, the files, and the next command. */
void lp_report_text(const struct lp_work *work, const char *target, const struct lp_report *report);
/* The same as one document. */
void lp_report_json(const struct lp_work *work, const char *target, const struct lp_report *report);
/* The same of N patches, the lowest first. */
void lp_report_stack_json(const struct lp_work *work, const char *target,
			  const struct lp_report *reports, size_t n);

#endif
