/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what the operator says (--socket PATH, --pid N) to a connected socket whose
 * listener is the expected process, as the kernel says.
 */
#ifndef LP_FIND_H
#define LP_FIND_H

#include "raxlpxs/client.h"

/*
 * Connects to SOCKET, or (NULL) to the socket of process PID, which is looked for in the
 * SANDBOX_DIR of its environment, the directory of its executable and /run/sandbox, as that
 * process sees them. PID 0: the one that the name of the socket tells, if it tells one.
 */
struct lp_err *lp_find_connect(struct lp_arena *arena, const char *socket, u32 pid,
			       struct lp_trace *trace, struct lp_client *ret) LP_MUST_CHECK;

/* The path of the socket that process PID should have; LP_NOTHING when there is no such file. */
struct lp_err *lp_find_socket(struct lp_arena *arena, u32 pid, const char **ret) LP_MUST_CHECK;
/* Who listens on the socket PATH, as the kernel says; LP_NOTHING when nobody does. Does not wait.
 */
struct lp_err *lp_find_listener(struct lp_arena *arena, const char *path, pid_t *ret) LP_MUST_CHECK;
/* The process id in a name like DIR/sandbox-sock1234, or 0. */
u32 lp_find_socket_pid(const char *path);
/* The id that process PID has inside its own pid namespace; RET_NESTED when that is not ours. */
struct lp_err *lp_find_inner_pid(struct lp_arena *arena, u32 pid, u32 *ret,
				 bool *ret_nested) LP_MUST_CHECK;
/* The value of variable NAME in the environment block ENV of LEN bytes, or NULL. */
const char *lp_find_env(const char *env, size_t len, const char *name);
/* Reads at most MAX bytes of /proc/PID/NAME, NUL-terminated; NULL when it can't be read. */
char *lp_find_proc(struct lp_arena *arena, u32 pid, const char *name, size_t max, size_t *ret_len);

#endif
