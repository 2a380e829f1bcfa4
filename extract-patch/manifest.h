/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The manifest: what a person reads before the patch is applied. These structs and the schema
 * in manifest.c are its definition; docs/manifest.md explains it. The same text lies beside the
 * payload and in its .livepatch.manifest section.
 */
#ifndef EP_MANIFEST_H
#define EP_MANIFEST_H

#include "lib/yaml.h"

#define EP_MANIFEST_VERSION 1

struct ep_m_patch {
	const char *name;
	const char *summary;
	struct lp_strs diffs;
	const char *source_sha256; /* of the diffs, one behind the other */
};

struct ep_m_target {
	const char *recipe, *file, *arch, *build_id;
};

struct ep_m_toolchain {
	const char *cc;		/* .comment of the objects */
	const char *reproduces; /* exact: every old function was compared; unchecked: raw objects */
};

struct ep_m_verdict {
	const char *status; /* ok | review */
};

struct ep_m_eyes { /* something that a person should think about */
	const char *rule, *at, *says;
};

struct ep_m_old {
	u64 address, size;
	const char *match, *sha256;
};

struct ep_m_cold {
	u64 address, size;
};

struct ep_m_new {
	u64 offset, size;
};

struct ep_m_site { /* where the jump is written */
	const char *kind, *before;
	bool after_endbr64;
};

struct ep_m_function {
	const char *name, *change, *why, *object;
	struct ep_m_old old;   /* absent for added functions */
	struct ep_m_cold cold; /* absent when the old function has none */
	struct ep_m_new new;
	struct ep_m_site site; /* absent for added functions */
};

struct ep_m_data {
	const char *name, *change, *section;
	u64 size;
};

struct ep_m_table { /* overwritten in place */
	const char *name, *object, *why;
	u64 address, size, differs_at;
	const char *match;
};

struct ep_m_hook {
	const char *kind, *function, *runs;
};

struct ep_m_reference {
	const char *symbol, *kind, *match;
	u64 address; /* 0: looked up when the patch is applied */
};

struct ep_m_pointer { /* to a new function: it may outlive the patch */
	const char *function, *holder, *object;
};

struct ep_m_harmless {
	const char *object, *name, *rule;
};

struct ep_m_payload {
	u64 text, rodata, data, bss;
};

struct ep_manifest {
	u64 version;
	struct ep_m_patch patch;
	struct ep_m_target target;
	struct ep_m_toolchain toolchain;
	struct ep_m_verdict verdict;
	struct lp_seq functions, tables, hooks, data, references, pointers, harmless, eyes;
	struct ep_m_payload payload;
	const char *built_by;
};

extern const struct lp_yaml_schema ep_manifest_schema;

#endif
