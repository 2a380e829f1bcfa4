/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A streaming JSON writer (RFC 8259). Values are written as they come; commas,
 * indentation and escapes are its business. KEY is NULL inside an array and at
 * the top. Bytes that are not UTF-8 are written as U+FFFD.
 */
#ifndef LP_JSON_H
#define LP_JSON_H

#include <stdio.h>

#include "lib/types.h"

#define LP_JSON_DEPTH 16

struct lp_json {
	FILE *out;
	unsigned int depth;
	bool has_items[LP_JSON_DEPTH]; /* per level: a comma is due before the next value */
	char closers[LP_JSON_DEPTH];   /* per level: '}' or ']' */
};

void lp_json_init(struct lp_json *json, FILE *out);
void lp_json_object(struct lp_json *json, const char *key); /* opens { */
void lp_json_array(struct lp_json *json, const char *key);  /* opens [ */
void lp_json_end(struct lp_json *json);			    /* closes what was opened last */
void lp_json_str(struct lp_json *json, const char *key, const char *value); /* NULL: null */
void lp_json_u64(struct lp_json *json, const char *key, u64 value);
void lp_json_bool(struct lp_json *json, const char *key, bool value);
/* A value that this writer has written as a document of its own. */
void lp_json_document(struct lp_json *json, const char *key, const char *text);
void lp_json_finish(struct lp_json *json); /* newline, flush */

#endif
