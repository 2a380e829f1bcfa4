/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/pin.h"

#include <stdio.h>
#include <string.h>

#include "lib/vec.h"
#include "lpbuild/cscan.h"
#include "lpbuild/lines.h"

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

char *lp_pin_lines(struct lp_arena *arena, const char *original, size_t original_len,
		   const char *patched, size_t patched_len, size_t *ret_len, u32 *ret_n)
{
	struct lp_lines old = lp_lines_split(arena, original, original_len);
	struct lp_lines lines = lp_lines_split(arena, patched, patched_len);
	const u32 *match = lp_lines_match(arena, &old, &lines);
	const u32 *want = numbers(arena, &old);
	const struct lp_cscan_line *scan = lp_cscan(arena, &lines);
	const char *newline = newline_of(patched, patched_len);
	char *out = lp_alloc(arena, patched_len + (size_t)lines.n * DIRECTIVE_MAX + 1);
	struct branches branches = { .arena = arena };
	size_t n = 0;
	u32 number = 1;

	*ret_n = 0;
	for (u32 i = 0; i < lines.n; i++) {
		size_t len = lines.start[i + 1] - lines.start[i];

		if (match[i] != LP_LINE_NONE && scan[i].takes_directive &&
		    (want[match[i]] != number || branches.is_unsure)) {
			number = want[match[i]];
			n += (size_t)sprintf(out + n, "#line %u%s", number, newline);
			++*ret_n;
			note_pin(&branches);
		}
		memcpy(out + n, patched + lines.start[i], len);
		n += len;
		number = scan[i].set_line ? scan[i].set_line : number + 1;
		note_line(&branches, scan[i].cond);
	}
	out[n] = '\0';
	*ret_len = n;
	return out;
}
