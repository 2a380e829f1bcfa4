/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "lib/printable.h"

static void newline(const struct lp_json *json)
{
	fputc('\n', json->out);
	for (unsigned int i = 0; i < json->depth; i++)
		fputs("  ", json->out);
}

static void write_string(FILE *out, const char *value)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";

	fputc('"', out);
	for (const u8 *s = (const u8 *)value; *s;) {
		size_t len = lp_utf8_len(s);
		const char *esc = len == 1 ? strchr(from, *s) : NULL;

		if (esc)
			fprintf(out, "\\%c", to[esc - from]);
		else if (!len)
			fputs("\\ufffd", out);
		else if (lp_is_control(s))
			fprintf(out, "\\u%04x", (unsigned int)s[len - 1]);
		else
			fwrite(s, 1, len, out);
		s += len ? len : 1;
	}
	fputc('"', out);
}

/* Everything that goes before a value: the comma, the line, the key. */
static void begin(struct lp_json *json, const char *key)
{
	if (json->depth) {
		bool *has_items = &json->has_items[json->depth - 1];

		if (*has_items)
			fputc(',', json->out);
		*has_items = true;
		newline(json);
	}
	if (key) {
		write_string(json->out, key);
		fputs(": ", json->out);
	}
}

static void open_level(struct lp_json *json, const char *key, char opener, char closer)
{
	assert(json->depth < LP_JSON_DEPTH);
	begin(json, key);
	fputc(opener, json->out);
	json->has_items[json->depth] = false;
	json->closers[json->depth++] = closer;
}

void lp_json_init(struct lp_json *json, FILE *out)
{
	*json = (struct lp_json){ .out = out };
}

void lp_json_object(struct lp_json *json, const char *key)
{
	open_level(json, key, '{', '}');
}

void lp_json_array(struct lp_json *json, const char *key)
{
	open_level(json, key, '[', ']');
}

void lp_json_end(struct lp_json *json)
{
	assert(json->depth > 0);
	json->depth--;
	if (json->has_items[json->depth])
		newline(json);
	fputc(json->closers[json->depth], json->out);
}

void lp_json_str(struct lp_json *json, const char *key, const char *value)
{
	begin(json, key);
	if (value)
		write_string(json->out, value);
	else
		fputs("null", json->out);
}

void lp_json_u64(struct lp_json *json, const char *key, u64 value)
{
	begin(json, key);
	fprintf(json->out, "%" PRIu64, value);
}

void lp_json_bool(struct lp_json *json, const char *key, bool value)
{
	begin(json, key);
	fputs(value ? "true" : "false", json->out);
}

void lp_json_document(struct lp_json *json, const char *key, const char *text)
{
	size_t len = strlen(text);

	begin(json, key);
	if (len && text[len - 1] == '\n')
		len--;
	/* Strings have their newlines escaped: each one here ends a line of the layout. */
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			newline(json);
		else
			fputc(text[i], json->out);
	}
}

void lp_json_finish(struct lp_json *json)
{
	assert(json->depth == 0);
	fputc('\n', json->out);
	fflush(json->out);
}
