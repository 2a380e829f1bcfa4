/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a child of --all does for its one program. */
#include <string.h>

#include "raxlpxs/brief.h"
#include "raxlpxs/clock.h"
#include "raxlpxs/find.h"
#include "raxlpxs/fleet.h"

#define ANSWER_TIMEOUT (10 * LP_S)

/* Is the program one of those that are asked for (RET), and is the payload made for it? */
static struct lp_err *check_build_id(struct lp_arena *arena, struct lp_client *client,
				     const struct lp_fleet_job *job, bool *ret)
{
	struct lp_reply reply;

	if (!job->build_id && !job->payload_for)
		return NULL;
	LP_TRY(lp_client_call(client, WIRE_INFO, NULL, 0, ANSWER_TIMEOUT, &reply));
	if (reply.n_fields != 1)
		return lp_client_error(client, LP_IO_BROKEN);
	const char *id = lp_brief_value(arena, (const char *)reply.fields[0].data,
					reply.fields[0].len, "build-id");
	id = id ? id : "";
	*ret = !job->build_id || !strncmp(id, job->build_id, strlen(job->build_id));
	if (*ret && job->payload_for && strcmp(id, job->payload_for) != 0)
		return lp_err(LP_NOTHING, "the payload is for build-id %s, this one has %s",
			      job->payload_for, *id ? id : "none");
	return NULL;
}

static struct lp_err *run(struct lp_arena *arena, const struct lp_fleet_job *job,
			  const struct lp_fleet_target *target, struct lp_client *client, bool *ret)
{
	if (client->pid != (pid_t)target->pid) /* and another one has its number inside now */
		return lp_err(LP_NOTHING, "process %u has ended", target->pid);
	LP_TRY(check_build_id(arena, client, job, ret));
	return *ret ? job->verb(arena, client, job->arg) : NULL;
}

static struct lp_err *connect_and_run(struct lp_arena *arena, const struct lp_fleet_job *job,
				      const struct lp_fleet_target *target, struct lp_trace *trace,
				      bool *ret)
{
	struct lp_client client;

	LP_TRY(lp_find_connect(arena, target->socket, 0, trace, &client));
	struct lp_err *err = run(arena, job, target, &client, ret);
	lp_client_deinit(&client);
	return err;
}

int lp_fleet_child(const struct lp_fleet_job *job, const struct lp_fleet_target *target)
{
	struct lp_arena arena = { 0 };
	struct lp_trace trace;
	bool is_asked_for = true;

	lp_trace_init(&trace, job->debug);
	struct lp_err *err = connect_and_run(&arena, job, target, &trace, &is_asked_for);
	int code = (int)lp_err_code(err);
	/* A self-test that failed has said so in its document: there is to be one only. */
	if (err && job->json && !ftell(stdout))
		lp_err_finish(err, true);
	else if (err && !job->json)
		puts(lp_err_message(err));
	lp_arena_deinit(&arena);
	return is_asked_for ? code : LP_FLEET_OTHER;
}
