/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file is text, a line for each thing:
 *	o OBJECT		of the target; counted from 0
 *	d PATH<tab>0 7 12	the objects that depend on PATH
 *	! PATH			something else than an object is made from PATH
 */
#include "lpbuild/deps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lib/map.h"
#include "lpbuild/commands.h"
#include "lpbuild/ninja.h"

#define MAX_DEPS_FILE ((size_t)256 << 20)

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
		/* A repetition does no harm; most of them follow each other. */
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

/* The text between the first two quotes at or behind *AT, cut out in place; moves *AT on. */
static char *next_quoted(char **at)
{
	char *open = strchr(*at, '"');
	char *close = open ? strchr(open + 1, '"') : NULL;

	if (!close)
		return NULL;
	*close = '\0';
	*at = close + 1;
	return open + 1;
}

/*
 * `ninja -t graph`, with every path resolved:
 *	"0x12" [label="vnc.c.o"]		a file
 *	"0x34" [label="CUSTOM", shape=ellipse]	a command
 *	"0x56" -> "0x12" [label=" CC"]		a command with one input and one output
 *	"0x56" -> "0x34" [arrowhead=none]	an input ("style=dotted": order only)
 *	"0x34" -> "0x12"			an output
 * A name may be used before its label comes.
 */
struct node {
	const char *path;  /* NULL for a command */
	struct lp_strs in; /* of a command: paths */
	struct lp_strs out;
};

struct nodes {
	struct lp_arena *arena;
	LP_VEC(struct node) items;
	struct lp_map index;
};

static struct node *node_of(struct nodes *nodes, const char *id)
{
	u32 idx = lp_map_get_str(&nodes->index, id);

	if (idx == LP_MAP_NONE) {
		struct node node = { .path = NULL };

		idx = (u32)nodes->items.n;
		lp_vec_push(nodes->arena, &nodes->items, node);
		lp_map_set_str(nodes->arena, &nodes->index, id, idx);
	}
	return &nodes->items.items[idx];
}

struct arrow {
	const char *from, *to; /* ids */
};

struct arrows {
	struct arrow *items;
	size_t n, cap;
};

static void read_graph_line(struct nodes *nodes, struct arrows *arrows, char *line)
{
	char *at = line, *id = next_quoted(&at);

	if (*line != '"' || !id)
		return;
	if (!strncmp(at, " -> ", 4)) {
		struct arrow arrow = { .from = id, .to = next_quoted(&at) };

		if (arrow.to && !strstr(at, "style=dotted"))
			lp_vec_push(nodes->arena, arrows, arrow);
	} else if (!strncmp(at, " [label=", 8)) {
		const char *label = next_quoted(&at);
		struct node *node = node_of(nodes, id);

		if (!strstr(at, "shape=ellipse"))
			node->path = label;
	}
}

static void read_graph(struct graph *graph, char *text)
{
	struct nodes nodes = { .arena = graph->work->arena };
	struct arrows arrows = { 0 };

	for (char *line = text, *next; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		read_graph_line(&nodes, &arrows, line);
	}
	for (size_t i = 0; i < arrows.n; i++) {
		const struct arrow *arrow = &arrows.items[i];
		const char *from = node_of(&nodes, arrow->from)->path;
		const char *to = node_of(&nodes, arrow->to)->path;

		if (from && to)
			add_edge(graph, to, from);
		else if (from)
			lp_vec_push(nodes.arena, &node_of(&nodes, arrow->to)->in, from);
		else if (to)
			lp_vec_push(nodes.arena, &node_of(&nodes, arrow->from)->out, to);
	}
	for (size_t i = 0; i < nodes.items.n; i++) {
		const struct node *node = &nodes.items.items[i];

		for (size_t j = 0; j < node->out.n; j++)
			for (size_t k = 0; k < node->in.n; k++)
				add_edge(graph, node->out.items[j], node->in.items[k]);
	}
}

/* What the target is made from; and, where the build describes itself anew, what that is. */
static struct lp_err *ask_for_graph(struct lp_work *work, char **ret)
{
	const char *const targets[] = { work->recipe->target, "build.ninja" };
	size_t len;
	struct lp_err *err = lp_ninja_tool(work, "graph", targets, 2, ret, &len);

	if (!err)
		return NULL;
	lp_err_destroy(err); /* nothing makes build.ninja */
	return lp_ninja_tool(work, "graph", targets, 1, ret, &len);
}

static struct lp_err *write_graph(const struct graph *graph)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return lp_err_errno("cannot write the dependencies");
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
	LP_TRY(lp_ninja_tool(work, "inputs", &work->recipe->target, 1, &text, &len));
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
	LP_TRY(lp_ninja_tool(work, "deps", NULL, 0, &text, &len));
	read_deps(&graph, text);
	LP_TRY(ask_for_graph(work, &text));
	read_graph(&graph, text);
	LP_TRY(write_graph(&graph));
	return lp_commands_make(work, &graph.objects);
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

	*ret = (struct lp_deps){ .is_exact = true };
	for (const char *line = text; !strncmp(line, "o ", 2);) {
		size_t n = strcspn(line, "\n");

		lp_vec_push(work->arena, &ret->all, lp_strndup(work->arena, line + 2, n - 2));
		line += n + (line[n] == '\n');
	}
	bool *marks = lp_new_array(work->arena, ret->all.n, bool);

	for (size_t i = 0; i < paths->n; i++) {
		const char *numbers = find_line(work, text, 'd', paths->items[i], '\t');

		/* ninja does not say which files its own description includes. */
		if (find_line(work, text, '!', paths->items[i], '\n') ||
		    ends_with(paths->items[i], ".ninja"))
			ret->is_exact = false;
		if (numbers)
			mark_objects(numbers, marks, ret->all.n);
	}
	for (size_t i = 0; i < ret->all.n; i++)
		if (marks[i])
			lp_vec_push(work->arena, &ret->hit, ret->all.items[i]);
	return NULL;
}
