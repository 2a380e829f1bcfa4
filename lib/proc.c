/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/proc_child.h"

#define TAIL_LINES  15		       /* shown when a program fails */
#define LINE_BYTES  1000	       /* longer lines are cut into several */
#define OUTPUT_MAX  ((size_t)64 << 20) /* of lp_proc_output() */
#define FDS_PER_RUN 3

struct stream {
	int fd; /* -1: closed */
	char line[LINE_BYTES + 1];
	size_t len; /* of the unfinished line */
};

struct run { /* one child and what it has said so far */
	const struct lp_proc *proc;
	struct lp_child child;
	struct stream out, err;
	int log; /* -1: none */
	bool is_live;
	int status;
	char tail[TAIL_LINES][LINE_BYTES + 1];
	size_t n_lines;		/* seen; the newest is tail[(n_lines - 1) % TAIL_LINES] */
	bool keeps_output;	/* stdout goes to `output` instead of the log */
	bool has_too_much;	/* and was more than OUTPUT_MAX */
	struct lp_arena *arena; /* of output */
	char *output;
	size_t output_len, output_cap;
};

static void take_line(struct run *run, struct stream *stream)
{
	char *tail = run->tail[run->n_lines++ % TAIL_LINES];

	stream->line[stream->len] = '\0';
	if (run->proc->on_line)
		run->proc->on_line(run->proc->arg, stream->line);
	/* The tail ends up on a terminal: nothing in it may move the cursor. */
	for (size_t i = 0; i <= stream->len; i++) {
		unsigned char c = (unsigned char)stream->line[i];

		tail[i] = (c && c < 0x20 && c != '\t') || c == 0x7f ? '?' : (char)c;
	}
	stream->len = 0;
}

static void write_log(struct run *run, const char *data, size_t len)
{
	while (run->log >= 0 && len) {
		ssize_t n = write(run->log, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) /* a full disk: the program's own status matters more */
			return;
		data += n;
		len -= (size_t)n;
	}
}

static void keep_output(struct run *run, const char *data, size_t len)
{
	if (run->has_too_much || len > OUTPUT_MAX - run->output_len) {
		run->has_too_much = true;
		kill(run->child.pid, SIGKILL);
		return;
	}
	if (run->output_len + len >= run->output_cap) {
		size_t cap = 2 * (run->output_len + len) + 4096;
		char *grown = lp_alloc(run->arena, cap);

		if (run->output_len)
			memcpy(grown, run->output, run->output_len);
		run->output = grown;
		run->output_cap = cap;
	}
	memcpy(run->output + run->output_len, data, len);
	run->output_len += len;
	run->output[run->output_len] = '\0';
}

static void take_bytes(struct run *run, struct stream *stream, const char *data, size_t len)
{
	if (run->keeps_output && stream == &run->out) {
		keep_output(run, data, len);
		return;
	}
	write_log(run, data, len);
	for (size_t i = 0; i < len; i++) {
		if (data[i] != '\n')
			stream->line[stream->len++] = data[i] ? data[i] : '?';
		if (data[i] == '\n' || stream->len == LINE_BYTES)
			take_line(run, stream);
	}
}

/* Takes what is there, a pipe full at most (a grandchild may write for ever); closes the stream
 * at its end. */
static void pump(struct run *run, struct stream *stream)
{
	char buf[16384];

	for (int i = 0; i < 64 && stream->fd >= 0; i++) {
		ssize_t n = read(stream->fd, buf, sizeof(buf));

		if (n > 0) {
			take_bytes(run, stream, buf, (size_t)n);
		} else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
			close(stream->fd);
			stream->fd = -1;
		} else if (errno == EAGAIN) {
			return;
		}
	}
}

static void end_stream(struct run *run, struct stream *stream)
{
	pump(run, stream);
	if (stream->fd >= 0)
		close(stream->fd);
	stream->fd = -1;
	if (stream->len)
		take_line(run, stream);
}

static struct lp_err *run_start(struct lp_arena *arena, struct run *run, const struct lp_proc *proc,
				bool keeps_output)
{
	int log = -1;

	if (proc->log) {
		log = open(proc->log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
		if (log < 0)
			return lp_err_errno("cannot write '%s'", proc->log);
	}
	memset(run, 0, sizeof(*run));
	run->proc = proc;
	run->log = log;
	run->keeps_output = keeps_output;
	run->arena = arena;
	struct lp_err *err = lp_child_start(arena, proc, keeps_output, &run->child);

	if (err) {
		if (log >= 0)
			close(log);
		return err;
	}
	run->out.fd = run->child.out;
	run->err.fd = run->child.err;
	run->is_live = true;
	return NULL;
}

static void run_end(struct run *run)
{
	int status = 0;

	end_stream(run, &run->out);
	end_stream(run, &run->err);
	while (waitpid(run->child.pid, &status, 0) < 0) {
		if (errno == EINTR)
			continue;
		status = W_EXITCODE(255, 0); /* SIGCHLD is ignored: its status is lost */
		break;
	}
	close(run->child.pidfd);
	if (run->log >= 0)
		close(run->log);
	run->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	run->is_live = false;
}

/* Serves the live ones of RUNS until one of them has ended, which it returns. */
static struct run *wait_one(struct run *runs, size_t n, struct pollfd *fds)
{
	for (;;) {
		for (size_t i = 0; i < n; i++) {
			struct run *run = &runs[i];
			struct pollfd *p = &fds[i * FDS_PER_RUN];
			bool live = run->is_live;

			p[0] = (struct pollfd){ .fd = live ? run->out.fd : -1, .events = POLLIN };
			p[1] = (struct pollfd){ .fd = live ? run->err.fd : -1, .events = POLLIN };
			p[2] = (struct pollfd){ .fd = live ? run->child.pidfd : -1,
						.events = POLLIN };
		}
		if (poll(fds, n * FDS_PER_RUN, -1) < 0) /* EINTR: nothing to serve */
			continue;
		for (size_t i = 0; i < n; i++) {
			const struct pollfd *p = &fds[i * FDS_PER_RUN];

			if (p[0].revents)
				pump(&runs[i], &runs[i].out);
			if (p[1].revents)
				pump(&runs[i], &runs[i].err);
			if (!p[2].revents)
				continue;
			run_end(&runs[i]);
			return &runs[i];
		}
	}
}

static struct lp_err *run_single(struct lp_arena *arena, const struct lp_proc *proc,
				 bool keeps_output, struct run **ret)
{
	struct pollfd fds[FDS_PER_RUN];
	struct run *run = lp_new(arena, struct run);

	LP_TRY(run_start(arena, run, proc, keeps_output));
	*ret = wait_one(run, 1, fds);
	return NULL;
}

/* The error of a run whose status is not 0: which program, how it ended, its last words. */
static struct lp_err *run_error(const struct run *run)
{
	const char *name = run->proc->argv[0];
	size_t n = run->n_lines < TAIL_LINES ? run->n_lines : TAIL_LINES;
	struct lp_err *err;

	if (run->has_too_much)
		err = lp_err(LP_FAILED, "'%s' wrote more than %zu MiB", name, OUTPUT_MAX >> 20);
	else if (run->status > 128)
		err = lp_err(LP_FAILED, "'%s' was ended by signal %d (%s)", name, run->status - 128,
			     strsignal(run->status - 128));
	else
		err = lp_err(LP_FAILED, "'%s' failed with exit status %d", name, run->status);
	for (size_t i = run->n_lines - n; i < run->n_lines; i++)
		err = lp_err_context(err, "%s", run->tail[i % TAIL_LINES]);
	if (run->proc->log)
		err = lp_err_advice(err, "see '%s'", run->proc->log);
	return err;
}

struct lp_err *lp_proc_run(struct lp_arena *arena, const struct lp_proc *proc)
{
	struct run *run;

	LP_TRY(run_single(arena, proc, false, &run));
	return run->status ? run_error(run) : NULL;
}

struct lp_err *lp_proc_status(struct lp_arena *arena, const struct lp_proc *proc, int *ret)
{
	struct run *run;

	LP_TRY(run_single(arena, proc, false, &run));
	*ret = run->status;
	return NULL;
}

struct lp_err *lp_proc_output(struct lp_arena *arena, const struct lp_proc *proc, char **ret,
			      size_t *ret_len)
{
	struct run *run;

	LP_TRY(run_single(arena, proc, true, &run));
	if (run->status || run->has_too_much)
		return run_error(run);
	*ret = run->output ? run->output : lp_strdup(arena, "");
	*ret_len = run->output_len;
	return NULL;
}

/* Ends what still runs, when the pool can't go on. */
static void stop_all(struct run *runs, size_t n, struct pollfd *fds)
{
	size_t n_live = 0;

	for (size_t i = 0; i < n; i++) {
		if (!runs[i].is_live)
			continue;
		n_live++;
		kill(runs[i].child.pid, SIGKILL);
	}
	for (; n_live; n_live--)
		wait_one(runs, n, fds);
}

struct lp_err *lp_proc_run_all(struct lp_arena *arena, struct lp_job *jobs, size_t n, u32 max,
			       void (*on_done)(void *arg, size_t idx), void *arg)
{
	size_t n_slots = max < 1 ? 1 : max < n ? max : n;
	struct run *runs = lp_new_array(arena, n_slots, struct run);
	struct pollfd *fds = lp_new_array(arena, n_slots * FDS_PER_RUN, struct pollfd);
	size_t *job_of = lp_new_array(arena, n_slots, size_t);
	size_t n_started = 0, n_done = 0;

	while (n_done < n) {
		for (size_t i = 0; i < n_slots && n_started < n; i++) {
			if (runs[i].is_live)
				continue;
			struct lp_err *err =
				run_start(arena, &runs[i], &jobs[n_started].proc, false);

			if (err) {
				stop_all(runs, n_slots, fds);
				return err;
			}
			job_of[i] = n_started++;
		}
		const struct run *run = wait_one(runs, n_slots, fds);
		size_t idx = job_of[run - runs];

		jobs[idx].status = run->status;
		n_done++;
		if (on_done)
			on_done(arg, idx);
	}
	return NULL;
}
