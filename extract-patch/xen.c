// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Xen rewrites some of its code when it boots: alternatives are chosen by processor, and functions
 * that are only called through tables lose their endbr64. An expectation must not name such bytes.
 * And code of a patch may rely on tables beside it, which are found here.
 */
#include <string.h>

#include "extract-patch/rules.h"
#include "extract-patch/xen.h"

/* An entry of .altinstructions: offset of the code (from this field), of its replacement, u16
 * feature, then four bytes; the first is the length of the code, the third that of the nops. */
#define ALT_SIZE       14
#define ALT_ORIG_LEN   10
#define ALT_PAD_LEN    12
#define POINTER_LENGTH 8

u64 ep_xen_address(const struct ep_target *target, const char *name)
{
	u32 idx = lp_map_get_str(&target->names, name);

	return idx == LP_MAP_NONE ? 0 : target->syms->symbols[idx].value;
}

/* The contents between two symbols; *RET_LEN 0 when they are not there. */
static const u8 *between(const struct ep_target *target, const char *from, const char *to,
			 u64 *ret_addr, u64 *ret_len)
{
	u64 end = ep_xen_address(target, to);
	const u8 *bytes;

	*ret_addr = ep_xen_address(target, from);
	*ret_len = *ret_addr && end > *ret_addr ? end - *ret_addr : 0;
	bytes = *ret_len ? ep_target_bytes(target, *ret_addr, *ret_len) : NULL;
	if (!bytes)
		*ret_len = 0;
	return bytes;
}

static u64 until_alternative(const struct ep_target *target, u64 addr, u64 len)
{
	u64 at, size;
	const u8 *table =
		between(target, "__alt_instructions", "__alt_instructions_end", &at, &size);

	for (u64 off = 0; size - off >= ALT_SIZE; off += ALT_SIZE) {
		u64 site, n = (u64)table[off + ALT_ORIG_LEN] + table[off + ALT_PAD_LEN];
		s32 distance;

		memcpy(&distance, table + off, sizeof(distance));
		site = at + off + (u64)(s64)distance;
		if (site < addr + len && addr < site + n)
			len = site > addr ? site - addr : 0;
	}
	return len;
}

static bool loses_endbr64(const struct ep_target *target, u64 addr)
{
	u64 at, size, pointer;
	const u8 *table = between(target, "__initdata_cf_clobber_start",
				  "__initdata_cf_clobber_end", &at, &size);

	for (u64 off = 0; size - off >= POINTER_LENGTH; off += POINTER_LENGTH) {
		memcpy(&pointer, table + off, sizeof(pointer));
		if (pointer == addr)
			return true;
	}
	return false;
}

u64 ep_xen_unchanged(const struct ep_target *target, u64 addr, u64 len)
{
	return loses_endbr64(target, addr) ? 0 : until_alternative(target, addr, len);
}

/* ---- code of the patch ---- */

static bool is_table_of_code(const struct lp_section *sec)
{
	static const char *const names[] = { ".altinstructions", ".bug_frames", ".ex_table",
					     ".alt_call_sites", ".fixup" };

	for (size_t i = 0; i < LP_ARRAY_SIZE(names); i++)
		if (!strncmp(sec->name, names[i], strlen(names[i])))
			return true;
	return false;
}

static bool leads_into(const struct lp_elf *elf, const struct lp_reloc *rel,
		       const struct ep_piece *piece)
{
	const struct lp_symbol *sym = &elf->symbols[rel->sym];
	u64 off = sym->value + (u64)rel->addend;

	return sym->shndx == piece->section && off >= piece->off && off < piece->off + piece->size;
}

struct lp_err *ep_xen_check_sections(const struct ep_patch *patch)
{
	for (size_t i = 0; i < patch->pieces.n; i++) {
		const struct ep_piece *piece = &patch->pieces.items[i];
		const struct lp_elf *elf;

		if (piece->area != EP_TEXT || piece->input == EP_SYNTHETIC)
			continue;
		elf = patch->inputs.items[piece->input].elf;
		for (u32 k = 0; k < elf->n_rels; k++) {
			const struct lp_section *sec = &elf->sections[elf->rels[k].section];

			if (is_table_of_code(sec) && leads_into(elf, &elf->rels[k], piece))
				return ep_refuse("xen-special-section",
						 "'%s' has an entry in '%s', which the patch "
						 "cannot bring along",
						 piece->name, sec->name);
		}
	}
	return NULL;
}
