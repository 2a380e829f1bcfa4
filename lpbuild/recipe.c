/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/recipe.h"

#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lib/hash.h"
#include "lpbuild/paths.h"

#define MAX_BASES 4

#define FIELD(type, member, kind_, required_)                                                      \
	.kind = LP_YAML_##kind_, .offset = offsetof(type, member), .required = (required_)
#define SOURCE(member, kind_)	       FIELD(struct lp_recipe_source, member, kind_, false)
#define STEP(member, kind_, required_) FIELD(struct lp_recipe_step, member, kind_, required_)
#define RECIPE(member, kind_)	       FIELD(struct lp_recipe, member, kind_, false)

static const struct lp_yaml_field source_fields[] = {
	{ "package", SOURCE(package, STR) }, { "version", SOURCE(version, STR) },
	{ "base", SOURCE(base, STR) },	     { "patches", SOURCE(patches, STRS) },
	{ "dir", SOURCE(dir, STR) },	     { "exclude", SOURCE(exclude, STRS) },
};
static const struct lp_yaml_schema source_schema = {
	.what = "source",
	.size = sizeof(struct lp_recipe_source),
	.fields = source_fields,
	.n_fields = LP_ARRAY_SIZE(source_fields),
};

static const struct lp_yaml_field step_fields[] = {
	{ "name", STEP(name, STR, true) },
	{ "needs", STEP(needs, STR, false) },
	{ "dir", STEP(dir, STR, false) },
	{ "argv", STEP(argv, STRS, true) },
};
static const struct lp_yaml_schema step_schema = {
	.what = "step",
	.size = sizeof(struct lp_recipe_step),
	.fields = step_fields,
	.n_fields = LP_ARRAY_SIZE(step_fields),
};

/* Nothing is required while reading: a recipe may leave to its base what it likes. */
static const struct lp_yaml_field recipe_fields[] = {
	{ "name", RECIPE(name, STR) },
	{ "based-on", RECIPE(based_on, STR) },
	{ "summary", RECIPE(summary, STR) },
	{ "source", RECIPE(source, MAP), .sub = &source_schema },
	{ "compiler", RECIPE(compiler, STR) },
	{ "programs", RECIPE(programs, STRS) },
	{ "packages", RECIPE(packages, STRS) },
	{ "env", RECIPE(env, STRS) },
	{ "cflags", RECIPE(cflags, STRS) },
	{ "ldflags", RECIPE(ldflags, STRS) },
	{ "runtime", RECIPE(runtime, STR) },
	{ "directory", RECIPE(directory, STR) },
	{ "configure", RECIPE(configure, STRS) },
	{ "target", RECIPE(target, STR) },
	{ "tools", RECIPE(tools, STRS) },
	{ "finish", RECIPE(finish, SEQ), .sub = &step_schema },
	{ "allow-data", RECIPE(allow_data, STRS) },
	{ "always-running", RECIPE(always_running, STRS) },
};
static const struct lp_yaml_schema recipe_schema = {
	.what = "recipe",
	.size = sizeof(struct lp_recipe),
	.fields = recipe_fields,
	.n_fields = LP_ARRAY_SIZE(recipe_fields),
};

/* Fills what VALUE leaves out from BASE. */
static void inherit(const struct lp_yaml_schema *schema, char *value, const char *base)
{
	for (size_t i = 0; i < schema->n_fields; i++) {
		const struct lp_yaml_field *field = &schema->fields[i];
		char *to = value + field->offset;
		const char *from = base + field->offset;
		bool is_absent;

		if (field->kind == LP_YAML_MAP) {
			inherit(field->sub, to, from);
			continue;
		}
		if (field->kind == LP_YAML_STRS) {
			is_absent = !((struct lp_strs *)(void *)to)->n;
			if (is_absent)
				memcpy(to, from, sizeof(struct lp_strs));
		} else if (field->kind == LP_YAML_SEQ) {
			is_absent = !((struct lp_seq *)(void *)to)->n;
			if (is_absent)
				memcpy(to, from, sizeof(struct lp_seq));
		} else {
			is_absent = !*(char **)(void *)to;
			if (is_absent)
				*(char **)(void *)to = *(char *const *)(const void *)from;
		}
	}
}

static bool is_inside(const char *path)
{
	return *path && *path != '/' && strcmp(path, "..") != 0 && strncmp(path, "../", 3) != 0 &&
	       !strstr(path, "/../");
}

static struct lp_err *check(const struct lp_recipe *recipe)
{
	const struct lp_recipe_source *source = &recipe->source;
	const struct {
		const char *key, *value;
	} required[] = {
		{ "name", recipe->name },	    { "compiler", recipe->compiler },
		{ "runtime", recipe->runtime },	    { "target", recipe->target },
		{ "directory", recipe->directory },
	};

	for (size_t i = 0; i < LP_ARRAY_SIZE(required); i++)
		if (!required[i].value)
			return lp_err(LP_FAILED, "recipe '%s' has no '%s'", recipe->path,
				      required[i].key);
	if (!lp_is_name(recipe->name))
		return lp_err(LP_FAILED, "recipe '%s': '%s' is not a name", recipe->path,
			      recipe->name);
	if (!is_inside(recipe->target) || !is_inside(recipe->directory))
		return lp_err(LP_FAILED,
			      "recipe '%s': 'target' or 'directory' leads out of the source",
			      recipe->path);
	if (!source->dir == !source->package)
		return lp_err(LP_FAILED, "recipe '%s': 'source' needs either 'dir' or 'package'",
			      recipe->path);
	if (source->package &&
	    (!source->version || !source->base ||
	     (strcmp(source->base, "pristine") != 0 && strcmp(source->base, "patched") != 0)))
		return lp_err(
			LP_FAILED,
			"recipe '%s': a package needs 'version' and 'base' (pristine or patched)",
			recipe->path);
	return NULL;
}

/* Reads PATH alone, adding its text to SHA. */
static struct lp_err *read_one(struct lp_arena *arena, const char *path, struct lp_sha256 *sha,
			       struct lp_recipe *ret)
{
	u8 *text;
	size_t len;

	LP_TRY(lp_file_read(arena, path, LP_YAML_MAX_SIZE, &text, &len));
	lp_sha256_update(sha, text, len);
	return lp_yaml_read(arena, &recipe_schema, path, (const char *)text, len, ret);
}

struct lp_err *lp_recipe_load(struct lp_arena *arena, const char *name_or_file,
			      struct lp_recipe *ret)
{
	const char *path = name_or_file, *dot = strrchr(name_or_file, '.');
	u8 hash[LP_SHA256_LEN];
	struct lp_sha256 sha;
	u32 n_bases = 0;

	if (!strchr(path, '/') && !(dot && !strcmp(dot, ".yaml"))) {
		const char *dir;

		LP_TRY(lp_recipe_dir(arena, &dir));
		path = lp_printf(arena, "%s/%s.yaml", dir, name_or_file);
		if (!lp_file_exists(path))
			return lp_err_advice(lp_err(LP_FAILED, "there is no recipe '%s' in '%s'",
						    name_or_file, dir),
					     "give the file of a recipe of your own");
	}
	LP_TRY(lp_path_absolute(arena, path, &path));
	lp_sha256_init(&sha);
	LP_TRY(read_one(arena, path, &sha, ret));
	for (const char *base = ret->based_on; base; n_bases++) {
		struct lp_recipe from = { 0 };

		if (n_bases == MAX_BASES)
			return lp_err(LP_FAILED, "recipe '%s' is based on itself", path);
		base = lp_printf(arena, "%s/%s", lp_path_dir(arena, path), base);
		LP_TRY(lp_err_context(read_one(arena, base, &sha, &from),
				      "while reading what recipe '%s' is based on", path));
		base = from.based_on;
		inherit(&recipe_schema, (char *)ret, (const char *)&from);
	}
	lp_sha256_final(&sha, hash);
	ret->path = path;
	ret->key = lp_hex(arena, hash, sizeof(hash));
	return check(ret);
}

struct lp_err *lp_recipe_dir(struct lp_arena *arena, const char **ret)
{
	const char *from_env = getenv("LPBUILD_RECIPES"), *program;

	if (from_env && *from_env) {
		*ret = from_env;
		return NULL;
	}
	LP_TRY(lp_program_dir(arena, &program));
	/* In the source tree: build/out/bin and, with make O=DIR, other depths. */
	for (const char *dir = program; dir[0] == '/' && dir[1]; dir = lp_path_dir(arena, dir)) {
		*ret = lp_printf(arena, "%s/recipes", dir);
		if (lp_file_exists(lp_printf(arena, "%s/qemu.yaml", *ret)))
			return NULL;
	}
	*ret = lp_printf(arena, "%s/../share/patchbox/recipes", program);
	return NULL;
}

struct lp_err *lp_recipe_expand(struct lp_arena *arena, const char *text, const struct lp_var *vars,
				const char **ret)
{
	const char *open = strstr(text, "${");

	if (!open) {
		*ret = text;
		return NULL;
	}
	const char *close = strchr(open, '}'), *rest;

	if (!close)
		return lp_err(LP_FAILED, "'${' without '}' in '%s'", text);
	size_t len = (size_t)(close - open) - 2;

	const struct lp_var *var = vars;

	while (var->name && (strlen(var->name) != len || memcmp(var->name, open + 2, len) != 0))
		var++;
	if (!var->name)
		return lp_err(LP_FAILED, "unknown variable in '%s'", text);
	LP_TRY(lp_recipe_expand(arena, close + 1, vars, &rest));
	*ret = lp_printf(arena, "%.*s%s%s", (int)(open - text), text, var->value, rest);
	return NULL;
}

struct lp_err *lp_recipe_expand_all(struct lp_arena *arena, const struct lp_strs *list,
				    const struct lp_var *vars, const char *const **ret)
{
	const char **out = lp_new_array(arena, list->n + 1, const char *);

	for (size_t i = 0; i < list->n; i++)
		LP_TRY(lp_recipe_expand(arena, list->items[i], vars, &out[i]));
	*ret = out;
	return NULL;
}
