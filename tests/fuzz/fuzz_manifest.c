/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a manifest. What the reader takes must be written and read again as the same text,
 * and be shown without a byte that a terminal or a browser would take for more than text.
 */
#include "review/review.h"
#include "tests/fuzz/review.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct lp_arena arena = { 0 };
	struct lp_manifest manifest, again;
	size_t len, again_len;
	char *text, *again_text;
	struct lp_err *err = lp_manifest_read(&arena, "f", (const char *)data, size, &manifest);

	if (!err) {
		require(lp_yaml_write(&arena, &lp_manifest_schema, &manifest, &text, &len));
		require(lp_manifest_read(&arena, "again", text, len, &again));
		require(lp_yaml_write(&arena, &lp_manifest_schema, &again, &again_text,
				      &again_len));
		if (len != again_len || memcmp(text, again_text, len))
			abort();
		review(&arena, (const u8 *)text, len, NULL);
	}
	lp_err_destroy(err);
	lp_arena_deinit(&arena);
	return 0;
}
