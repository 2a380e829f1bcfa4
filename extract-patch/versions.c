// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Versions of dynamic symbols, such as memcpy@GLIBC_2.14: .gnu.version holds a number for each
 * symbol of .dynsym; .gnu.version_r (what is needed) and .gnu.version_d (what is defined) say
 * which name that number is. Both are chains of records that are linked by offsets.
 */
#include <string.h>

#include "extract-patch/target.h"

#define NUMBER(version) ((version)&0x7fff)

static void set_name(struct lp_arena *arena, struct ep_versions *versions, u16 number,
		     const char *name)
{
	const char *none = NULL;

	while (versions->names.n <= NUMBER(number))
		lp_vec_push(arena, &versions->names, none);
	versions->names.items[NUMBER(number)] = name;
}

static void read_needed(struct lp_arena *arena, const struct lp_elf *elf,
			const struct lp_section *sec, struct ep_versions *versions)
{
	const struct lp_section *strings = &elf->sections[sec->link];
	Elf64_Verneed need;

	for (u64 at = 0; lp_in_range(at, sizeof(need), sec->size); at += need.vn_next) {
		Elf64_Vernaux aux;
		u64 from;

		memcpy(&need, sec->data + at, sizeof(need));
		from = at + need.vn_aux;
		for (u32 i = 0; i < need.vn_cnt && lp_in_range(from, sizeof(aux), sec->size); i++) {
			memcpy(&aux, sec->data + from, sizeof(aux));
			set_name(arena, versions, aux.vna_other,
				 lp_section_string(strings, aux.vna_name));
			from += aux.vna_next;
		}
		if (!need.vn_next)
			break;
	}
}

static void read_defined(struct lp_arena *arena, const struct lp_elf *elf,
			 const struct lp_section *sec, struct ep_versions *versions)
{
	const struct lp_section *strings = &elf->sections[sec->link];
	Elf64_Verdef def;

	for (u64 at = 0; lp_in_range(at, sizeof(def), sec->size); at += def.vd_next) {
		Elf64_Verdaux aux;

		memcpy(&def, sec->data + at, sizeof(def));
		if (lp_in_range(at + def.vd_aux, sizeof(aux), sec->size)) {
			memcpy(&aux, sec->data + at + def.vd_aux, sizeof(aux));
			/* The base version is the library's own name, which no symbol needs. */
			if (!(def.vd_flags & VER_FLG_BASE))
				set_name(arena, versions, def.vd_ndx,
					 lp_section_string(strings, aux.vda_name));
		}
		if (!def.vd_next)
			break;
	}
}

struct ep_versions ep_versions_read(struct lp_arena *arena, const struct lp_elf *elf)
{
	struct ep_versions versions = { 0 };

	for (u32 i = 1; i < elf->n_sections; i++) {
		const struct lp_section *sec = &elf->sections[i];

		if (!sec->data)
			continue;
		if (sec->type == SHT_GNU_versym)
			versions.numbers = sec;
		else if (sec->type == SHT_GNU_verneed)
			read_needed(arena, elf, sec, &versions);
		else if (sec->type == SHT_GNU_verdef)
			read_defined(arena, elf, sec, &versions);
	}
	return versions;
}

const char *ep_version_of(const struct ep_versions *versions, size_t sym, bool *ret_is_default)
{
	u16 number;

	*ret_is_default = true;
	if (!versions->numbers ||
	    !lp_in_range(sym * sizeof(number), sizeof(number), versions->numbers->size))
		return NULL;
	memcpy(&number, versions->numbers->data + sym * sizeof(number), sizeof(number));
	*ret_is_default = NUMBER(number) == number;
	return NUMBER(number) < versions->names.n ? versions->names.items[NUMBER(number)] : NULL;
}
