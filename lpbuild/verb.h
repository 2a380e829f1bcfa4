/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `lpbuild VERB ...`: what is done with a finished patch. Each verb has a command line of its own,
 * whose name ("lpbuild show") says how it is called; verb.c has the table.
 */
#ifndef LPBUILD_VERB_H
#define LPBUILD_VERB_H

#include "lib/opts.h"

struct lp_verb {
	const struct lp_cli *cli;
	size_t size; /* of its struct of values, which begins with struct lp_common_opts */
	struct lp_err *(*run)(struct lp_arena *arena, const void *values,
			      const struct lp_strs *operands);
};

extern const struct lp_verb lp_verb_show, lp_verb_review; /* show.c */
/* keygen.c, sign.c, verb_verify.c, trust.c */
extern const struct lp_verb lp_verb_keygen, lp_verb_sign, lp_verb_verify, lp_verb_trust;

/* If ARGV begins with a verb, does all of it and returns true, with the exit code in *RET. */
bool lp_verb_main(int argc, char **argv, int *ret);

#endif
