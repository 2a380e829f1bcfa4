/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fuzz_manifest and fuzz_review share. */
#include <stdlib.h>
#include <string.h>

#include "review/review.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static inline void require(struct lp_err *err)
{
	if (err) {
		lp_err_finish(err, false);
		abort();
	}
}

/* Prints DOC with PRINT; there may be no control characters in it, and no element but ours. */
static inline void print(const struct rv_doc *doc, void (*printer)(const struct rv_doc *, FILE *))
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		abort();
	printer(doc, out);
	if (fclose(out))
		abort();
	for (size_t i = 0; i < len; i++) {
		u8 c = (u8)text[i];

		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			abort();
	}
	if (printer == rv_print_html && strstr(text, "<script"))
		abort();
	free(text);
}

static inline void review(struct lp_arena *arena, const u8 *data, size_t size)
{
	struct rv_input input;
	struct rv_doc doc;
	struct lp_err *err = rv_open_mem(arena, "f", data, size, &input);

	if (!err)
		err = rv_make(&input, &doc);
	if (!err) {
		print(&doc, rv_print_text);
		print(&doc, rv_print_html);
	}
	lp_err_destroy(err);
}
