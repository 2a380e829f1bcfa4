/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/dwarf_lines.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "lib/dwarf_image.h"
#include "lib/dwarf_open.h"

struct span { /* rows of a section */
	u32 first, n;
};

struct lp_lines {
	const struct lp_line *rows;
	const struct span *of; /* per section */
	u32 n_sections;
};

struct row {
	u32 section, order;
	struct lp_line line;
};

struct load {
	struct lp_arena *arena;
	const struct lp_elf *elf;
	const u64 *bases;
	LP_VEC(struct row) rows;
	struct lp_map names; /* of files -> files */
	struct lp_strs files;
};

/* libdw puts the folder of the unit before relative names. */
static const char *file_name(struct load *load, const char *name, const char *folder)
{
	size_t len = folder ? strlen(folder) : 0;

	if (!name)
		return NULL;
	if (len && !strncmp(name, folder, len) && name[len] == '/')
		name += len + 1;
	u32 idx = lp_map_get_str(&load->names, name);

	if (idx < load->files.n) /* else LP_MAP_NONE */
		return load->files.items[idx];
	name = lp_strdup(load->arena, name);
	lp_map_set_str(load->arena, &load->names, name, (u32)load->files.n);
	lp_vec_push(load->arena, &load->files, name);
	return name;
}

static void add_row(struct load *load, Dwarf_Line *line, const char *folder)
{
	struct row row = { .order = (u32)load->rows.n };
	Dwarf_Addr addr;
	int number = 0, column = 0;
	bool is_end = false;

	if (dwarf_lineaddr(line, &addr) || dwarf_lineno(line, &number) ||
	    dwarf_linecol(line, &column) || dwarf_linebeginstatement(line, &row.line.is_stmt) ||
	    dwarf_lineendsequence(line, &is_end))
		return;
	row.section = lp_dwarf_section_at(load->elf, load->bases, addr, &row.line.off);
	if (!row.section)
		return;
	row.line.line = number > 0 ? (u32)number : 0;
	row.line.column = column > 0 ? (u32)column : 0;
	if (!is_end)
		row.line.file = file_name(load, dwarf_linesrc(line, NULL, NULL), folder);
	lp_vec_push(load->arena, &load->rows, row);
}

static void add_unit(struct load *load, Dwarf_Die *unit)
{
	Dwarf_Attribute attr;
	const char *folder = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attr));
	Dwarf_Lines *lines;
	size_t n;

	/* Type units share the table of the unit that they are from. */
	if (dwarf_tag(unit) != DW_TAG_compile_unit || dwarf_getsrclines(unit, &lines, &n))
		return;
	for (size_t i = 0; i < n; i++)
		add_row(load, dwarf_onesrcline(lines, i), folder);
}

static int by_place(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	if (x->line.off != y->line.off)
		return x->line.off < y->line.off ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static struct lp_lines *make_lines(struct load *load)
{
	struct lp_lines *lines = lp_new(load->arena, struct lp_lines);
	struct span *of = lp_new_array(load->arena, load->elf->n_sections, struct span);
	struct lp_line *rows = lp_new_array(load->arena, load->rows.n, struct lp_line);

	qsort(load->rows.items, load->rows.n, sizeof(struct row), by_place);
	for (u32 i = 0; i < load->rows.n; i++) {
		const struct row *row = &load->rows.items[i];

		if (!of[row->section].n++)
			of[row->section].first = i;
		rows[i] = row->line;
	}
	*lines = (struct lp_lines){ rows, of, load->elf->n_sections };
	return lines;
}

struct lp_err *lp_lines_load(struct lp_arena *arena, const struct lp_elf *elf,
			     const struct lp_lines **ret)
{
	struct load load = { .arena = arena, .elf = elf };
	struct lp_dwarf dwarf;
	const u8 *image;
	size_t size;
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;
	int end;

	*ret = NULL;
	LP_TRY(lp_dwarf_image(arena, elf, &image, &size));
	if (!image)
		return NULL;
	load.bases = lp_dwarf_bases(arena, elf);
	LP_TRY(lp_dwarf_open(elf->path, image, size, &dwarf));
	while (!(end = lp_dwarf_next_unit(&dwarf, &cu, &unit)))
		add_unit(&load, &unit);
	struct lp_err *err = end < 0 ? lp_dwarf_damaged(elf->path) : NULL;

	lp_dwarf_close(&dwarf);
	if (!err && load.rows.n)
		*ret = make_lines(&load);
	return err;
}

const struct lp_line *lp_lines_of(const struct lp_lines *lines, u32 section, u32 *ret_n)
{
	if (!lines || section >= lines->n_sections || !lines->of[section].n) {
		*ret_n = 0;
		return NULL;
	}
	*ret_n = lines->of[section].n;
	return &lines->rows[lines->of[section].first];
}

const struct lp_line *lp_line_at(const struct lp_lines *lines, u32 section, u64 off)
{
	u32 n, first = 0;
	const struct lp_line *rows = lp_lines_of(lines, section, &n);

	while (first < n) { /* the first row behind OFF is in [first, n] */
		u32 mid = first + (n - first) / 2;

		if (rows[mid].off <= off)
			first = mid + 1;
		else
			n = mid;
	}
	return first && rows[first - 1].file ? &rows[first - 1] : NULL;
}
