/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results on stdout: text for people, one JSON document for programs.
 */
#ifndef LP_SHOW_H
#define LP_SHOW_H

#include "raxlpxs/change.h"

/* The "key=value" lines of INFO. */
void lp_show_info(struct lp_arena *arena, const char *text, size_t len, bool json);
/* The lines of TEST; returns false if one of them is not "ok". */
bool lp_show_test(struct lp_arena *arena, const char *text, size_t len, bool json);
/* VERB is "applied", "removed" and so on. */
void lp_show_change(struct lp_arena *arena, const char *verb, const struct lp_change_result *result,
		    bool json);

#endif
