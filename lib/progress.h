/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a long piece of work shows on stderr. On a terminal one line, rewritten in place and
 * cleared at the end:
 *
 *	[4/6] building patched objects  38/41  vnc.c
 *
 * otherwise (a file, TERM=dumb, NO_COLOR) one plain line per step and none per item.
 */
#ifndef LP_PROGRESS_H
#define LP_PROGRESS_H

#include "lib/types.h"

struct lp_progress {
	u32 step, n_steps;
	bool is_quiet; /* nothing is shown */
	bool is_live;  /* stderr is a terminal that can rewrite a line */
	bool is_drawn; /* a live line is on the screen */
	u32 columns;   /* of the terminal */
	char text[80]; /* of the current step */
};

void lp_progress_init(struct lp_progress *progress, u32 n_steps, bool quiet);
/* The next step begins; TEXT says what it does ("building patched objects"). */
void lp_progress_step(struct lp_progress *progress, const char *text);
/* DONE of TOTAL items of the step are finished; NAME is the latest one, or NULL. TOTAL 0: not
 * known. */
void lp_progress_items(struct lp_progress *progress, u32 done, u32 total, const char *name);
/* Clears the live line, also before anything else is written to stderr. */
void lp_progress_end(struct lp_progress *progress);

#endif
