/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an operator asks for, in messages: each verb brings a patch from the state in which it is to
 * another one, and says on stdout what came of it.
 */
#ifndef LP_VERBS_H
#define LP_VERBS_H

#include "raxlpxs/client.h"
#include "raxlpxs/store.h"

struct lp_verb {
	struct lp_arena *arena;
	struct lp_client *client;
	const char *arg; /* FILE: a payload; ID: a patch that the program has */
	u32 wait;	 /* seconds */
	bool nodeps;
	bool force;
	bool json;
	bool keep; /* apply, replace: store it for the next start */
	/* Where patches for the next start are; NULL: not known, and nothing is said of them. */
	const struct lp_store_place *place;
};

struct lp_err *lp_verb_upload(const struct lp_verb *v) LP_MUST_CHECK; /* FILE */
/* FILE or ID. A file that is not there yet is uploaded and, if it can't be applied, removed. */
struct lp_err *lp_verb_check(const struct lp_verb *v) LP_MUST_CHECK;
struct lp_err *lp_verb_apply(const struct lp_verb *v) LP_MUST_CHECK;
struct lp_err *lp_verb_replace(const struct lp_verb *v) LP_MUST_CHECK;
struct lp_err *lp_verb_revert(const struct lp_verb *v) LP_MUST_CHECK; /* ID */
/* ID; one that is applied is reverted first. */
struct lp_err *lp_verb_remove(const struct lp_verb *v) LP_MUST_CHECK;

/* Is ARG the name of a file, not of a patch? */
bool lp_verb_is_file(const char *arg);

#endif
