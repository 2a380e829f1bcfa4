/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "create-diff-object/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void cdo_cell(struct cdo_table *table, const char *text)
{
	lp_vec_push(table->arena, &table->cells, text);
}

void cdo_cell_u64(struct cdo_table *table, u64 value)
{
	cdo_cell(table, lp_printf(table->arena, "%" PRIu64, value));
}

static bool is_number(const char *column)
{
	return *column == '#';
}

static const char *shown(const char *cell)
{
	return cell ? cell : "-";
}

static void widen(const struct cdo_table *table, const char *const *cells, int *widths)
{
	for (size_t c = 0; c < table->n_columns; c++) {
		int width = (int)strlen(shown(cells[c]));

		if (width > widths[c])
			widths[c] = width;
	}
}

static void print_row(const struct cdo_table *table, const char *const *cells, const int *widths,
		      FILE *out)
{
	for (size_t c = 0; c < table->n_columns; c++) {
		const char *text = shown(cells[c]);

		if (is_number(table->columns[c]))
			fprintf(out, "%*s", widths[c], text);
		else if (c + 1 == table->n_columns)
			fprintf(out, "%s", text);
		else
			fprintf(out, "%-*s", widths[c], text);
		fputs(c + 1 == table->n_columns ? "\n" : "  ", out);
	}
}

void cdo_print_table(const struct cdo_table *table, FILE *out)
{
	const char **head = lp_new_array(table->arena, table->n_columns, const char *);
	int *widths = lp_new_array(table->arena, table->n_columns, int);

	for (size_t c = 0; c < table->n_columns; c++)
		head[c] = table->columns[c] + is_number(table->columns[c]);
	widen(table, head, widths);
	for (size_t i = 0; i < table->cells.n; i += table->n_columns)
		widen(table, table->cells.items + i, widths);
	print_row(table, head, widths, out);
	for (size_t i = 0; i < table->cells.n; i += table->n_columns)
		print_row(table, table->cells.items + i, widths, out);
}

void cdo_table_to_json(const struct cdo_table *table, const char *key, struct lp_json *json)
{
	lp_json_array(json, key);
	for (size_t i = 0; i < table->cells.n; i++) {
		const char *column = table->columns[i % table->n_columns];
		const char *cell = table->cells.items[i];

		if (i % table->n_columns == 0)
			lp_json_object(json, NULL);
		if (is_number(column))
			lp_json_u64(json, column + 1, strtoull(shown(cell), NULL, 10));
		else
			lp_json_str(json, column, cell);
		if (i % table->n_columns == table->n_columns - 1)
			lp_json_end(json);
	}
	lp_json_end(json);
}
