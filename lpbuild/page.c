/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/page.h"

#include <stdlib.h>

#include "lib/file.h"

struct lp_err *lp_page_make(struct lp_arena *arena, const struct lp_page *page,
			    struct rv_input *ret_input, struct rv_doc *ret)
{
	size_t n = page->keys ? page->keys->n : 0;
	struct lp_public_key *keys = lp_new_array(arena, n, struct lp_public_key);

	for (size_t i = 0; i < n; i++)
		LP_TRY(lp_key_read_public(page->keys->items[i], &keys[i]));
	LP_TRY(rv_open(arena, page->file, page->target.path, &page->target.debug, ret_input));
	for (size_t i = 0; i < page->below->n; i++)
		LP_TRY(rv_open_below(ret_input, page->below->items[i]));
	ret_input->keys = keys;
	ret_input->n_keys = n;
	return rv_make(ret_input, ret);
}

struct lp_err *lp_page_write(struct lp_arena *arena, const struct lp_page *page, const char *path)
{
	struct rv_input input;
	struct rv_doc doc;
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	LP_TRY(lp_page_make(arena, page, &input, &doc));
	out = open_memstream(&text, &len);
	if (!out)
		return lp_err_errno("cannot write '%s'", path);
	rv_print_html(&doc, out);
	struct lp_err *err = fclose(out) ? lp_err_errno("cannot write '%s'", path)
					 : lp_file_write(path, text, len);

	free(text);
	return err;
}
