/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `make analyze` includes before each file: it tells the analyzer, which sees one file at a
 * time, that an error that was made is never NULL. Otherwise it follows paths on which a function
 * fails and its caller goes on.
 */
#ifndef LINT_ANALYZE_H
#define LINT_ANALYZE_H

#include "lib/err.h"

#define LINT_NOT_NULL(expr)                                                                        \
	({                                                                                         \
		struct lp_err *lint_err_ = (expr);                                                 \
		if (!lint_err_)                                                                    \
			__builtin_unreachable();                                                   \
		lint_err_;                                                                         \
	})
#define lp_err(...)	  LINT_NOT_NULL((lp_err)(__VA_ARGS__))
#define lp_err_errno(...) LINT_NOT_NULL((lp_err_errno)(__VA_ARGS__))

#define LINT_SAME(f, err, ...)                                                                     \
	({                                                                                         \
		struct lp_err *lint_same_ = (err);                                                 \
		(void)(f)(lint_same_, __VA_ARGS__);                                                \
		lint_same_;                                                                        \
	})
#define lp_err_context(err, ...) LINT_SAME(lp_err_context, err, __VA_ARGS__)
#define lp_err_advice(err, ...)	 LINT_SAME(lp_err_advice, err, __VA_ARGS__)
#define lp_err_rule(err, rule)	 LINT_SAME(lp_err_rule, err, rule)

#endif
