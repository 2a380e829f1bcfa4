/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a payload: its signature looked for, parsed, placed, relocated and checked against
 * this very program. So that the fuzzer gets further than that check, the build-ids are made right
 * after parsing, and addresses of data below 4096 lead into a page of this program. A payload that
 * is taken must have left the areas as they were once it is gone.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/types.h"
#include "runtime/fit.h"
#include "runtime/load.h"
#include "runtime/trust.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static struct sb_exe exe;
static struct sb_area areas[SB_N_AREAS];
static const struct sb_keys keys = { .n = 1 }; /* its id is that of an unsigned payload */
static u8 page[4096];			       /* zeros: what the tables of the seeds replace */

/* The addresses in a seed can't be those of this program, which differ from build to build. */
static void aim_at_page(struct sb_payload *payload)
{
	Elf64_Sym *symbols = malloc(payload->n_symbols * sizeof(*symbols));

	if (!symbols)
		abort();
	memcpy(symbols, payload->symbols, payload->n_symbols * sizeof(*symbols));
	for (u32 i = 0; i < payload->n_symbols; i++)
		if (symbols[i].st_shndx == SHN_ABS && symbols[i].st_value < sizeof(page) &&
		    ELF64_ST_TYPE(symbols[i].st_info) != STT_FUNC)
			symbols[i].st_value += (u64)(uintptr_t)page - exe.bias;
	payload->symbols = symbols;
}

static void load(struct sb_payload *payload, struct sb_arena *scratch, struct sb_error *err)
{
	static const struct sb_patches none;
	struct sb_load ctx = { &exe, &none, &none, areas };
	struct sb_images images;
	struct sb_patch *patch;

	payload->target.len = exe.build_id_len;
	memcpy(payload->target.bytes, exe.build_id, exe.build_id_len);
	payload->depends.len = 0;
	aim_at_page(payload);
	if (sb_load(&ctx, payload, scratch, &patch, &images, err)) {
		(void)sb_fit(&none, patch, WIRE_NODEPS | WIRE_REPLACE, err);
		sb_patch_destroy(patch, areas);
	}
	free((void *)(uintptr_t)payload->symbols);
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
	/* Nobody has the other half of this key. */
	if (sb_trust_check(&keys, data, size, &scratch, &err))
		__builtin_trap();
	if (sb_parse(&scratch, data, size, &payload, &err))
		load(&payload, &scratch, &err);
	sb_arena_deinit(&scratch);
	return 0;
}
