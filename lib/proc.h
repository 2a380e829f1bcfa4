/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running other programs: no shell, output captured in a log file, and when one
 * fails the error shows the last lines of that log.
 */
#ifndef LP_PROC_H
#define LP_PROC_H

#include "lib/err.h"
#include "lib/vec.h"

struct lp_proc {
	const char *const *argv; /* ended by NULL; argv[0] is searched in PATH */
	const char *cwd;	 /* NULL: stay here */
	const char *const *env;	 /* "NAME=VALUE" on top of ours, ended by NULL; may be NULL */
	const char *stdin_path;	 /* NULL: /dev/null */
	const char *log;	 /* stdout and stderr are appended here; NULL: captured and kept
				    only for the error text */
	/* Called for each line of output as it comes, without the newline; may be NULL. */
	void (*on_line)(void *arg, const char *line);
	void *arg;
};

/* Runs it to its end. A status that is not 0 is an error that names the program, the
 * status, and the last lines of the output. A child dies with us (PR_SET_PDEATHSIG). */
struct lp_err *lp_proc_run(struct lp_arena *arena, const struct lp_proc *proc) LP_MUST_CHECK;
/* The same, but gives the exit status to the caller instead (128 + N for signal N). */
struct lp_err *lp_proc_status(struct lp_arena *arena, const struct lp_proc *proc,
			      int *ret) LP_MUST_CHECK;
/* Runs it and gives its standard output, NUL-terminated (at most 64 MiB); only its stderr goes to
 * the log and to on_line. */
struct lp_err *lp_proc_output(struct lp_arena *arena, const struct lp_proc *proc, char **ret,
			      size_t *ret_len) LP_MUST_CHECK;

/* A pool of jobs of which at most MAX run at once. */
struct lp_job {
	struct lp_proc proc;
	int status; /* exit status when done */
};
/* Runs all JOBS; calls ON_DONE (may be NULL) as each one ends. Only a failure to start
 * is an error; exit statuses are in the jobs. */
struct lp_err *lp_proc_run_all(struct lp_arena *arena, struct lp_job *jobs, size_t n, u32 max,
			       void (*on_done)(void *arg, size_t idx), void *arg) LP_MUST_CHECK;

#endif
