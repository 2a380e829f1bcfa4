/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "lib/file.h"
#include "lib/yaml.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf" /* of some editors; nobody sees it */

struct reader {
	struct lp_arena *arena;
	const char *name; /* of the document, for messages */
	yaml_parser_t parser;
	yaml_event_t event; /* the current one; owned */
	unsigned int depth; /* of open maps and sequences */
};

static LP_PRINTF(3, 4) struct lp_err *error_at(const struct reader *r, yaml_mark_t at,
					       const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return lp_err(LP_FAILED, "%s: out of memory", r->name);
	struct lp_err *err =
		lp_err(LP_FAILED, "%s:%zu:%zu: %s", r->name, at.line + 1, at.column + 1, text);

	free(text);
	return err;
}

/* What of YAML is not taken: everything that makes a node mean more than it shows. */
static struct lp_err *check_event(struct reader *r)
{
	const yaml_event_t *ev = &r->event;
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (ev->type == YAML_ALIAS_EVENT)
		return error_at(r, ev->start_mark, "alias '*%s' is not allowed",
				(const char *)ev->data.alias.anchor);
	if (ev->type == YAML_DOCUMENT_START_EVENT && (ev->data.document_start.version_directive ||
						      ev->data.document_start.tag_directives.start))
		return error_at(r, ev->start_mark, "directives are not allowed");
	if (ev->type == YAML_SCALAR_EVENT) {
		anchor = ev->data.scalar.anchor;
		tag = ev->data.scalar.tag;
	} else if (ev->type == YAML_SEQUENCE_START_EVENT) {
		anchor = ev->data.sequence_start.anchor;
		tag = ev->data.sequence_start.tag;
	} else if (ev->type == YAML_MAPPING_START_EVENT) {
		anchor = ev->data.mapping_start.anchor;
		tag = ev->data.mapping_start.tag;
	}
	if (anchor)
		return error_at(r, ev->start_mark, "anchor '&%s' is not allowed",
				(const char *)anchor);
	if (tag)
		return error_at(r, ev->start_mark, "tag '%s' is not allowed", (const char *)tag);
	return NULL;
}

static struct lp_err *next(struct reader *r)
{
	yaml_event_delete(&r->event);
	if (!yaml_parser_parse(&r->parser, &r->event)) {
		const yaml_parser_t *p = &r->parser;
		/* Errors of the byte level (bad UTF-8) come without a mark of their own. */
		yaml_mark_t at = p->error == YAML_READER_ERROR ? p->mark : p->problem_mark;

		return error_at(r, at, "%s", p->problem ? p->problem : "not YAML");
	}
	if (r->event.type == YAML_MAPPING_START_EVENT || r->event.type == YAML_SEQUENCE_START_EVENT)
		r->depth++;
	if (r->event.type == YAML_MAPPING_END_EVENT || r->event.type == YAML_SEQUENCE_END_EVENT)
		r->depth--;
	if (r->depth > LP_YAML_MAX_DEPTH)
		return error_at(r, r->event.start_mark, "more than %d levels", LP_YAML_MAX_DEPTH);
	return check_event(r);
}

static bool is_plain(const struct reader *r)
{
	return r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static const char *scalar_text(const struct reader *r)
{
	return (const char *)r->event.data.scalar.value;
}

/* An unquoted scalar that YAML reads as "nothing". */
static bool is_null(const struct reader *r)
{
	const char *s = scalar_text(r);

	return is_plain(r) && (!*s || !strcmp(s, "~") || !strcasecmp(s, "null"));
}

static struct lp_err *expect_scalar(const struct reader *r, const char *key)
{
	if (r->event.type != YAML_SCALAR_EVENT)
		return error_at(r, r->event.start_mark, "'%s' wants one value", key);
	if (strlen(scalar_text(r)) != r->event.data.scalar.length)
		return error_at(r, r->event.start_mark, "'%s' contains a NUL byte", key);
	return NULL;
}

static struct lp_err *read_str(struct reader *r, const struct lp_yaml_field *field,
			       const char **ret)
{
	LP_TRY(expect_scalar(r, field->key));
	if (!is_null(r))
		*ret = lp_strdup(r->arena, scalar_text(r));
	else if (field->required)
		return error_at(r, r->event.start_mark, "'%s' has no value", field->key);
	return NULL;
}

static struct lp_err *read_number(struct reader *r, const struct lp_yaml_field *field, u64 *ret)
{
	LP_TRY(expect_scalar(r, field->key));
	const char *s = scalar_text(r);
	bool is_hex = field->kind == LP_YAML_ADDR && !strncmp(s, "0x", 2);
	const char *digits = is_hex ? s + 2 : s;
	size_t len = strspn(digits, is_hex ? "0123456789abcdefABCDEF" : "0123456789");

	/* A leading zero is octal to YAML 1.1 and decimal to 1.2: neither is guessed. */
	if (!is_plain(r) || !len || digits[len] || (!is_hex && len > 1 && s[0] == '0'))
		return error_at(r, r->event.start_mark, "'%s' wants a number, not '%s'", field->key,
				s);
	errno = 0;
	unsigned long long value = strtoull(digits, NULL, is_hex ? 16 : 10);

	if (errno)
		return error_at(r, r->event.start_mark, "'%s': number '%s' is too large",
				field->key, s);
	*ret = value;
	return NULL;
}

static struct lp_err *read_bool(struct reader *r, const struct lp_yaml_field *field, bool *ret)
{
	LP_TRY(expect_scalar(r, field->key));
	const char *s = scalar_text(r);
	bool is_true = !strcmp(s, "true");

	if (!is_plain(r) || (!is_true && strcmp(s, "false")))
		return error_at(r, r->event.start_mark, "'%s' wants true or false, not '%s'",
				field->key, s);
	*ret = is_true;
	return NULL;
}

static struct lp_err *expect_sequence(const struct reader *r, const char *key)
{
	if (r->event.type != YAML_SEQUENCE_START_EVENT)
		return error_at(r, r->event.start_mark, "'%s' wants a list", key);
	return NULL;
}

static struct lp_err *read_strs(struct reader *r, const struct lp_yaml_field *field,
				struct lp_strs *ret)
{
	LP_TRY(expect_sequence(r, field->key));
	LP_TRY(next(r));
	while (r->event.type != YAML_SEQUENCE_END_EVENT) {
		LP_TRY(expect_scalar(r, field->key));
		if (is_null(r))
			return error_at(r, r->event.start_mark, "'%s' has an empty item",
					field->key);
		lp_vec_push(r->arena, ret, lp_strdup(r->arena, scalar_text(r)));
		LP_TRY(next(r));
	}
	return NULL;
}

static struct lp_err *read_map(struct reader *r, const struct lp_yaml_schema *schema, u8 *ret);

static struct lp_err *read_seq(struct reader *r, const struct lp_yaml_field *field,
			       struct lp_seq *ret)
{
	const size_t size = field->sub->size;
	size_t cap = 0;

	LP_TRY(expect_sequence(r, field->key));
	LP_TRY(next(r));
	while (r->event.type != YAML_SEQUENCE_END_EVENT) {
		if (ret->n == cap)
			ret->items = lp_vec_grow(r->arena, ret->items, ret->n, &cap, size);
		LP_TRY(read_map(r, field->sub, (u8 *)ret->items + ret->n * size));
		ret->n++;
		LP_TRY(next(r));
	}
	return NULL;
}

/* The value of FIELD, whose first event is current; leaves its last event current. */
static struct lp_err *read_value(struct reader *r, const struct lp_yaml_field *field, u8 *values)
{
	void *slot = values + field->offset;

	switch (field->kind) {
	case LP_YAML_STR:
	case LP_YAML_QUOTED:
		return read_str(r, field, slot);
	case LP_YAML_U64:
	case LP_YAML_ADDR:
		return read_number(r, field, slot);
	case LP_YAML_BOOL:
		return read_bool(r, field, slot);
	case LP_YAML_STRS:
		return read_strs(r, field, slot);
	case LP_YAML_MAP:
		return read_map(r, field->sub, slot);
	case LP_YAML_SEQ:
		return read_seq(r, field, slot);
	}
	return NULL;
}

static char *known_keys(struct lp_arena *arena, const struct lp_yaml_schema *schema)
{
	char *text = lp_strdup(arena, "");

	for (size_t i = 0; i < schema->n_fields; i++)
		text = lp_printf(arena, "%s%s%s", text, i ? ", " : "", schema->fields[i].key);
	return text;
}

/* The field that the current event names. */
static struct lp_err *read_key(struct reader *r, const struct lp_yaml_schema *schema, bool *seen,
			       const struct lp_yaml_field **ret)
{
	yaml_mark_t at = r->event.start_mark;

	if (r->event.type != YAML_SCALAR_EVENT)
		return error_at(r, at, "key in %s is not a word", schema->what);
	for (size_t i = 0; i < schema->n_fields; i++) {
		if (strcmp(schema->fields[i].key, scalar_text(r)))
			continue;
		if (seen[i])
			return error_at(r, at, "key '%s' is there twice in %s", scalar_text(r),
					schema->what);
		seen[i] = true;
		*ret = &schema->fields[i];
		return NULL;
	}
	return lp_err_advice(
		error_at(r, at, "unknown key '%s' in %s", scalar_text(r), schema->what),
		"known keys: %s", known_keys(r->arena, schema));
}

static struct lp_err *read_map(struct reader *r, const struct lp_yaml_schema *schema, u8 *ret)
{
	yaml_mark_t start = r->event.start_mark;
	bool *seen = lp_new_array(r->arena, schema->n_fields, bool);

	if (r->event.type != YAML_MAPPING_START_EVENT)
		return error_at(r, start, "%s wants 'key: value' pairs", schema->what);
	LP_TRY(next(r));
	while (r->event.type != YAML_MAPPING_END_EVENT) {
		const struct lp_yaml_field *field = NULL;

		LP_TRY(read_key(r, schema, seen, &field));
		assert(field); /* no error means that it was set */
		LP_TRY(next(r));
		LP_TRY(read_value(r, field, ret));
		LP_TRY(next(r));
	}
	for (size_t i = 0; i < schema->n_fields; i++) {
		if (schema->fields[i].required && !seen[i])
			return error_at(r, start, "key '%s' is missing in %s",
					schema->fields[i].key, schema->what);
	}
	return NULL;
}

static struct lp_err *read_document(struct reader *r, const struct lp_yaml_schema *schema, u8 *ret)
{
	LP_TRY(next(r)); /* stream start */
	LP_TRY(next(r));
	if (r->event.type == YAML_STREAM_END_EVENT)
		return lp_err(LP_FAILED, "%s: empty %s", r->name, schema->what);
	LP_TRY(next(r));
	LP_TRY(read_map(r, schema, ret));
	LP_TRY(next(r)); /* document end */
	LP_TRY(next(r));
	if (r->event.type != YAML_STREAM_END_EVENT)
		return error_at(r, r->event.start_mark, "more than one document");
	return NULL;
}

struct lp_err *lp_yaml_read(struct lp_arena *arena, const struct lp_yaml_schema *schema,
			    const char *name, const char *text, size_t len, void *ret)
{
	struct reader r = { .arena = arena, .name = name };

	if (len > LP_YAML_MAX_SIZE)
		return lp_err(LP_FAILED, "%s: larger than %zu bytes", name, LP_YAML_MAX_SIZE);
	if (len >= strlen(BYTE_ORDER_MARK) &&
	    !memcmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)))
		return lp_err_advice(lp_err(LP_FAILED, "%s: begins with a byte order mark", name),
				     "save it as UTF-8 without one");
	if (!yaml_parser_initialize(&r.parser))
		return lp_err(LP_FAILED, "%s: out of memory", name);
	memset(ret, 0, schema->size);
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const yaml_char_t *)text, len);
	struct lp_err *err = read_document(&r, schema, ret);

	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	return err;
}

struct lp_err *lp_yaml_read_file(struct lp_arena *arena, const struct lp_yaml_schema *schema,
				 const char *path, void *ret)
{
	size_t len;
	u8 *text;

	LP_TRY(lp_file_read(arena, path, LP_YAML_MAX_SIZE, &text, &len));
	return lp_yaml_read(arena, schema, path, (const char *)text, len, ret);
}
