/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * raxlpxs: shows, applies, reverts and removes live patches of a running program through the
 * socket of its sandbox.
 */
#include <string.h>

#include "lib/file.h"
#include "lib/opts.h"
#include "raxlpxs/brief.h"
#include "raxlpxs/clock.h"
#include "raxlpxs/find.h"
#include "raxlpxs/fleet_show.h"
#include "raxlpxs/ids.h"
#include "raxlpxs/inside.h"
#include "raxlpxs/log.h"
#include "raxlpxs/payload.h"
#include "raxlpxs/show.h"
#include "raxlpxs/show_patches.h"
#include "raxlpxs/verbs.h"

#define ANSWER_TIMEOUT (10 * LP_S)
#define WAIT_UNSET     UINT32_MAX
#define WAIT_DEFAULT   10
#define WAIT_MAX       86400

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
	VERB_TEST,
	VERB_LOG
};

struct options {
	struct lp_common_opts common;
	const char *socket;
	u32 pid;
	bool all;
	const char *exe;      /* --all: of these only */
	const char *build_id; /* the same */
	u32 wait;
	bool debug;
	bool nodeps;
	bool force;
	int verb;
	const char *arg; /* of the verb */
	struct lp_strs keys;
};

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
	OPT(0, "exe", LP_OPT_STR, exe, "PATH", "--all: only programs that run this file"),
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
	OPT('k', "key", LP_OPT_LIST, keys, "FILE",
	    "--info FILE: public key that may have signed it"),
	OPT('j', "json", LP_OPT_FLAG, common.json, NULL, "print one JSON document"),
	OPT('d', "debug", LP_OPT_FLAG, debug, NULL, "show messages and steps on stderr"),
};

static const char *const usage[] = { "--pid N | --socket PATH  VERB  [options]",
				     "--all [--exe PATH] [--build-id ID]  VERB  [options]",
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

static bool changes(int verb)
{
	return verb == VERB_CHECK || verb == VERB_APPLY || verb == VERB_REPLACE ||
	       verb == VERB_REVERT || verb == VERB_REMOVE;
}

static bool takes_file(int verb)
{
	return verb == VERB_CHECK || verb == VERB_APPLY || verb == VERB_REPLACE ||
	       verb == VERB_UPLOAD;
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
	if (o->nodeps && !changes(o->verb))
		return usage_error("--nodeps is of use with --check, --apply, --replace, --revert "
				   "and --remove only");
	if (o->force && o->verb != VERB_REMOVE)
		return usage_error("--force is of use with --remove only");
	if (o->keys.n)
		return usage_error("--key is of use with --info FILE only");
	if (o->verb == VERB_NONE)
		return usage_error("nothing to do: one of --info, --list, --status, --apply, "
				   "--remove, --test is needed");
	if (o->all && (o->socket || o->pid))
		return usage_error("--all and --pid or --socket exclude each other");
	if (!o->all && (o->exe || o->build_id))
		return usage_error("--exe and --build-id are of use with --all only");
	if (o->build_id && (!*o->build_id || o->build_id[strspn(o->build_id, "0123456789abcdef")]))
		return usage_error(
			"--build-id takes the first digits of a build-id: 0 to 9, a to f");
	if (!o->all && !o->socket && !o->pid)
		return usage_error("which program? --pid N, --socket PATH or --all is needed");
	if (o->pid > INT32_MAX)
		return usage_error("the number after --pid is not a process id");
	if (o->wait == WAIT_UNSET)
		o->wait = WAIT_DEFAULT;
	else if (o->wait > WAIT_MAX)
		return usage_error("--wait takes at most 86400 seconds");
	return NULL;
}

static struct lp_err *run_list(struct lp_arena *arena, struct lp_client *client,
			       const struct options *o)
{
	struct wire_patch *patches;
	size_t n, at = 0;

	LP_TRY(lp_ids_list(client, arena, &patches, &n));
	if (o->arg)
		LP_TRY(lp_ids_resolve(arena, patches, n, o->arg, &at));
	const struct wire_patch *only = o->arg ? patches + at : NULL;
	if (o->all && !o->common.json)
		lp_brief_patches(arena, only ? only : patches, only ? 1 : n);
	else if (o->verb == VERB_STATUS)
		lp_show_status(arena, patches, n, only, o->common.json);
	else
		lp_show_list(arena, only ? only : patches, only ? 1 : n, o->common.json);
	return NULL;
}

static struct lp_err *run_text(struct lp_arena *arena, struct lp_client *client,
			       const struct options *o)
{
	bool is_test = o->verb == VERB_TEST;
	struct lp_reply reply;

	LP_TRY(lp_client_call(client, is_test ? WIRE_TEST : WIRE_INFO, NULL, 0, ANSWER_TIMEOUT,
			      &reply));
	if (reply.n_fields != 1)
		return lp_client_error(client, LP_IO_BROKEN);
	const char *text = (const char *)reply.fields[0].data;
	size_t len = reply.fields[0].len;
	bool is_brief = o->all && !o->common.json, is_good = true;
	if (is_test)
		is_good = is_brief ? lp_brief_test(arena, text, len)
				   : lp_show_test(arena, text, len, o->common.json);
	else if (is_brief)
		lp_brief_info(arena, text, len);
	else
		lp_show_info(arena, text, len, o->common.json);
	if (!is_good)
		return lp_err_advice(
			lp_err(LP_FAILED, "the runtime of process %d failed its test", client->pid),
			"don't patch this process; its log says more");
	return NULL;
}

/* Does what is asked for; CLIENT stays open. */
static struct lp_err *run(struct lp_arena *arena, const struct options *o, struct lp_client *client)
{
	struct lp_err *err = NULL;

	if (changes(o->verb))
		LP_TRY(lp_inside_enter(arena, client));
	const struct lp_verb v = { .arena = arena,
				   .client = client,
				   .arg = o->arg,
				   .wait = o->wait,
				   .nodeps = o->nodeps,
				   .force = o->force,
				   .json = o->common.json };
	switch ((enum verb)o->verb) {
	case VERB_INFO:
	case VERB_TEST:
		err = run_text(arena, client, o);
		break;
	case VERB_LIST:
	case VERB_FIND:
	case VERB_STATUS:
		err = run_list(arena, client, o);
		break;
	case VERB_UPLOAD:
		err = lp_verb_upload(&v);
		break;
	case VERB_CHECK:
		err = lp_verb_check(&v);
		break;
	case VERB_APPLY:
		err = lp_verb_apply(&v);
		break;
	case VERB_REPLACE:
		err = lp_verb_replace(&v);
		break;
	case VERB_REVERT:
		err = lp_verb_revert(&v);
		break;
	case VERB_REMOVE:
		err = lp_verb_remove(&v);
		break;
	case VERB_LOG:
		err = lp_log_set(client, o->arg, o->common.json);
		break;
	case VERB_NONE:
		break;
	}
	return err;
}

static struct lp_err *run_one(struct lp_arena *arena, const struct options *o)
{
	struct lp_client client;
	struct lp_trace trace;

	lp_trace_init(&trace, o->debug);
	LP_TRY(lp_find_connect(arena, o->socket, o->pid, &trace, &client));
	struct lp_err *err = run(arena, o, &client);
	lp_client_deinit(&client);
	return err;
}

static struct lp_err *run_child(struct lp_arena *arena, struct lp_client *client, const void *arg)
{
	return run(arena, arg, client);
}

/* RET is the exit code when there is no error of ours. */
static struct lp_err *run_all(struct lp_arena *arena, const struct options *o, int *ret)
{
	struct lp_fleet_job job = { .verb = run_child,
				    .arg = o,
				    .build_id = o->build_id,
				    .json = o->common.json,
				    .debug = o->debug };
	struct lp_fleet fleet = { 0 };
	struct lp_fleet_show show;

	if (takes_file(o->verb) && lp_verb_is_file(o->arg))
		LP_TRY(lp_payload_target(arena, o->arg, &job.payload_for));
	LP_TRY(lp_fleet_scan(arena, o->exe, &fleet));
	lp_fleet_show_init(&show, &fleet, o->common.json);
	lp_fleet_run(arena, &fleet, &job, lp_fleet_show_done, &show);
	if (!lp_fleet_count(&fleet)) {
		lp_progress_end(&show.progress);
		return lp_err_advice(lp_err(LP_NOTHING, "no such process has a sandbox"),
				     "is it linked with libsandbox, and do we run as root?");
	}
	lp_fleet_show_end(&show);
	*ret = lp_fleet_code(&fleet);
	return NULL;
}

int main(int argc, char **argv)
{
	struct lp_arena arena = { 0 };
	struct options o = { .wait = WAIT_UNSET };
	struct lp_strs operands = { 0 };
	int result = LP_OK;

	struct lp_err *err = lp_opts_parse(&cli, &arena, argc, argv, &o, &operands);
	if (!err && lp_opts_answer(&cli, &o.common)) {
		lp_arena_deinit(&arena);
		return LP_OK;
	}
	if (!err)
		err = check_options(&o, &operands);
	if (!err && operands.n && o.verb == VERB_INFO) {
		int code = lp_payload_info(&arena, operands.items[0], &o.keys, o.common.json);

		lp_arena_deinit(&arena);
		return code;
	}
	if (!err)
		err = o.all ? run_all(&arena, &o, &result) : run_one(&arena, &o);
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = lp_err_errno("cannot write the result");
	int code = err ? lp_err_finish(err, o.common.json) : result;
	lp_arena_deinit(&arena);
	return code;
}
