/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of words that are printed in columns, or as JSON. */
#ifndef CDO_TABLE_H
#define CDO_TABLE_H

#include <stdio.h>

#include "lib/json.h"
#include "lib/vec.h"

struct cdo_table {
	struct lp_arena *arena;
	const char *const *columns; /* their names; of numbers with a # before it */
	size_t n_columns;
	struct lp_strs cells; /* row by row */
};

void cdo_cell(struct cdo_table *table, const char *text); /* NULL: there is none */
void cdo_cell_u64(struct cdo_table *table, u64 value);
void cdo_print_table(const struct cdo_table *table, FILE *out);
void cdo_table_to_json(const struct cdo_table *table, const char *key, struct lp_json *json);

#endif
