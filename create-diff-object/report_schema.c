/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report as YAML and JSON: keys, kinds, order. */
#include "create-diff-object/report.h"

#define FIELD(type, member) .offset = offsetof(struct type, member)

static const struct lp_yaml_field version_fields[] = {
	{ .key = "source", .kind = LP_YAML_STR, FIELD(cdo_version, source) },
	{ .key = "code", .kind = LP_YAML_STR, FIELD(cdo_version, code) },
};

static const struct lp_yaml_schema version_schema = {
	.what = "version",
	.size = sizeof(struct cdo_version),
	.fields = version_fields,
	.n_fields = LP_ARRAY_SIZE(version_fields),
};

static const struct lp_yaml_field function_fields[] = {
	{ .key = "name", .kind = LP_YAML_STR, FIELD(cdo_r_function, name), .required = true },
	{ .key = "change", .kind = LP_YAML_STR, FIELD(cdo_r_function, change), .required = true },
	{ .key = "old-size", .kind = LP_YAML_U64, FIELD(cdo_r_function, old_size) },
	{ .key = "new-size", .kind = LP_YAML_U64, FIELD(cdo_r_function, new_size) },
	{ .key = "why", .kind = LP_YAML_STR, FIELD(cdo_r_function, why) },
	{ .key = "old",
	  .kind = LP_YAML_MAP,
	  FIELD(cdo_r_function, old),
	  .flow = true,
	  .sub = &version_schema },
	{ .key = "new",
	  .kind = LP_YAML_MAP,
	  FIELD(cdo_r_function, new),
	  .flow = true,
	  .sub = &version_schema },
};

static const struct lp_yaml_schema function_schema = {
	.what = "function",
	.size = sizeof(struct cdo_r_function),
	.fields = function_fields,
	.n_fields = LP_ARRAY_SIZE(function_fields),
};

static const struct lp_yaml_field object_fields[] = {
	{ .key = "name", .kind = LP_YAML_STR, FIELD(cdo_r_object, name), .required = true },
	{ .key = "size", .kind = LP_YAML_U64, FIELD(cdo_r_object, size), .required = true },
	{ .key = "why", .kind = LP_YAML_STR, FIELD(cdo_r_object, why) },
};

static const struct lp_yaml_schema object_schema = {
	.what = "data object",
	.size = sizeof(struct cdo_r_object),
	.fields = object_fields,
	.n_fields = LP_ARRAY_SIZE(object_fields),
};

static const struct lp_yaml_field hook_fields[] = {
	{ .key = "kind", .kind = LP_YAML_STR, FIELD(cdo_r_hook, kind), .required = true },
	{ .key = "name", .kind = LP_YAML_STR, FIELD(cdo_r_hook, name), .required = true },
};

static const struct lp_yaml_schema hook_schema = {
	.what = "hook",
	.size = sizeof(struct cdo_r_hook),
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

static const struct lp_yaml_field pin_fields[] = {
	{ .key = "function", .kind = LP_YAML_STR, FIELD(lp_info_pin, name), .required = true },
	{ .key = "holder", .kind = LP_YAML_STR, FIELD(lp_info_pin, holder), .required = true },
};

static const struct lp_yaml_schema pin_schema = {
	.what = "pointer",
	.size = sizeof(struct lp_info_pin),
	.fields = pin_fields,
	.n_fields = LP_ARRAY_SIZE(pin_fields),
};

static const struct lp_yaml_field eyes_fields[] = {
	{ .key = "rule", .kind = LP_YAML_STR, FIELD(lp_info_advice, rule), .required = true },
	{ .key = "at", .kind = LP_YAML_STR, FIELD(lp_info_advice, name), .required = true },
	{ .key = "says", .kind = LP_YAML_STR, FIELD(lp_info_advice, says), .required = true },
};

static const struct lp_yaml_schema eyes_schema = {
	.what = "point to look at",
	.size = sizeof(struct lp_info_advice),
	.fields = eyes_fields,
	.n_fields = LP_ARRAY_SIZE(eyes_fields),
};

static const struct lp_yaml_field finding_fields[] = {
	{ .key = "rule", .kind = LP_YAML_STR, FIELD(cdo_finding, rule), .required = true },
	{ .key = "text", .kind = LP_YAML_STR, FIELD(cdo_finding, text), .required = true },
	{ .key = "detail", .kind = LP_YAML_STR, FIELD(cdo_finding, detail) },
	{ .key = "advice", .kind = LP_YAML_STR, FIELD(cdo_finding, advice), .required = true },
};

static const struct lp_yaml_schema finding_schema = {
	.what = "finding",
	.size = sizeof(struct cdo_finding),
	.fields = finding_fields,
	.n_fields = LP_ARRAY_SIZE(finding_fields),
};

static const struct lp_yaml_field report_fields[] = {
	{ .key = "object", .kind = LP_YAML_STR, FIELD(cdo_report, object), .required = true },
	{ .key = "source", .kind = LP_YAML_STR, FIELD(cdo_report, source) },
	{ .key = "compiler", .kind = LP_YAML_STR, FIELD(cdo_report, compiler) },
	{ .key = "functions",
	  .kind = LP_YAML_SEQ,
	  FIELD(cdo_report, functions),
	  .required = true,
	  .sub = &function_schema },
	{ .key = "data",
	  .kind = LP_YAML_SEQ,
	  FIELD(cdo_report, data),
	  .required = true,
	  .sub = &object_schema },
	{ .key = "tables", .kind = LP_YAML_SEQ, FIELD(cdo_report, tables), .sub = &object_schema },
	{ .key = "hooks", .kind = LP_YAML_SEQ, FIELD(cdo_report, hooks), .sub = &hook_schema },
	{ .key = "refused",
	  .kind = LP_YAML_SEQ,
	  FIELD(cdo_report, refused),
	  .sub = &finding_schema },
	{ .key = "refused-data",
	  .kind = LP_YAML_SEQ,
	  FIELD(cdo_report, refused_data),
	  .sub = &object_schema },
	{ .key = "escaping-pointers",
	  .kind = LP_YAML_SEQ,
	  FIELD(cdo_report, pins),
	  .flow = true,
	  .sub = &pin_schema },
	{ .key = "allowed",
	  .kind = LP_YAML_SEQ,
	  FIELD(cdo_report, allowed),
	  .sub = &allowed_schema },
	{ .key = "ignored",
	  .kind = LP_YAML_SEQ,
	  FIELD(cdo_report, ignored),
	  .sub = &allowed_schema },
	{ .key = "unchecked", .kind = LP_YAML_STR, FIELD(cdo_report, unchecked) },
	{ .key = "needs-eyes", .kind = LP_YAML_SEQ, FIELD(cdo_report, eyes), .sub = &eyes_schema },
	{ .key = "advice", .kind = LP_YAML_STRS, FIELD(cdo_report, advice) },
	{ .key = "removed", .kind = LP_YAML_STRS, FIELD(cdo_report, removed), .required = true },
};

const struct lp_yaml_schema cdo_report_schema = {
	.what = "object report",
	.size = sizeof(struct cdo_report),
	.fields = report_fields,
	.n_fields = LP_ARRAY_SIZE(report_fields),
};
