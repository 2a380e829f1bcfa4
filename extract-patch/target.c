// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loads the executable that runs and builds the index over it. What makes a file unfit as a
 * target is said here, before anything is looked up in it.
 */
#include "extract-patch/flavour.h"
#include "extract-patch/rules.h"

static void read_segments(struct ep_target *target)
{
	for (u32 i = 0; i < target->elf->n_segments; i++) {
		const struct lp_segment *seg = &target->elf->segments[i];

		if (seg->type != PT_TLS)
			continue;
		/* The variant of x86-64: the block ends at the thread pointer. */
		target->has_tls = true;
		target->tls_size = lp_align(seg->memsz, seg->align);
	}
}

static struct lp_err *check_build_id(const struct lp_elf *elf)
{
	if (!elf->build_id || !elf->build_id_len)
		return ep_refuse("target-without-build-id", "'%s' has no build-id", elf->path);
	return NULL;
}

struct lp_err *ep_target_load(struct lp_arena *arena, const struct ep_flavour *flavour,
			      const char *path, const struct ep_debug *debug,
			      struct ep_target **ret)
{
	struct ep_target *target = lp_new(arena, struct ep_target);

	target->arena = arena;
	target->flavour = flavour;
	LP_TRY(lp_elf_load(arena, path, LP_ELF_EXECUTABLE, &target->elf));
	LP_TRY(check_build_id(target->elf));
	target->is_pie = target->elf->type == ET_DYN;
	if (target->elf->n_symbols > 1 && !debug->file)
		target->syms = target->elf;
	else
		LP_TRY(ep_debug_file_load(arena, target->elf, debug, &target->syms));
	ep_index_symbols(target);
	read_segments(target);
	LP_TRY(ep_dynamic_load(target));
	LP_TRY(flavour->check_target(target));
	*ret = target;
	return NULL;
}

static const struct lp_section *section_at(const struct ep_target *target, u64 addr)
{
	for (u32 i = 1; i < target->elf->n_sections; i++) {
		const struct lp_section *sec = &target->elf->sections[i];

		if (sec->flags & SHF_ALLOC && sec->data && addr >= sec->addr &&
		    addr - sec->addr < sec->size)
			return sec;
	}
	return NULL;
}

u64 ep_target_room(const struct ep_target *target, u64 addr)
{
	const struct lp_section *sec = section_at(target, addr);

	return sec ? sec->size - (addr - sec->addr) : 0;
}

const u8 *ep_target_bytes(const struct ep_target *target, u64 addr, u64 len)
{
	const struct lp_section *sec = section_at(target, addr);

	if (!sec || len > sec->size - (addr - sec->addr))
		return NULL;
	return sec->data + (addr - sec->addr);
}

bool ep_target_is_constant(const struct ep_target *target, u64 addr, u64 len)
{
	const struct lp_section *sec = section_at(target, addr);

	return sec && !(sec->flags & (SHF_WRITE | SHF_EXECINSTR)) &&
	       ep_target_bytes(target, addr, len) && !ep_dynrel_in(target, addr, len);
}
