/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Build-ids and offsets come from the payload: found and in range first, then used. */
#include "runtime/below.h"

#include <string.h>

/* The patch with that build-id, or NULL: also when there is none. */
static struct sb_patch *find(const struct sb_patches *list, const struct sb_patches *more,
			     const struct sb_id *id)
{
	struct sb_patch *p = NULL;

	if (id->len == LIVEPATCH_BUILD_ID_LEN)
		p = sb_patches_find_id(list, id->bytes);
	if (id->len == LIVEPATCH_BUILD_ID_LEN && !p && more)
		p = sb_patches_find_id(more, id->bytes);
	return p;
}

bool sb_is_below(const struct sb_patches *list, const struct sb_patches *more,
		 const struct sb_id *depends, const struct sb_patch *patch)
{
	uint32_t left = list->n + (more ? more->n : 0);
	const struct sb_patch *p = find(list, more, depends);

	/* Payloads say of themselves what they are: two may name each other. */
	while (p && p != patch && left--)
		p = find(list, more, &p->depends);
	return p == patch;
}

static bool is_below(const struct sb_load *load, const struct sb_patch *patch,
		     const struct sb_patch *below)
{
	return sb_is_below(load->applied, load->checked, &patch->depends, below);
}

static bool note(struct sb_patch *patch, struct sb_patch *below)
{
	if (!patch->below)
		patch->below =
			sb_alloc_array(&patch->arena, WIRE_MAX_PATCHES, sizeof(struct sb_patch *));
	if (!patch->below)
		return false;
	for (uint32_t i = 0; i < patch->n_below; i++)
		if (patch->below[i] == below)
			return true;
	patch->below[patch->n_below++] = below; /* there are no more than that many patches */
	return true;
}

static bool resolve(const struct sb_load *load, const struct livepatch_below *raw,
		    struct sb_patch *patch, uint64_t *ret, struct sb_error *err)
{
	struct sb_id id = { .len = sizeof(raw->build_id) };
	char hex[2 * LIVEPATCH_BUILD_ID_LEN + 1];
	struct sb_patch *below;

	memcpy(id.bytes, raw->build_id, sizeof(raw->build_id));
	sb_hex(id.bytes, id.len, hex);
	below = find(load->applied, load->checked, &id);
	if (!below)
		return sb_fail(err, SB_REFUSED,
			       "payload refers to patch %s, which is not there; upload that one "
			       "first",
			       hex);
	if (!is_below(load, patch, below))
		return sb_fail(err, SB_REFUSED,
			       "payload refers to patch %s, on which it does not stack", hex);
	if (raw->area >= SB_N_AREAS || raw->off >= below->spans[raw->area].used)
		return sb_fail(err, SB_REFUSED, "payload refers to a place outside of patch '%s'",
			       below->name);
	*ret = sb_span_addr(&load->areas[raw->area], &below->spans[raw->area]) + raw->off;
	return note(patch, below) || sb_fail(err, SB_FAILED, "out of memory");
}

bool sb_below_resolve(const struct sb_load *load, const struct sb_payload *p,
		      struct sb_arena *scratch, struct sb_layout *layout, struct sb_patch *patch,
		      struct sb_error *err)
{
	uint32_t n = sb_list_count(p, SB_BELOW);

	layout->below = sb_alloc_array(scratch, n, sizeof(*layout->below));
	if (!layout->below)
		return sb_fail(err, SB_FAILED, "out of memory");
	for (uint32_t i = 0; i < n; i++) {
		struct livepatch_below raw;

		memcpy(&raw, layout->lists[SB_BELOW] + i * sizeof(raw), sizeof(raw));
		if (!resolve(load, &raw, patch, &layout->below[i], err))
			return false;
	}
	return true;
}

static struct sb_patch *find_text(const struct sb_load *load, const struct sb_patches *list,
				  uint64_t addr, uint64_t size)
{
	for (struct sb_patch *p = list->newest; p; p = p->older) {
		uint64_t off = addr - sb_span_addr(&load->areas[SB_TEXT], &p->spans[SB_TEXT]);
		size_t used = p->spans[SB_TEXT].used;

		if (off < used && size <= used - off)
			return p;
	}
	return NULL;
}

bool sb_below_has_text(const struct sb_load *load, struct sb_patch *patch, uint64_t addr,
		       uint64_t size)
{
	struct sb_patch *below = find_text(load, load->applied, addr, size);

	if (!below)
		below = find_text(load, load->checked, addr, size);
	return below && is_below(load, patch, below) && note(patch, below);
}
