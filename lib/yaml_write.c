/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <regex.h>
#include <string.h>
#include <yaml.h>

#include "lib/yaml.h"

/*
 * Unquoted words that some YAML reader takes for a number, truth value, nothing, date or merge
 * key: the types of YAML 1.1 (what PyYAML does) and the numbers that 1.2 adds (1e3, 0o17).
 */
static const char not_a_string[] =
	"^([-+]?0b[01_]+|[-+]?0o[0-7]+|[-+]?0x[0-9a-f_]+|[-+]?[0-9][0-9_]*"
	"|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\\.[0-9_]*)?"
	"|[-+]?[0-9][0-9_]*(\\.[0-9_]*)?(e[-+]?[0-9]+)?|[-+]?\\.[0-9_]*(e[-+]?[0-9]+)?"
	"|[-+]?\\.inf|\\.nan|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([t \t].*)?"
	"|~|null|y|n|yes|no|true|false|on|off|<<|=)$";

struct writer {
	struct lp_arena *arena;
	const struct lp_yaml_schema *schema; /* of the document, for messages */
	yaml_emitter_t emitter;
	regex_t not_a_string;
	char *text;
	size_t len, cap;
};

static int append(void *arg, unsigned char *data, size_t len)
{
	struct writer *w = arg;

	if (w->len + len + 1 > w->cap) {
		size_t cap = 2 * (w->len + len) + 4096;
		char *grown = lp_alloc(w->arena, cap);

		if (w->len)
			memcpy(grown, w->text, w->len);
		w->text = grown;
		w->cap = cap;
	}
	memcpy(w->text + w->len, data, len);
	w->len += len;
	w->text[w->len] = '\0';
	return 1;
}

/* Emits EVENT, if it could be made (OK). */
static struct lp_err *emit(struct writer *w, int ok, yaml_event_t *event, const char *what)
{
	if (!ok)
		return lp_err(LP_FAILED, "cannot write %s: '%s' is not UTF-8 text", w->schema->what,
			      what);
	if (!yaml_emitter_emit(&w->emitter, event))
		return lp_err(LP_FAILED, "cannot write %s: %s", w->schema->what,
			      w->emitter.problem ? w->emitter.problem : "out of memory");
	return NULL;
}

static struct lp_err *put_scalar(struct writer *w, const char *text, const char *key,
				 yaml_scalar_style_t style)
{
	yaml_event_t ev;
	int ok = strlen(text) <= LP_YAML_MAX_SIZE &&
		 yaml_scalar_event_initialize(&ev, NULL, NULL, (const yaml_char_t *)text,
					      (int)strlen(text), 1, 1, style);

	return emit(w, ok, &ev, key);
}

/* True if TEXT would not come back as the same string without quotes. */
static bool needs_quotes(const struct writer *w, const char *text)
{
	size_t len = strlen(text);

	if (!len || text[0] == ' ' || text[len - 1] == ' ' || text[len - 1] == ':')
		return true;
	if (strchr("-?:,[]{}#&*!|>'\"%@`", text[0]) || strpbrk(text, ",[]{}"))
		return true;
	if (strstr(text, ": ") || strstr(text, " #"))
		return true;
	for (const char *p = text; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return true;
	}
	return regexec(&w->not_a_string, text, 0, NULL, 0) == 0;
}

static struct lp_err *put_str(struct writer *w, const char *text, const char *key)
{
	return put_scalar(w, text, key,
			  needs_quotes(w, text) ? YAML_DOUBLE_QUOTED_SCALAR_STYLE
						: YAML_PLAIN_SCALAR_STYLE);
}

static struct lp_err *put_sequence_start(struct writer *w, bool flow)
{
	yaml_event_t ev;
	int ok = yaml_sequence_start_event_initialize(
		&ev, NULL, NULL, 1, flow ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE);

	return emit(w, ok, &ev, "list");
}

static struct lp_err *put_sequence_end(struct writer *w)
{
	yaml_event_t ev;

	return emit(w, yaml_sequence_end_event_initialize(&ev), &ev, "list");
}

static bool map_is_absent(const struct lp_yaml_schema *schema, const u8 *values);

/* True if FIELD says nothing, so that it is left out. */
static bool is_absent(const struct lp_yaml_field *field, const u8 *values)
{
	const void *slot = values + field->offset;

	if (field->required)
		return false;
	switch (field->kind) {
	case LP_YAML_STR:
	case LP_YAML_QUOTED:
		return !*(const char *const *)slot;
	case LP_YAML_U64:
	case LP_YAML_ADDR:
		return !*(const u64 *)slot;
	case LP_YAML_BOOL:
		return !*(const bool *)slot;
	case LP_YAML_STRS:
		return !((const struct lp_strs *)slot)->n;
	case LP_YAML_MAP:
		return map_is_absent(field->sub, slot);
	case LP_YAML_SEQ:
		return !((const struct lp_seq *)slot)->n;
	}
	return false;
}

/* An optional map is left out when nothing in it says anything, required or not. */
static bool map_is_absent(const struct lp_yaml_schema *schema, const u8 *values)
{
	for (size_t i = 0; i < schema->n_fields; i++) {
		struct lp_yaml_field field = schema->fields[i];

		field.required = false;
		if (!is_absent(&field, values))
			return false;
	}
	return true;
}

static struct lp_err *put_map(struct writer *w, const struct lp_yaml_schema *schema,
			      const u8 *values, bool flow);

static struct lp_err *put_strs(struct writer *w, const struct lp_yaml_field *field,
			       const struct lp_strs *strs)
{
	LP_TRY(put_sequence_start(w, field->flow || !strs->n));
	for (size_t i = 0; i < strs->n; i++)
		LP_TRY(put_str(w, strs->items[i], field->key));
	return put_sequence_end(w);
}

static struct lp_err *put_seq(struct writer *w, const struct lp_yaml_field *field,
			      const struct lp_seq *seq)
{
	const u8 *item = seq->items;

	LP_TRY(put_sequence_start(w, !seq->n));
	for (size_t i = 0; i < seq->n; i++, item += field->sub->size)
		LP_TRY(put_map(w, field->sub, item, field->flow));
	return put_sequence_end(w);
}

static struct lp_err *put_value(struct writer *w, const struct lp_yaml_field *field,
				const u8 *values)
{
	const void *slot = values + field->offset;
	const char *str;
	char number[32];

	switch (field->kind) {
	case LP_YAML_STR:
	case LP_YAML_QUOTED:
		str = *(const char *const *)slot;
		if (!str)
			return lp_err(LP_FAILED, "cannot write %s: '%s' has no value",
				      w->schema->what, field->key);
		if (field->kind == LP_YAML_STR)
			return put_str(w, str, field->key);
		return put_scalar(w, str, field->key, YAML_DOUBLE_QUOTED_SCALAR_STYLE);
	case LP_YAML_U64:
		snprintf(number, sizeof(number), "%" PRIu64, *(const u64 *)slot);
		return put_scalar(w, number, field->key, YAML_PLAIN_SCALAR_STYLE);
	case LP_YAML_ADDR:
		snprintf(number, sizeof(number), "0x%" PRIx64, *(const u64 *)slot);
		return put_scalar(w, number, field->key, YAML_PLAIN_SCALAR_STYLE);
	case LP_YAML_BOOL:
		return put_scalar(w, *(const bool *)slot ? "true" : "false", field->key,
				  YAML_PLAIN_SCALAR_STYLE);
	case LP_YAML_STRS:
		return put_strs(w, field, slot);
	case LP_YAML_MAP:
		return put_map(w, field->sub, slot, field->flow);
	case LP_YAML_SEQ:
		return put_seq(w, field, slot);
	}
	return NULL;
}

static struct lp_err *put_map(struct writer *w, const struct lp_yaml_schema *schema,
			      const u8 *values, bool flow)
{
	yaml_event_t ev;
	int ok = yaml_mapping_start_event_initialize(
		&ev, NULL, NULL, 1, flow ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE);

	LP_TRY(emit(w, ok, &ev, schema->what));
	for (size_t i = 0; i < schema->n_fields; i++) {
		const struct lp_yaml_field *field = &schema->fields[i];

		if (is_absent(field, values))
			continue;
		LP_TRY(put_str(w, field->key, field->key));
		LP_TRY(put_value(w, field, values));
	}
	return emit(w, yaml_mapping_end_event_initialize(&ev), &ev, schema->what);
}

static struct lp_err *put_document(struct writer *w, const void *value)
{
	const char *what = w->schema->what;
	yaml_event_t ev;

	LP_TRY(emit(w, yaml_stream_start_event_initialize(&ev, YAML_UTF8_ENCODING), &ev, what));
	LP_TRY(emit(w, yaml_document_start_event_initialize(&ev, NULL, NULL, NULL, 1), &ev, what));
	LP_TRY(put_map(w, w->schema, value, false));
	LP_TRY(emit(w, yaml_document_end_event_initialize(&ev, 1), &ev, what));
	return emit(w, yaml_stream_end_event_initialize(&ev), &ev, what);
}

struct lp_err *lp_yaml_write(struct lp_arena *arena, const struct lp_yaml_schema *schema,
			     const void *value, char **ret_text, size_t *ret_len)
{
	struct writer w = { .arena = arena, .schema = schema };

	if (regcomp(&w.not_a_string, not_a_string, REG_EXTENDED | REG_ICASE | REG_NOSUB))
		return lp_err(LP_FAILED, "cannot write %s: out of memory", schema->what);
	if (!yaml_emitter_initialize(&w.emitter)) {
		regfree(&w.not_a_string);
		return lp_err(LP_FAILED, "cannot write %s: out of memory", schema->what);
	}
	yaml_emitter_set_output(&w.emitter, append, &w);
	yaml_emitter_set_unicode(&w.emitter, 1);
	yaml_emitter_set_width(&w.emitter, -1);
	struct lp_err *err = put_document(&w, value);

	yaml_emitter_delete(&w.emitter);
	regfree(&w.not_a_string);
	if (err)
		return err;
	*ret_text = w.text;
	*ret_len = w.len;
	return NULL;
}

static void json_value(struct lp_json *json, const struct lp_yaml_field *field, const u8 *values)
{
	const void *slot = values + field->offset;
	const struct lp_strs *strs = slot;
	const struct lp_seq *seq = slot;
	char number[32];

	switch (field->kind) {
	case LP_YAML_STR:
	case LP_YAML_QUOTED:
		lp_json_str(json, field->key, *(const char *const *)slot);
		return;
	case LP_YAML_U64:
		lp_json_u64(json, field->key, *(const u64 *)slot);
		return;
	case LP_YAML_ADDR: /* text: most readers round numbers above 2^53 */
		snprintf(number, sizeof(number), "0x%" PRIx64, *(const u64 *)slot);
		lp_json_str(json, field->key, number);
		return;
	case LP_YAML_BOOL:
		lp_json_bool(json, field->key, *(const bool *)slot);
		return;
	case LP_YAML_STRS:
		lp_json_array(json, field->key);
		for (size_t i = 0; i < strs->n; i++)
			lp_json_str(json, NULL, strs->items[i]);
		lp_json_end(json);
		return;
	case LP_YAML_MAP:
		lp_yaml_to_json(json, field->key, field->sub, slot);
		return;
	case LP_YAML_SEQ:
		lp_json_array(json, field->key);
		for (size_t i = 0; i < seq->n; i++)
			lp_yaml_to_json(json, NULL, field->sub,
					(const u8 *)seq->items + i * field->sub->size);
		lp_json_end(json);
		return;
	}
}

void lp_yaml_to_json(struct lp_json *json, const char *key, const struct lp_yaml_schema *schema,
		     const void *value)
{
	lp_json_object(json, key);
	for (size_t i = 0; i < schema->n_fields; i++) {
		if (!is_absent(&schema->fields[i], value))
			json_value(json, &schema->fields[i], value);
	}
	lp_json_end(json);
}
