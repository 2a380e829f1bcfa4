/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one error idiom of the tools: a function that can fail returns
 * struct lp_err *, and NULL means success. Errors are made where they are
 * noticed, gain one context line a level on their way up, and are printed once,
 * in main(). The code of an error is the exit code of the program.
 *
 * Text: lower case, no full stop, what failed first, names in single quotes,
 * then the reason. Every refusal carries advice.
 */
#ifndef LP_ERR_H
#define LP_ERR_H

#include <stdio.h>

#include "lib/types.h"

/* Exit codes of every tool; 0-3 are kpatch's, 3 is also LSB's "not running". */
enum lp_code {
	LP_OK = 0,	/* done, or it was so already */
	LP_FAILED = 1,	/* could not be done */
	LP_REFUSED = 2, /* not live-patchable, or not safe */
	LP_NOTHING = 3, /* nothing to do, or not found */
	LP_TARGET = 4,	/* made for another executable */
	LP_BUSY = 5,	/* not quiet within the time; try again */
	LP_TRUST = 6,	/* signature or peer is not trusted */
	LP_USAGE = 64,	/* wrong command line (sysexits.h, EX_USAGE) */
};

struct lp_err; /* opaque; owned by whoever holds the pointer */

/* Makes an error. Never returns NULL: out of memory gives a static error. */
struct lp_err *lp_err(enum lp_code code, const char *fmt, ...) LP_PRINTF(2, 3);
/* The same with ": strerror(errno)" behind the text; code is LP_FAILED. */
struct lp_err *lp_err_errno(const char *fmt, ...) LP_PRINTF(1, 2);
/* Puts "while ..." lines below the message; takes and returns ERR. NULL stays NULL. */
struct lp_err *lp_err_context(struct lp_err *err, const char *fmt, ...) LP_PRINTF(2, 3);
/* Sets the advice line (what a person can do about it). NULL stays NULL. */
struct lp_err *lp_err_advice(struct lp_err *err, const char *fmt, ...) LP_PRINTF(2, 3);
/* Names the refusal rule (its id in docs/rules.md). RULE is a literal. NULL stays NULL. */
struct lp_err *lp_err_rule(struct lp_err *err, const char *rule);

enum lp_code lp_err_code(const struct lp_err *err); /* LP_OK for NULL */
const char *lp_err_message(const struct lp_err *err);
const char *lp_err_rule_id(const struct lp_err *err); /* "" when none */

/* Prints ERR ("error: ..." and its context and advice) to stderr, or with JSON
 * set as {"error":{...}} to stdout; destroys it; returns the exit code. */
int lp_err_finish(struct lp_err *err, bool json);
void lp_err_destroy(struct lp_err *err); /* NULL is fine */

static inline void lp_err_destroy_p(struct lp_err **err)
{
	lp_err_destroy(*err);
}

/* Leaves the function when an expression gives an error. */
#define LP_TRY(expr)                                                                               \
	do {                                                                                       \
		struct lp_err *lp_try_err_ = (expr);                                               \
		if (lp_try_err_)                                                                   \
			return lp_try_err_;                                                        \
	} while (0)

#endif
