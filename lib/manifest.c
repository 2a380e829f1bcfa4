// SPDX-License-Identifier: GPL-2.0-or-later
/* The schema of the manifest: keys, kinds, order. */
#include "lib/manifest.h"

#define FIELDS(type, table, text)                                                                  \
	static const struct lp_yaml_schema table##_schema = { text, sizeof(struct type), table,    \
							      LP_ARRAY_SIZE(table) }
#define AT(type, member) offsetof(struct type, member)

static const struct lp_yaml_field patch[] = {
	{ "name", LP_YAML_STR, AT(lp_m_patch, name), true, false, NULL },
	{ "summary", LP_YAML_STR, AT(lp_m_patch, summary), false, false, NULL },
	{ "references", LP_YAML_STRS, AT(lp_m_patch, references), false, true, NULL },
	{ "diffs", LP_YAML_STRS, AT(lp_m_patch, diffs), false, true, NULL },
	{ "source-sha256", LP_YAML_QUOTED, AT(lp_m_patch, source_sha256), false, false, NULL },
};
FIELDS(lp_m_patch, patch, "patch");

static const struct lp_yaml_field target[] = {
	{ "recipe", LP_YAML_STR, AT(lp_m_target, recipe), false, false, NULL },
	{ "file", LP_YAML_STR, AT(lp_m_target, file), true, false, NULL },
	{ "arch", LP_YAML_STR, AT(lp_m_target, arch), true, false, NULL },
	{ "build-id", LP_YAML_QUOTED, AT(lp_m_target, build_id), true, false, NULL },
};
FIELDS(lp_m_target, target, "target");

static const struct lp_yaml_field toolchain[] = {
	{ "cc", LP_YAML_STR, AT(lp_m_toolchain, cc), false, false, NULL },
	{ "reproduces-target", LP_YAML_STR, AT(lp_m_toolchain, reproduces), true, false, NULL },
};
FIELDS(lp_m_toolchain, toolchain, "toolchain");

static const struct lp_yaml_field verdict[] = {
	{ "status", LP_YAML_STR, AT(lp_m_verdict, status), true, false, NULL },
};
FIELDS(lp_m_verdict, verdict, "verdict");

static const struct lp_yaml_field old[] = {
	{ "address", LP_YAML_ADDR, AT(lp_m_old, address), true, false, NULL },
	{ "size", LP_YAML_U64, AT(lp_m_old, size), true, false, NULL },
	{ "match", LP_YAML_STR, AT(lp_m_old, match), true, false, NULL },
	{ "sha256", LP_YAML_QUOTED, AT(lp_m_old, sha256), true, false, NULL },
};
FIELDS(lp_m_old, old, "old code");

static const struct lp_yaml_field cold[] = {
	{ "address", LP_YAML_ADDR, AT(lp_m_cold, address), true, false, NULL },
	{ "size", LP_YAML_U64, AT(lp_m_cold, size), true, false, NULL },
};
FIELDS(lp_m_cold, cold, "cold part");

static const struct lp_yaml_field new_code[] = {
	{ "offset", LP_YAML_ADDR, AT(lp_m_new, offset), true, false, NULL },
	{ "size", LP_YAML_U64, AT(lp_m_new, size), true, false, NULL },
};
FIELDS(lp_m_new, new_code, "new code");

static const struct lp_yaml_field site[] = {
	{ "kind", LP_YAML_STR, AT(lp_m_site, kind), true, false, NULL },
	{ "before", LP_YAML_QUOTED, AT(lp_m_site, before), true, false, NULL },
	{ "after-endbr64", LP_YAML_BOOL, AT(lp_m_site, after_endbr64), true, false, NULL },
};
FIELDS(lp_m_site, site, "jump site");

static const struct lp_yaml_field function[] = {
	{ "name", LP_YAML_STR, AT(lp_m_function, name), true, false, NULL },
	{ "change", LP_YAML_STR, AT(lp_m_function, change), true, false, NULL },
	{ "why", LP_YAML_STR, AT(lp_m_function, why), false, false, NULL },
	{ "object", LP_YAML_STR, AT(lp_m_function, object), true, false, NULL },
	{ "old", LP_YAML_MAP, AT(lp_m_function, old), false, true, &old_schema },
	{ "cold", LP_YAML_MAP, AT(lp_m_function, cold), false, true, &cold_schema },
	{ "new", LP_YAML_MAP, AT(lp_m_function, new), true, true, &new_code_schema },
	{ "site", LP_YAML_MAP, AT(lp_m_function, site), false, true, &site_schema },
};
FIELDS(lp_m_function, function, "function");

static const struct lp_yaml_field data[] = {
	{ "name", LP_YAML_STR, AT(lp_m_data, name), true, false, NULL },
	{ "change", LP_YAML_STR, AT(lp_m_data, change), true, false, NULL },
	{ "section", LP_YAML_STR, AT(lp_m_data, section), true, false, NULL },
	{ "size", LP_YAML_U64, AT(lp_m_data, size), true, false, NULL },
};
FIELDS(lp_m_data, data, "data");

static const struct lp_yaml_field table[] = {
	{ "name", LP_YAML_STR, AT(lp_m_table, name), true, false, NULL },
	{ "why", LP_YAML_STR, AT(lp_m_table, why), false, false, NULL },
	{ "object", LP_YAML_STR, AT(lp_m_table, object), true, false, NULL },
	{ "address", LP_YAML_ADDR, AT(lp_m_table, address), true, false, NULL },
	{ "size", LP_YAML_U64, AT(lp_m_table, size), true, false, NULL },
	{ "match", LP_YAML_STR, AT(lp_m_table, match), true, false, NULL },
	{ "differs-at", LP_YAML_ADDR, AT(lp_m_table, differs_at), true, false, NULL },
};
FIELDS(lp_m_table, table, "table");

static const struct lp_yaml_field hook[] = {
	{ "kind", LP_YAML_STR, AT(lp_m_hook, kind), true, false, NULL },
	{ "function", LP_YAML_STR, AT(lp_m_hook, function), true, false, NULL },
	{ "runs", LP_YAML_STR, AT(lp_m_hook, runs), true, false, NULL },
};
FIELDS(lp_m_hook, hook, "hook");

static const struct lp_yaml_field reference[] = {
	{ "symbol", LP_YAML_STR, AT(lp_m_reference, symbol), true, false, NULL },
	{ "kind", LP_YAML_STR, AT(lp_m_reference, kind), true, false, NULL },
	{ "address", LP_YAML_ADDR, AT(lp_m_reference, address), false, false, NULL },
	{ "match", LP_YAML_STR, AT(lp_m_reference, match), true, false, NULL },
};
FIELDS(lp_m_reference, reference, "reference");

static const struct lp_yaml_field pointer[] = {
	{ "function", LP_YAML_STR, AT(lp_m_pointer, function), true, false, NULL },
	{ "holder", LP_YAML_STR, AT(lp_m_pointer, holder), true, false, NULL },
	{ "object", LP_YAML_STR, AT(lp_m_pointer, object), true, false, NULL },
};
FIELDS(lp_m_pointer, pointer, "pointer");

static const struct lp_yaml_field harmless[] = {
	{ "object", LP_YAML_STR, AT(lp_m_harmless, object), true, false, NULL },
	{ "name", LP_YAML_STR, AT(lp_m_harmless, name), true, false, NULL },
	{ "rule", LP_YAML_STR, AT(lp_m_harmless, rule), true, false, NULL },
};
FIELDS(lp_m_harmless, harmless, "harmless difference");

static const struct lp_yaml_field eyes[] = {
	{ "rule", LP_YAML_STR, AT(lp_m_eyes, rule), true, false, NULL },
	{ "at", LP_YAML_STR, AT(lp_m_eyes, at), true, false, NULL },
	{ "says", LP_YAML_STR, AT(lp_m_eyes, says), true, false, NULL },
};
FIELDS(lp_m_eyes, eyes, "point to look at");

static const struct lp_yaml_field undo[] = {
	{ "status", LP_YAML_STR, AT(lp_m_undo, status), true, false, NULL },
	{ "runs", LP_YAML_STRS, AT(lp_m_undo, runs), false, true, NULL },
	{ "loses", LP_YAML_STRS, AT(lp_m_undo, loses), false, true, NULL },
	{ "stays", LP_YAML_STRS, AT(lp_m_undo, stays), false, true, NULL },
	{ "pins", LP_YAML_STRS, AT(lp_m_undo, pins), false, true, NULL },
};
FIELDS(lp_m_undo, undo, "undo");

static const struct lp_yaml_field passed[] = {
	{ "create-diff-object", LP_YAML_STRS, AT(lp_m_passed, objects), true, true, NULL },
	{ "extract-patch", LP_YAML_STRS, AT(lp_m_passed, executable), true, true, NULL },
};
FIELDS(lp_m_passed, passed, "passed rules");

static const struct lp_yaml_field payload[] = {
	{ "text", LP_YAML_U64, AT(lp_m_payload, text), true, false, NULL },
	{ "rodata", LP_YAML_U64, AT(lp_m_payload, rodata), true, false, NULL },
	{ "data", LP_YAML_U64, AT(lp_m_payload, data), true, false, NULL },
	{ "bss", LP_YAML_U64, AT(lp_m_payload, bss), true, false, NULL },
};
FIELDS(lp_m_payload, payload, "payload");

/* In the order in which a reviewer asks: is it for my program, what changes and why, what does it
 * reach, what could go wrong, can it be undone, who made it from what. */
static const struct lp_yaml_field manifest[] = {
	{ "lp-manifest", LP_YAML_U64, AT(lp_manifest, version), true, false, NULL },
	{ "target", LP_YAML_MAP, AT(lp_manifest, target), true, false, &target_schema },
	{ "verdict", LP_YAML_MAP, AT(lp_manifest, verdict), true, false, &verdict_schema },
	{ "functions", LP_YAML_SEQ, AT(lp_manifest, functions), true, false, &function_schema },
	{ "tables", LP_YAML_SEQ, AT(lp_manifest, tables), false, true, &table_schema },
	{ "hooks", LP_YAML_SEQ, AT(lp_manifest, hooks), false, true, &hook_schema },
	{ "data", LP_YAML_SEQ, AT(lp_manifest, data), true, true, &data_schema },
	{ "references", LP_YAML_SEQ, AT(lp_manifest, references), true, true, &reference_schema },
	{ "escaping-pointers", LP_YAML_SEQ, AT(lp_manifest, pointers), false, true,
	  &pointer_schema },
	{ "needs-eyes", LP_YAML_SEQ, AT(lp_manifest, eyes), true, false, &eyes_schema },
	{ "judged-harmless", LP_YAML_SEQ, AT(lp_manifest, harmless), true, true, &harmless_schema },
	{ "rules-passed", LP_YAML_MAP, AT(lp_manifest, passed), true, false, &passed_schema },
	{ "undo", LP_YAML_MAP, AT(lp_manifest, undo), true, false, &undo_schema },
	{ "patch", LP_YAML_MAP, AT(lp_manifest, patch), true, false, &patch_schema },
	{ "payload", LP_YAML_MAP, AT(lp_manifest, payload), true, true, &payload_schema },
	{ "toolchain", LP_YAML_MAP, AT(lp_manifest, toolchain), true, false, &toolchain_schema },
	{ "built-by", LP_YAML_STR, AT(lp_manifest, built_by), true, false, NULL },
};

const struct lp_yaml_schema lp_manifest_schema = { "manifest", sizeof(struct lp_manifest), manifest,
						   LP_ARRAY_SIZE(manifest) };
