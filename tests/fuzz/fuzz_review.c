/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a payload that is to be shown; behind 'S' and a length of 16 bits two of them, the
 * first one below the other.
 */
#include "lib/file.h"
#include "review/review.h"
#include "tests/fuzz/review.h"

static void review_stack(struct lp_arena *arena, const u8 *below, size_t below_len, const u8 *top,
			 size_t top_len)
{
	struct rv_below layer = { .path = "below" };
	struct rv_input input;
	struct lp_err *err =
		lp_elf_load_mem(arena, "below", below, below_len, LP_ELF_PAYLOAD, &layer.elf);

	if (!err)
		err = rv_open_mem(arena, "f", top, top_len, &input);
	if (!err) {
		lp_vec_push(arena, &input.below, layer);
		err = show(&input);
	}
	lp_err_destroy(err);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct lp_arena arena = { 0 };
	u16 len = 0;

	if (size > 3 && *data == 'S')
		memcpy(&len, data + 1, sizeof(len));
	if (len && len < size - 3)
		review_stack(&arena, data + 3, len, data + 3 + len, size - 3 - len);
	else
		review(&arena, data, size, NULL);
	lp_arena_deinit(&arena);
	return 0;
}
