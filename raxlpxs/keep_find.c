/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/elf.h"
#include "raxlpxs/brief.h"
#include "raxlpxs/clock.h"
#include "raxlpxs/keep.h"
#include "review/model.h"
#include "runtime/stored.h"

#define ANSWER_TIMEOUT (10 * LP_S)

static bool is_id(const char *id)
{
	size_t len = strlen(id);

	return len && !(len & 1) && len <= (size_t)2 * LIVEPATCH_MAX_BUILD_ID &&
	       strspn(id, "0123456789abcdef") == len;
}

/* The name of the mount namespace of process PID, or NULL. */
static const char *mounts_of(struct lp_arena *arena, const char *pid)
{
	char link[64];
	ssize_t n = readlink(lp_printf(arena, "/proc/%s/ns/mnt", pid), link, sizeof(link) - 1);

	return n > 0 ? lp_strndup(arena, link, (size_t)n) : NULL;
}

/* The root that the process had at its start. One of our mount namespace may have another by now
 * (-chroot); of one in a container we can only know what it has. */
static struct lp_err *open_root(struct lp_arena *arena, pid_t pid, int *ret)
{
	const char *theirs = mounts_of(arena, lp_printf(arena, "%d", pid));
	const char *ours = mounts_of(arena, "self");
	bool is_ours = theirs && ours && !strcmp(theirs, ours);
	const char *path = is_ours ? "/" : lp_printf(arena, "/proc/%d/root", pid);

	*ret = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *ret < 0 ? lp_err_errno("cannot open the root directory of process %d", pid) : NULL;
}

static struct lp_err *check_state(const struct lp_client *client, const char *told)
{
	struct lp_err *err;

	if (!told || told[0] != '/')
		err = lp_err(LP_FAILED, "process %d applies no stored patches when it starts: %s",
			     client->pid,
			     told ? (!strcmp(told, "off")
					     ? "SANDBOX_STATE is off in its environment"
					     : "it does not call sandbox_restore()")
				  : "its runtime is older than that");
	else if (strcmp(told, SB_STORED_STATE) != 0)
		err = lp_err(LP_TRUST,
			     "process %d says that it looks in '%s' when it starts, not in '%s'",
			     client->pid, told, SB_STORED_STATE);
	else
		return NULL;
	return lp_err_advice(err, "--state DIR names the directory for the next start");
}

struct lp_err *lp_keep_find(struct lp_arena *arena, struct lp_client *client, const char *state,
			    bool change, struct lp_store_place *ret)
{
	struct lp_reply reply;

	*ret = (struct lp_store_place){ .root = -1, .owner = client->root };
	LP_TRY(lp_client_call(client, WIRE_INFO, NULL, 0, ANSWER_TIMEOUT, &reply));
	if (reply.n_fields != 1)
		return lp_client_error(client, LP_IO_BROKEN);
	const char *text = (const char *)reply.fields[0].data;
	const char *told = lp_brief_value(arena, text, reply.fields[0].len, "start-state");
	ret->id = lp_brief_value(arena, text, reply.fields[0].len, "build-id");
	if (!ret->id || !is_id(ret->id))
		return lp_err(LP_FAILED, "process %d does not tell the build-id of its executable",
			      client->pid);
	if (change && !state)
		LP_TRY(check_state(client, told));
	ret->state = state ? state : told && told[0] == '/' ? told : SB_STORED_STATE;
	return open_root(arena, client->pid, &ret->root);
}

static struct lp_err *id_of_exe(struct lp_arena *arena, const char *exe, const char **ret)
{
	const struct lp_elf *elf;

	LP_TRY(lp_elf_load(arena, exe, LP_ELF_EXECUTABLE, &elf));
	*ret = rv_note_id(arena, elf, LIVEPATCH_SEC_BUILD_ID);
	return *ret ? NULL : lp_err(LP_FAILED, "'%s' has no build-id", exe);
}

struct lp_err *lp_keep_find_exe(struct lp_arena *arena, const char *exe, const char *id,
				const char *state, struct lp_store_place *ret)
{
	*ret = (struct lp_store_place){
		.root = -1, .owner = 0, .state = state ? state : SB_STORED_STATE, .id = id
	};
	if (exe)
		LP_TRY(id_of_exe(arena, exe, &ret->id));
	if (!is_id(ret->id))
		return lp_err_advice(lp_err(LP_USAGE, "'%s' is not a whole build-id", ret->id),
				     "--exe PATH looks it up");
	ret->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return ret->root < 0 ? lp_err_errno("cannot open '/'") : NULL;
}
