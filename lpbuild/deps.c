/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file is text, a line for each thing:
 *	o OBJECT		of the target; counted from 0
 *	d PATH<tab>0 7 12	the objects that depend on PATH
 *	! PATH			something else than an object is made from PATH
 *	*			the build's description could not be followed
 */
#include "lpbuild/deps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lib/map.h"
#include "lpbuild/ninja.h"

#define MAX_BUILD_NINJA ((size_t)256 << 20)
#define MAX_DEPS_FILE	((size_t)256 << 20)

struct input {
	const char *path;
	bool is_special;
	LP_VEC(u32) objects;
};

struct graph {
	struct lp_work *work;
	struct lp_strs objects;
	struct lp_map object_index;
	LP_VEC(struct input) inputs;
	struct lp_map input_index;
	bool is_opaque;
};

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

/* PATH, as ninja writes it, relative to the source; NULL for a file outside. Only ".." at the
 * front is taken away: ninja keeps its paths canonical. */
static const char *source_path(const struct graph *graph, const char *path)
{
	const struct lp_work *work = graph->work;
	const char *dir = work->recipe->directory;
	size_t n = strlen(work->src);

	if (*path == '/')
		return !strncmp(path, work->src, n) && path[n] == '/' ? path + n + 1 : NULL;
	if (!strcmp(dir, "."))
		return strncmp(path, "../", 3) != 0 ? path : NULL;
	while (!strncmp(path, "../", 3) && *dir) {
		dir = lp_strdup(work->arena, dir);
		char *slash = strrchr(dir, '/');

		if (slash)
			*slash = '\0';
		else
			dir = "";
		path += 3;
	}
	if (!strncmp(path, "../", 3))
		return NULL;
	return *dir ? lp_printf(work->arena, "%s/%s", dir, path) : path;
}

static struct input *input_of(struct graph *graph, const char *ninja_path)
{
	const char *path = source_path(graph, ninja_path);

	if (!path)
		return NULL;
	u32 idx = lp_map_get_str(&graph->input_index, path);

	if (idx == LP_MAP_NONE) {
		struct input input = { .path = lp_strdup(graph->work->arena, path) };

		idx = (u32)graph->inputs.n;
		lp_vec_push(graph->work->arena, &graph->inputs, input);
		lp_map_set_str(graph->work->arena, &graph->input_index, input.path, idx);
	}
	return &graph->inputs.items[idx];
}

/* OUTPUT is made from INPUT. */
static void add_edge(struct graph *graph, const char *output, const char *ninja_path)
{
	struct input *input = input_of(graph, ninja_path);

	if (!input)
		return;
	u32 object = lp_map_get_str(&graph->object_index, output);

	if (object != LP_MAP_NONE) {
		/* Edges come object by object, so that a repetition is the last one. */
		if (!input->objects.n || input->objects.items[input->objects.n - 1] != object)
			lp_vec_push(graph->work->arena, &input->objects, object);
	} else if (!ends_with(output, ".o")) {
		input->is_special = true;
	} /* else: an object of another program */
}

/* `ninja -t deps`: "OUTPUT: #deps 12, ..." and the files below it, four blanks before each. */
static void read_deps(struct graph *graph, char *text)
{
	const char *output = NULL;

	for (char *line = text, *next; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		if (!strncmp(line, "    ", 4)) {
			if (output)
				add_edge(graph, output, line + 4);
			continue;
		}
		char *colon = strstr(line, ": #deps ");

		output = colon ? line : NULL;
		if (colon)
			*colon = '\0';
	}
}

/* Takes the next word of a build statement off *TEXT and undoes its escapes, in place. ':' and
 * '|' count as words. NULL at the end of the statement. */
static char *next_word(struct graph *graph, char **text)
{
	char *p = *text;

	for (; *p == ' ' || (*p == '$' && p[1] == '\n'); p++)
		p += *p == '$';
	if (!*p || *p == '\n') {
		*text = p;
		return NULL;
	}
	char *word = p, *out = p;

	if (*p == ':' || *p == '|') {
		p += strspn(p, ":|@");
		*text = p;
		return lp_strndup(graph->work->arena, word, (size_t)(p - word));
	}
	for (; *p && *p != ' ' && *p != '\n' && *p != ':' && *p != '|'; p++) {
		if (*p == '$') {
			p++;
			if (*p == '\n')
				break;
			if (*p != ' ' && *p != ':' && *p != '$' && *p != '|') {
				graph->is_opaque = true; /* a variable */
				continue;
			}
		}
		*out++ = *p;
	}
	char *copy = lp_strndup(graph->work->arena, word, (size_t)(out - word));

	*text = p;
	return copy;
}

/* "build OUT...: RULE IN... | IMPLICIT... || ORDER-ONLY...": what comes behind "||" has to be
 * there first, but is no part of the output. */
static char *read_edge(struct graph *graph, char *text)
{
	const char *output = NULL;
	bool is_input = false, is_order_only = false;

	for (char *word; (word = next_word(graph, &text));) {
		if (word[0] == ':') {
			is_input = true;
			next_word(graph, &text); /* the rule */
		} else if (word[0] == '|') {
			is_order_only = is_input && word[1] == '|';
		} else if (!is_input) {
			/* An edge with an output that is no object is no compilation. */
			if (!output || ends_with(output, ".o"))
				output = word;
		} else if (output && !is_order_only) {
			add_edge(graph, output, word);
		}
	}
	return text;
}

static struct lp_err *read_build_file(struct graph *graph)
{
	const char *path = lp_printf(graph->work->arena, "%s/build.ninja", graph->work->objects);
	size_t len;
	u8 *data;

	LP_TRY(lp_file_read(graph->work->arena, path, MAX_BUILD_NINJA, &data, &len));
	for (char *line = (char *)data; *line;) {
		if (!strncmp(line, "build ", 6))
			line = read_edge(graph, line + 6);
		else if (!strncmp(line, "subninja ", 9) || !strncmp(line, "include ", 8))
			graph->is_opaque = true;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return NULL;
}

static struct lp_err *write_graph(const struct graph *graph)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return lp_err_errno("cannot write the dependencies");
	if (graph->is_opaque)
		fputs("*\n", out);
	for (size_t i = 0; i < graph->objects.n; i++)
		fprintf(out, "o %s\n", graph->objects.items[i]);
	for (size_t i = 0; i < graph->inputs.n; i++) {
		const struct input *input = &graph->inputs.items[i];

		if (input->is_special)
			fprintf(out, "! %s\n", input->path);
		if (!input->objects.n)
			continue;
		fprintf(out, "d %s\t", input->path);
		for (size_t j = 0; j < input->objects.n; j++)
			fprintf(out, "%s%u", j ? " " : "", input->objects.items[j]);
		fputc('\n', out);
	}
	if (fclose(out))
		return lp_err_errno("cannot write the dependencies");
	struct lp_err *err = lp_file_write(lp_work_path(graph->work, "deps"), text, len);

	free(text);
	return err;
}

struct lp_err *lp_deps_objects(struct lp_work *work, struct lp_strs *ret)
{
	char *text;
	size_t len;

	*ret = (struct lp_strs){ 0 };
	LP_TRY(lp_ninja_tool(work, "inputs", work->recipe->target, &text, &len));
	for (char *line = text, *next; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		if (ends_with(line, ".o"))
			lp_vec_push(work->arena, ret, line);
	}
	if (!ret->n)
		return lp_err(LP_FAILED, "ninja knows no object of '%s'", work->recipe->target);
	return NULL;
}

struct lp_err *lp_deps_make(struct lp_work *work)
{
	struct graph graph = { .work = work };
	size_t len;
	char *text;

	LP_TRY(lp_deps_objects(work, &graph.objects));
	for (size_t i = 0; i < graph.objects.n; i++)
		lp_map_set_str(work->arena, &graph.object_index, graph.objects.items[i], (u32)i);
	LP_TRY(lp_ninja_tool(work, "deps", NULL, &text, &len));
	read_deps(&graph, text);
	LP_TRY(read_build_file(&graph));
	return write_graph(&graph);
}

/* The line of TEXT that begins with KIND, a blank, PATH and END; NULL when there is none. */
static const char *find_line(struct lp_work *work, const char *text, char kind, const char *path,
			     char end)
{
	const char *want = lp_printf(work->arena, "\n%c %s%c", kind, path, end);
	const char *hit = strstr(text, want);

	return hit ? hit + strlen(want) : NULL;
}

/* Marks the objects that a "d" line names. */
static void mark_objects(const char *numbers, bool *marks, size_t n)
{
	while (*numbers && *numbers != '\n') {
		char *end;
		unsigned long idx = strtoul(numbers, &end, 10);

		if (end == numbers)
			return;
		if (idx < n)
			marks[idx] = true;
		numbers = end;
	}
}

struct lp_err *lp_deps_find(struct lp_work *work, const struct lp_strs *paths, struct lp_deps *ret)
{
	size_t len;
	u8 *data;

	LP_TRY(lp_file_read(work->arena, lp_work_path(work, "deps"), MAX_DEPS_FILE, &data, &len));
	const char *text = (const char *)data;

	*ret = (struct lp_deps){ .is_exact = *text != '*' };
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (!strncmp(line, "o ", 2))
			lp_vec_push(work->arena, &ret->all,
				    lp_strndup(work->arena, line + 2, strcspn(line + 2, "\n")));
		else if (*line != '*')
			break;
	}
	bool *marks = lp_new_array(work->arena, ret->all.n, bool);

	for (size_t i = 0; i < paths->n; i++) {
		const char *numbers = find_line(work, text, 'd', paths->items[i], '\t');

		if (find_line(work, text, '!', paths->items[i], '\n'))
			ret->is_exact = false;
		if (numbers)
			mark_objects(numbers, marks, ret->all.n);
	}
	for (size_t i = 0; i < ret->all.n; i++)
		if (marks[i])
			lp_vec_push(work->arena, &ret->hit, ret->all.items[i]);
	return NULL;
}
