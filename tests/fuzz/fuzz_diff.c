/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a diff, and any two texts into the line pinner: what comes out must be the second
 * text again once the directives are taken out.
 */
#include <stdlib.h>
#include <string.h>

#include "lpbuild/diff.h"
#include "lpbuild/pin.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* Length of the line at TEXT, newline included. */
static size_t line_length(const char *text, size_t len)
{
	const char *nl = memchr(text, '\n', len);

	return nl ? (size_t)(nl - text) + 1 : len;
}

static void check_pinned(const char *pinned, size_t pinned_len, const char *text, size_t len)
{
	while (pinned_len) {
		size_t a = line_length(pinned, pinned_len), b = line_length(text, len);

		if (a == b && !memcmp(pinned, text, a)) {
			text += b;
			len -= b;
		} else if (strncmp(pinned, "#line ", 6) != 0) {
			abort();
		}
		pinned += a;
		pinned_len -= a;
	}
	if (len)
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

		check_pinned(pinned, pinned_len, cut + 1, new_len);
	}
	lp_arena_deinit(&arena);
	return 0;
}
