/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/proc_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum step { STEP_SETUP, STEP_CHDIR, STEP_EXEC };

struct report { /* what the child says when it could not start the program */
	enum step step;
	int error;
};

struct plan { /* made before the fork, so that the child allocates nothing */
	const struct lp_proc *proc;
	char **env;
	pid_t parent;
	int in, out[2], err[2], report[2]; /* -1: not open */
};

static void close_pair(int fds[2])
{
	for (int i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

static void plan_close(struct plan *plan)
{
	if (plan->in >= 0)
		close(plan->in);
	close_pair(plan->out);
	close_pair(plan->err);
	close_pair(plan->report);
}

/* Our environment with the settings of PROC in place of those of the same name. */
static char **merge_env(struct lp_arena *arena, const struct lp_proc *proc)
{
	size_t n_ours = 0, n_more = 0, n = 0;

	while (environ[n_ours])
		n_ours++;
	while (proc->env && proc->env[n_more])
		n_more++;
	char **env = lp_new_array(arena, n_ours + n_more + 1, char *);

	for (size_t i = 0; i < n_ours; i++) {
		bool replaced = false;

		for (size_t j = 0; j < n_more && !replaced; j++) {
			size_t len = strcspn(proc->env[j], "=") + 1;

			replaced = !strncmp(environ[i], proc->env[j], len);
		}
		if (!replaced)
			env[n++] = environ[i];
	}
	for (size_t j = 0; j < n_more; j++)
		env[n++] = lp_strdup(arena, proc->env[j]);
	return env;
}

/* A copy of FD that dup2() onto 0, 1 or 2 can't overwrite: we may run with those closed. */
static int above_stdio(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

/* Puts the descriptors in place and resets what exec would pass on. 0, or -1 with errno. */
static int child_setup(const struct plan *plan)
{
	int in = above_stdio(plan->in), out = above_stdio(plan->out[1]);
	int err = above_stdio(plan->err[1] >= 0 ? plan->err[1] : plan->out[1]);
	sigset_t none;

	if (in < 0 || out < 0 || err < 0)
		return -1;
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		return -1;
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return -1;
	if (signal(SIGPIPE, SIG_DFL) == SIG_ERR)
		return -1;
	/* SIGTERM and not SIGKILL: ninja then takes its compilers along. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		return -1;
	if (getppid() != plan->parent) { /* it died before prctl() */
		errno = ECANCELED;
		return -1;
	}
	return 0;
}

_Noreturn static void child_main(const struct plan *plan)
{
	const struct lp_proc *proc = plan->proc;
	int report_fd = above_stdio(plan->report[1]);
	struct report report = { .step = STEP_SETUP };

	if (child_setup(plan) == 0) {
		report.step = STEP_CHDIR;
		if (!proc->cwd || chdir(proc->cwd) == 0) {
			report.step = STEP_EXEC;
			/* execvpe() does not write to its arguments; its type is older. */
			execvpe(proc->argv[0], (char **)(uintptr_t)proc->argv, plan->env);
		}
	}
	report.error = errno;
	if (write(report_fd, &report, sizeof(report)) < 0)
		_exit(126);
	_exit(127);
}

static struct lp_err *report_error(const struct lp_proc *proc, const struct report *report)
{
	errno = report->error;
	if (report->step == STEP_CHDIR)
		return lp_err_errno("cannot run '%s' in folder '%s'", proc->argv[0], proc->cwd);
	return lp_err_errno("cannot run '%s'", proc->argv[0]);
}

static int plan_open(struct plan *plan, bool split)
{
	const char *in = plan->proc->stdin_path;

	plan->in = open(in ? in : "/dev/null", O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (plan->in < 0 || pipe2(plan->report, O_CLOEXEC) < 0 || pipe2(plan->out, O_CLOEXEC) < 0)
		return -1;
	return split ? pipe2(plan->err, O_CLOEXEC) : 0;
}

/* Waits until the program runs or could not be started. */
static struct lp_err *wait_exec(struct plan *plan)
{
	struct report report;
	ssize_t n;

	close(plan->report[1]);
	plan->report[1] = -1;
	do {
		n = read(plan->report[0], &report, sizeof(report));
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		return NULL;
	if (n == (ssize_t)sizeof(report))
		return report_error(plan->proc, &report);
	return lp_err_errno("cannot run '%s'", plan->proc->argv[0]);
}

/* Reads never block: a grandchild that keeps the pipe open must not keep us. */
static int take_pipe(int pair[2])
{
	int fd = pair[0];

	if (fd < 0)
		return -1;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	pair[0] = -1;
	return fd;
}

struct lp_err *lp_child_start(struct lp_arena *arena, const struct lp_proc *proc, bool split,
			      struct lp_child *ret)
{
	struct plan plan = { .proc = proc,
			     .env = merge_env(arena, proc),
			     .parent = getpid(),
			     .in = -1,
			     .out = { -1, -1 },
			     .err = { -1, -1 },
			     .report = { -1, -1 } };
	struct lp_err *err = NULL;
	pid_t pid = -1;

	if (plan_open(&plan, split) < 0 || (pid = fork()) < 0) {
		err = lp_err_errno("cannot run '%s'", proc->argv[0]);
		plan_close(&plan);
		return err;
	}
	if (pid == 0)
		child_main(&plan);
	err = wait_exec(&plan);
	int pidfd = err ? -1 : pidfd_open(pid, 0);

	if (!err && pidfd < 0) {
		err = lp_err_errno("cannot watch '%s'", proc->argv[0]);
		kill(pid, SIGKILL);
	}
	if (err)
		waitpid(pid, NULL, 0);
	else
		*ret = (struct lp_child){ .pid = pid,
					  .pidfd = pidfd,
					  .out = take_pipe(plan.out),
					  .err = take_pipe(plan.err) };
	plan_close(&plan);
	return err;
}
