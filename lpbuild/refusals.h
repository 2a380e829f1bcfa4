/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many objects, few reasons: a struct that grew is refused again in each object that sees it. What
 * create-diff-object said about each object becomes one error that tells each reason once.
 */
#ifndef LPBUILD_REFUSALS_H
#define LPBUILD_REFUSALS_H

#include "lib/err.h"
#include "lib/map.h"
#include "lib/vec.h"

struct lp_reason {
	const char *text;
	const char *detail; /* a line below it, or NULL */
	const char *rule;   /* "" for what is no refusal */
	const char *advice; /* of the rule, or NULL */
	const char *object; /* the first one */
	size_t n;	    /* objects */
	u32 n_leads;	    /* objects that begin with a reason of its rule */
};

struct lp_refusals {
	struct lp_arena *arena;
	LP_VEC(struct lp_reason) reasons;
	struct lp_map by_text;
	struct lp_map leads; /* rule -> objects that begin with a reason of it */
};

/* Adds what the tool said about OBJECT: its stderr, TEXT, which is kept and cut into lines. */
void lp_refusals_add(struct lp_refusals *refusals, const char *object, char *text);

/* An error of CODE and MESSAGE: first what is no refusal, then rule by rule, those about types
 * first, then those with which most objects begin; among those of a rule the reasons of most
 * objects. Rule and advice are those of the first reason that has advice. */
struct lp_err *lp_refusals_error(struct lp_refusals *refusals, enum lp_code code,
				 const char *message);

#endif
