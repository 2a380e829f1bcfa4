/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Lists of patches and the questions that changes of state ask about them. */
#include "runtime/patch.h"

#include <stdio.h>
#include <string.h>

#include "runtime/sys.h"

SB_QUIET void sb_patches_push(struct sb_patches *patches, struct sb_patch *patch)
{
	patch->older = patches->newest;
	patch->newer = NULL;
	*(patches->newest ? &patches->newest->newer : &patches->oldest) = patch;
	patches->newest = patch;
	patches->n++;
}

SB_QUIET void sb_patches_unlink(struct sb_patches *patches, struct sb_patch *patch)
{
	*(patch->older ? &patch->older->newer : &patches->oldest) = patch->newer;
	*(patch->newer ? &patch->newer->older : &patches->newest) = patch->older;
	patches->n--;
}

struct sb_patch *sb_patches_find_id(const struct sb_patches *patches, const uint8_t *id)
{
	struct sb_patch *p = patches->oldest;

	while (p && memcmp(p->build_id, id, sizeof(p->build_id)) != 0)
		p = p->newer;
	return p;
}

struct sb_patch *sb_patches_find_name(const struct sb_patches *patches, const char *name)
{
	struct sb_patch *p = patches->oldest;

	while (p && strcmp(p->name, name) != 0)
		p = p->newer;
	return p;
}

struct sb_patch *sb_patches_find(const struct sb_patches *patches, const char *key, size_t len)
{
	char hex[2 * LIVEPATCH_BUILD_ID_LEN + 1];

	for (struct sb_patch *p = patches->oldest; p; p = p->newer) {
		sb_hex(p->build_id, sizeof(p->build_id), hex);
		if ((len == strlen(p->name) && !memcmp(key, p->name, len)) ||
		    (len == strlen(hex) && !memcmp(key, hex, len)))
			return p;
	}
	return NULL;
}

static bool covers(const struct sb_patch *patch, uint64_t addr, uint64_t size)
{
	for (uint32_t i = 0; i < patch->n_funcs; i++) {
		const struct sb_func *f = &patch->funcs[i];

		if (sb_touches(addr, size, f->old_addr, f->old_addr + f->old_size))
			return true;
	}
	for (uint32_t i = 0; i < patch->n_ranges; i++) {
		const struct sb_code *r = &patch->ranges[i];

		if (sb_touches(addr, size, r->addr, r->addr + r->size))
			return true;
	}
	for (uint32_t i = 0; i < patch->n_writes; i++) {
		const struct sb_write *w = &patch->writes[i];

		if (sb_touches(addr, size, w->addr, w->addr + w->len))
			return true;
	}
	return false;
}

struct sb_patch *sb_patches_covering(const struct sb_patches *patches, uint64_t addr, uint64_t size)
{
	struct sb_patch *p = patches->newest;

	while (p && !covers(p, addr, size))
		p = p->older;
	return p;
}

static bool refers_to(const struct sb_patch *above, const struct sb_patch *below)
{
	for (uint32_t i = 0; i < above->n_below; i++)
		if (above->below[i] == below)
			return true;
	return false;
}

static bool stacks_on(const struct sb_patch *above, const struct sb_patch *below)
{
	if (sb_id_equal(&above->depends, below->build_id, sizeof(below->build_id)) ||
	    refers_to(above, below))
		return true;
	for (uint32_t i = 0; i < below->n_funcs; i++)
		if (covers(above, below->funcs[i].old_addr, below->funcs[i].old_size))
			return true;
	for (uint32_t i = 0; i < below->n_writes; i++)
		if (covers(above, below->writes[i].addr, below->writes[i].len))
			return true;
	return false;
}

struct sb_patch *sb_patches_above(const struct sb_patches *patches, const struct sb_patch *patch)
{
	for (struct sb_patch *p = patches->newest; p && p != patch; p = p->older)
		if (stacks_on(p, patch))
			return p;
	return NULL;
}

struct sb_patch *sb_patches_referring(const struct sb_patches *patches,
				      const struct sb_patch *patch)
{
	struct sb_patch *p = patches->newest;

	while (p && !refers_to(p, patch))
		p = p->older;
	return p;
}

/* AddressSanitizer puts gaps between variables, which the range of a bad payload may cover. */
__attribute__((no_sanitize("address"))) void sb_copy_running(uint8_t *out, uint64_t addr,
							     size_t len)
{
	const volatile uint8_t *p = (const volatile uint8_t *)(uintptr_t)addr;

	for (size_t i = 0; i < len; i++)
		out[i] = p[i];
}

void sb_patches_original(const struct sb_patches *patches, uint64_t addr, uint8_t *out, size_t len)
{
	/* From the newest down: what the oldest patch replaced is written last. */
	for (const struct sb_patch *p = patches->newest; p; p = p->older)
		for (uint32_t i = 0; i < p->n_writes; i++) {
			const struct sb_write *w = &p->writes[i];

			for (uint32_t k = 0; k < w->len; k++)
				if (w->addr + k - addr < len)
					out[w->addr + k - addr] = w->old[k];
		}
}

void sb_patch_describe(const struct sb_patch *patch, struct wire_patch *ret)
{
	uint32_t n_hooks = 0;

	for (unsigned kind = 0; kind < SB_N_HOOKS; kind++)
		n_hooks += patch->hooks[kind].n;
	*ret = (struct wire_patch){
		.state = patch->state,
		.since = patch->since,
		.n_funcs = patch->n_funcs,
		.n_tables = (uint16_t)(patch->n_writes - patch->n_funcs),
		.n_hooks = (uint16_t)n_hooks,
		.flags = (patch->is_cumulative ? WIRE_PATCH_CUMULATIVE : 0) |
			 (patch->is_used ? WIRE_PATCH_USED : 0) |
			 (patch->is_pinned ? WIRE_PATCH_PINNED : 0),
		.text_size = (uint32_t)patch->spans[SB_TEXT].used,
		.rodata_size = (uint32_t)patch->spans[SB_RODATA].used,
		.data_size = (uint32_t)patch->spans[SB_DATA].used,
	};
	_Static_assert(sizeof(ret->name) == sizeof(patch->name), "one bound for names");
	memcpy(ret->name, patch->name, sizeof(ret->name));
	memcpy(ret->build_id, patch->build_id, sizeof(ret->build_id));
	memcpy(ret->depends, patch->depends.bytes, patch->depends.len);
}
