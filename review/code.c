// SPDX-License-Identifier: GPL-2.0-or-later
/* The rows of instructions: old beside new, what is equal folded. */
#include <string.h>

#include "lib/file.h"
#include "review/model.h"

#define CONTEXT	 3 /* equal rows that are left around others */
#define MIN_FOLD 4 /* fewer are not worth it */

struct pairing { /* of one piece of code */
	struct rv_code old, new;
	const char *id; /* prefix of ids, NULL for none */
};

/* A jump inside of the function goes to the twin of where it went. */
static bool jumps_alike(const struct pairing *p, const struct rv_insn *a, const struct rv_insn *b)
{
	const struct rv_code *old = &p->old;
	size_t lo = 0, hi = old->n;

	if (a->jump < 0)
		return b->jump < 0;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (old->items[mid].off < (u64)a->jump)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == old->n || old->items[lo].off != (u64)a->jump || old->items[lo].twin == RV_NO_TWIN)
		return false;
	return p->new.items[old->items[lo].twin].off == (u64)b->jump;
}

static void add_row(struct rv_maker *m, const struct pairing *p, const struct rv_insn *a,
		    const struct rv_insn *b)
{
	enum rv_mark mark = !a					      ? RV_ADDED
			    : !b				      ? RV_REMOVED
			    : a->id != b->id || !jumps_alike(p, a, b) ? RV_DIFFERS
								      : RV_PLAIN;
	struct rv_row row = { .kind = RV_CODE, .mark = mark };

	if (a) {
		row.cell[0] = lp_printf(m->arena, "%llx", (unsigned long long)a->off);
		row.cell[1] = rv_clean(m->arena, a->text);
	}
	if (b) {
		row.cell[2] = lp_printf(m->arena, "%llx", (unsigned long long)b->off);
		row.cell[3] = rv_clean(m->arena, b->text);
	}
	if (p->id && b && mark != RV_PLAIN)
		row.id = lp_printf(m->arena, "%s+%s", p->id, row.cell[2]);
	lp_vec_push(m->arena, &m->doc->rows, row);
}

/* Row by row: what has no twin on the left, then on the right, then the pair. */
static void add_rows(struct rv_maker *m, const struct pairing *p)
{
	size_t i = 0, j = 0;

	while (i < p->old.n || j < p->new.n) {
		const struct rv_insn *a = i < p->old.n ? &p->old.items[i] : NULL;
		const struct rv_insn *b = j < p->new.n ? &p->new.items[j] : NULL;

		if (a && a->twin == RV_NO_TWIN) {
			add_row(m, p, a, NULL);
			i++;
		} else if (b && b->twin == RV_NO_TWIN) {
			add_row(m, p, NULL, b);
			j++;
		} else {
			add_row(m, p, a, b);
			i++, j++;
		}
	}
}

static void add_fold(struct rv_maker *m, size_t n)
{
	struct rv_row row = { .kind = RV_FOLD, .folded = (u32)n };

	row.cell[0] = lp_printf(m->arena, "%zu equal", n);
	lp_vec_push(m->arena, &m->doc->rows, row);
}

/* Puts an RV_FOLD before each long run of equal rows, context left out. */
static void fold(struct rv_maker *m, size_t first)
{
	size_t n = m->doc->rows.n - first;
	const struct rv_row *rows =
		lp_memdup(m->arena, m->doc->rows.items + first, n * sizeof(*rows));

	m->doc->rows.n = first;
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i; end < n && rows[end].mark == RV_PLAIN;)
			end++;
		size_t from = i ? i + CONTEXT : 0;
		size_t to = end == n ? n : end - (end - i < CONTEXT ? end - i : CONTEXT);

		end = end == i ? i + 1 : end;
		for (size_t k = i; k < end; k++) {
			if (k == from && to >= from + MIN_FOLD)
				add_fold(m, to - from);
			lp_vec_push(m->arena, &m->doc->rows, rows[k]);
		}
	}
}

/* WHOSE code the old one is, "old" in words. */
static void show_pair(struct rv_maker *m, const char *name, const struct rv_side *old,
		      const struct rv_side *new, const char *id, const char *whose)
{
	struct pairing p = { .id = id };
	size_t first;

	if (!rv_disassemble(m, old, &p.old) || !rv_disassemble(m, new, &p.new)) {
		rv_row(m, RV_POINT, RV_LOOK, lp_printf(m->arena, "'%s' is too long to show", name),
		       NULL);
		return;
	}
	rv_align(m, &p.old, &p.new);
	rv_line(m, RV_PART, name, old->size ? whose : "", new->size ? "new" : "", NULL);
	first = m->doc->rows.n;
	add_rows(m, &p);
	fold(m, first);
}

static struct rv_side old_side(const struct rv_maker *m, u64 addr, u64 size)
{
	const u8 *bytes = m->input->target ? ep_target_bytes(m->input->target, addr, size) : NULL;

	return (struct rv_side){ .bytes = bytes, .size = bytes ? size : 0, .at = addr };
}

/* SIZE bytes at OFF of a section of a payload, if it has them. */
static struct rv_side payload_side(const struct lp_elf *elf, u32 section, u64 off, u64 size)
{
	const struct lp_section *sec = &elf->sections[section];
	bool fits = sec->data && lp_in_range(off, size, sec->size);

	return (struct rv_side){ .bytes = fits ? sec->data + off : NULL,
				 .size = fits ? size : 0,
				 .at = off,
				 .elf = elf,
				 .section = section };
}

/* The cold part ("f.cold") that a payload has of NAME. */
static struct rv_side cold_side(struct rv_maker *m, const struct lp_elf *elf, const char *name)
{
	const char *cold = lp_printf(m->arena, "%s.cold", name);

	for (u32 i = 1; i < elf->n_symbols; i++) {
		const struct lp_symbol *s = &elf->symbols[i];

		if (s->type == STT_FUNC && s->shndx < elf->n_sections && s->shndx &&
		    !strcmp(s->name, cold))
			return payload_side(elf, s->shndx, s->value, s->size);
	}
	return (struct rv_side){ 0 };
}

static void show_cold(struct rv_maker *m, const struct lp_m_function *f, const struct rv_old *from,
		      const char *whose)
{
	struct rv_side old = { 0 }, new = cold_side(m, m->input->payload, f->name);

	if (from->kind == RV_OLD_LAYER)
		old = cold_side(m, from->layer->elf, f->name);
	else if (from->kind == RV_OLD_PROGRAM && f->cold.size)
		old = old_side(m, f->cold.address, f->cold.size);
	if (old.size || new.size)
		show_pair(m, lp_printf(m->arena, "%s.cold", f->name), &old, &new, NULL, whose);
}

static void show_added(struct rv_maker *m, const struct lp_m_function *f, const char *id)
{
	const struct lp_elf *elf = m->input->payload;
	struct rv_side none = { 0 };
	struct rv_side new =
		payload_side(elf, lp_elf_section(elf, ".text"), f->new.offset, f->new.size);

	show_pair(m, f->name, &none, &new, id, "old");
	new = cold_side(m, elf, f->name);
	if (new.size)
		show_pair(m, lp_printf(m->arena, "%s.cold", f->name), &none, &new, NULL, "old");
}

void rv_function_code(struct rv_maker *m, const struct lp_m_function *f, const struct rv_old *from,
		      const char *id)
{
	const struct lp_elf *elf = m->input->payload;
	const struct rv_func *func = elf ? rv_find_func(m, f) : NULL;
	bool is_added = !strcmp(f->change, "added");
	struct rv_side old = { 0 }, new = { 0 };
	const char *whose = "old";

	if (!elf || (!is_added && from->kind == RV_OLD_PROGRAM && !m->input->target)) {
		rv_row(m, RV_POINT, RV_PLAIN,
		       elf ? "the code is shown when the executable is named with --target"
			   : "a manifest has no code: show the payload",
		       NULL);
		return;
	}
	if (is_added) {
		show_added(m, f, id);
		return;
	}
	if (func)
		new = payload_side(elf, func->new_section, func->new_off, func->new_size);
	if (from->kind == RV_OLD_LAYER) {
		old = payload_side(from->layer->elf, from->section, from->off, from->size);
		whose = lp_printf(m->arena, "old, of patch '%s'", from->layer->name);
	} else if (from->kind == RV_OLD_PROGRAM) {
		old = old_side(m, f->old.address, f->old.size);
	} else {
		rv_row(m, RV_POINT, RV_LOOK,
		       "the old code is not shown, it is that of a patch below",
		       "name the payloads below to lpbuild show with --depends, the lowest first");
	}
	show_pair(m, f->name, &old, &new, id, whose);
	show_cold(m, f, from, whose);
}
