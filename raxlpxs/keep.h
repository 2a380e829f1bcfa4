/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --keep, --forget, --stored: what the next start of the program's executable applies by itself.
 */
#ifndef LP_KEEP_H
#define LP_KEEP_H

#include "raxlpxs/change.h"
#include "raxlpxs/store.h"

/*
 * Where patches for the executable of a process are stored: STATE (--state DIR), or (NULL) where it
 * has looked at its start. With CHANGE that is believed only if it is the usual place, because it
 * is the process that tells. Ask before lp_inside_enter(); *RET->root is open.
 */
struct lp_err *lp_keep_find(struct lp_arena *arena, struct lp_client *client, const char *state,
			    bool change, struct lp_store_place *ret) LP_MUST_CHECK;
/* The same for no process: the executable EXE, or (NULL) the one with build-id ID, on this host. */
struct lp_err *lp_keep_find_exe(struct lp_arena *arena, const char *exe, const char *id,
				const char *state, struct lp_store_place *ret) LP_MUST_CHECK;

/* Stores the payload that RESULT has applied, and forgets what it replaced. Says so in RESULT. */
struct lp_err *lp_keep_store(struct lp_arena *arena, const struct lp_store_place *place,
			     bool replaces, struct lp_change_result *result) LP_MUST_CHECK;
/* Warns in RESULT when the next start will apply again what was taken out: RESULT's patch, or with
 * OTHERS all but that. */
void lp_keep_remind(struct lp_arena *arena, const struct lp_store_place *place, bool others,
		    struct lp_change_result *result);

struct lp_err *lp_keep_forget(struct lp_arena *arena, const struct lp_store_place *place,
			      const char *key, bool json) LP_MUST_CHECK;
/* BRIEF: one line. */
struct lp_err *lp_keep_show(struct lp_arena *arena, const struct lp_store_place *place, bool brief,
			    bool json) LP_MUST_CHECK;

#endif
