/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The manifest: what a person reads before the patch is applied. These structs and the schema
 * in manifest.c are its definition, docs/manifest.schema.json says it to other programs and
 * docs/manifest.md to people. extract-patch writes it; the same text lies beside the payload and
 * in its .livepatch.manifest section.
 */
#ifndef LP_MANIFEST_H
#define LP_MANIFEST_H

#include "lib/yaml.h"

#define LP_MANIFEST_VERSION 1

struct lp_m_patch {
	const char *name;
	const char *summary;
	struct lp_strs references; /* what it is about: CVE numbers, reports, commits */
	struct lp_strs diffs;
	const char *source_sha256; /* of the diffs, one behind the other */
};

struct lp_m_target {
	const char *recipe, *file, *arch, *build_id;
};

struct lp_m_toolchain {
	const char *cc;		/* .comment of the objects */
	const char *reproduces; /* exact: every old function was compared; unchecked: raw objects */
};

struct lp_m_verdict {
	const char *status; /* ok | review */
};

struct lp_m_eyes { /* something that a person should think about */
	const char *rule, *at, *says;
};

struct lp_m_old {
	u64 address, size;
	const char *match, *sha256;
};

struct lp_m_cold {
	u64 address, size;
};

struct lp_m_new {
	u64 offset, size;
};

struct lp_m_site { /* where the jump is written */
	const char *kind, *before;
	bool after_endbr64;
};

struct lp_m_function {
	const char *name, *change, *why, *object;
	struct lp_m_old old;   /* absent for added functions */
	struct lp_m_cold cold; /* absent when the old function has none */
	struct lp_m_new new;
	struct lp_m_site site; /* absent for added functions */
};

struct lp_m_data {
	const char *name, *change, *section;
	u64 size;
};

struct lp_m_table { /* overwritten in place */
	const char *name, *object, *why;
	u64 address, size, differs_at;
	const char *match;
};

struct lp_m_hook {
	const char *kind, *function, *runs;
};

struct lp_m_reference {
	const char *symbol, *kind, *match;
	u64 address; /* 0: looked up when the patch is applied */
};

struct lp_m_pointer { /* to a new function: it may outlive the patch */
	const char *function, *holder, *object;
};

struct lp_m_harmless {
	const char *object, *name, *rule;
};

struct lp_m_undo {	      /* what is not as it was before, once the patch is removed */
	const char *status;   /* clean | careful */
	struct lp_strs runs;  /* hooks that run then */
	struct lp_strs loses; /* variables that are gone */
	struct lp_strs stays; /* hooks whose effect no other hook takes back */
	struct lp_strs pins;  /* new functions whose address may still be stored */
};

struct lp_m_passed {		   /* refusal rules that were checked and not met */
	struct lp_strs objects;	   /* of create-diff-object; none for raw objects */
	struct lp_strs executable; /* of extract-patch */
};

struct lp_m_payload {
	u64 text, rodata, data, bss;
};

struct lp_manifest {
	u64 version;
	struct lp_m_patch patch;
	struct lp_m_target target;
	struct lp_m_toolchain toolchain;
	struct lp_m_verdict verdict;
	struct lp_seq functions, tables, hooks, data, references, pointers, harmless, eyes;
	struct lp_m_passed passed;
	struct lp_m_undo undo;
	struct lp_m_payload payload;
	const char *built_by;
};

extern const struct lp_yaml_schema lp_manifest_schema;

/* The manifest in TEXT, which anybody may have written: what the schema says, and that words,
 * hashes and verdict are possible. NAME is for messages. */
struct lp_err *lp_manifest_read(struct lp_arena *arena, const char *name, const char *text,
				size_t len, struct lp_manifest *ret) LP_MUST_CHECK;

static inline const struct lp_m_function *lp_m_function_at(const struct lp_manifest *m, size_t i)
{
	return (const struct lp_m_function *)m->functions.items + i;
}

#endif
