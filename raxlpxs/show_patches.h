/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patches of a program, on stdout. */
#ifndef LP_SHOW_PATCHES_H
#define LP_SHOW_PATCHES_H

#include "lib/json.h"
#include "raxlpxs/client.h"

#define SHORT_ID 12 /* digits of a build-id that are enough for people */

/* As a table, or "no patches". */
void lp_show_list(struct lp_arena *arena, const struct wire_patch *patches, size_t n, bool json);
/* All about each of them, or about ONLY, which is one of them. */
void lp_show_status(struct lp_arena *arena, const struct wire_patch *patches, size_t n,
		    const struct wire_patch *only, bool json);
/* "APPLIED" and so on. */
const char *lp_show_state(u32 state);
/* The members of the object that is open. */
void lp_show_json_patch(struct lp_arena *arena, struct lp_json *json, const struct wire_patch *p);

#endif
