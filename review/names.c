// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an instruction refers to, in words, and as a key by which old and new code are compared.
 * The two reach the same thing in different ways: `call g_free@plt` of the executable is
 * `call g_free@stub` of the payload, and a string has an address in one and a copy in the other.
 */
#include <ctype.h>
#include <string.h>

#include "lib/file.h"
#include "lib/hash.h"
#include "review/model.h"

#define MAX_STRING 48 /* of a string that is shown */
#define MAX_BYTES  16 /* of a constant */

struct rv_bytes { /* read-only data that is referred to */
	const u8 *bytes;
	u64 room;		     /* of them */
	u32 access;		     /* how many the instruction reads; 0: it takes the address */
	bool is_table;		     /* of jumps: its contents depend on where it is */
	const struct lp_symbol *sym; /* NULL: has no name */
	s64 off;		     /* from the symbol */
};

void rv_names_init(struct rv_maker *m)
{
	const struct ep_target *target = m->input->target;

	for (size_t i = 0; target && i < target->rels.n; i++)
		lp_map_set(m->arena, &m->slots, &target->rels.items[i].addr, sizeof(u64), (u32)i);
}

/* NAME and how far behind it. */
static const char *with_offset(struct lp_arena *arena, const char *name, s64 off)
{
	if (!off)
		return name;
	return lp_printf(arena, "%s%c0x%llx", name, off < 0 ? '-' : '+',
			 (unsigned long long)(off < 0 ? -(u64)off : (u64)off));
}

/* `f@plt`, `f@got`, `f@stub` and `f@slot` all lead to f. */
static const char *without_way(struct lp_arena *arena, const char *name)
{
	const char *at = strchr(name, '@');

	return at && at != name ? lp_strndup(arena, name, (size_t)(at - name)) : name;
}

/* `"text"` for the bytes of a string; NULL when they are none. */
static const char *string_at(struct lp_arena *arena, const u8 *bytes, u64 room)
{
	const u8 *end = room ? memchr(bytes, 0, room) : NULL;
	const char *text = "\"";
	u64 n;

	if (!end || end == bytes)
		return NULL;
	for (const u8 *p = bytes; p < end; p++) {
		if (!isprint(*p) && *p != '\n' && *p != '\t')
			return NULL;
	}
	n = (u64)(end - bytes) < MAX_STRING ? (u64)(end - bytes) : MAX_STRING;
	for (u64 i = 0; i < n; i++)
		text = lp_printf(arena,
				 bytes[i] == '\n'   ? "%s\\n"
				 : bytes[i] == '\t' ? "%s\\t"
						    : "%s%c",
				 text, bytes[i]);
	return lp_printf(arena, "%s\"%s", text, bytes + n < end ? "..." : "");
}

/* create-diff-object and the compiler name what has no name: str.0, const.2, .rodata.f. */
static bool is_made_up(const char *name)
{
	return !strncmp(name, "str.", 4) || !strncmp(name, "const.", 6) || *name == '.';
}

/* What a reference to read-only data is compared by: a string by its text, an object whose size is
 * known by all of it, a nameless constant by as much as the instruction reads. */
static struct rv_ref constant(struct rv_maker *m, const struct rv_bytes *data)
{
	const char *text =
		data->is_table ? "{table}" : string_at(m->arena, data->bytes, data->room);
	u8 hash[LP_SHA256_LEN];
	struct rv_ref ref;

	if (!text) {
		u64 n = data->access && data->access < MAX_BYTES ? data->access : MAX_BYTES / 2;

		n = n < data->room ? n : data->room;
		text = lp_printf(m->arena, "{%s}", lp_hex(m->arena, data->bytes, n));
	}
	ref = (struct rv_ref){ text, text };
	if (data->sym && !is_made_up(data->sym->name))
		ref.shown = with_offset(m->arena, rv_clean(m->arena, data->sym->name), data->off);
	if (data->sym && data->sym->size && !data->access && *text == '{' && !data->is_table) {
		lp_sha256(data->bytes, data->room, hash);
		ref.key = lp_printf(m->arena, "{%s}", lp_hex(m->arena, hash, sizeof(hash)));
	}
	return ref;
}

/* ---- the executable ---- */

static u32 section_of(const struct lp_elf *elf, u64 addr)
{
	for (u32 i = 1; i < elf->n_sections; i++) {
		const struct lp_section *sec = &elf->sections[i];

		if (sec->flags & SHF_ALLOC && !(sec->flags & SHF_TLS) && addr >= sec->addr &&
		    addr - sec->addr < sec->size)
			return i;
	}
	return 0;
}

/* A jump table: distances from its begin to code of the function at hand. */
static bool is_old_table(const struct rv_side *side, const u8 *bytes, u64 room, u64 addr)
{
	s32 distance;

	if (side->elf || room < sizeof(distance))
		return false;
	memcpy(&distance, bytes, sizeof(distance));
	return addr + (u64)(s64)distance - side->at < side->size;
}

static struct rv_ref named(struct lp_arena *arena, const char *name, s64 off)
{
	return (struct rv_ref){ with_offset(arena, rv_clean(arena, name), off),
				with_offset(arena, without_way(arena, name), off) };
}

/* The bytes from OFF of SEC on, up to the end of SYM (which may be NULL). BASE is what symbols of
 * this file count from. */
static struct rv_bytes bytes_at(const struct lp_section *sec, u64 off, u64 base,
				const struct lp_symbol *sym, u32 access)
{
	struct rv_bytes data = { .bytes = sec->data + off,
				 .room = sec->size - off,
				 .access = access };

	if (!sym)
		return data;
	data.sym = sym;
	data.off = (s64)(base + off - sym->value);
	if (sym->size > (u64)data.off && sym->size - (u64)data.off < data.room)
		data.room = sym->size - (u64)data.off;
	return data;
}

static bool is_read_only(const struct lp_section *sec)
{
	return sec->data && sec->flags & SHF_ALLOC && !(sec->flags & (SHF_WRITE | SHF_EXECINSTR));
}

/* The GOT slot that REL fills. */
static struct rv_ref name_slot(struct rv_maker *m, const struct ep_dynrel *rel)
{
	const struct ep_target *target = m->input->target;
	u64 addr = (u64)rel->addend;
	u32 section = section_of(target->syms, addr);
	u32 sym = section ? lp_elf_symbol_at(target->syms, section, addr) : 0;
	const char *name = rel->dyn ? target->dyns.items[rel->dyn].name
			   : sym    ? target->syms->symbols[sym].name
				    : lp_printf(m->arena, "0x%llx", (unsigned long long)addr);

	return named(m->arena, lp_printf(m->arena, "%s@got", name), 0);
}

/* What the executable has at ADDR. */
static struct rv_ref name_address(struct rv_maker *m, const struct rv_side *side, u64 addr,
				  u32 access)
{
	const struct ep_target *target = m->input->target;
	u32 section = section_of(target->syms, addr), slot, sym;
	const struct lp_section *sec = &target->elf->sections[section_of(target->elf, addr)];
	const char *plt = sec->flags & SHF_EXECINSTR ? ep_plt_name(target, addr) : NULL;
	const char *hex = lp_printf(m->arena, "0x%llx", (unsigned long long)addr);
	const struct lp_symbol *s;

	slot = lp_map_get(&m->slots, &addr, sizeof(addr));
	if (plt)
		return named(m->arena, lp_printf(m->arena, "%s@plt", plt), 0);
	if (slot != LP_MAP_NONE && !strncmp(sec->name, ".got", 4))
		return name_slot(m, &target->rels.items[slot]);
	sym = section ? lp_elf_symbol_at(target->syms, section, addr) : 0;
	s = sym ? &target->syms->symbols[sym] : NULL;
	if (is_read_only(sec)) {
		struct rv_bytes data = bytes_at(sec, addr - sec->addr, sec->addr, s, access);

		data.is_table = !s && is_old_table(side, data.bytes, data.room, addr);
		return constant(m, &data);
	}
	if (s)
		return named(m->arena, s->name, (s64)(addr - s->value));
	return (struct rv_ref){ hex, hex };
}

/* ---- the payload ---- */

const struct lp_reloc *rv_reloc_at(const struct lp_elf *elf, u32 section, u64 off)
{
	const struct lp_section *sec = &elf->sections[section];
	u32 lo = sec->rel_first, hi = lo + sec->n_rels;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (elf->rels[mid].off < off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < sec->rel_first + sec->n_rels && elf->rels[lo].off == off ? &elf->rels[lo]
									     : NULL;
}

/* What the payload has at OFF of SECTION. */
static struct rv_ref name_piece(struct rv_maker *m, const struct lp_elf *elf, u32 section, u64 off,
				u32 access)
{
	const struct lp_section *sec = &elf->sections[section];
	u32 sym = lp_elf_symbol_at(elf, section, off);
	const struct lp_symbol *s = sym && *elf->symbols[sym].name ? &elf->symbols[sym] : NULL;
	const char *text;

	/* `x@slot` is read-only data, too: a pointer that the runtime fills. */
	if (is_read_only(sec) && off < sec->size && !(s && strchr(s->name, '@'))) {
		struct rv_bytes data = bytes_at(sec, off, 0, s, access);

		data.is_table = rv_reloc_at(elf, section, off);
		return constant(m, &data);
	}
	if (s)
		return named(m->arena, s->name, (s64)(off - s->value));
	text = with_offset(m->arena, rv_clean(m->arena, sec->name), (s64)off);
	return (struct rv_ref){ text, text };
}

static struct rv_ref name_symbol(struct rv_maker *m, const struct rv_side *side,
				 const struct lp_reloc *rel, s64 off, u32 access)
{
	const struct lp_symbol *sym = &side->elf->symbols[rel->sym];
	struct livepatch_below place;
	struct rv_ref ref;

	if (rv_place_of(side->elf, rel->sym, &place)) /* stands for something of a payload below */
		return named(m->arena, sym->name, off);
	if (sym->shndx && sym->shndx < side->elf->n_sections)
		return name_piece(m, side->elf, sym->shndx, sym->value + (u64)off, access);
	if (sym->shndx != LP_SHN_ABS || !m->input->target)
		return named(m->arena, sym->name, off);
	ref = name_address(m, side, sym->value + (u64)off, access);
	/* The executable's names win, but the payload's may be all there is. */
	return ref.shown[0] == '0' ? named(m->arena, sym->name, off) : ref;
}

/* ---- fields ---- */

bool rv_has_reloc(const struct rv_side *side, u64 off)
{
	return side->elf && rv_reloc_at(side->elf, side->section, side->at + off);
}

struct rv_ref rv_name_relative(struct rv_maker *m, const struct rv_side *side, u64 off, u64 end,
			       s64 distance, u32 access)
{
	u64 to = side->at + end + (u64)distance;
	const struct lp_reloc *rel;

	if (!side->elf)
		return name_address(m, side, to, access);
	rel = rv_reloc_at(side->elf, side->section, side->at + off);
	if (!rel)
		return name_piece(m, side->elf, side->section, to, access);
	return name_symbol(m, side, rel, (s64)((u64)rel->addend + (end - off)), access);
}

struct rv_ref rv_name_absolute(struct rv_maker *m, const struct rv_side *side, u64 off)
{
	const struct lp_reloc *rel = rv_reloc_at(side->elf, side->section, side->at + off);

	return name_symbol(m, side, rel, rel->addend, 0);
}
