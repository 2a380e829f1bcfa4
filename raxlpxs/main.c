/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * raxlpxs: shows, applies, reverts and removes live patches of a running program through the
 * socket of its sandbox.
 */
#include <string.h>

#include "lib/file.h"
#include "raxlpxs/brief.h"
#include "raxlpxs/clock.h"
#include "raxlpxs/find.h"
#include "raxlpxs/fleet_show.h"
#include "raxlpxs/ids.h"
#include "raxlpxs/inside.h"
#include "raxlpxs/keep.h"
#include "raxlpxs/log.h"
#include "raxlpxs/options.h"
#include "raxlpxs/payload.h"
#include "raxlpxs/show.h"
#include "raxlpxs/show_patches.h"
#include "raxlpxs/verbs.h"

#define ANSWER_TIMEOUT (10 * LP_S)

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

static struct lp_err *run_store(struct lp_arena *arena, const struct options *o,
				const struct lp_store_place *place)
{
	if (o->verb == VERB_FORGET)
		return lp_keep_forget(arena, place, o->arg, o->common.json);
	return lp_keep_show(arena, place, o->all, o->common.json);
}

/* Where patches for the next start are, for those who ask for that, and for those who take
 * something out and may have to remind of it. */
static struct lp_err *find_place(struct lp_arena *arena, const struct options *o,
				 struct lp_client *client, struct lp_store_place *ret)
{
	bool writes = o->keep || o->verb == VERB_FORGET;
	bool takes_out =
		o->verb == VERB_REMOVE || o->verb == VERB_REVERT || o->verb == VERB_REPLACE;

	if (!writes && !takes_out && o->verb != VERB_STORED)
		return lp_err(LP_NOTHING, "not asked for");
	return lp_keep_find(arena, client, o->state, writes, ret);
}

/* Does what is asked for; CLIENT stays open. */
static struct lp_err *run(struct lp_arena *arena, const struct options *o, struct lp_client *client)
{
	struct lp_store_place place;
	struct lp_err *err = find_place(arena, o, client, &place);
	bool has_place = !err;

	if (err && (o->keep || lp_options_is_store(o)))
		return err;
	lp_err_destroy(err); /* then there is nothing to remind of */
	err = NULL;
	if (lp_options_changes(o))
		LP_TRY(lp_inside_enter(arena, client));
	const struct lp_verb v = { .arena = arena,
				   .client = client,
				   .arg = o->arg,
				   .wait = o->wait,
				   .nodeps = o->nodeps,
				   .force = o->force,
				   .json = o->common.json,
				   .keep = o->keep,
				   .place = has_place ? &place : NULL };
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
	case VERB_FORGET:
	case VERB_STORED:
		err = run_store(arena, o, &place);
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

	if (lp_options_takes_file(o) && lp_verb_is_file(o->arg))
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

/* What the next start applies, without asking a program. */
static struct lp_err *run_offline(struct lp_arena *arena, const struct options *o)
{
	struct lp_store_place place;

	LP_TRY(lp_keep_find_exe(arena, o->exe, o->build_id, o->state, &place));
	return run_store(arena, o, &place);
}

static struct lp_err *run_target(struct lp_arena *arena, const struct options *o, int *ret)
{
	if (o->all)
		return run_all(arena, o, ret);
	return o->exe || o->build_id ? run_offline(arena, o) : run_one(arena, o);
}

int main(int argc, char **argv)
{
	struct lp_arena arena = { 0 };
	struct options o;
	int result = LP_OK;
	bool is_answered = false;

	struct lp_err *err = lp_options_parse(&arena, argc, argv, &o, &is_answered);
	if (is_answered) {
		lp_arena_deinit(&arena);
		return LP_OK;
	}
	if (!err && o.file) {
		int code = lp_payload_info(&arena, o.file, &o.keys, o.common.json);

		lp_arena_deinit(&arena);
		return code;
	}
	if (!err)
		err = run_target(&arena, &o, &result);
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = lp_err_errno("cannot write the result");
	int code = err ? lp_err_finish(err, o.common.json) : result;
	lp_arena_deinit(&arena);
	return code;
}
