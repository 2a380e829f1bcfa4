/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fuzz_manifest, fuzz_review and fuzz_sign share. */
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

/* The same as data. */
static inline void print_json(const struct rv_input *input, const struct rv_doc *doc)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		abort();
	rv_print_json(input, doc, out);
	if (fclose(out))
		abort();
	free(text);
}

static inline struct lp_err *show(const struct rv_input *input)
{
	struct rv_doc doc;

	LP_TRY(rv_make(input, &doc));
	print(&doc, rv_print_text);
	print(&doc, rv_print_html);
	print_json(input, &doc);
	return NULL;
}

/* KEY may have signed it; NULL: nobody asks. */
static inline void review(struct lp_arena *arena, const u8 *data, size_t size,
			  const struct lp_public_key *key)
{
	struct rv_input input;
	struct lp_err *err = rv_open_mem(arena, "f", data, size, &input);

	if (!err) {
		input.keys = key;
		input.n_keys = key ? 1 : 0;
		err = show(&input);
	}
	lp_err_destroy(err);
}
