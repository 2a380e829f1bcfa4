/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two objects into create-diff-object: length of the first (4 bytes, little-endian), the first, the
 * second. All phases run, and what is written must be an object that loads again.
 */
#include <stdlib.h>
#include <string.h>

#include "create-diff-object/dump.h"
#include "create-diff-object/report.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* What the tool wrote it must be able to read. */
static void check_output(struct lp_arena *arena, struct lp_out *out)
{
	const struct lp_elf *elf;
	struct lp_info_list list;
	size_t len;
	u8 *bytes;

	lp_err_destroy(lp_out_bytes(out, &bytes, &len));
	struct lp_err *err = lp_elf_load_mem(arena, "out", bytes, len, LP_ELF_RELOCATABLE, &elf);

	if (!err)
		err = lp_info_parse(arena, elf, &list);
	if (err) {
		lp_err_finish(err, false);
		abort();
	}
	if (list.n != 1)
		abort();
}

/* All that can be asked about a diff, also about a refused one. */
static void tell(struct cdo_diff *result)
{
	FILE *out = fopen("/dev/null", "w");
	struct cdo_report report;
	struct lp_info info;

	if (!out)
		abort();
	cdo_make_info(result, &info);
	if (cdo_make_report(result, &info, "", &report))
		abort();
	cdo_print_explanation(&report, out);
	for (enum cdo_phase phase = CDO_PHASE_ITEMS; phase < CDO_N_PHASES; phase++)
		cdo_dump(result, phase, phase % 2, out);
	fclose(out);
}

static struct lp_err *diff(struct lp_arena *arena, const u8 *data, size_t size, size_t first)
{
	static const char *names[] = { "table" };
	static const struct cdo_options options = { .object = "x.o",
						    .allow_table = { names, 1, 1 } };
	const struct lp_elf *orig, *patched;
	struct cdo_diff *result;
	struct lp_out *out;

	LP_TRY(lp_elf_load_mem(arena, "a", data, first, LP_ELF_RELOCATABLE, &orig));
	LP_TRY(lp_elf_load_mem(arena, "b", data + first, size - first, LP_ELF_RELOCATABLE,
			       &patched));
	struct lp_err *err = cdo_run(arena, &options, orig, patched, &result, &out);

	if (lp_err_code(err) != LP_FAILED)
		tell(result);
	if (!err)
		check_output(arena, out);
	return err;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct lp_arena arena = { 0 };
	u32 first;

	if (size < sizeof(first))
		return 0;
	memcpy(&first, data, sizeof(first));
	size -= sizeof(first);
	if (first <= size)
		lp_err_destroy(diff(&arena, data + sizeof(first), size, first));
	lp_arena_deinit(&arena);
	return 0;
}
