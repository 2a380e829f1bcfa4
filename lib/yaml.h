/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * YAML behind a schema: one table per document kind, used by the reader, the
 * writer and --json alike, so that they can't disagree. The reader takes a strict
 * subset: no anchors, aliases, tags, multiple documents, duplicate or unknown keys,
 * at most 8 levels and 1 MiB. Only lib/yaml_read.c and lib/yaml_write.c know libyaml.
 */
#ifndef LP_YAML_H
#define LP_YAML_H

#include "lib/err.h"
#include "lib/json.h"
#include "lib/vec.h"

#define LP_YAML_MAX_SIZE  ((size_t)1 << 20)
#define LP_YAML_MAX_DEPTH 8

enum lp_yaml_kind {
	LP_YAML_STR,	/* const char *, NULL when absent or null */
	LP_YAML_QUOTED, /* const char *, always written in double quotes (hex ids, hashes) */
	LP_YAML_U64,	/* u64, written in decimal */
	LP_YAML_ADDR,	/* u64, written as 0x hex; read in either form */
	LP_YAML_BOOL,	/* bool */
	LP_YAML_STRS,	/* struct lp_strs: a list of strings */
	LP_YAML_MAP,	/* a nested struct in place, described by sub */
	LP_YAML_SEQ,	/* struct lp_seq of structs described by sub */
};

struct lp_seq {
	void *items; /* n structs of sub->size bytes */
	size_t n;
};

struct lp_yaml_field {
	const char *key;
	enum lp_yaml_kind kind;
	size_t offset;
	bool required; /* reader: absence is an error; writer: written even when empty or zero */
	bool flow;     /* writer: on one line, {a: b} or [a, b]; for SEQ one line an item */
	const struct lp_yaml_schema *sub; /* for MAP and SEQ */
};

struct lp_yaml_schema {
	const char *what; /* for messages: "recipe", "manifest" */
	size_t size;	  /* of the struct */
	const struct lp_yaml_field *fields;
	size_t n_fields;
};

/* Reads TEXT into *RET (schema->size bytes, zeroed first). NAME is for messages, which
 * give line and column. Strings are copied to the arena. */
struct lp_err *lp_yaml_read(struct lp_arena *arena, const struct lp_yaml_schema *schema,
			    const char *name, const char *text, size_t len,
			    void *ret) LP_MUST_CHECK;
struct lp_err *lp_yaml_read_file(struct lp_arena *arena, const struct lp_yaml_schema *schema,
				 const char *path, void *ret) LP_MUST_CHECK;
/* The document as text: keys in the order of the table, absent optional ones left out. A string
 * that is required and NULL, or not UTF-8, is an error. */
struct lp_err *lp_yaml_write(struct lp_arena *arena, const struct lp_yaml_schema *schema,
			     const void *value, char **ret_text, size_t *ret_len) LP_MUST_CHECK;
/* The same value as members of a JSON object under KEY (NULL at the top). */
void lp_yaml_to_json(struct lp_json *json, const char *key, const struct lp_yaml_schema *schema,
		     const void *value);

#endif
