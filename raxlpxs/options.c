/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/options.h"

#include <string.h>

#include "raxlpxs/verbs.h"

#define WAIT_UNSET   UINT32_MAX
#define WAIT_DEFAULT 10
#define WAIT_MAX     86400

#define OPT(s, l, kind_, member, arg_, help_)                                                      \
	{                                                                                          \
		.short_name = (s), .long_name = (l), .kind = (kind_),                              \
		.offset = offsetof(struct options, member), .arg = (arg_), .help = (help_)         \
	}
#define VERB(s, l, verb_, arg_, help_)                                                             \
	{                                                                                          \
		.short_name = (s), .long_name = (l), .kind = LP_OPT_VERB,                          \
		.offset = offsetof(struct options, verb), .verb = (verb_), .arg = (arg_),          \
		.arg_offset = offsetof(struct options, arg), .help = (help_)                       \
	}

static const struct lp_opt opts[] = {
	OPT('s', "socket", LP_OPT_STR, socket, "PATH", "socket of the program: sandbox-sock<pid>"),
	OPT('p', "pid", LP_OPT_U32, pid, "N", "find the socket of process N"),
	OPT(0, "all", LP_OPT_FLAG, all, NULL,
	    "every program on this host, several at a time;\n"
	    "one line for each and a summary"),
	OPT(0, "exe", LP_OPT_STR, exe, "PATH",
	    "--all: only programs that run this file;\n--forget, --stored: for this file"),
	OPT(0, "build-id", LP_OPT_STR, build_id, "ID",
	    "--all: only executables whose build-id begins so"),
	VERB('i', "info", VERB_INFO, NULL,
	     "what runs there: version, build-id, free space;\n"
	     "--info FILE: a payload, as 'lpbuild show' has it"),
	VERB('l', "list", VERB_LIST, NULL, "the patches, oldest first"),
	VERB('f', "find", VERB_FIND, "ID", "one patch, by name or unique start of its id"),
	VERB(0, "status", VERB_STATUS, NULL, "all about each patch, or about one: --status ID"),
	VERB('c', "check", VERB_CHECK, "FILE|ID", "try everything of --apply but the stop"),
	VERB('a', "apply", VERB_APPLY, "FILE|ID",
	     "apply a payload, or a patch that is there\nbut not applied"),
	VERB(0, "replace", VERB_REPLACE, "FILE|ID", "the same, and revert all others at once"),
	VERB('r', "remove", VERB_REMOVE, "ID", "take patch ID out again and free it"),
	VERB(0, "upload", VERB_UPLOAD, "FILE", "bring a payload there, don't apply it"),
	VERB(0, "revert", VERB_REVERT, "ID", "take patch ID out again, but keep it there"),
	VERB(0, "forget", VERB_FORGET, "ID", "the next start is without patch ID: undoes --keep"),
	VERB(0, "stored", VERB_STORED, NULL, "what the next start will apply, in that order"),
	VERB('t', "test", VERB_TEST, NULL, "let the runtime test itself, changes nothing"),
	VERB(0, "log", VERB_LOG, "LEVEL",
	     "set the log of the target: off, on or debug;\n"
	     "where: LEVEL,file or LEVEL,syslog or both"),
	OPT('w', "wait", LP_OPT_U32, wait, "SECS",
	    "how long to try to find a safe moment\n(default 10, 0: no waiting)"),
	OPT(0, "nodeps", LP_OPT_FLAG, nodeps, NULL,
	    "apply without what it depends on but does not\n"
	    "use; revert or remove from below the top"),
	OPT(0, "force", LP_OPT_FLAG, force, NULL,
	    "--remove: free also what pointers may be left to"),
	OPT(0, "keep", LP_OPT_FLAG, keep, NULL,
	    "--apply FILE, --replace FILE: the next start of\nthe program applies it by itself"),
	OPT(0, "state", LP_OPT_STR, state, "DIR",
	    "where --keep stores (default /var/lib/patchbox)"),
	OPT('k', "key", LP_OPT_LIST, keys, "FILE",
	    "--info FILE: public key that may have signed it"),
	OPT('j', "json", LP_OPT_FLAG, common.json, NULL, "print one JSON document"),
	OPT('d', "debug", LP_OPT_FLAG, debug, NULL, "show messages and steps on stderr"),
};

static const char *const usage[] = { "--pid N | --socket PATH  VERB  [options]",
				     "--all [--exe PATH] [--build-id ID]  VERB  [options]",
				     "--exe PATH | --build-id ID  --forget ID | --stored",
				     "--info FILE [--key FILE]...", NULL };

static const struct lp_cli cli = {
	.name = "raxlpxs",
	.usage = usage,
	.summary = "Shows, applies and removes live patches of a running program.",
	.opts = opts,
	.n_opts = LP_ARRAY_SIZE(opts),
	.max_operands = 1,
	.epilog = "exit: 0 done or already so, 1 failed, 2 refused, 3 not found,\n"
		  "4 made for another executable, 5 busy, 6 not trusted, 64 wrong usage\n"
		  "\n"
		  "example: raxlpxs --pid 4711 --apply fix.raxlpxs\n",
};

static struct lp_err *usage_error(const char *text)
{
	return lp_err_advice(lp_err(LP_USAGE, "%s", text), "see 'raxlpxs --help'");
}

bool lp_options_changes(const struct options *o)
{
	return o->verb == VERB_CHECK || o->verb == VERB_APPLY || o->verb == VERB_REPLACE ||
	       o->verb == VERB_REVERT || o->verb == VERB_REMOVE;
}

bool lp_options_takes_file(const struct options *o)
{
	return o->verb == VERB_CHECK || o->verb == VERB_APPLY || o->verb == VERB_REPLACE ||
	       o->verb == VERB_UPLOAD;
}

bool lp_options_is_store(const struct options *o)
{
	return o->verb == VERB_FORGET || o->verb == VERB_STORED;
}

static struct lp_err *check_keep(const struct options *o)
{
	if (o->keep && o->verb != VERB_APPLY && o->verb != VERB_REPLACE)
		return usage_error("--keep is of use with --apply and --replace only");
	if (o->keep && !lp_verb_is_file(o->arg))
		return usage_error("--keep stores a payload: --apply FILE, which may be applied "
				   "already");
	if (o->state && o->state[0] != '/')
		return usage_error("--state takes the absolute name of a directory");
	if (o->keep && o->nodeps)
		return usage_error("--keep and --nodeps exclude each other: at the next start it "
				   "would be refused");
	return NULL;
}

static struct lp_err *check_target(const struct options *o)
{
	bool is_offline = !o->all && lp_options_is_store(o) && (o->exe || o->build_id);

	if (o->all && (o->socket || o->pid))
		return usage_error("--all and --pid or --socket exclude each other");
	if (is_offline && (o->socket || o->pid || (o->exe && o->build_id)))
		return usage_error("one of --pid, --socket, --exe and --build-id is enough");
	if (!o->all && !is_offline && (o->exe || o->build_id))
		return usage_error("--exe and --build-id are of use with --all, and with --forget "
				   "and --stored");
	if (o->build_id && (!*o->build_id || o->build_id[strspn(o->build_id, "0123456789abcdef")]))
		return usage_error(
			"--build-id takes the first digits of a build-id: 0 to 9, a to f");
	if (!o->all && !o->socket && !o->pid && !is_offline)
		return usage_error("which program? --pid N, --socket PATH or --all is needed");
	if (o->pid > INT32_MAX)
		return usage_error("the number after --pid is not a process id");
	return NULL;
}

static struct lp_err *check_options(struct options *o, const struct lp_strs *operands)
{
	if (operands->n && o->verb != VERB_INFO && o->verb != VERB_STATUS)
		return usage_error("only --info FILE and --status ID take an argument like this");
	if (operands->n && o->verb == VERB_STATUS)
		o->arg = operands->items[0];
	else if (operands->n && (o->socket || o->pid || o->all))
		return usage_error("--info FILE looks at a file, not at a program");
	else if (operands->n)
		return NULL;
	if (o->nodeps && !lp_options_changes(o))
		return usage_error("--nodeps is of use with --check, --apply, --replace, --revert "
				   "and --remove only");
	if (o->force && o->verb != VERB_REMOVE)
		return usage_error("--force is of use with --remove only");
	if (o->keys.n)
		return usage_error("--key is of use with --info FILE only");
	if (o->verb == VERB_NONE)
		return usage_error("nothing to do: one of --info, --list, --status, --apply, "
				   "--remove, --test is needed");
	LP_TRY(check_keep(o));
	LP_TRY(check_target(o));
	if (o->wait == WAIT_UNSET)
		o->wait = WAIT_DEFAULT;
	else if (o->wait > WAIT_MAX)
		return usage_error("--wait takes at most 86400 seconds");
	return NULL;
}

struct lp_err *lp_options_parse(struct lp_arena *arena, int argc, char **argv, struct options *ret,
				bool *ret_answered)
{
	struct lp_strs operands = { 0 };

	*ret = (struct options){ .wait = WAIT_UNSET };
	LP_TRY(lp_opts_parse(&cli, arena, argc, argv, ret, &operands));
	*ret_answered = lp_opts_answer(&cli, &ret->common);
	if (*ret_answered)
		return NULL;
	LP_TRY(check_options(ret, &operands));
	if (operands.n && ret->verb == VERB_INFO)
		ret->file = operands.items[0];
	return NULL;
}
