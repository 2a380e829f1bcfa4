/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of raxlpxs. */
#ifndef LP_OPTIONS_H
#define LP_OPTIONS_H

#include "lib/opts.h"

enum verb {
	VERB_NONE,
	VERB_INFO,
	VERB_LIST,
	VERB_FIND,
	VERB_STATUS,
	VERB_UPLOAD,
	VERB_CHECK,
	VERB_APPLY,
	VERB_REPLACE,
	VERB_REVERT,
	VERB_REMOVE,
	VERB_FORGET,
	VERB_STORED,
	VERB_TEST,
	VERB_LOG
};

struct options {
	struct lp_common_opts common;
	const char *socket;
	u32 pid;
	bool all;
	const char *exe;      /* --all: of these only; else --forget and --stored: for this one */
	const char *build_id; /* the same */
	const char *state;
	bool keep;
	u32 wait;
	bool debug;
	bool nodeps;
	bool force;
	int verb;
	const char *arg; /* of the verb */
	struct lp_strs keys;
	const char *file; /* --info FILE: no program is asked */
};

/* *RET_ANSWERED: it was --help or --version, and nothing is left to do. */
struct lp_err *lp_options_parse(struct lp_arena *arena, int argc, char **argv, struct options *ret,
				bool *ret_answered) LP_MUST_CHECK;

/* Does the verb go through a transaction? */
bool lp_options_changes(const struct options *o);
/* May its argument be a payload? */
bool lp_options_takes_file(const struct options *o);
/* Is it about what is stored for the next start, not about the running program? */
bool lp_options_is_store(const struct options *o);

#endif
