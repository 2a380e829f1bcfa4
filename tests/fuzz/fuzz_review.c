/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a payload that is to be shown. */
#include "review/review.h"
#include "tests/fuzz/review.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct lp_arena arena = { 0 };

	review(&arena, data, size, NULL);
	lp_arena_deinit(&arena);
	return 0;
}
