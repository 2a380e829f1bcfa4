/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/udiff.h"

#include <string.h>

#include "lib/file.h"

#define MAX_STRIP 3

struct parser {
	struct lp_arena *arena;
	struct lp_udiff *diff;
	const char *pos, *end;
	const char *line; /* the line that was taken last, with its '\n' */
	size_t len;	  /* of it, without '\n' */
	u32 line_no;
};

/* What "diff --git" and the lines below it say about one file. */
struct git_header {
	bool is_add, is_delete;
	const char *from, *to; /* of "rename" or "copy" */
	bool is_copy;
};

static struct lp_err *bad(const struct parser *p, const char *what)
{
	return lp_err(LP_FAILED, "cannot read diff '%s': line %u: %s", p->diff->name, p->line_no,
		      what);
}

static bool take_line(struct parser *p)
{
	if (p->pos == p->end)
		return false;
	const char *nl = memchr(p->pos, '\n', (size_t)(p->end - p->pos));

	p->line = p->pos;
	p->len = (size_t)((nl ? nl : p->end) - p->pos);
	p->pos = nl ? nl + 1 : p->end;
	p->line_no++;
	return true;
}

static bool starts(const struct parser *p, const char *prefix)
{
	size_t n = strlen(prefix);

	return p->len >= n && !memcmp(p->line, prefix, n);
}

/* True if the line at P->pos, not taken yet, starts with PREFIX. */
static bool next_starts(const struct parser *p, const char *prefix)
{
	size_t n = strlen(prefix);

	return (size_t)(p->end - p->pos) >= n && !memcmp(p->pos, prefix, n);
}

/* A path must stay inside the tree and be printable: patch(1) has been led astray before. */
static bool is_safe_path(const char *path)
{
	if (!*path || *path == '/')
		return false;
	for (const char *c = path; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
		if ((c == path || c[-1] == '/') && !strncmp(c, "..", 2) && (c[2] == '/' || !c[2]))
			return false;
	}
	return true;
}

/* The path behind SKIP bytes of the line, up to a tab (a time stamp follows it). */
static struct lp_err *take_path(const struct parser *p, size_t skip, const char **ret)
{
	const char *from = p->line + skip;
	size_t n = p->len - skip;
	const char *tab = memchr(from, '\t', n);

	if (tab)
		n = (size_t)(tab - from);
	if (n && from[n - 1] == '\r')
		n--;
	if (n && from[0] == '"')
		return bad(p, "quoted file names are not supported");
	if (memchr(from, '\0', n))
		return bad(p, "NUL in a file name");
	char *path = lp_strndup(p->arena, from, n);

	if (strcmp(path, "/dev/null") && !is_safe_path(path))
		return lp_err_context(bad(p, "the file name leads out of the source tree"),
				      "the name is '%s'", path);
	*ret = path;
	return NULL;
}

/* A decimal number at *S, before END; moves *S behind it. */
static bool take_number(const char **s, const char *end, u32 *ret)
{
	u64 value = 0;
	const char *c = *s;

	while (c < end && *c >= '0' && *c <= '9') {
		value = value * 10 + (u64)(*c++ - '0');
		if (value > INT32_MAX)
			return false;
	}
	if (c == *s)
		return false;
	*s = c;
	*ret = (u32)value;
	return true;
}

/* "START[,N]" after SIGN. */
static bool take_range(const char **s, const char *end, char sign, u32 *start, u32 *n)
{
	if (*s == end || **s != sign)
		return false;
	++*s;
	if (!take_number(s, end, start))
		return false;
	*n = 1;
	if (*s < end && **s == ',') {
		++*s;
		return take_number(s, end, n);
	}
	return true;
}

static bool parse_hunk_header(const struct parser *p, struct lp_udiff_hunk *hunk)
{
	const char *s = p->line + 3, *end = p->line + p->len;

	hunk->line = p->line_no;
	if (!take_range(&s, end, '-', &hunk->old_start, &hunk->old_n))
		return false;
	if (s == end || *s++ != ' ')
		return false;
	if (!take_range(&s, end, '+', &hunk->new_start, &hunk->new_n))
		return false;
	return end - s >= 3 && !memcmp(s, " @@", 3);
}

/* True if the next line is a change that no hunk header counted. The signature that
 * git format-patch ends with ("-- ") and the header of the next file are none. */
static bool has_uncounted_line(const struct parser *p)
{
	return next_starts(p, "+") ||
	       (next_starts(p, "-") && !next_starts(p, "-- ") && !next_starts(p, "--- "));
}

static struct lp_err *parse_hunk(struct parser *p, struct lp_udiff_file *file)
{
	struct lp_udiff_hunk hunk;
	u32 n_old = 0, n_new = 0;
	bool has_change = false;

	if (!parse_hunk_header(p, &hunk))
		return bad(p, "bad hunk header");
	while (n_old < hunk.old_n || n_new < hunk.new_n) {
		if (!take_line(p))
			return bad(p, "the diff ends inside a hunk");
		char c = p->len && p->line[0] != '\r' ? p->line[0] : ' ';

		if (c == '\\')
			continue;
		if (c != ' ' && c != '-' && c != '+')
			return bad(p, "the hunk is shorter than its header says");
		n_old += c != '+';
		n_new += c != '-';
		has_change |= c != ' ';
		if (n_old > hunk.old_n || n_new > hunk.new_n)
			return bad(p, "the hunk is longer than its header says");
	}
	if (next_starts(p, "\\"))
		take_line(p);
	if (has_uncounted_line(p))
		return bad(p, "the hunk is longer than its header says");
	if (!has_change)
		return bad(p, "the hunk changes nothing");
	lp_vec_push(p->arena, &file->hunks, hunk);
	return NULL;
}

/* Decides what happens to the file and puts it into the list. */
static struct lp_err *add_file(struct parser *p, struct lp_udiff_file *file,
			       const struct git_header *git)
{
	bool no_old = file->old_path && !strcmp(file->old_path, "/dev/null");
	bool no_new = file->new_path && !strcmp(file->new_path, "/dev/null");

	if (!file->old_path && git->from)
		file->old_path = git->from;
	if (!file->new_path && git->to)
		file->new_path = git->to;
	if (no_old && no_new)
		return bad(p, "both file names are /dev/null");
	if (!file->old_path && !file->new_path)
		return NULL; /* only the mode of the file changes */
	if (no_old || git->is_add || git->is_copy)
		file->kind = LP_UDIFF_ADD;
	else if (no_new || git->is_delete)
		file->kind = LP_UDIFF_DELETE;
	else if (git->from)
		file->kind = LP_UDIFF_RENAME;
	/* diff -N writes no /dev/null: a file without a line before it is new. */
	else if (file->hunks.n == 1 && !file->hunks.items[0].old_start &&
		 !file->hunks.items[0].old_n)
		file->kind = LP_UDIFF_ADD;
	if (file->kind == LP_UDIFF_ADD)
		file->old_path = NULL;
	if (file->kind == LP_UDIFF_DELETE)
		file->new_path = NULL;
	lp_vec_push(p->arena, &p->diff->files, *file);
	return NULL;
}

/* One line between "diff --git" and the hunks. */
static struct lp_err *parse_git_line(const struct parser *p, struct git_header *git)
{
	if (starts(p, "new file mode "))
		git->is_add = true;
	else if (starts(p, "deleted file mode "))
		git->is_delete = true;
	else if (starts(p, "rename from "))
		return take_path(p, strlen("rename from "), &git->from);
	else if (starts(p, "rename to "))
		return take_path(p, strlen("rename to "), &git->to);
	else if (starts(p, "copy from "))
		git->is_copy = true;
	else if (starts(p, "copy to "))
		return take_path(p, strlen("copy to "), &git->to);
	else if (starts(p, "GIT binary patch") || starts(p, "Binary files "))
		return bad(p, "a binary file can't be live-patched");
	return NULL;
}

/* "--- old", "+++ new" and the hunks; the first line is taken already. */
static struct lp_err *parse_file(struct parser *p, const struct git_header *git)
{
	struct lp_udiff_file file = { .kind = LP_UDIFF_MODIFY };

	LP_TRY(take_path(p, 4, &file.old_path));
	take_line(p);
	LP_TRY(take_path(p, 4, &file.new_path));
	while (next_starts(p, "@@ ")) {
		take_line(p);
		LP_TRY(parse_hunk(p, &file));
	}
	if (!file.hunks.n)
		return bad(p, "no hunk follows the file names");
	return add_file(p, &file, git);
}

/* git says "rename" and "copy" without the prefix; ours gets one, so that all paths are alike. */
static void prefix_git_paths(struct parser *p, struct git_header *git)
{
	if (git->from)
		git->from = lp_printf(p->arena, "a/%s", git->from);
	if (git->to)
		git->to = lp_printf(p->arena, "b/%s", git->to);
}

/* The lines below "diff --git", up to the next file. */
static struct lp_err *parse_git(struct parser *p)
{
	struct git_header git = { 0 };
	struct lp_udiff_file whole = { .kind = LP_UDIFF_MODIFY };

	while (p->pos < p->end && !next_starts(p, "diff --git ") && !next_starts(p, "--- ")) {
		take_line(p);
		LP_TRY(parse_git_line(p, &git));
	}
	prefix_git_paths(p, &git);
	if (!next_starts(p, "--- "))
		return add_file(p, &whole, &git);
	take_line(p);
	if (!next_starts(p, "+++ "))
		return bad(p, "'+++' must follow '---'");
	return parse_file(p, &git);
}

struct lp_err *lp_udiff_parse(struct lp_arena *arena, const char *name, const char *text,
			      size_t len, struct lp_udiff *ret)
{
	struct parser p = { .arena = arena, .diff = ret, .pos = text, .end = text + len };
	const struct git_header none = { 0 };

	*ret = (struct lp_udiff){ .name = name };
	while (take_line(&p)) {
		/* Everything else is the text of a mail or a commit message. */
		if (starts(&p, "diff --git "))
			LP_TRY(parse_git(&p));
		else if (starts(&p, "--- ") && next_starts(&p, "+++ "))
			LP_TRY(parse_file(&p, &none));
		else if (starts(&p, "@@ -"))
			return bad(&p, "a hunk without file names");
		else if (starts(&p, "Binary files "))
			return bad(&p, "a binary file can't be live-patched");
	}
	if (!ret->files.n)
		return lp_err_advice(lp_err(LP_FAILED, "'%s' is not a unified diff", name),
				     "make one with 'git diff' or 'diff -u'");
	return NULL;
}

const char *lp_udiff_strip(const char *path, u32 strip)
{
	for (; strip; strip--) {
		path = strchr(path, '/');
		if (!path)
			return NULL;
		path += strspn(path, "/");
	}
	return *path ? path : NULL;
}

static bool has_git_prefixes(const struct lp_udiff *diff)
{
	for (size_t i = 0; i < diff->files.n; i++) {
		const struct lp_udiff_file *file = &diff->files.items[i];

		if (file->old_path && strncmp(file->old_path, "a/", 2) != 0)
			return false;
		if (file->new_path && strncmp(file->new_path, "b/", 2) != 0)
			return false;
	}
	return true;
}

static bool is_there(struct lp_arena *arena, const char *root, const char *path)
{
	return lp_file_exists(lp_printf(arena, "%s/%s", root, path));
}

/* True if one of the first N files of the diff makes PATH (NULL: /dev/null), which has its a/ or
 * b/. */
static bool is_made(const struct lp_udiff *diff, size_t n, const char *path)
{
	const char *inside = path ? strchr(path, '/') : NULL;

	for (size_t i = 0; path && i < n; i++) {
		const char *made = diff->files.items[i].new_path;

		if (!made || diff->files.items[i].kind == LP_UDIFF_MODIFY)
			continue;
		const char *made_inside = strchr(made, '/');

		if (!strcmp(made, path) || (inside && made_inside && !strcmp(made_inside, inside)))
			return true;
	}
	return false;
}

/* True if every file that must be there is, with STRIP components removed. */
static bool fits(struct lp_arena *arena, const struct lp_udiff *diff, const char *root, u32 strip)
{
	for (size_t i = 0; i < diff->files.n; i++) {
		const struct lp_udiff_file *file = &diff->files.items[i];
		const char *old_path =
			file->old_path ? lp_udiff_strip(file->old_path, strip) : NULL;
		const char *new_path =
			file->new_path ? lp_udiff_strip(file->new_path, strip) : NULL;

		/* A new file says nothing, but must have a name at this level. */
		if ((file->old_path && !old_path) || (file->new_path && !new_path))
			return false;
		if (file->kind != LP_UDIFF_ADD && !is_there(arena, root, old_path) &&
		    !is_made(diff, i, file->old_path) &&
		    /* "--- vnc.c.orig": patch(1) takes the other name, too. */
		    !(file->kind == LP_UDIFF_MODIFY &&
		      (is_there(arena, root, new_path) || is_made(diff, i, file->new_path))))
			return false;
	}
	return true;
}

struct lp_err *lp_udiff_level(struct lp_arena *arena, const struct lp_udiff *diff, const char *root,
			      u32 *ret)
{
	if (has_git_prefixes(diff) && fits(arena, diff, root, 1)) {
		*ret = 1;
		return NULL;
	}
	for (u32 strip = 0; strip <= MAX_STRIP; strip++) {
		if (fits(arena, diff, root, strip)) {
			*ret = strip;
			return NULL;
		}
	}
	const struct lp_udiff_file *first = &diff->files.items[0];

	return lp_err_advice(
		lp_err(LP_FAILED, "'%s' does not fit the source: there is no file '%s'", diff->name,
		       first->old_path ? first->old_path : first->new_path),
		"make the diff against the source that the recipe builds");
}
