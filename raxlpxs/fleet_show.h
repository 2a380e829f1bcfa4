/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --all prints: a line for each program as it is done, and a summary; or a document. */
#ifndef LP_FLEET_SHOW_H
#define LP_FLEET_SHOW_H

#include "lib/progress.h"
#include "raxlpxs/fleet.h"

struct lp_fleet_show {
	const struct lp_fleet *fleet;
	struct lp_progress progress; /* quiet when they are few */
	u32 n_done;
	int pid_width, exe_width; /* of the columns */
	bool json;
};

void lp_fleet_show_init(struct lp_fleet_show *show, const struct lp_fleet *fleet, bool json);
/* As on_done of lp_fleet_run(). */
void lp_fleet_show_done(void *show, const struct lp_fleet_target *target);
/* The summary, or the document. */
void lp_fleet_show_end(struct lp_fleet_show *show);

#endif
