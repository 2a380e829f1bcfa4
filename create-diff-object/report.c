/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report: what is in the output and why, as YAML or JSON. */
#include "create-diff-object/report.h"

#include "create-diff-object/layout.h"
#include "lib/file.h"
#include "lib/yaml.h"

struct function {
	const char *name, *change, *why;
	u64 old_size, new_size;
};

struct object {
	const char *name;
	u64 size;
};

struct table {
	const char *name, *why;
	u64 size;
};

struct hook {
	const char *kind, *name;
};

struct report {
	const char *object, *source, *compiler, *unchecked;
	struct lp_seq functions, data, tables, hooks, allowed, ignored;
	struct lp_strs removed, advice;
};

#define FIELD(type, member) .offset = offsetof(struct type, member)

static const struct lp_yaml_field function_fields[] = {
	{ .key = "name", .kind = LP_YAML_STR, FIELD(function, name), .required = true },
	{ .key = "change", .kind = LP_YAML_STR, FIELD(function, change), .required = true },
	{ .key = "old-size", .kind = LP_YAML_U64, FIELD(function, old_size) },
	{ .key = "new-size", .kind = LP_YAML_U64, FIELD(function, new_size) },
	{ .key = "why", .kind = LP_YAML_STR, FIELD(function, why) },
};

static const struct lp_yaml_schema function_schema = {
	.what = "function",
	.size = sizeof(struct function),
	.fields = function_fields,
	.n_fields = LP_ARRAY_SIZE(function_fields),
};

static const struct lp_yaml_field object_fields[] = {
	{ .key = "name", .kind = LP_YAML_STR, FIELD(object, name), .required = true },
	{ .key = "size", .kind = LP_YAML_U64, FIELD(object, size), .required = true },
};

static const struct lp_yaml_schema object_schema = {
	.what = "data object",
	.size = sizeof(struct object),
	.fields = object_fields,
	.n_fields = LP_ARRAY_SIZE(object_fields),
};

static const struct lp_yaml_field table_fields[] = {
	{ .key = "name", .kind = LP_YAML_STR, FIELD(table, name), .required = true },
	{ .key = "size", .kind = LP_YAML_U64, FIELD(table, size), .required = true },
	{ .key = "why", .kind = LP_YAML_STR, FIELD(table, why) },
};

static const struct lp_yaml_schema table_schema = {
	.what = "table",
	.size = sizeof(struct table),
	.fields = table_fields,
	.n_fields = LP_ARRAY_SIZE(table_fields),
};

static const struct lp_yaml_field hook_fields[] = {
	{ .key = "kind", .kind = LP_YAML_STR, FIELD(hook, kind), .required = true },
	{ .key = "name", .kind = LP_YAML_STR, FIELD(hook, name), .required = true },
};

static const struct lp_yaml_schema hook_schema = {
	.what = "hook",
	.size = sizeof(struct hook),
	.fields = hook_fields,
	.n_fields = LP_ARRAY_SIZE(hook_fields),
};

static const struct lp_yaml_field allowed_fields[] = {
	{ .key = "rule", .kind = LP_YAML_STR, FIELD(cdo_allowed, rule), .required = true },
	{ .key = "name", .kind = LP_YAML_STR, FIELD(cdo_allowed, name), .required = true },
};

static const struct lp_yaml_schema allowed_schema = {
	.what = "allowed type",
	.size = sizeof(struct cdo_allowed),
	.fields = allowed_fields,
	.n_fields = LP_ARRAY_SIZE(allowed_fields),
};

static const struct lp_yaml_field report_fields[] = {
	{ .key = "object", .kind = LP_YAML_STR, FIELD(report, object), .required = true },
	{ .key = "source", .kind = LP_YAML_STR, FIELD(report, source) },
	{ .key = "compiler", .kind = LP_YAML_STR, FIELD(report, compiler) },
	{ .key = "functions",
	  .kind = LP_YAML_SEQ,
	  FIELD(report, functions),
	  .required = true,
	  .sub = &function_schema },
	{ .key = "data",
	  .kind = LP_YAML_SEQ,
	  FIELD(report, data),
	  .required = true,
	  .sub = &object_schema },
	{ .key = "tables", .kind = LP_YAML_SEQ, FIELD(report, tables), .sub = &table_schema },
	{ .key = "hooks", .kind = LP_YAML_SEQ, FIELD(report, hooks), .sub = &hook_schema },
	{ .key = "allowed", .kind = LP_YAML_SEQ, FIELD(report, allowed), .sub = &allowed_schema },
	{ .key = "ignored", .kind = LP_YAML_SEQ, FIELD(report, ignored), .sub = &allowed_schema },
	{ .key = "unchecked", .kind = LP_YAML_STR, FIELD(report, unchecked) },
	{ .key = "advice", .kind = LP_YAML_STRS, FIELD(report, advice) },
	{ .key = "removed", .kind = LP_YAML_STRS, FIELD(report, removed), .required = true },
};

static const struct lp_yaml_schema report_schema = {
	.what = "object report",
	.size = sizeof(struct report),
	.fields = report_fields,
	.n_fields = LP_ARRAY_SIZE(report_fields),
};

static void add_changes(const struct cdo_diff *diff, const struct lp_info *info, struct report *ret)
{
	struct function *functions = lp_new_array(diff->arena, info->changes.n, struct function);
	struct object *objects = lp_new_array(diff->arena, info->changes.n, struct object);
	struct table *tables = lp_new_array(diff->arena, info->changes.n, struct table);
	struct hook *hooks = lp_new_array(diff->arena, info->changes.n, struct hook);

	for (size_t i = 0; i < info->changes.n; i++) {
		const struct lp_info_change *change = &info->changes.items[i];

		if (change->kind == LP_DATA)
			objects[ret->data.n++] = (struct object){ change->name, change->new_size };
		else if (change->kind == LP_TABLE)
			tables[ret->tables.n++] =
				(struct table){ change->name, change->why, change->new_size };
		else if (change->kind == LP_HOOK)
			hooks[ret->hooks.n++] = (struct hook){ change->hook, change->name };
		else if (change->kind != LP_IGNORED)
			functions[ret->functions.n++] = (struct function){
				.name = change->name,
				.change = change->kind == LP_CHANGED ? "modified" : "added",
				.why = change->why,
				.old_size = change->old_size,
				.new_size = change->new_size,
			};
	}
	ret->functions.items = functions;
	ret->data.items = objects;
	ret->tables.items = tables;
	ret->hooks.items = hooks;
}

/* Functions that nobody needs any more stay in the running program, unused. */
static void add_removed(const struct cdo_diff *diff, struct report *ret)
{
	for (u32 i = 0; i < diff->orig.n_items; i++) {
		const struct cdo_item *item = &diff->orig.items[i];

		if (item->kind == CDO_FUNC && diff->orig.twin[i] == CDO_NONE)
			lp_vec_push(diff->arena, &ret->removed, item->name);
	}
}

static void make_report(const struct cdo_diff *diff, const struct lp_info *info, struct report *ret)
{
	*ret = (struct report){ .object = info->object,
				.source = info->source,
				.compiler = info->compiler,
				.unchecked = cdo_unchecked_types(diff),
				.advice = diff->notes };
	ret->allowed = (struct lp_seq){ diff->allowed.items, diff->allowed.n };
	ret->ignored = (struct lp_seq){ diff->ignored.items, diff->ignored.n };
	add_changes(diff, info, ret);
	add_removed(diff, ret);
}

struct lp_err *cdo_write_report(const struct cdo_diff *diff, const struct lp_info *info,
				const char *path)
{
	struct report report;
	char *text;
	size_t len;

	make_report(diff, info, &report);
	LP_TRY(lp_yaml_write(diff->arena, &report_schema, &report, &text, &len));
	return lp_file_write(path, text, len);
}

void cdo_print_json(const struct cdo_diff *diff, const struct lp_info *info, FILE *out)
{
	struct report report;
	struct lp_json json;

	make_report(diff, info, &report);
	lp_json_init(&json, out);
	lp_yaml_to_json(&json, NULL, &report_schema, &report);
	lp_json_finish(&json);
}

void cdo_print_text(const struct lp_info *info, bool explain, FILE *out)
{
	static const char *const words[] = {
		[LP_CHANGED] = "changed", [LP_ADDED] = "added", [LP_DATA] = "data",
		[LP_TABLE] = "table",	  [LP_HOOK] = "hook",	[LP_IGNORED] = "ignored",
	};

	for (size_t i = 0; i < info->changes.n; i++) {
		const struct lp_info_change *change = &info->changes.items[i];

		fprintf(out, "%-8s %s\n", words[change->kind], change->name);
		if (explain && change->why)
			fprintf(out, "         %s\n", change->why);
	}
}
