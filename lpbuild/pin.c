/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/pin.h"

#include <stdio.h>
#include <string.h>

#include "lib/vec.h"
#include "lpbuild/cscan.h"
#include "lpbuild/lines.h"

#define MAX_BLANK     10000 /* lines taken out of one call */
#define DIRECTIVE_MAX sizeof("#line 4294967295\r\n")

bool lp_pin_applies(const char *path)
{
	static const char *const endings[] = { ".c", ".h", ".c.inc", ".h.inc" };
	size_t len = strlen(path);

	for (size_t i = 0; i < LP_ARRAY_SIZE(endings); i++) {
		size_t n = strlen(endings[i]);

		if (len > n && !strcmp(path + len - n, endings[i]))
			return true;
	}
	return false;
}

/* The __LINE__ of each line. */
static u32 *numbers(struct lp_arena *arena, const struct lp_lines *lines)
{
	const struct lp_cscan_line *scan = lp_cscan(arena, lines);
	u32 *ret = lp_new_array(arena, lines->n, u32);
	u32 number = 1;

	for (u32 i = 0; i < lines->n; i++) {
		ret[i] = number;
		number = scan[i].set_line ? scan[i].set_line : number + 1;
	}
	return ret;
}

static const char *newline_of(const char *text, size_t len)
{
	const char *nl = memchr(text, '\n', len);

	return nl && nl > text && nl[-1] == '\r' ? "\r\n" : "\n";
}

/* A directive inside a conditional is only obeyed when that branch is compiled, so that the
 * number behind the branch is not known: it has to be said again there. */
struct branches {
	struct lp_arena *arena;
	LP_VEC(bool) is_pinned; /* of each open conditional: has a directive in it */
	bool is_unsure;		/* what number the next line has */
};

static void note_pin(struct branches *b)
{
	b->is_unsure = false;
	if (b->is_pinned.n)
		b->is_pinned.items[b->is_pinned.n - 1] = true;
}

static void note_line(struct branches *b, enum lp_cscan_cond cond)
{
	if (cond == LP_COND_IF) {
		lp_vec_push(b->arena, &b->is_pinned, false);
	} else if (cond != LP_COND_NONE && b->is_pinned.n) {
		b->is_unsure |= b->is_pinned.items[b->is_pinned.n - 1];
		b->is_pinned.n -= cond == LP_COND_ENDIF;
	}
}

struct edit {		/* of a patched line */
	u32 directive;	/* the number that a #line before it gives it, or 0 */
	u32 n_blank;	/* empty lines before it */
	bool is_joined; /* the next line is put behind it */
};

struct pinning {
	struct lp_lines lines; /* of the patched text */
	const u32 *match;      /* the old line of each */
	const u32 *want;       /* number of each old line */
	const struct lp_cscan_line *scan;
	struct edit *edits;
	u32 n_edits;
};

/*
 * Line I is SURPLUS lines too far down, among the arguments of what may be a macro, where a
 * directive can't be: clang gives __LINE__ in error_setg() the number of its last line. The new
 * lines above it are made one line. False when these are not enough, or have an end that counts.
 */
static bool join_lines(struct pinning *p, u32 i, u32 surplus)
{
	for (u32 j = 1; j <= surplus; j++)
		if (j > i || p->match[i - j] != LP_LINE_NONE || !p->scan[i - j].ends_blank)
			return false;
	for (u32 j = 1; j <= surplus; j++)
		p->edits[i - j].is_joined = true;
	p->n_edits += surplus;
	return true;
}

/* Line I of the patched text, which has NUMBER, gets the number WANT if that can be. */
static bool renumber(struct pinning *p, u32 i, u32 number, u32 want)
{
	if (p->scan[i].takes_directive) {
		p->edits[i].directive = want;
		p->n_edits++;
		return true;
	}
	if (!p->scan[i].is_argument || want > number + MAX_BLANK)
		return false;
	if (number > want)
		return join_lines(p, i, number - want);
	p->edits[i].n_blank = want - number;
	p->n_edits++;
	return true;
}

static void plan(struct pinning *p, struct lp_arena *arena)
{
	struct branches branches = { .arena = arena };
	u32 number = 1;

	for (u32 i = 0; i < p->lines.n; i++) {
		u32 want = p->match[i] != LP_LINE_NONE ? p->want[p->match[i]] : number;

		if (p->match[i] != LP_LINE_NONE && (want != number || branches.is_unsure) &&
		    renumber(p, i, number, want)) {
			number = want;
			if (p->edits[i].directive)
				note_pin(&branches);
		}
		number = p->scan[i].set_line ? p->scan[i].set_line : number + 1;
		note_line(&branches, p->scan[i].cond);
	}
}

static size_t size_of(const struct pinning *p)
{
	size_t size = p->lines.start[p->lines.n] + 1;

	for (u32 i = 0; i < p->lines.n; i++)
		size += (p->edits[i].directive ? DIRECTIVE_MAX : 0) +
			p->edits[i].n_blank * strlen("\r\n");
	return size;
}

static size_t put_line(char *out, const struct pinning *p, u32 i, const char *newline)
{
	const struct edit *edit = &p->edits[i];
	const char *line = p->lines.text + p->lines.start[i];
	size_t len = p->lines.start[i + 1] - p->lines.start[i], n = 0;

	if (edit->directive)
		n += (size_t)sprintf(out, "#line %u%s", edit->directive, newline);
	for (u32 j = 0; j < edit->n_blank; j++)
		n += (size_t)sprintf(out + n, "%s", newline);
	if (edit->is_joined)
		while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			len--;
	memcpy(out + n, line, len);
	n += len;
	if (edit->is_joined)
		out[n++] = ' ';
	return n;
}

char *lp_pin_lines(struct lp_arena *arena, const char *original, size_t original_len,
		   const char *patched, size_t patched_len, size_t *ret_len, u32 *ret_n)
{
	struct lp_lines old = lp_lines_split(arena, original, original_len);
	struct pinning p = { .lines = lp_lines_split(arena, patched, patched_len) };
	const char *newline = newline_of(patched, patched_len);
	size_t n = 0;

	p.match = lp_lines_match(arena, &old, &p.lines);
	p.want = numbers(arena, &old);
	p.scan = lp_cscan(arena, &p.lines);
	p.edits = lp_new_array(arena, p.lines.n, struct edit);
	plan(&p, arena);
	char *out = lp_alloc(arena, size_of(&p));

	for (u32 i = 0; i < p.lines.n; i++)
		n += put_line(out + n, &p, i, newline);
	out[n] = '\0';
	*ret_len = n;
	*ret_n = p.n_edits;
	return out;
}
