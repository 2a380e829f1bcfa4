// SPDX-License-Identifier: GPL-2.0-or-later
/* The rows for a terminal. Marks are glyphs; no colours, so that it can be kept and compared. */
#include <string.h>

#include "review/review.h"

#define RULE_WIDTH 78
#define CODE_WIDTH 6 /* of an offset */

static const char *glyph(enum rv_mark mark)
{
	static const char *const glyphs[] = {
		[RV_PLAIN] = " ", [RV_GOOD] = "✓",    [RV_LOOK] = "!",	  [RV_BAD] = "✗",
		[RV_ADDED] = "+", [RV_REMOVED] = "-", [RV_DIFFERS] = "~", [RV_AT] = " ",
	};

	return glyphs[mark];
}

/* Columns that TEXT takes, as far as that can be said: characters, not bytes. */
static int width(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += ((u8)*text & 0xc0) != 0x80;
	return n;
}

static void pad(FILE *out, const char *text, int to)
{
	fputs(text, out);
	for (int n = width(text); n < to; n++)
		fputc(' ', out);
}

/* The table that begins at row FIRST: columns as wide as they need. */
static size_t print_table(const struct rv_doc *doc, size_t first, FILE *out)
{
	int widths[RV_CELLS] = { 0 };
	size_t end = first;

	for (; end < doc->rows.n && (end == first || doc->rows.items[end].kind == RV_LINE); end++)
		for (u32 c = 0; c < RV_CELLS; c++) {
			const char *cell = doc->rows.items[end].cell[c];

			if (cell && width(cell) > widths[c])
				widths[c] = width(cell);
		}
	for (size_t i = first; i < end; i++) {
		const struct rv_row *row = &doc->rows.items[i];

		for (u32 c = 0; c < RV_CELLS && row->cell[c]; c++) {
			fputs("  ", out);
			pad(out, row->cell[c],
			    c + 1 < RV_CELLS && row->cell[c + 1] ? widths[c] : 0);
		}
		fputc('\n', out);
	}
	return end;
}

static size_t print_rules(const struct rv_doc *doc, size_t first, FILE *out)
{
	const char *tool = doc->rows.items[first].cell[1];
	int column = 0;
	size_t i = first;

	fprintf(out, "  rules that %s checked and that are not met:", tool);
	for (; i < doc->rows.n && doc->rows.items[i].kind == RV_RULE &&
	       !strcmp(doc->rows.items[i].cell[1], tool);
	     i++) {
		const char *id = doc->rows.items[i].cell[0];

		if (i == first || column + width(id) + 1 > RULE_WIDTH) {
			fputs("\n   ", out);
			column = 3;
		}
		column += 1 + width(id);
		fprintf(out, " %s", id);
	}
	fputc('\n', out);
	return i;
}

static void print_code(const struct rv_row *row, FILE *out)
{
	if (row->mark == RV_PLAIN)
		fprintf(out, "    %*s  %s\n", CODE_WIDTH, row->cell[2], row->cell[3]);
	if (row->mark != RV_PLAIN && row->cell[1])
		fprintf(out, "  %s %*s  %s\n", row->mark == RV_DIFFERS ? "<" : glyph(row->mark),
			CODE_WIDTH, row->cell[0], row->cell[1]);
	if (row->mark != RV_PLAIN && row->cell[3])
		fprintf(out, "  %s %*s  %s\n", row->mark == RV_DIFFERS ? ">" : glyph(row->mark),
			CODE_WIDTH, row->cell[2], row->cell[3]);
}

static void print_row(const struct rv_row *row, FILE *out)
{
	const char *a = row->cell[0], *b = row->cell[1];

	switch (row->kind) {
	case RV_TITLE:
		fprintf(out, "%s%s%s\n", a, b ? ": " : "", b ? b : "");
		return;
	case RV_VERDICT:
		fprintf(out, "%s %s: %s\n", glyph(row->mark), a, b);
		fprintf(out, "for %s, build-id %s\n", row->cell[2], row->cell[3]);
		return;
	case RV_SECTION:
		fprintf(out, "\n%s\n", a);
		return;
	case RV_FUNCTION:
		fprintf(out, "\n%s %s, %s\n", glyph(row->mark), a, b);
		return;
	case RV_FACT:
		fputs("  ", out);
		pad(out, a, 20);
		fprintf(out, " %s\n", b);
		return;
	case RV_POINT:
		fprintf(out, "  %s %s%s%s\n", glyph(row->mark), a, b ? ": " : "", b ? b : "");
		return;
	case RV_FILE:
		fprintf(out, "  %s\n", a);
		return;
	case RV_HUNK:
		fprintf(out, "    %s\n", a);
		return;
	case RV_PART:
		fprintf(out, "  %s, instructions", a);
		if (*b && *row->cell[2])
			fprintf(out, ": < %s, > %s", b, row->cell[2]);
		fputc('\n', out);
		return;
	case RV_CODE:
		print_code(row, out);
		return;
	case RV_FOLD:
		fprintf(out, "      ... %s\n", a);
		return;
	case RV_HEAD:
	case RV_LINE:
	case RV_RULE:
		return;
	}
}

void rv_print_text(const struct rv_doc *doc, FILE *out)
{
	for (size_t i = 0; i < doc->rows.n;) {
		const struct rv_row *row = &doc->rows.items[i];

		if (row->kind == RV_HEAD || row->kind == RV_LINE) {
			i = print_table(doc, i, out);
		} else if (row->kind == RV_RULE) {
			i = print_rules(doc, i, out);
		} else {
			print_row(row, out);
			i += 1 + row->folded;
		}
	}
}
