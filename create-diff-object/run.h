/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole of create-diff-object behind its command line. */
#ifndef CDO_RUN_H
#define CDO_RUN_H

#include "create-diff-object/diff.h"

enum cdo_phase { /* in their order */
		 CDO_PHASE_ITEMS,
		 CDO_PHASE_RELOCATIONS,
		 CDO_PHASE_TWINS,
		 CDO_PHASE_VERDICTS,
		 CDO_PHASE_TYPES,
		 CDO_PHASE_SELECTION,
		 CDO_N_PHASES
};

/* Runs the phases up to LAST. OPTIONS must outlive *RET, which is set in any case. */
struct lp_err *cdo_analyse(struct lp_arena *arena, const struct cdo_options *options,
			   const struct lp_elf *orig, const struct lp_elf *patched,
			   enum cdo_phase last, struct cdo_diff **ret) LP_MUST_CHECK;
/*
 * Runs all of them and makes the output object.
 * Code LP_REFUSED: it can't be live-patched (all findings are in the error); LP_NOTHING: nothing
 * has changed. RET_DIFF is set in these cases, too, as far as it got.
 */
struct lp_err *cdo_run(struct lp_arena *arena, const struct cdo_options *options,
		       const struct lp_elf *orig, const struct lp_elf *patched,
		       struct cdo_diff **ret_diff, struct lp_out **ret_out) LP_MUST_CHECK;

#endif
