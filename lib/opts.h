/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One table per program describes its options; the parser (getopt_long), --help
 * and the man page test all read it. Values land in a plain struct of the
 * program's, at the offset that the table names.
 */
#ifndef LP_OPTS_H
#define LP_OPTS_H

#include <stdio.h>

#include "lib/err.h"
#include "lib/vec.h"

enum lp_opt_kind {
	LP_OPT_FLAG, /* bool, set to true */
	LP_OPT_STR,  /* const char *, borrowed from argv; twice is an error */
	LP_OPT_WORD, /* the same, --name[=ARG]: "" without ARG; long options only */
	LP_OPT_LIST, /* struct lp_strs; may be given many times */
	LP_OPT_U32,  /* u32, decimal; bad digits and overflow are errors */
	LP_OPT_VERB, /* int, set to .verb; two different verbs are an error */
};

struct lp_opt {
	char short_name;       /* 0 when there is none */
	const char *long_name; /* without the dashes */
	const char *arg;       /* name of the argument for --help, NULL when none; also for
				  LP_OPT_VERB, whose argument lands in a const char * at arg_offset */
	const char *help;      /* one line, lower case, no full stop; '\n' continues it */
	enum lp_opt_kind kind;
	size_t offset;	   /* of the value in the program's struct */
	int verb;	   /* for LP_OPT_VERB, not 0 */
	size_t arg_offset; /* for LP_OPT_VERB with arg */
};

struct lp_cli {
	const char *name;	  /* of the program */
	const char *const *usage; /* lines after "usage: NAME ", ended by NULL */
	const char *summary;	  /* what it does, one or two lines */
	const struct lp_opt *opts;
	size_t n_opts;
	const char *epilog; /* after the options: exit codes, an example; may be NULL */
	u32 min_operands, max_operands;
};

/* What every program understands; first member of its struct of values. */
struct lp_common_opts {
	bool help;    /* -h --help */
	bool version; /* -V --version */
	bool json;    /* --json (each program lists it in its table when it means something) */
};

/*
 * Parses argv into VALUES (which begins with struct lp_common_opts) and OPERANDS.
 * -h/--help and -V/--version are understood without being in the table and win over
 * errors in operand count. Errors have code LP_USAGE and advise --help.
 */
struct lp_err *lp_opts_parse(const struct lp_cli *cli, struct lp_arena *arena, int argc,
			     char **argv, void *values, struct lp_strs *operands) LP_MUST_CHECK;
/* Writes the help text, at most 80 columns wide. */
void lp_opts_help(const struct lp_cli *cli, FILE *out);
/* If COMMON asks for help or version, prints that to stdout and returns true. */
bool lp_opts_answer(const struct lp_cli *cli, const struct lp_common_opts *common);

#endif
