/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What raxlpxs/show.h shows, in one line each: for --all. */
#ifndef LP_BRIEF_H
#define LP_BRIEF_H

#include "raxlpxs/client.h"

/* "2 patches: a (dddc19c79694) APPLIED, ..." */
void lp_brief_patches(struct lp_arena *arena, const struct wire_patch *patches, size_t n);
/* Of the "key=value" lines of INFO the few that differ from one program to the next. */
void lp_brief_info(struct lp_arena *arena, const char *text, size_t len);
/* Returns false, and shows nothing, if one of the lines of TEST is not "ok". */
bool lp_brief_test(struct lp_arena *arena, const char *text, size_t len);

/* The value of KEY in the lines of INFO, or NULL. */
const char *lp_brief_value(struct lp_arena *arena, const char *text, size_t len, const char *key);

#endif
