/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The refusals of extract-patch: one table of ids, exit codes and advice, so that a message
 * says what is wrong here and the table what to do about it.
 */
#ifndef EP_RULES_H
#define EP_RULES_H

#include "lib/err.h"

struct ep_rule {
	const char *id;
	enum lp_code code;
	const char *advice;
};

extern const struct ep_rule ep_rules[];
extern const size_t ep_n_rules;

/* An error with the code, id and advice of RULE, which must be in the table. */
struct lp_err *ep_refuse(const char *rule, const char *fmt, ...) LP_PRINTF(2, 3);

#endif
