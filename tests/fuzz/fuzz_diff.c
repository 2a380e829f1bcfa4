/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a diff, and any two texts into the line pinner: what comes out must be the second
 * text again once directives, blanks and newlines are taken out of both. (Where the text has such
 * directives of its own, one may be joined with another line in a comment: that is only run.)
 */
#include <stdlib.h>
#include <string.h>

#include "lib/udiff.h"
#include "lpbuild/pin.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* Length of the line at TEXT, newline included. */
static size_t line_length(const char *text, size_t len)
{
	const char *nl = memchr(text, '\n', len);

	return nl ? (size_t)(nl - text) + 1 : len;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r';
}

/* TEXT without its directives, blanks and newlines, which are all that pinning may change. */
static char *essence(struct lp_arena *arena, const char *text, size_t len, size_t *ret)
{
	char *out = lp_alloc(arena, len + 1);

	*ret = 0;
	while (len) {
		size_t line = line_length(text, len);

		for (size_t i = 0; strncmp(text, "#line ", 6) != 0 && i < line; i++) {
			if (!is_blank(text[i]))
				out[(*ret)++] = text[i];
		}
		text += line;
		len -= line;
	}
	return out;
}

static void check_pinned(struct lp_arena *arena, const char *pinned, size_t pinned_len,
			 const char *text, size_t len)
{
	const char *a = essence(arena, pinned, pinned_len, &pinned_len);
	const char *b = essence(arena, text, len, &len);

	if (pinned_len != len || memcmp(a, b, len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct lp_arena arena = { 0 };
	char *text = lp_alloc(&arena, size + 1);
	struct lp_udiff diff;
	size_t pinned_len;
	u32 n;

	if (size)
		memcpy(text, data, size);
	lp_err_destroy(lp_udiff_parse(&arena, "f", text, size, &diff));
	/* The first form feed parts the old text from the new one. */
	const char *cut = memchr(text, '\f', size);

	if (cut) {
		size_t old_len = (size_t)(cut - text), new_len = size - old_len - 1;
		const char *pinned =
			lp_pin_lines(&arena, text, old_len, cut + 1, new_len, &pinned_len, &n);

		if (!memmem(cut + 1, new_len, "#line ", 6))
			check_pinned(&arena, pinned, pinned_len, cut + 1, new_len);
	}
	lp_arena_deinit(&arena);
	return 0;
}
