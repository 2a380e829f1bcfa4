/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes into the YAML reader. What it takes must be written, and read again as the same text:
 * reader and writer can't disagree about a document.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/yaml.h"

struct value {
	const char *str, *quoted;
	u64 number, address;
	bool flag;
	struct lp_strs strs;
	struct lp_seq seq;
};

static const struct lp_yaml_schema schema;
static const struct lp_yaml_field fields[] = {
	{ "str", LP_YAML_STR, offsetof(struct value, str) },
	{ "quoted", LP_YAML_QUOTED, offsetof(struct value, quoted) },
	{ "number", LP_YAML_U64, offsetof(struct value, number), .required = true },
	{ "address", LP_YAML_ADDR, offsetof(struct value, address) },
	{ "flag", LP_YAML_BOOL, offsetof(struct value, flag) },
	{ "strs", LP_YAML_STRS, offsetof(struct value, strs), .flow = true },
	{ "seq", LP_YAML_SEQ, offsetof(struct value, seq), .sub = &schema },
};
static const struct lp_yaml_schema schema = { "value", sizeof(struct value), fields,
					      LP_ARRAY_SIZE(fields) };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void require(struct lp_err *err)
{
	if (err) {
		lp_err_finish(err, false);
		abort();
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct lp_arena arena = { 0 };
	struct value value, again;
	size_t len, again_len;
	char *text, *again_text;
	struct lp_err *err = lp_yaml_read(&arena, &schema, "f", (const char *)data, size, &value);

	if (!err) {
		require(lp_yaml_write(&arena, &schema, &value, &text, &len));
		require(lp_yaml_read(&arena, &schema, "again", text, len, &again));
		require(lp_yaml_write(&arena, &schema, &again, &again_text, &again_len));
		if (len != again_len || memcmp(text, again_text, len))
			abort();
	}
	lp_err_destroy(err);
	lp_arena_deinit(&arena);
	return 0;
}
