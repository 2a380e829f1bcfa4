// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which part of the source diff belongs to which function. The diff names files and, behind the
 * second "@@", the function that a hunk begins in; lines that look like the head of a function say
 * where the next one begins. That is a guess for the reader's eye; nothing depends on it.
 */
#include <ctype.h>
#include <string.h>

#include "lib/file.h"
#include "lib/udiff.h"
#include "review/model.h"

#define MAX_LINE 4096

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The name before the first '(' of a line that begins like the head of a function; attributes
 * come before it: `static __attribute__((noinline)) int f(int x)`. */
static const char *function_of(struct lp_arena *arena, const char *line, size_t len)
{
	int depth = 0;

	if (!len || !(isalpha((unsigned char)*line) || *line == '_') || line[len - 1] == ';' ||
	    line[len - 1] == ':')
		return NULL;
	for (const char *p = line; p < line + len; p++) {
		const char *from = p;

		depth -= *p == ')';
		if (*p != '(' || depth++)
			continue;
		while (from > line && is_word(from[-1]))
			from--;
		if (from < p && memcmp(from, "__", 2) != 0)
			return lp_strndup(arena, from, (size_t)(p - from));
	}
	return NULL;
}

static void add_once(struct lp_arena *arena, struct lp_strs *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++) {
		if (!strcmp(list->items[i], name))
			return;
	}
	lp_vec_push(arena, list, name);
}

static size_t line_len(const char *text, const char *end)
{
	const char *nl = memchr(text, '\n', (size_t)(end - text));

	return (size_t)((nl ? nl : end) - text);
}

/* Walks the lines of the hunk and notes in whose function the changed ones are. */
static void find_touched(struct rv_maker *m, struct rv_hunk *hunk)
{
	const char *end = hunk->text + hunk->len, *line = hunk->text, *name = NULL;
	size_t len = line_len(line, end);
	const char *at = len > 2 ? memmem(line + 2, len - 2, "@@ ", 3) : NULL;

	if (at)
		name = function_of(m->arena, at + 3, len - (size_t)(at + 3 - line));
	for (line += len; line < end; line += len) {
		const char *head;

		line++;
		len = line < end ? line_len(line, end) : 0;
		if (!len)
			continue;
		head = function_of(m->arena, line + 1, len - 1);
		if (head)
			name = head;
		if (name && (*line == '+' || *line == '-'))
			add_once(m->arena, &hunk->touches, name);
		if ((head || len == 2) && line[len - 1] == '}')
			name = NULL; /* it ends here */
	}
}

/* Offset of line NUMBER (from 1). */
static size_t offset_of_line(const char *text, size_t len, u32 number)
{
	size_t off = 0;

	while (--number && off < len)
		off += line_len(text + off, text + len) + 1;
	return off < len ? off : len;
}

/* Bytes of the hunk at TEXT: to the end of what its header counts, and "\ No newline". */
static size_t hunk_len(const struct lp_udiff_hunk *hunk, const char *text, const char *end)
{
	u32 n_old = 0, n_new = 0;
	const char *p = text + line_len(text, end);

	while (p < end && p + 1 < end &&
	       (n_old < hunk->old_n || n_new < hunk->new_n || p[1] == '\\')) {
		p++;
		n_old += *p != '+' && *p != '\\';
		n_new += *p != '-' && *p != '\\';
		p += line_len(p, end);
	}
	return (size_t)(p - text);
}

static void add_file(struct rv_maker *m, const struct lp_udiff_file *file, size_t *off, u32 *line)
{
	const char *text = m->input->diff, *path = file->new_path ? file->new_path : file->old_path;

	if (!strncmp(path, "a/", 2) || !strncmp(path, "b/", 2))
		path += 2;
	for (size_t i = 0; i < file->hunks.n; i++) {
		const struct lp_udiff_hunk *from = &file->hunks.items[i];
		struct rv_hunk hunk = { .path = path };

		*off += offset_of_line(text + *off, m->input->diff_len - *off,
				       from->line - *line + 1);
		*line = from->line;
		hunk.text = text + *off;
		hunk.len = hunk_len(from, hunk.text, text + m->input->diff_len);
		find_touched(m, &hunk);
		lp_vec_push(m->arena, &m->hunks, hunk);
	}
}

void rv_read_hunks(struct rv_maker *m)
{
	const char *text = m->input->diff;
	struct lp_udiff diff;
	struct lp_err *err;
	size_t off = 0;
	u32 line = 1;

	if (!text)
		return;
	err = lp_udiff_parse(m->arena, "diff", text, m->input->diff_len, &diff);
	if (err) { /* is shown as it is */
		struct rv_hunk all = { .path = "", .text = text, .len = m->input->diff_len };

		lp_vec_push(m->arena, &m->hunks, all);
		lp_err_destroy(err);
		return;
	}
	for (size_t i = 0; i < diff.files.n; i++)
		add_file(m, &diff.files.items[i], &off, &line);
}

/* ---- which of them ---- */

/* Hunks of one file share its name: LAST is that of the one before. */
static void show(struct rv_maker *m, struct rv_hunk *hunk, const char **last)
{
	const char *end = hunk->text + hunk->len;

	if (!*last || strcmp(*last, hunk->path) != 0)
		rv_row(m, RV_FILE, RV_PLAIN, hunk->path, NULL);
	*last = hunk->path;
	for (const char *line = hunk->text; line < end;) {
		size_t len = line_len(line, end), n = len < MAX_LINE ? len : MAX_LINE;
		enum rv_mark mark = line == hunk->text ? RV_AT
				    : *line == '+'     ? RV_ADDED
				    : *line == '-'     ? RV_REMOVED
						       : RV_PLAIN;

		if (n && line[n - 1] == '\r')
			n--;
		rv_row(m, RV_HUNK, mark, lp_strndup(m->arena, line, n), NULL);
		line += len + 1;
	}
	hunk->is_shown = true;
}

/* The name in the source: "foo.constprop.0" and "foo.part.0" are made from foo. */
static const char *source_name(struct lp_arena *arena, const char *name)
{
	return lp_strndup(arena, name, strcspn(name, "."));
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(end), whole = strlen(text);

	return len <= whole && !strcmp(text + whole - len, end);
}

/* The object of ui/vnc.c is ui/vnc.o for make, and "libcommon.fa.p/ui_vnc.c.o" for meson. */
static bool is_of_object(struct lp_arena *arena, const char *path, const char *object)
{
	const char *dot = strrchr(path, '.');
	char *flat = lp_printf(arena, "%s.o", path);

	if (ends_with(object, flat) ||
	    (dot && ends_with(object, lp_printf(arena, "%.*s.o", (int)(dot - path), path))))
		return true;
	for (char *p = flat; *p; p++) {
		if (*p == '/')
			*p = '_';
	}
	return !strcmp(lp_basename(object), flat);
}

/* The only one of its object that is replaced? */
static bool is_only_one(const struct rv_maker *m, const struct lp_m_function *f)
{
	const struct lp_manifest *manifest = &m->input->manifest;
	size_t n = 0;

	for (size_t i = 0; i < manifest->functions.n; i++) {
		const struct lp_m_function *other = lp_m_function_at(manifest, i);

		n += !strcmp(other->object, f->object) && !strcmp(other->change, "modified");
	}
	return n == 1 && !strcmp(f->change, "modified");
}

static bool touches(const struct rv_hunk *hunk, const char *name)
{
	for (size_t i = 0; i < hunk->touches.n; i++) {
		if (!strcmp(hunk->touches.items[i], name))
			return true;
	}
	return false;
}

/* PATH without its first folder: `diff -u old/vnc.c new/vnc.c` has no a/ and b/. */
static const char *without_folder(const char *path)
{
	const char *slash = strchr(path, '/');

	return slash ? slash + 1 : path;
}

void rv_function_hunks(struct rv_maker *m, const struct lp_m_function *f)
{
	const char *name = source_name(m->arena, f->name);
	const char *last = NULL;
	bool found = false, is_only = is_only_one(m, f);

	/* Those that touch it (or that name no function, if it can be no other's: `@@ ... @@
	 * again:` of lsi53c895a.c), or else all of its file; as the diff has the path, or else
	 * less.
	 */
	for (int pass = 0; pass < 4 && !found; pass++) {
		for (size_t i = 0; i < m->hunks.n; i++) {
			struct rv_hunk *hunk = &m->hunks.items[i];
			const char *path = pass < 2 ? hunk->path : without_folder(hunk->path);

			if (!is_of_object(m->arena, path, f->object) ||
			    (pass % 2 == 0 && !touches(hunk, name) &&
			     !(is_only && !hunk->touches.n)))
				continue;
			show(m, hunk, &last);
			found = true;
		}
	}
	if (!found && m->hunks.n)
		rv_row(m, RV_POINT, RV_PLAIN,
		       "the diff does not name this function: see what is left of the diff below",
		       NULL);
}

void rv_other_hunks(struct rv_maker *m)
{
	const char *last = NULL;

	for (size_t i = 0; i < m->hunks.n; i++) {
		if (!m->hunks.items[i].is_shown)
			show(m, &m->hunks.items[i], &last);
	}
}
