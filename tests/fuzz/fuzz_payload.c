/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a payload: parsed, placed, relocated and checked against this very program. The
 * build-ids are made right after parsing, so that the fuzzer gets further than that check. A
 * payload that is taken must have left the areas as they were once it is gone.
 */
#include <string.h>

#include "lib/types.h"
#include "runtime/load.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static struct sb_exe exe;
static struct sb_area areas[SB_N_AREAS];

static void load(struct sb_payload *payload, struct sb_arena *scratch, struct sb_error *err)
{
	static const struct sb_patches none;
	struct sb_load ctx = { &exe, &none, areas };
	struct sb_images images;
	struct sb_patch *patch;

	payload->target.len = exe.build_id_len;
	memcpy(payload->target.bytes, exe.build_id, exe.build_id_len);
	payload->depends.len = 0;
	if (sb_load(&ctx, payload, scratch, &patch, &images, err))
		sb_patch_destroy(patch, areas);
	for (unsigned a = 0; a < SB_N_AREAS; a++)
		if (sb_area_usage(&areas[a]).free != sb_area_usage(&areas[a]).total)
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct sb_arena scratch = { 0 };
	struct sb_payload payload;
	struct sb_error err;

	if (!exe.n_text) {
		sb_exe_init(&exe);
		sb_areas_init(areas);
	}
	if (sb_parse(&scratch, data, size, &payload, &err))
		load(&payload, &scratch, &err);
	sb_arena_deinit(&scratch);
	return 0;
}
