/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to a loaded ELF model: by name, by offset, strings, relocation types. */
#include <string.h>

#include "lib/elf.h"

u32 lp_elf_section(const struct lp_elf *elf, const char *name)
{
	u32 idx = lp_map_get_str(&elf->section_names, name);

	return idx == LP_MAP_NONE ? 0 : idx;
}

/* Functions and objects name code and data; labels and the rest only mark a place. */
static bool is_preferred(const struct lp_symbol *sym)
{
	return sym->type == STT_FUNC || sym->type == STT_OBJECT || sym->type == STT_GNU_IFUNC ||
	       sym->type == STT_TLS;
}

static bool covers(const struct lp_symbol *sym, u64 off)
{
	return sym->value == off || (off > sym->value && off - sym->value < sym->size);
}

u32 lp_elf_symbol_at(const struct lp_elf *elf, u32 section, u64 off)
{
	const struct lp_section *sec = &elf->sections[section];
	const u32 *list = elf->by_section + sec->sym_first;
	const u64 *reach = elf->reach + sec->sym_first;
	u32 lo = 0, hi = sec->n_syms, other = 0;

	while (lo < hi) { /* first symbol that begins behind OFF */
		u32 mid = lo + (hi - lo) / 2;

		if (elf->symbols[list[mid]].value <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* From the nearest begin backwards, until no earlier symbol reaches OFF any more. */
	while (lo > 0 && reach[lo - 1] >= off) {
		u32 idx = list[--lo];

		if (!covers(&elf->symbols[idx], off))
			continue;
		if (is_preferred(&elf->symbols[idx]))
			return idx;
		if (!other)
			other = idx;
	}
	return other;
}

bool lp_section_is_strings(const struct lp_section *section)
{
	const u64 both = SHF_MERGE | SHF_STRINGS;

	return (section->flags & both) == both && section->entsize == 1 && section->data;
}

const char *lp_section_string(const struct lp_section *section, u64 off)
{
	if (!section->data || off >= section->size ||
	    !memchr(section->data + off, 0, section->size - off))
		return NULL;
	return (const char *)section->data + off;
}

const char *lp_reloc_name(u32 type)
{
#define NAME(x) [x] = #x
	static const char *const names[] = {
		NAME(R_X86_64_NONE),
		NAME(R_X86_64_64),
		NAME(R_X86_64_PC32),
		NAME(R_X86_64_GOT32),
		NAME(R_X86_64_PLT32),
		NAME(R_X86_64_COPY),
		NAME(R_X86_64_GLOB_DAT),
		NAME(R_X86_64_JUMP_SLOT),
		NAME(R_X86_64_RELATIVE),
		NAME(R_X86_64_GOTPCREL),
		NAME(R_X86_64_32),
		NAME(R_X86_64_32S),
		NAME(R_X86_64_16),
		NAME(R_X86_64_PC16),
		NAME(R_X86_64_8),
		NAME(R_X86_64_PC8),
		NAME(R_X86_64_DTPMOD64),
		NAME(R_X86_64_DTPOFF64),
		NAME(R_X86_64_TPOFF64),
		NAME(R_X86_64_TLSGD),
		NAME(R_X86_64_TLSLD),
		NAME(R_X86_64_DTPOFF32),
		NAME(R_X86_64_GOTTPOFF),
		NAME(R_X86_64_TPOFF32),
		NAME(R_X86_64_PC64),
		NAME(R_X86_64_GOTOFF64),
		NAME(R_X86_64_GOTPC32),
		NAME(R_X86_64_SIZE32),
		NAME(R_X86_64_SIZE64),
		NAME(R_X86_64_GOTPC32_TLSDESC),
		NAME(R_X86_64_TLSDESC),
		NAME(R_X86_64_TLSDESC_CALL),
		NAME(R_X86_64_IRELATIVE),
		NAME(R_X86_64_GOTPCRELX),
		NAME(R_X86_64_REX_GOTPCRELX),
	};
#undef NAME
	return type < LP_ARRAY_SIZE(names) && names[type] ? names[type] : "R_X86_64_?";
}

u32 lp_reloc_width(u32 type)
{
	switch (type) {
	case R_X86_64_NONE:
	case R_X86_64_TLSDESC_CALL:
		return 0;
	case R_X86_64_8:
	case R_X86_64_PC8:
		return 1;
	case R_X86_64_16:
	case R_X86_64_PC16:
		return 2;
	case R_X86_64_64:
	case R_X86_64_PC64:
	case R_X86_64_GLOB_DAT:
	case R_X86_64_JUMP_SLOT:
	case R_X86_64_RELATIVE:
	case R_X86_64_DTPMOD64:
	case R_X86_64_DTPOFF64:
	case R_X86_64_TPOFF64:
	case R_X86_64_GOTOFF64:
	case R_X86_64_SIZE64:
	case R_X86_64_IRELATIVE:
		return 8;
	case R_X86_64_TLSDESC:
		return 16;
	default:
		return 4;
	}
}
