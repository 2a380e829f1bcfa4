/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All sandboxes of the host at once. A tracer is one process and so is the peer of a connection,
 * and both must be the same (docs/safety.md): each program gets a child of ours, which does for it
 * what is done for a single one.
 *
 *	lp_fleet_scan   who has a sandbox (fleet.c)
 *	lp_fleet_run    some children at a time (fleet_run.c), each for one program (fleet_child.c)
 *	lp_fleet_show_* a line for each, a summary, or one JSON document (fleet_show.c)
 */
#ifndef LP_FLEET_H
#define LP_FLEET_H

#include "raxlpxs/client.h"

#define LP_FLEET_OTHER 127 /* status of a child: this program was not asked for */

enum lp_fleet_end {
	LP_FLEET_DONE,
	LP_FLEET_SKIPPED, /* nothing to do there: LP_NOTHING */
	LP_FLEET_FAILED,
	LP_FLEET_N_ENDS,
};

struct lp_fleet_target {
	u32 pid;
	const char *socket;
	const char *exe;    /* path as the process sees it, clean; "" when it can't be read */
	int code;	    /* LP_FLEET_OTHER: as if it were not there */
	const char *answer; /* stdout of the child */
	const char *notes;  /* its stderr: warnings and --debug */
};

struct lp_fleet {
	struct lp_fleet_target *items; /* by pid */
	size_t n, cap;
};

/*
 * Every process that this one sees and that has a socket where --pid would look, and listens there:
 * as the kernel says, never the name. EXE: only those that run that file, or (NULL) all.
 */
struct lp_err *lp_fleet_scan(struct lp_arena *arena, const char *exe,
			     struct lp_fleet *ret) LP_MUST_CHECK;

struct lp_fleet_job { /* for each of them */
	struct lp_err *(*verb)(struct lp_arena *arena, struct lp_client *client, const void *arg);
	const void *arg;
	const char *build_id;	 /* only executables whose build-id begins so; NULL: all */
	const char *payload_for; /* build-id that the payload asks for; NULL: nothing is known */
	bool json, debug;
};

/* Fills in code, answer and notes of all; calls ON_DONE as each one ends. */
void lp_fleet_run(struct lp_arena *arena, struct lp_fleet *fleet, const struct lp_fleet_job *job,
		  void (*on_done)(void *show, const struct lp_fleet_target *target), void *show);
/* In a child: the answer goes to stdout, the result is an exit code or LP_FLEET_OTHER. */
int lp_fleet_child(const struct lp_fleet_job *job, const struct lp_fleet_target *target);

enum lp_fleet_end lp_fleet_end(int code);
/* How many there are, without those that were not asked for. */
size_t lp_fleet_count(const struct lp_fleet *fleet);
/* The exit code for all of them: of those that failed the one that matters most, in the order that
 * docs/raxlpxs.md gives; else 0 if one is done, else LP_NOTHING. */
int lp_fleet_code(const struct lp_fleet *fleet);

#endif
