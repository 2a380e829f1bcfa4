// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line of extract-patch: objects and an executable in, payload and manifest out. */
#include <string.h>

#include "extract-patch/flavour.h"
#include "extract-patch/output.h"
#include "extract-patch/verify.h"
#include "lib/file.h"
#include "lib/hash.h"
#include "lib/opts.h"
#include "runtime/payload.h"

#define MAX_DIFF ((size_t)16 << 20)

struct options {
	struct lp_common_opts common;
	bool qemu, xen, verify_all, replace;
	const char *xen_syms, *recipe, *output, *manifest, *name, *summary;
	struct ep_debug debug;
	struct lp_strs functions, diffs, depends, references;
};

// clang-format off
static const struct lp_opt opts[] = {
	{ 0, "qemu", NULL, "the executable is QEMU: the same as --recipe qemu", LP_OPT_FLAG,
	  offsetof(struct options, qemu), 0, 0 },
	{ 0, "xen", NULL, "a payload for the hypervisor Xen 4.17", LP_OPT_FLAG,
	  offsetof(struct options, xen), 0, 0 },
	{ 0, "xen-syms", "FILE", "with --xen: the hypervisor with its symbols", LP_OPT_STR,
	  offsetof(struct options, xen_syms), 0, 0 },
	{ 0, "recipe", "NAME", "the recipe that the executable was built by", LP_OPT_STR,
	  offsetof(struct options, recipe), 0, 0 },
	{ 'f', "function", "NAME", "replace only this function; may be repeated", LP_OPT_LIST,
	  offsetof(struct options, functions), 0, 0 },
	{ 'o', "output", "FILE", "the payload, NAME.raxlpxs", LP_OPT_STR,
	  offsetof(struct options, output), 0, 0 },
	{ 'm', "manifest", "FILE", "the manifest, NAME.yaml", LP_OPT_STR,
	  offsetof(struct options, manifest), 0, 0 },
	{ 0, "name", "NAME", "name of the patch (default: that of the payload)", LP_OPT_STR,
	  offsetof(struct options, name), 0, 0 },
	{ 0, "debug-file", "FILE", "the symbols of a stripped executable", LP_OPT_STR,
	  offsetof(struct options, debug.file), 0, 0 },
	{ 0, "debug-root", "DIR", "or where separate debug files are\n"
	  "(default /usr/lib/debug)", LP_OPT_STR,
	  offsetof(struct options, debug.root), 0, 0 },
	{ 0, "diff", "FILE", "source diff to carry along; may be repeated", LP_OPT_LIST,
	  offsetof(struct options, diffs), 0, 0 },
	{ 0, "depends", "ID", "build-id or payload of the patch below; may be\n"
	  "repeated, from the lowest up", LP_OPT_LIST,
	  offsetof(struct options, depends), 0, 0 },
	{ 0, "replace", NULL, "take the place of all patches that are applied", LP_OPT_FLAG,
	  offsetof(struct options, replace), 0, 0 },
	{ 0, "summary", "TEXT", "one line about the patch", LP_OPT_STR,
	  offsetof(struct options, summary), 0, 0 },
	{ 0, "reference", "TEXT", "what it is about: a CVE, a report; may be given again",
	  LP_OPT_LIST, offsetof(struct options, references), 0, 0 },
	{ 0, "verify-all", NULL, "only compare all functions of the objects", LP_OPT_FLAG,
	  offsetof(struct options, verify_all), 0, 0 },
	{ 0, "json", NULL, "write the report as JSON", LP_OPT_FLAG,
	  offsetof(struct options, common.json), 0, 0 },
};
// clang-format on

static const char *const usage[] = {
	"[--qemu] OBJ.o... REFERENCE -o NAME.raxlpxs [-m NAME.yaml]",
	"[--qemu] -f NAME... OBJ.o... REFERENCE -o NAME.raxlpxs",
	"--xen --xen-syms FILE [-f NAME...] OBJ.o... -o FILE",
	"--verify-all FOLDER|OBJ.o... REFERENCE",
	NULL,
};

static const struct lp_cli cli = {
	.name = "extract-patch",
	.usage = usage,
	.summary = "Makes a live patch for the executable REFERENCE from objects of\n"
		   "create-diff-object, or of the compiler when the functions are named.",
	.opts = opts,
	.n_opts = LP_ARRAY_SIZE(opts),
	.epilog =
		"Exit codes: 0 written, 1 failed, 2 cannot be live-patched, 3 nothing to do or no\n"
		"such function, 4 the executable was not made from the original, 64 wrong usage.\n"
		"\n"
		"Example:\n"
		"  extract-patch --qemu vnc.diff.o qemu-system-x86_64 -o vnc.raxlpxs -m vnc.yaml\n",
	.min_operands = 1,
	.max_operands = UINT32_MAX,
};

/* The name of the patch: --name, or the payload's file name without its suffix. */
static struct lp_err *choose_name(struct lp_arena *arena, const struct options *o,
				  const struct ep_flavour *flavour, const char **ret)
{
	const char *base = lp_basename(o->output);
	size_t len = strlen(base), suffix = strlen(flavour->suffix);

	if (len > suffix && !strcmp(base + len - suffix, flavour->suffix))
		len -= suffix;
	*ret = o->name ? o->name : lp_strndup(arena, base, len);
	if (!**ret || strlen(*ret) >= LIVEPATCH_MAX_NAME)
		return lp_err(LP_USAGE, "the name of a patch has 1 to %d bytes",
			      LIVEPATCH_MAX_NAME - 1);
	for (const char *p = *ret; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == '/' || *p == 0x7f)
			return lp_err(LP_USAGE,
				      "name '%s' has a blank, a slash or a control character",
				      *ret);
	return NULL;
}

static struct lp_err *read_diffs(struct lp_arena *arena, const struct options *o,
				 struct ep_output *output)
{
	LP_VEC(u8) all = { 0 };
	u8 hash[LP_SHA256_LEN];

	for (size_t i = 0; i < o->diffs.n; i++) {
		size_t len;
		u8 *text;

		LP_TRY(lp_file_read(arena, o->diffs.items[i], MAX_DIFF, &text, &len));
		for (size_t k = 0; k < len; k++)
			lp_vec_push(arena, &all, text[k]);
		lp_vec_push(arena, &output->diff_files, lp_basename(o->diffs.items[i]));
	}
	if (!o->diffs.n)
		return NULL;
	output->diff = all.items;
	output->diff_len = all.n;
	lp_sha256(all.items, all.n, hash);
	output->diff_sha256 = lp_hex(arena, hash, sizeof(hash));
	return NULL;
}

static void print_count(size_t n, const char *what, const char *more)
{
	if (n)
		printf("%zu %s%s%s, ", n, what, n == 1 ? "" : "s", more);
}

static void print_counts(const struct ep_patch *patch)
{
	size_t stopped = 0;

	for (size_t i = 0; i < patch->hooks.n; i++)
		stopped += ep_hook_is_stopped(&patch->hooks.items[i]);
	print_count(patch->funcs.n, "function", "");
	print_count(patch->tables.n, "table", " in place");
	print_count(patch->hooks.n, "hook", stopped ? " (runs code while stopped)" : "");
	if (patch->target->flavour->data_applies_once &&
	    patch->area_size[EP_DATA] + patch->area_size[EP_BSS])
		printf("writable data (applied once only), ");
}

static void report(const struct ep_patch *patch, const struct options *o,
		   const struct ep_output *output, size_t file_size)
{
	u64 placed = 0, code = 0;
	struct lp_json json;

	for (int area = 0; area < EP_N_AREAS; area++)
		placed += patch->area_size[area];
	for (size_t i = 0; i < patch->pieces.n; i++)
		if (patch->pieces.items[i].area == EP_TEXT &&
		    patch->pieces.items[i].input != EP_SYNTHETIC)
			code += patch->pieces.items[i].size;
	if (!o->common.json) {
		printf("%s: ", o->output);
		print_counts(patch);
		printf("%llu bytes placed (new code %llu), file %zu bytes\n",
		       (unsigned long long)placed, (unsigned long long)code, file_size);
		return;
	}
	lp_json_init(&json, stdout);
	lp_json_object(&json, NULL);
	lp_json_str(&json, "payload", o->output);
	lp_json_str(&json, "manifest-file", o->manifest);
	lp_json_u64(&json, "functions", patch->funcs.n);
	lp_json_u64(&json, "tables", patch->tables.n);
	lp_json_u64(&json, "hooks", patch->hooks.n);
	lp_json_u64(&json, "placed", placed);
	lp_json_u64(&json, "new-code", code);
	lp_json_u64(&json, "file", file_size);
	ep_manifest_json(patch, output, &json);
	lp_json_end(&json);
	lp_json_finish(&json);
}

static struct lp_err *write_all(struct ep_patch *patch, const struct options *o,
				struct ep_output *output)
{
	size_t manifest_len, len;
	char *manifest;
	u8 *payload;

	LP_TRY(patch->target->flavour->check_patch(patch));
	ep_payload_names(patch);
	ep_add_frames(patch);
	ep_layout(patch);
	LP_TRY(ep_manifest_text(patch, output, &manifest, &manifest_len));
	LP_TRY(ep_payload_bytes(patch, output, manifest, manifest_len, &payload, &len));
	if (o->manifest)
		LP_TRY(lp_file_write(o->manifest, manifest, manifest_len));
	LP_TRY(lp_file_write(o->output, payload, len));
	report(patch, o, output, len);
	return NULL;
}

static const char *recipe_of(const struct options *o)
{
	if (o->recipe)
		return o->recipe;
	return o->qemu ? "qemu" : o->xen ? EP_RECIPE_XEN : NULL;
}

struct named { /* on the command line */
	struct lp_strs objects;
	const char *reference;
};

static struct lp_err *split_operands(const struct options *o, const struct lp_strs *operands,
				     struct named *ret)
{
	ret->objects = (struct lp_strs){ operands->items, operands->n, 0 };
	ret->reference = o->xen_syms;
	if ((o->qemu && o->xen) || (o->recipe && strcmp(o->recipe, "qemu") != 0 && o->qemu) ||
	    (o->recipe && (o->xen || !strcmp(o->recipe, EP_RECIPE_XEN))))
		return lp_err(LP_USAGE, "--qemu, --xen and --recipe exclude each other");
	if (o->xen != (o->xen_syms != NULL))
		return lp_err_advice(lp_err(LP_USAGE, "--xen and --xen-syms belong together"),
				     "--xen --xen-syms FILE OBJ.o...; see --help");
	if (o->replace && (o->xen || o->depends.n))
		return lp_err(LP_USAGE, "--replace excludes --depends and --xen");
	if (o->xen)
		return NULL;
	if (operands->n < 2)
		return lp_err_advice(lp_err(LP_USAGE, "no executable is named"),
				     "OBJ.o... REFERENCE; see --help");
	ret->reference = operands->items[--ret->objects.n];
	return NULL;
}

static struct lp_err *verify_all(struct lp_arena *arena, const struct options *o,
				 const struct named *files)
{
	struct ep_verified verified;
	struct ep_target *target;
	struct lp_json json;

	LP_TRY(ep_target_load(arena, ep_flavour_of(recipe_of(o)), files->reference, &o->debug,
			      &target));
	LP_TRY(ep_verify_all(arena, target, &files->objects, &verified));
	if (!o->common.json) {
		ep_verified_print(arena, &verified);
		return NULL;
	}
	lp_json_init(&json, stdout);
	lp_json_object(&json, NULL);
	lp_json_u64(&json, "functions", verified.n_functions);
	lp_json_u64(&json, "objects", verified.n_objects);
	lp_json_u64(&json, "not-linked", verified.n_absent);
	lp_json_u64(&json, "objects-of-others", verified.n_passed_over);
	lp_json_end(&json);
	lp_json_finish(&json);
	return NULL;
}

static struct lp_err *load(struct ep_patch *patch, const struct options *o,
			   const struct ep_flavour *flavour, const struct named *files)
{
	struct ep_target *target;

	for (size_t i = 0; i < o->depends.n; i++)
		LP_TRY(ep_add_below(patch, o->depends.items[i]));
	for (size_t i = 0; i < files->objects.n; i++)
		LP_TRY(ep_add_input(patch, files->objects.items[i]));
	LP_TRY(ep_select(patch, &o->functions));
	LP_TRY(ep_target_load(patch->arena, flavour, files->reference, &o->debug, &target));
	patch->target = target;
	return ep_check_below(patch);
}

static struct lp_err *run(struct lp_arena *arena, const struct options *o,
			  const struct lp_strs *operands)
{
	struct ep_output output = { .recipe = recipe_of(o),
				    .summary = o->summary,
				    .references = o->references,
				    .replaces = o->replace };
	const struct ep_flavour *flavour = ep_flavour_of(output.recipe);
	struct ep_patch patch = { .arena = arena };
	struct named files;

	LP_TRY(split_operands(o, operands, &files));
	if (o->verify_all)
		return verify_all(arena, o, &files);
	if (!o->output)
		return lp_err_advice(lp_err(LP_USAGE, "no output is named"),
				     "-o NAME%s; see --help", flavour->suffix);
	LP_TRY(choose_name(arena, o, flavour, &output.name));
	patch.name = output.name;
	LP_TRY(read_diffs(arena, o, &output));
	LP_TRY(load(&patch, o, flavour, &files));
	LP_TRY(ep_locate(&patch));
	LP_TRY(ep_locate_tables(&patch));
	LP_TRY(ep_prove(&patch));
	LP_TRY(ep_prove_tables(&patch));
	LP_TRY(ep_bind(&patch));
	return write_all(&patch, o, &output);
}

int main(int argc, char **argv)
{
	struct lp_arena arena = { 0 };
	struct lp_strs operands = { 0 };
	struct options o = { 0 };
	struct lp_err *err = lp_opts_parse(&cli, &arena, argc, argv, &o, &operands);
	int status;

	if (!err && !lp_opts_answer(&cli, &o.common))
		err = run(&arena, &o, &operands);
	status = lp_err_finish(err, o.common.json);
	lp_arena_deinit(&arena);
	return status;
}
