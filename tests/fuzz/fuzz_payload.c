/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a payload: its signature looked for, parsed, placed, relocated and checked against
 * this very program. So that the fuzzer gets further than that check, the build-ids are made right
 * after parsing, addresses of data below 4096 lead into a page of this program, those of functions
 * into a page of its code, and the bytes that are expected there are those of that page. A payload
 * that is taken must have left the areas as they were once it is gone.
 */
#include <stddef.h>
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

#define NOP 0x90 /* all that is in the page of code */
extern const u8 code_page[];
__asm__(".pushsection .text\n"
	".hidden code_page\n"
	"	.balign 4096\n"
	"code_page: .fill 4096, 1, 0x90\n"
	".popsection\n");

static u64 aimed(const Elf64_Sym *symbol)
{
	bool is_code = ELF64_ST_TYPE(symbol->st_info) == STT_FUNC;

	if (is_code)
		return (symbol->st_value & 4095) + (u64)(uintptr_t)code_page - exe.bias;
	if (symbol->st_value < sizeof(page))
		return symbol->st_value + (u64)(uintptr_t)page - exe.bias;
	return symbol->st_value;
}

/* The addresses in a seed can't be those of this program, which differ from build to build. */
static void aim_at_page(struct sb_payload *payload)
{
	Elf64_Sym *symbols = malloc(payload->n_symbols * sizeof(*symbols));

	if (!symbols)
		abort();
	memcpy(symbols, payload->symbols, payload->n_symbols * sizeof(*symbols));
	for (u32 i = 0; i < payload->n_symbols; i++)
		if (symbols[i].st_shndx == SHN_ABS)
			symbols[i].st_value = aimed(&symbols[i]);
	payload->symbols = symbols;
}

/* FILE is what was parsed. */
static void expect_page(const struct sb_payload *payload, u8 *file)
{
	const struct sb_section *s = &payload->sections[payload->lists[SB_FUNCS]];

	for (u32 i = 0; i < sb_list_count(payload, SB_FUNCS); i++) {
		u8 *func = file + s->sh.sh_offset + i * sizeof(struct livepatch_func);

		memset(func + offsetof(struct livepatch_func, expect.data), NOP,
		       sizeof(((struct livepatch_func *)NULL)->expect.data));
	}
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
	u8 *file = malloc(size);

	if (!file)
		abort();
	memcpy(file, data, size);
	if (!exe.n_text) {
		sb_exe_init(&exe);
		sb_areas_init(areas);
	}
	/* Nobody has the other half of this key. */
	if (sb_trust_check(&keys, file, size, &scratch, &err))
		__builtin_trap();
	/* Sections may lie over each other: what was changed is parsed again. */
	if (sb_parse(&scratch, file, size, &payload, &err)) {
		expect_page(&payload, file);
		if (sb_parse(&scratch, file, size, &payload, &err))
			load(&payload, &scratch, &err);
	}
	sb_arena_deinit(&scratch);
	free(file);
	return 0;
}
