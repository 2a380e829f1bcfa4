/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raxlpxs/fleet.h"

#define PARALLEL_MIN 4 /* most of them wait: for a listener, for a safe moment */
#define MAX_OUTPUT   ((size_t)8 << 20)

struct child {
	pid_t pid;
	/* Files without a name, not pipes: nobody needs to read while it writes. */
	int out, err;
	struct lp_fleet_target *target;
};

static size_t parallel(size_t n)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t max = cpus > PARALLEL_MIN ? (size_t)cpus : PARALLEL_MIN;

	return n < max ? n : max;
}

static _Noreturn void child_main(const struct child *c, pid_t parent,
				 const struct lp_fleet_job *job)
{
	int code = LP_FAILED;

	/* SIGTERM waits for the end of a stop, as ^C does. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() == parent && dup2(c->out, STDOUT_FILENO) >= 0 &&
	    dup2(c->err, STDERR_FILENO) >= 0)
		code = lp_fleet_child(job, c->target);
	if (fflush(stdout) || fflush(stderr))
		code = LP_FAILED;
	_exit(code);
}

static void child_close(struct child *c)
{
	if (c->out >= 0)
		close(c->out);
	if (c->err >= 0)
		close(c->err);
}

static bool child_start(struct lp_arena *arena, struct child *c, struct lp_fleet_target *target,
			const struct lp_fleet_job *job)
{
	pid_t parent = getpid();

	*c = (struct child){ .pid = -1, .target = target };
	c->out = memfd_create("stdout", MFD_CLOEXEC);
	c->err = memfd_create("stderr", MFD_CLOEXEC);
	fflush(NULL); /* or the child would write that again */
	if (c->out >= 0 && c->err >= 0)
		c->pid = fork();
	if (c->pid == 0)
		child_main(c, parent, job);
	if (c->pid > 0)
		return true;
	target->code = LP_FAILED;
	target->answer = lp_printf(arena, "cannot start a child: %s", strerror(errno));
	target->notes = "";
	child_close(c);
	return false;
}

/* What was written to FD; NULL if that is too much. */
static char *read_output(struct lp_arena *arena, int fd)
{
	struct stat st;

	if (fstat(fd, &st) || (u64)st.st_size > MAX_OUTPUT)
		return NULL;
	char *text = lp_alloc(arena, (size_t)st.st_size + 1);
	ssize_t n = pread(fd, text, (size_t)st.st_size, 0);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static void child_ended(struct lp_arena *arena, struct child *c, int status)
{
	struct lp_fleet_target *t = c->target;

	t->code = WIFEXITED(status) ? WEXITSTATUS(status) : LP_FAILED;
	t->answer = read_output(arena, c->out);
	t->notes = read_output(arena, c->err);
	child_close(c);
	if (!WIFEXITED(status)) {
		t->answer = lp_printf(arena, "its child was ended by signal %d", WTERMSIG(status));
	} else if (!t->answer) {
		t->code = LP_FAILED;
		t->answer = "the answer is too large";
	}
}

/* Waits until one of the N children has ended, and takes it out. */
static struct lp_fleet_target *reap(struct lp_arena *arena, struct child *children, size_t *n)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, 0);

		for (size_t i = 0; i < *n; i++) {
			if (children[i].pid != pid)
				continue;
			struct child ended = children[i];
			children[i] = children[--*n];
			child_ended(arena, &ended, status);
			return ended.target;
		}
	}
}

void lp_fleet_run(struct lp_arena *arena, struct lp_fleet *fleet, const struct lp_fleet_job *job,
		  void (*on_done)(void *show, const struct lp_fleet_target *target), void *show)
{
	size_t max = parallel(fleet->n), n = 0;
	struct child *children = lp_new_array(arena, max, struct child);

	for (size_t i = 0; i < fleet->n; i++) {
		if (n == max)
			on_done(show, reap(arena, children, &n));
		if (child_start(arena, &children[n], &fleet->items[i], job))
			n++;
		else
			on_done(show, &fleet->items[i]);
	}
	while (n)
		on_done(show, reap(arena, children, &n));
}
