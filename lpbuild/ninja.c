/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/ninja.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lib/proc.h"

#define NINJA_LOG     ".ninja_log"
#define MAX_NINJA_LOG ((size_t)64 << 20)
#define MAX_SHOWN     20 /* lines of compiler errors */

struct build { /* what is seen of a running ninja */
	struct lp_work *work;
	bool in_failure; /* the lines are those of a failed command */
	struct lp_strs failure;
	bool has_words;	     /* a failed command has said why */
	bool is_interrupted; /* ninja, or a command of it, was ended by a signal */
};

/* Signals by which somebody ends a program; a compiler that falls over its input gets others. */
static bool tells_of_signal(const char *line)
{
	static const char *const names[] = { "Hangup", "Interrupt", "Killed", "Terminated" };

	if (!strncmp(line, "ninja: build stopped: interrupted", 33))
		return true;
	for (size_t i = 0; i < LP_ARRAY_SIZE(names); i++) {
		const char *hit = strstr(line, names[i]);

		/* "Killed" from the shell; "gcc: fatal error: Killed signal terminated program
		 * cc1" */
		if (hit && ((hit == line && !line[strlen(names[i])]) ||
			    !strncmp(hit + strlen(names[i]), " signal terminated program ", 27)))
			return true;
	}
	return false;
}

/* "[3/41] Compiling C object libx.a.p/ui_vnc.c.o" -> 3, 41, "ui_vnc.c.o". */
static bool show_progress(const struct lp_work *work, const char *line)
{
	char *end;

	if (line[0] != '[')
		return false;
	u32 done = (u32)strtoul(line + 1, &end, 10);

	if (*end != '/')
		return false;
	u32 total = (u32)strtoul(end + 1, &end, 10);

	if (*end != ']')
		return false;
	const char *name = strrchr(end, ' ');

	lp_progress_items(work->progress, done, total, name ? lp_basename(name + 1) : NULL);
	return true;
}

/*
 *	FAILED: libcommon.fa.p/ui_vnc.c.o
 *	gcc -m64 -Ilibcommon.fa.p ...		a line of some thousand letters that nobody reads
 *	../ui/vnc.c:12:1: error: ...
 *	ninja: build stopped: subcommand failed.
 */
static void take_line(void *arg, const char *line)
{
	struct build *build = arg;
	struct lp_arena *arena = build->work->arena;

	build->is_interrupted |= tells_of_signal(line);
	if (show_progress(build->work, line)) {
		build->in_failure = false;
		return;
	}
	if (!strncmp(line, "FAILED: ", 8)) {
		build->in_failure = true;
	} else if (!strncmp(line, "ninja: ", 7)) {
		build->in_failure = false;
		if (!strncmp(line, "ninja: build stopped", 20))
			return;
	} else if (!build->in_failure || strstr(line, " -c ") || strstr(line, " -o ")) {
		return;
	}
	build->has_words |= strncmp(line, "FAILED: ", 8) != 0;
	if (build->failure.n < MAX_SHOWN)
		lp_vec_push(arena, &build->failure, lp_strdup(arena, line));
}

struct lp_err *lp_ninja_build(struct lp_work *work, const char *file, const struct lp_strs *targets,
			      const char *what)
{
	const char **argv = lp_new_array(work->arena, targets->n + 7, const char *);
	const char *log = lp_work_path(work, "log/ninja.log");
	struct build build = { .work = work };
	size_t n = 0;
	int status;

	argv[n++] = "ninja";
	argv[n++] = lp_printf(work->arena, "-j%u", work->jobs);
	if (file) {
		argv[n++] = "-f";
		argv[n++] = file;
	}
	argv[n++] = "--";
	for (size_t i = 0; i < targets->n; i++)
		argv[n++] = targets->items[i];
	const struct lp_proc proc = {
		.argv = argv,
		.cwd = work->objects,
		.env = work->env,
		.log = log,
		.on_line = take_line,
		.arg = &build,
	};

	LP_TRY(lp_proc_status(work->arena, &proc, &status));
	if (!status)
		return NULL;
	/* A compiler has a reason and tells it; one that is killed can't. */
	bool is_silent = build.failure.n && !build.has_words;
	bool is_interrupted = build.is_interrupted || is_silent || status > 128;
	struct lp_err *err =
		is_interrupted
			? lp_err(LP_FAILED, "%s: ninja or a compiler was ended by a signal", what)
			: lp_err(LP_FAILED, "%s: ninja failed with exit status %d", what, status);

	for (size_t i = 0; i < build.failure.n; i++)
		err = lp_err_context(err, "%s", build.failure.items[i]);
	if (is_interrupted)
		return lp_err_advice(err, "this says nothing about the source; run lpbuild again, "
					  "if memory is short with fewer compilers (-j N)");
	return lp_err_advice(err, "the whole output is in '%s'", log);
}

struct lp_err *lp_ninja_tool(struct lp_work *work, const char *tool, const char *const *args,
			     size_t n_args, char **ret, size_t *ret_len)
{
	const char **argv = lp_new_array(work->arena, n_args + 4, const char *);

	argv[0] = "ninja";
	argv[1] = "-t";
	argv[2] = tool;
	for (size_t i = 0; i < n_args; i++)
		argv[3 + i] = args[i];
	const struct lp_proc proc = { .argv = argv, .cwd = work->objects, .env = work->env };

	return lp_proc_output(work->arena, &proc, ret, ret_len);
}

/* The fourth of "start end mtime output hash", which tabs separate. */
static char *output_field(struct lp_arena *arena, const char *line, size_t len)
{
	const char *end = line + len;

	for (int i = 0; i < 3; i++) {
		line = memchr(line, '\t', (size_t)(end - line));
		if (!line)
			return NULL;
		line++;
	}
	const char *tab = memchr(line, '\t', (size_t)(end - line));

	return tab ? lp_strndup(arena, line, (size_t)(tab - line)) : NULL;
}

struct lp_err *lp_ninja_built(struct lp_work *work, struct lp_strs *ret, bool *ret_is_all)
{
	const char *now = lp_printf(work->arena, "%s/" NINJA_LOG, work->objects);
	const char *then = lp_printf(work->arena, "%s/" NINJA_LOG, work->original_objects);
	u8 *log, *old;
	size_t len, old_len;

	LP_TRY(lp_file_read(work->arena, now, MAX_NINJA_LOG, &log, &len));
	LP_TRY(lp_file_read(work->arena, then, MAX_NINJA_LOG, &old, &old_len));
	*ret = (struct lp_strs){ 0 };
	/* ninja appends to its log, unless it finds it too long and writes it anew. */
	*ret_is_all = len < old_len || memcmp(log, old, old_len) != 0;
	if (*ret_is_all)
		return NULL;
	for (const char *line = (const char *)log + old_len, *end = (const char *)log + len;
	     line < end;) {
		const char *nl = memchr(line, '\n', (size_t)(end - line));
		char *output = nl ? output_field(work->arena, line, (size_t)(nl - line)) : NULL;

		if (output)
			lp_vec_push(work->arena, ret, output);
		line = nl ? nl + 1 : end;
	}
	return NULL;
}
