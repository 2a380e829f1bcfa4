/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/pin.h"

#include <stdio.h>
#include <string.h>

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
	size_t n = 0;
	u32 number = 1;

	*ret_n = 0;
	for (u32 i = 0; i < lines.n; i++) {
		size_t len = lines.start[i + 1] - lines.start[i];

		if (match[i] != LP_LINE_NONE && want[match[i]] != number &&
		    scan[i].takes_directive) {
			number = want[match[i]];
			n += (size_t)sprintf(out + n, "#line %u%s", number, newline);
			++*ret_n;
		}
		memcpy(out + n, patched + lines.start[i], len);
		n += len;
		number = scan[i].set_line ? scan[i].set_line : number + 1;
	}
	out[n] = '\0';
	*ret_len = n;
	return out;
}
