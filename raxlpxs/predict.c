/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/predict.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "raxlpxs/clock.h"

#define ENOUGH (LP_PREDICT_LOOKS / 2) /* looks, to speak of "never" */
#define N_MORE ((size_t)64)	      /* threads that may come meanwhile; more are not looked at */

struct predict {
	pid_t pid, spared;
	struct lp_unwind *unwind;
	const struct lp_ranges *ranges;
	struct lp_sighting *items;
	size_t n, cap;
};

/* "NR ARG1 ... ARG6 SP PC", or "-1 SP PC" when it waits elsewhere; "running". */
bool lp_predict_parse(const char *text, u64 *ret_sp, u64 *ret_pc)
{
	if (sscanf(text, "-1 0x%" SCNx64 " 0x%" SCNx64, ret_sp, ret_pc) == 2)
		return true;
	return sscanf(text, "%*u 0x%*x 0x%*x 0x%*x 0x%*x 0x%*x 0x%*x 0x%" SCNx64 " 0x%" SCNx64,
		      ret_sp, ret_pc) == 2;
}

static bool read_syscall(const struct predict *p, pid_t tid, char *buf, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", p->pid, tid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, buf, size - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static struct lp_sighting *of_thread(struct predict *p, pid_t tid)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->items[i].busy.tid == tid)
			return &p->items[i];
	}
	if (p->n == p->cap)
		return NULL;
	p->items[p->n] = (struct lp_sighting){ .busy.tid = tid };
	return &p->items[p->n++];
}

static void look_at(struct predict *p, pid_t tid)
{
	struct lp_sighting *s = of_thread(p, tid);
	char before[256], after[256];
	u64 sp, pc;

	if (!s || !read_syscall(p, tid, before, sizeof(before)) ||
	    !lp_predict_parse(before, &sp, &pc))
		return;
	struct lp_unwound u = lp_unwind_sp_quiet(p->unwind, sp, pc, p->ranges);
	/* It has moved: what was read belongs to no moment. */
	if (!read_syscall(p, tid, after, sizeof(after)) || strcmp(before, after))
		return;
	s->looked += u.end != LP_UNWOUND_PARTLY;
	if (u.end != LP_UNWOUND_INSIDE)
		return;
	s->seen++;
	s->busy = (struct lp_busy){
		.kind = LP_BUSY_FRAME, .tid = tid, .range = u.range, .trail = u.trail
	};
}

static struct lp_err *look(struct predict *p, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *d;

	if (!dir)
		return lp_err_errno("cannot list the threads of process %d", p->pid);
	while ((d = readdir(dir))) {
		pid_t tid = (pid_t)strtol(d->d_name, NULL, 10);

		if (tid > 0 && tid != p->spared)
			look_at(p, tid);
	}
	closedir(dir);
	return NULL;
}

static size_t count_threads(const char *path)
{
	DIR *dir = opendir(path);
	size_t n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

static bool is_anybody_seen(const struct predict *p)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->items[i].seen)
			return true;
	}
	return false;
}

struct lp_err *lp_predict(struct lp_arena *arena, pid_t pid, pid_t spared, struct lp_unwind *unwind,
			  const struct lp_ranges *ranges, struct lp_sighting **ret, size_t *ret_n)
{
	const struct timespec pause = { .tv_nsec = LP_PREDICT_TIME / LP_PREDICT_LOOKS };
	struct predict p = { .pid = pid, .spared = spared, .unwind = unwind, .ranges = ranges };
	const char *path = lp_printf(arena, "/proc/%d/task", pid);

	p.cap = count_threads(path) + N_MORE;
	p.items = lp_new_array(arena, p.cap, struct lp_sighting);
	for (int i = 0; i < LP_PREDICT_LOOKS; i++) {
		if (i)
			nanosleep(&pause, NULL);
		LP_TRY(look(&p, path));
		if (i >= LP_PREDICT_LOOKS / 3 && !is_anybody_seen(&p))
			break;
	}
	*ret = p.items;
	*ret_n = 0;
	for (size_t i = 0; i < p.n; i++) {
		if (p.items[i].seen)
			p.items[(*ret_n)++] = p.items[i];
	}
	return NULL;
}

const struct lp_sighting *lp_predict_stuck(const struct lp_sighting *sightings, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (sightings[i].seen == sightings[i].looked && sightings[i].seen >= ENOUGH)
			return &sightings[i];
	}
	return NULL;
}
