/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Places a payload and makes the patch of it; funcs.c, writes.c and hooks.c check its lists. */
#include "runtime/load.h"

#include <stdio.h>
#include <string.h>

#include "runtime/below.h"
#include "runtime/debugger.h"
#include "runtime/funcs.h"
#include "runtime/hooks.h"
#include "runtime/reloc.h"
#include "runtime/unwind.h"
#include "runtime/writes.h"

/* Gives every placed section its offset in the image of its area, and each area its span. */
static bool place(const struct sb_load *load, struct sb_payload *p, struct sb_patch *patch,
		  struct sb_layout *layout, struct sb_error *err)
{
	for (uint32_t i = 1; i < p->n_sections; i++) {
		struct sb_section *s = &p->sections[i];

		if (s->place >= (enum sb_place)SB_N_AREAS)
			continue;
		/* Neither sum overflows: at most 4096 sections of at most 16 MiB. */
		s->off = sb_align(layout->size[s->place], s->sh.sh_addralign);
		layout->size[s->place] = s->off + s->sh.sh_size;
	}
	layout->bias = load->exe->bias;
	for (unsigned a = 0; a < SB_N_AREAS; a++) {
		struct sb_usage usage = sb_area_usage(&load->areas[a]);

		if (!sb_area_take(&load->areas[a], layout->size[a], &patch->spans[a]))
			return sb_fail(
				err, SB_FAILED,
				"no room in the %s area: %llu bytes needed, %zu of %zu free, "
				"%zu in one piece",
				sb_area_name(a), (unsigned long long)layout->size[a], usage.free,
				usage.total, usage.largest);
		layout->base[a] = sb_span_addr(&load->areas[a], &patch->spans[a]);
	}
	return true;
}

static uint8_t *copy_section(const struct sb_payload *p, uint32_t i, struct sb_arena *scratch)
{
	const Elf64_Shdr *sh = &p->sections[i].sh;
	uint8_t *copy = sb_alloc(scratch, sh->sh_size);

	return copy ? memcpy(copy, p->file + sh->sh_offset, sh->sh_size) : NULL;
}

static bool fill_images(const struct sb_payload *p, struct sb_arena *scratch,
			struct sb_layout *layout, struct sb_error *err)
{
	for (unsigned a = 0; a < SB_N_AREAS; a++) {
		layout->image[a] = sb_alloc(scratch, layout->size[a]);
		if (!layout->image[a])
			return sb_fail(err, SB_FAILED, "out of memory");
	}
	memset(layout->image[SB_TEXT], SB_TEXT_FILL, layout->size[SB_TEXT]);
	for (unsigned list = 0; list < SB_N_LISTS; list++) {
		if (!p->lists[list])
			continue;
		layout->lists[list] = copy_section(p, p->lists[list], scratch);
		if (!layout->lists[list])
			return sb_fail(err, SB_FAILED, "out of memory");
	}
	for (uint32_t i = 1; i < p->n_sections; i++) {
		const struct sb_section *s = &p->sections[i];

		if (s->place < (enum sb_place)SB_N_AREAS && s->sh.sh_type != SHT_NOBITS)
			memcpy(layout->image[s->place] + s->off, p->file + s->sh.sh_offset,
			       s->sh.sh_size);
	}
	return true;
}

static void add_code(struct sb_patch *patch, const char *name, uint64_t start, uint64_t end)
{
	if (start < end)
		patch->code[patch->n_code++] =
			(struct sb_code){ .name = name, .addr = start, .size = end - start };
}

/* The replacement that begins first at or behind ADDR and before END, or NULL. */
static const struct sb_func *next_func(const struct sb_patch *patch, uint64_t addr, uint64_t end)
{
	const struct sb_func *next = NULL;

	for (uint32_t i = 0; i < patch->n_funcs; i++) {
		const struct sb_func *f = &patch->funcs[i];

		if (f->new_addr >= addr && f->new_addr < end &&
		    (!next || f->new_addr < next->new_addr))
			next = f;
	}
	return next;
}

/* What a removal must wait for: all text, split so that a person reads the names of functions.
 * What is between them (new functions, padding) goes by the name of the patch. */
static bool list_code(const struct sb_payload *p, const struct sb_layout *layout,
		      struct sb_patch *patch, struct sb_error *err)
{
	patch->code = sb_alloc_array(&patch->arena, p->n_sections + 2 * (size_t)patch->n_funcs,
				     sizeof(*patch->code));
	if (!patch->code)
		return sb_fail(err, SB_FAILED, "out of memory");
	for (uint32_t i = 1; i < p->n_sections; i++) {
		const struct sb_section *s = &p->sections[i];
		uint64_t at = layout->base[SB_TEXT] + s->off, end = at + s->sh.sh_size;
		const struct sb_func *f;

		if (s->place != SB_IN_TEXT)
			continue;
		while ((f = next_func(patch, at, end))) {
			uint64_t stop = f->new_addr + f->new_size;

			add_code(patch, patch->name, at, f->new_addr);
			at = stop < end ? stop : end;
			add_code(patch, f->name, f->new_addr, at);
		}
		add_code(patch, patch->name, at, end);
	}
	return true;
}

static bool set_identity(const struct sb_payload *p, struct sb_patch *patch, struct sb_error *err)
{
	const char *name = sb_modinfo(p, "name");

	memcpy(patch->build_id, p->build_id.bytes, sizeof(patch->build_id));
	patch->is_cumulative = sb_modinfo(p, "replace") != NULL;
	patch->pins = sb_modinfo(p, "pins") != NULL;
	patch->state = WIRE_CHECKED;
	if (!name || !name[0])
		return sb_fail(err, SB_REFUSED, "payload has no name");
	if (strlen(name) >= sizeof(patch->name))
		return sb_fail(err, SB_REFUSED, "name of the payload is longer than %zu bytes",
			       sizeof(patch->name) - 1);
	for (const char *c = name; *c; c++)
		if (*c <= ' ' || *c == 0x7f)
			return sb_fail(err, SB_REFUSED, "name '%s' has a character it can't have",
				       name);
	memcpy(patch->name, name, strlen(name));
	return true;
}

/* The payload must be for this program. What it stacks on is a patch, or this program too, which
 * leaves p->depends empty. */
static bool check_ids(const struct sb_load *load, struct sb_payload *p, struct sb_error *err)
{
	char want[2 * LIVEPATCH_MAX_BUILD_ID + 1], have[2 * LIVEPATCH_MAX_BUILD_ID + 1];

	sb_hex(load->exe->build_id, load->exe->build_id_len, have);
	sb_hex(p->target.bytes, p->target.len, want);
	if (!sb_id_equal(&p->target, load->exe->build_id, load->exe->build_id_len))
		return sb_fail(err, SB_TARGET,
			       "payload is for the executable with build-id %s; this one has %s",
			       want, load->exe->build_id_len ? have : "none");
	if (sb_id_equal(&p->depends, load->exe->build_id, load->exe->build_id_len))
		p->depends = (struct sb_id){ 0 };
	if (!p->depends.len)
		return true;
	if (sb_modinfo(p, "replace"))
		return sb_fail(err, SB_REFUSED,
			       "payload takes the place of all patches, and stacks on one");
	sb_hex(p->depends.bytes, p->depends.len, want);
	return p->depends.len == LIVEPATCH_BUILD_ID_LEN ||
	       sb_fail(err, SB_REFUSED,
		       "payload stacks on %s, which is no patch's build-id, nor this executable's",
		       want);
}

static bool fill(const struct sb_load *load, struct sb_payload *p, struct sb_arena *scratch,
		 struct sb_patch *patch, struct sb_images *images, struct sb_error *err)
{
	struct sb_layout layout = { 0 };

	patch->depends = p->depends;
	if (!set_identity(p, patch, err) || !place(load, p, patch, &layout, err) ||
	    !fill_images(p, scratch, &layout, err) ||
	    !sb_below_resolve(load, p, scratch, &layout, patch, err) ||
	    !sb_relocate(p, &layout, err) || !sb_unwind_check(p, &layout, patch, err) ||
	    !sb_debugger_describe(p, &layout, patch, err) ||
	    !sb_funcs_check(load, p, &layout, patch, err) ||
	    !sb_writes_check(load, p, &layout, patch, err) ||
	    !sb_hooks_check(load, p, &layout, patch, err) || !list_code(p, &layout, patch, err))
		return false;
	memcpy(images->bytes, layout.image, sizeof(images->bytes));
	return true;
}

bool sb_load(const struct sb_load *load, struct sb_payload *payload, struct sb_arena *scratch,
	     struct sb_patch **ret, struct sb_images *ret_images, struct sb_error *err)
{
	struct sb_arena arena = { 0 };
	struct sb_patch *patch;

	if (!check_ids(load, payload, err))
		return false;
	patch = sb_alloc(&arena, sizeof(*patch));
	if (!patch)
		return sb_fail(err, SB_FAILED, "out of memory");
	patch->arena = arena;
	if (!fill(load, payload, scratch, patch, ret_images, err)) {
		sb_patch_destroy(patch, load->areas);
		return false;
	}
	*ret = patch;
	return true;
}

void sb_patch_destroy(struct sb_patch *patch, struct sb_area areas[SB_N_AREAS])
{
	struct sb_arena arena;

	if (!patch)
		return;
	for (unsigned a = 0; a < SB_N_AREAS; a++)
		sb_area_give(&areas[a], &patch->spans[a]);
	arena = patch->arena; /* the patch lies on it */
	sb_arena_deinit(&arena);
}
