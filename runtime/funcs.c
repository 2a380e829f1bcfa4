/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Every address and size here comes from the payload: range first, then use. */
#include "runtime/funcs.h"

#include <string.h>

#include "runtime/below.h"
#include "runtime/mem.h"
#include "runtime/own.h"

static const uint8_t endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };

static bool is_in_sandbox(const struct sb_load *load, uint64_t addr, uint64_t size)
{
	uint64_t area = (uint64_t)(uintptr_t)load->areas[SB_TEXT].base;

	return sb_touches(addr, size, area, area + load->areas[SB_TEXT].n_pages * SB_PAGE);
}

/* Is [ADDR, ADDR + SIZE) code of the program, or of patches below, that a payload may be about? */
static bool check_old(const struct sb_load *load, struct sb_patch *patch, const char *name,
		      uint64_t addr, uint64_t size, struct sb_error *err)
{
	if (!size || !sb_exe_has_text(load->exe, addr, size))
		return sb_fail(err, SB_REFUSED, "old '%s' is not in the text of this program",
			       name);
	if (is_in_sandbox(load, addr, size) && !sb_below_has_text(load, patch, addr, size))
		return sb_fail(err, SB_REFUSED, "old '%s' is in the sandbox itself", name);
	if (sb_is_own(addr, size))
		return sb_fail(err, SB_REFUSED, "'%s' is code of the runtime", name);
	return true;
}

static bool check_new(const struct sb_layout *layout, const struct sb_func *f, struct sb_error *err)
{
	uint64_t off = f->new_addr - layout->base[SB_TEXT];

	if (off >= layout->size[SB_TEXT] || !f->new_size ||
	    f->new_size > layout->size[SB_TEXT] - off)
		return sb_fail(err, SB_REFUSED, "new '%s' is not in the text of the payload",
			       f->name);
	return true;
}

/* Behind the endbr64 that the function begins with when no patch is on top of it. */
static void find_site(const struct sb_load *load, struct sb_func *f)
{
	uint8_t entry[sizeof(endbr64)];

	f->site = f->old_addr;
	if (f->old_size < sizeof(entry))
		return;
	memcpy(entry, (const void *)(uintptr_t)f->old_addr, sizeof(entry));
	sb_patches_original(load->applied, f->old_addr, entry, sizeof(entry));
	if (!memcmp(entry, endbr64, sizeof(entry)))
		f->site += sizeof(endbr64);
}

/* Bytes from the entry on that are the function's or are overwritten: the jump may reach into the
 * padding behind a small one. */
static uint64_t extent(const struct sb_func *f)
{
	uint64_t end = f->site + LIVEPATCH_JUMP_LEN - f->old_addr;

	return end > f->old_size ? end : f->old_size;
}

/* The running code must be what the payload was made for, whatever patches are on top of it. The
 * bytes that the jump overwrites are all to be expected. */
static bool check_expect(const struct sb_load *load, const struct livepatch_func *raw,
			 struct sb_patch *patch, struct sb_func *f, struct sb_error *err)
{
	uint8_t flags = raw->expect.flags;
	uint32_t overwritten = (uint32_t)(f->site + LIVEPATCH_JUMP_LEN - f->old_addr);
	/* New code of a patch below, which its build-id tells: relocated, so that nobody knew its
	 * bytes when the payload was made. */
	bool is_new = !flags && is_in_sandbox(load, f->old_addr, f->old_size);
	uint32_t len = is_new ? overwritten : (flags >> 1) & 31;
	uint8_t *now;

	if (!is_new && (!(flags & 1) || flags >> 6 || len < overwritten || len > extent(f)))
		return sb_fail(err, SB_REFUSED, "'%s' has no usable expected bytes", f->name);
	now = sb_alloc(&patch->arena, len);
	if (!now)
		return sb_fail(err, SB_FAILED, "out of memory");
	memcpy(now, (const void *)(uintptr_t)f->old_addr, len);
	sb_patches_original(load->applied, f->old_addr, now, len);
	if (!is_new && memcmp(now, raw->expect.data, len) != 0)
		return sb_fail(err, SB_TARGET,
			       "the running '%s' does not start with the bytes the payload expects",
			       f->name);
	f->expect = (struct sb_expect){ .addr = f->old_addr, .bytes = now, .len = len };
	return true;
}

static bool make_jump(struct sb_func *f, struct sb_error *err)
{
	int64_t rel = (int64_t)(f->new_addr - (f->site + LIVEPATCH_JUMP_LEN));
	int32_t rel32 = (int32_t)rel;

	if (rel != rel32)
		return sb_fail(err, SB_REFUSED, "new '%s' is out of reach of a jump", f->name);
	f->jump[0] = 0xe9;
	memcpy(f->jump + 1, &rel32, sizeof(rel32));
	return true;
}

/* No other function of this payload. */
static bool check_overlap(const struct sb_patch *patch, uint32_t i, struct sb_error *err)
{
	const struct sb_func *f = &patch->funcs[i];

	for (uint32_t k = 0; k < i; k++) {
		const struct sb_func *o = &patch->funcs[k];

		if (sb_touches(f->old_addr, extent(f), o->old_addr, o->old_addr + extent(o)))
			return sb_fail(err, SB_REFUSED, "'%s' and '%s' replace the same bytes",
				       o->name, f->name);
	}
	return true;
}

static bool check_func(const struct sb_load *load, const struct sb_layout *layout,
		       struct sb_patch *patch, uint32_t i, struct sb_error *err)
{
	struct livepatch_func raw;
	struct sb_func *f = &patch->funcs[i];

	memcpy(&raw, layout->lists[SB_FUNCS] + i * sizeof(raw), sizeof(raw));
	f->old_addr = raw.old_addr;
	f->new_addr = raw.new_addr;
	f->old_size = raw.old_size;
	f->new_size = raw.new_size;
	f->name = sb_layout_string(layout, &patch->arena, raw.name);
	if (!f->name)
		return sb_fail(err, SB_REFUSED, "function %u of the payload has no name", i);
	if (raw.version != LIVEPATCH_VERSION)
		return sb_fail(err, SB_REFUSED, "'%s' has version %u, this runtime knows %u",
			       f->name, raw.version, LIVEPATCH_VERSION);
	for (size_t k = 0; k < sizeof(raw.opaque); k++)
		if (raw.opaque[k])
			return sb_fail(err, SB_REFUSED, "'%s' has reserved bytes that are not zero",
				       f->name);
	if (!check_old(load, patch, f->name, f->old_addr, f->old_size, err))
		return false;
	find_site(load, f);
	return check_old(load, patch, f->name, f->old_addr, extent(f), err) &&
	       check_new(layout, f, err) && check_expect(load, &raw, patch, f, err) &&
	       make_jump(f, err) && check_overlap(patch, i, err);
}

static bool check_ranges(const struct sb_load *load, const struct sb_payload *p,
			 const struct sb_layout *layout, struct sb_patch *patch,
			 struct sb_error *err)
{
	patch->n_ranges = sb_list_count(p, SB_RANGES);
	patch->ranges = sb_alloc_array(&patch->arena, patch->n_ranges, sizeof(*patch->ranges));
	if (!patch->ranges)
		return sb_fail(err, SB_FAILED, "out of memory");
	for (uint32_t i = 0; i < patch->n_ranges; i++) {
		struct sb_code *r = &patch->ranges[i];
		struct livepatch_range raw;

		memcpy(&raw, layout->lists[SB_RANGES] + i * sizeof(raw), sizeof(raw));
		*r = (struct sb_code){ sb_layout_string(layout, &patch->arena, raw.name), raw.addr,
				       raw.size };
		if (!r->name)
			return sb_fail(err, SB_REFUSED, "range %u of the payload has no name", i);
		if (!check_old(load, patch, r->name, r->addr, r->size, err))
			return false;
	}
	return true;
}

bool sb_funcs_check(const struct sb_load *load, const struct sb_payload *p,
		    const struct sb_layout *layout, struct sb_patch *patch, struct sb_error *err)
{
	patch->n_funcs = sb_list_count(p, SB_FUNCS);
	patch->funcs = sb_alloc_array(&patch->arena, patch->n_funcs, sizeof(*patch->funcs));
	if (!patch->funcs)
		return sb_fail(err, SB_FAILED, "out of memory");
	for (uint32_t i = 0; i < patch->n_funcs; i++)
		if (!check_func(load, layout, patch, i, err))
			return false;
	return check_ranges(load, p, layout, patch, err);
}
