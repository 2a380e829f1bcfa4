/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Every address and size of a table comes from the payload: range first, then use. */
#include "runtime/writes.h"

#include <string.h>
#include <sys/mman.h>

#include "runtime/mem.h"
#include "runtime/own.h"
#include "runtime/reloc.h"

/* Is it data of the program that a payload may be about? Gives the protection of its pages. */
static bool check_place(const struct sb_load *load, struct sb_write *w, struct sb_error *err)
{
	if (!w->len || !sb_exe_data_prot(load->exe, w->addr, w->len, &w->prot))
		return sb_fail(err, SB_REFUSED, "table '%s' is not in the data of this program",
			       w->name);
	for (unsigned a = 0; a < SB_N_AREAS; a++) {
		uint64_t area = (uint64_t)(uintptr_t)load->areas[a].base;

		if (sb_touches(w->addr, w->len, area, area + load->areas[a].n_pages * SB_PAGE))
			return sb_fail(err, SB_REFUSED, "table '%s' is in the sandbox itself",
				       w->name);
	}
	return !sb_is_own(w->addr, w->len) ||
	       sb_fail(err, SB_REFUSED, "table '%s' belongs to the runtime", w->name);
}

/* No other table of this payload. */
static bool check_overlap(const struct sb_patch *patch, const struct sb_write *w,
			  struct sb_error *err)
{
	for (const struct sb_write *o = patch->writes; o < w; o++)
		if (sb_touches(w->addr, w->len, o->addr, o->addr + o->len))
			return sb_fail(err, SB_REFUSED, "'%s' and '%s' replace the same bytes",
				       o->name, w->name);
	return true;
}

/* Memory must be what the payload was made for, whatever patches are on top of it. */
static bool take_images(const struct sb_load *load, const struct sb_layout *layout,
			const struct livepatch_table *raw, struct sb_patch *patch,
			struct sb_write *w, struct sb_error *err)
{
	const uint8_t *expected = sb_layout_bytes(layout, SB_RODATA, raw->old_bytes, w->len);

	w->old = sb_alloc(&patch->arena, w->len);
	if (!w->old)
		return sb_fail(err, SB_FAILED, "out of memory");
	if (!expected || !sb_layout_bytes(layout, SB_RODATA, raw->new_bytes, w->len))
		return sb_fail(err, SB_REFUSED,
			       "table '%s' has no contents in the read-only data of the payload",
			       w->name);
	sb_copy_running(w->old, w->addr, w->len);
	sb_patches_original(load->applied, w->addr, w->old, w->len);
	if (memcmp(w->old, expected, w->len) != 0)
		return sb_fail(err, SB_TARGET,
			       "the running table '%s' does not hold the bytes the payload expects",
			       w->name);
	/* Where they will be placed. */
	w->new = (const uint8_t *)(uintptr_t)raw->new_bytes;
	w->expect =
		(struct sb_expect){ w->addr, (const uint8_t *)(uintptr_t)raw->old_bytes, w->len };
	return true;
}

static bool check_table(const struct sb_load *load, const struct sb_layout *layout,
			struct sb_patch *patch, uint32_t i, struct sb_error *err)
{
	struct sb_write *w = &patch->writes[patch->n_funcs + i];
	struct livepatch_table raw;

	memcpy(&raw, layout->lists[SB_TABLES] + i * sizeof(raw), sizeof(raw));
	*w = (struct sb_write){ .name = sb_layout_string(layout, &patch->arena, raw.name),
				.addr = raw.addr,
				.len = raw.size };
	if (!w->name)
		return sb_fail(err, SB_REFUSED, "table %u of the payload has no name", i);
	if (raw.pad)
		return sb_fail(err, SB_REFUSED, "table '%s' has reserved bytes that are not zero",
			       w->name);
	return check_place(load, w, err) && check_overlap(patch, w, err) &&
	       take_images(load, layout, &raw, patch, w, err);
}

bool sb_writes_check(const struct sb_load *load, const struct sb_payload *p,
		     const struct sb_layout *layout, struct sb_patch *patch, struct sb_error *err)
{
	uint32_t n_tables = sb_list_count(p, SB_TABLES);

	patch->n_writes = patch->n_funcs + n_tables;
	patch->writes = sb_alloc_array(&patch->arena, patch->n_writes, sizeof(*patch->writes));
	if (!patch->writes)
		return sb_fail(err, SB_FAILED, "out of memory");
	for (uint32_t i = 0; i < patch->n_funcs; i++) {
		struct sb_func *f = &patch->funcs[i];

		patch->writes[i] = (struct sb_write){ .name = f->name,
						      .addr = f->site,
						      .len = sizeof(f->jump),
						      .prot = PROT_READ | PROT_EXEC,
						      .old = f->saved,
						      .new = f->jump,
						      .expect = f->expect };
	}
	for (uint32_t i = 0; i < n_tables; i++)
		if (!check_table(load, layout, patch, i, err))
			return false;
	return true;
}
