/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Build-ids and offsets come from the payload: found and in range first, then used. */
#include "runtime/below.h"

#include <string.h>

/* The patch with that build-id, or NULL: also when it is the executable's. */
static const struct sb_patch *find(const struct sb_patches *patches, const struct sb_id *id)
{
	return id->len == LIVEPATCH_BUILD_ID_LEN ? sb_patches_find_id(patches, id->bytes) : NULL;
}

bool sb_is_below(const struct sb_patches *patches, const struct sb_id *depends,
		 const struct sb_patch *patch)
{
	const struct sb_patch *p = find(patches, depends);

	/* A patch was applied after the one that it depends on: the way down ends. */
	while (p && p != patch)
		p = find(patches, &p->depends);
	return p;
}

bool sb_below_resolve(const struct sb_load *load, const struct sb_payload *p,
		      struct sb_arena *scratch, struct sb_layout *layout, struct sb_error *err)
{
	uint32_t n = sb_list_count(p, SB_BELOW);
	char hex[2 * LIVEPATCH_BUILD_ID_LEN + 1];

	layout->below = sb_alloc_array(scratch, n, sizeof(*layout->below));
	if (!layout->below)
		return sb_fail(err, SB_FAILED, "out of memory");
	for (uint32_t i = 0; i < n; i++) {
		const struct sb_patch *below;
		struct livepatch_below raw;

		memcpy(&raw, layout->lists[SB_BELOW] + i * sizeof(raw), sizeof(raw));
		sb_hex(raw.build_id, sizeof(raw.build_id), hex);
		below = sb_patches_find_id(load->patches, raw.build_id);
		if (!below || !sb_is_below(load->patches, &p->depends, below))
			return sb_fail(err, SB_REFUSED,
				       "payload refers to patch %s, on which it does not stack",
				       hex);
		if (raw.area >= SB_N_AREAS || raw.off >= below->spans[raw.area].used)
			return sb_fail(err, SB_REFUSED,
				       "payload refers to a place outside of patch '%s'",
				       below->name);
		layout->below[i] =
			sb_span_addr(&load->areas[raw.area], &below->spans[raw.area]) + raw.off;
	}
	return true;
}

const struct sb_patch *sb_below_text(const struct sb_load *load, const struct sb_id *depends,
				     uint64_t addr, uint64_t size)
{
	for (const struct sb_patch *p = load->patches->newest; p; p = p->older) {
		uint64_t off = addr - sb_span_addr(&load->areas[SB_TEXT], &p->spans[SB_TEXT]);
		size_t used = p->spans[SB_TEXT].used;

		if (off < used && size <= used - off && sb_is_below(load->patches, depends, p))
			return p;
	}
	return NULL;
}
