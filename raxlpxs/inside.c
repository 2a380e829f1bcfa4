/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/file.h"
#include "raxlpxs/find.h"

/*
 * ^C goes to both, and the child ends when its stop has; our own end is told to it by the kernel.
 * Returns only when the child was killed, as all are when the first process of their namespace
 * ends.
 */
static struct lp_err *exit_as(pid_t child, pid_t pid)
{
	int status = 0;

	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status))
		exit(WEXITSTATUS(status));
	if (WTERMSIG(status) != SIGKILL) {
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
	}
	return lp_err(LP_FAILED, "killed in the pid namespace of process %d, which may have ended",
		      pid);
}

/* Children of ours are in the pid namespace of process PID from now on; we are not. */
static struct lp_err *join(struct lp_arena *arena, pid_t pid)
{
	int ns = open(lp_printf(arena, "/proc/%d/ns/pid", pid), O_RDONLY | O_CLOEXEC);

	if (ns < 0)
		return lp_err_errno("cannot open the pid namespace of process %d", pid);
	int rc = setns(ns, CLONE_NEWPID);
	int saved = errno;
	close(ns);
	errno = saved;
	return rc ? lp_err_errno("cannot enter the pid namespace of process %d", pid) : NULL;
}

/* All files stay as we see them, but /proc: there processes have the ids that they have in here. */
static struct lp_err *show_processes(void)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		return lp_err_errno("cannot mount /proc for the pid namespace");
	return NULL;
}

/* The folder of the socket: its name may go through /proc, which changes. */
static struct lp_err *open_folder(struct lp_arena *arena, const char *path, int *ret)
{
	size_t len = (size_t)(lp_basename(path) - path);

	*ret = open(len ? lp_strndup(arena, path, len) : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *ret < 0 ? lp_err_errno("cannot open the directory of '%s'", path) : NULL;
}

/* In the child: a connection of its own, to NAME in the folder DIR. */
static struct lp_err *reconnect(struct lp_arena *arena, struct lp_client *client, int dir,
				u32 inner)
{
	const char *name = lp_basename(client->name);

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	LP_TRY(show_processes());
	name = lp_printf(arena, "/proc/self/fd/%d/%s", dir, name);
	LP_TRY(lp_find_connect(arena, name, inner, client->trace, client));
	close(dir);
	return NULL;
}

struct lp_err *lp_inside_enter(struct lp_arena *arena, struct lp_client *client)
{
	pid_t pid = client->pid, child = -1;
	int dir = -1;
	u32 inner;
	bool nested;

	LP_TRY(lp_find_inner_pid(arena, (u32)pid, &inner, &nested));
	if (!nested)
		return NULL;
	struct lp_err *err = open_folder(arena, client->name, &dir);
	if (!err)
		err = join(arena, pid);
	lp_client_deinit(client);
	if (!err)
		child = fork();
	if (child > 0)
		return exit_as(child, pid);
	if (!err && child < 0)
		err = lp_err_errno("cannot make a process");
	if (!err)
		err = reconnect(arena, client, dir, inner);
	err = lp_err_context(err, "while entering the pid namespace of process %d", pid);
	return lp_err_advice(err, "run this as root with CAP_SYS_ADMIN and CAP_SYS_PTRACE");
}
