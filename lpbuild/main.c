/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lpbuild: from a source diff to a live patch. docs/lpbuild.md is its description. */
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lib/opts.h"
#include "lpbuild/original.h"
#include "lpbuild/patched.h"
#include "lpbuild/paths.h"
#include "lpbuild/report.h"
#include "lpbuild/sign.h"
#include "lpbuild/stack.h"
#include "lpbuild/stages.h"
#include "lpbuild/trust.h"
#include "lpbuild/verb.h"
#include "lpbuild/verify.h"

#define N_PATCH_STEPS	4 /* of the progress line, for each patch */
#define N_PREPARE_STEPS 2
#define MAX_JOBS	1024

struct options {
	struct lp_common_opts common;
	bool is_qemu, is_prepare, is_stack, is_replacement, wants_review, is_verbose, is_quiet;
	const char *recipe, *source, *build, *out, *runtime, *sign_key, *policy, *summary;
	struct lp_target target;
	struct lp_strs diffs, names, references, allow_layout, allow_table, allow_data,
		allow_running, trust;
	u32 jobs;
};

#define OPT(member, kind_) .kind = LP_OPT_##kind_, .offset = offsetof(struct options, member)

static const struct lp_opt opts[] = {
	{ 0, "qemu", NULL, "patch QEMU: the same as --recipe qemu", OPT(is_qemu, FLAG) },
	{ 0, "recipe", "NAME|FILE", "patch the program of this recipe", OPT(recipe, STR) },
	{ 0, "diff", "FILE", "the fix, a unified diff; may be given again", OPT(diffs, LIST) },
	{ 0, "stack", NULL, "a payload for each diff, on top of those before",
	  OPT(is_stack, FLAG) },
	{ 0, "replace", NULL, "the patch takes the place of all that are applied",
	  OPT(is_replacement, FLAG) },
	{ 0, "prepare", NULL, "build only the original", OPT(is_prepare, FLAG) },
	{ 0, "source", "DIR", "source tree, instead of what the recipe names", OPT(source, STR) },
	{ 0, "build", "DIR", "keeps builds (default ~/.cache/patchbox)", OPT(build, STR) },
	{ 0, "out", "DIR", "gets the results (default ./NAME)", OPT(out, STR) },
	{ 0, "name", "NAME",
	  "of the patch (default: that of the diff);\nwith --stack once for each diff",
	  OPT(names, LIST) },
	{ 0, "review", NULL, "write NAME.html, too, for the person who reviews it",
	  OPT(wants_review, FLAG) },
	{ 0, "summary", "TEXT", "one line about the patch", OPT(summary, STR) },
	{ 0, "reference", "TEXT", "what it is about: a CVE, a report; may be given again",
	  OPT(references, LIST) },
	{ 0, "allow-layout", "NAME", "type that may change (reviewed); may be given again",
	  OPT(allow_layout, LIST) },
	{ 0, "allow-table", "NAME", "object to replace in place; may be given again",
	  OPT(allow_table, LIST) },
	{ 0, "allow-data", "PATTERN", "data that may keep its contents (reviewed); ditto",
	  OPT(allow_data, LIST) },
	{ 0, "allow-running", "PATTERN", "function never left that may change (reviewed); ditto",
	  OPT(allow_running, LIST) },
	{ 0, "target", "FILE", "the executable that runs, if not the one built here",
	  OPT(target.path, STR) },
	{ 0, "debug-file", "FILE", "its symbols, if it is stripped", OPT(target.debug.file, STR) },
	{ 0, "debug-root", "DIR", "or where separate debug files are\n(default /usr/lib/debug)",
	  OPT(target.debug.root, STR) },
	{ 0, "runtime", "FILE", "the runtime archive to link in", OPT(runtime, STR) },
	{ 0, "trust", "FILE", "public key whose patches the program takes;\nmay be given again",
	  OPT(trust, LIST) },
	{ 0, "policy", "WORD", "with --trust: enforce (default), warn or off", OPT(policy, STR) },
	{ 0, "sign-key", "FILE", "sign the payload with this private key", OPT(sign_key, STR) },
	{ 'j', "jobs", "N", "how many compilers at once (default: processors)", OPT(jobs, U32) },
	{ 'v', "verbose", NULL, "show the commands", OPT(is_verbose, FLAG) },
	{ 'q', "quiet", NULL, "show no progress", OPT(is_quiet, FLAG) },
	{ 0, "json", NULL, "one JSON document on stdout", OPT(common.json, FLAG) },
};

static const char *const usage[] = {
	"--qemu --diff FIX.patch [--diff FILE]... [options]",
	"--recipe NAME|FILE --diff FIX.patch [options]",
	"--qemu --prepare [options]",
	"show|review FILE [options]",
	"keygen|sign|verify|trust ...",
	NULL,
};

static const struct lp_cli cli = {
	.name = "lpbuild",
	.usage = usage,
	.summary = "Turns a source fix into a live patch: builds the program as it runs (once),\n"
		   "builds what the fix changes, and writes the difference as a payload.",
	.opts = opts,
	.n_opts = LP_ARRAY_SIZE(opts),
	.epilog = "'lpbuild VERB --help' tells about a verb.\n"
		  "Exit codes: 0 done, 1 failed, 2 cannot be live-patched, 3 nothing to do,\n"
		  "4 made for another executable, 5 another lpbuild is at work, 64 wrong usage.\n",
};

/* A build must not depend on who starts it: make's jobserver, a user's CFLAGS. */
static void clean_environment(void)
{
	static const char *const names[] = {
		"ARFLAGS",
		"AR",
		"AS",
		"CC",
		"CFLAGS",
		"CPATH",
		"CPP",
		"CPPFLAGS",
		"CXX",
		"CXXFLAGS",
		"LD",
		"LDFLAGS",
		"LIBS",
		"GREP_OPTIONS",
		"C_INCLUDE_PATH",
		"MAKEFLAGS",
		"MAKELEVEL",
		"MFLAGS",
		"GCC_EXEC_PREFIX",
		"COMPILER_PATH",
		"NINJAFLAGS",
		"PYTHONPATH",
		"LIBRARY_PATH",
	};

	for (size_t i = 0; i < LP_ARRAY_SIZE(names); i++)
		unsetenv(names[i]);
	setenv("LC_ALL", "C", 1);
}

static u32 processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : (u32)CPU_COUNT(&set);
}

/* "dir/fix.patch" -> "fix". */
static const char *name_of(struct lp_arena *arena, const char *diff)
{
	const char *base = lp_basename(diff);
	const char *dot = strrchr(base, '.');

	if (dot && dot != base && (!strcmp(dot, ".patch") || !strcmp(dot, ".diff")))
		return lp_strndup(arena, base, (size_t)(dot - base));
	return base;
}

/* One name, or with --stack one for each diff. */
static struct lp_err *name_patches(struct lp_arena *arena, struct options *o)
{
	size_t n = o->is_stack ? o->diffs.n : o->diffs.n != 0;

	if (o->names.n && o->names.n != n && !o->is_prepare)
		return lp_err(LP_USAGE, o->is_stack
						? "--stack wants a --name for each --diff, or none"
						: "option --name is given twice");
	for (size_t i = o->names.n; i < n; i++)
		lp_vec_push(arena, &o->names, name_of(arena, o->diffs.items[i]));
	for (size_t i = 0; i < o->names.n; i++) {
		if (!lp_is_name(o->names.items[i]))
			return lp_err_advice(lp_err(LP_USAGE, "'%s' can't be the name of a patch",
						    o->names.items[i]),
					     "letters, digits and . _ + - only; see --name");
		for (size_t k = 0; k < i; k++)
			if (!strcmp(o->names.items[k], o->names.items[i]))
				return lp_err_advice(lp_err(LP_USAGE,
							    "two patches have the name '%s'",
							    o->names.items[i]),
						     "give each diff a --name");
	}
	return NULL;
}

static struct lp_err *check_options(struct lp_arena *arena, struct options *o)
{
	if (o->is_qemu && o->recipe)
		return lp_err(LP_USAGE, "--qemu and --recipe exclude each other");
	if (o->is_qemu)
		o->recipe = "qemu";
	if (!o->recipe)
		return lp_err_advice(lp_err(LP_USAGE, "nothing says which program to patch"),
				     "give --qemu or --recipe; see 'lpbuild --help'");
	if (o->is_prepare && o->diffs.n)
		return lp_err(LP_USAGE, "--prepare takes no --diff");
	if (!o->is_prepare && !o->diffs.n)
		return lp_err_advice(lp_err(LP_USAGE, "there is no --diff"),
				     "give the fix with --diff FILE; see 'lpbuild --help'");
	LP_TRY(name_patches(arena, o));
	if (o->is_stack && o->is_replacement)
		return lp_err(LP_USAGE, "--stack and --replace exclude each other");
	if (o->is_prepare && o->wants_review)
		return lp_err(LP_USAGE, "--prepare makes nothing that --review could show");
	if (o->is_prepare && o->sign_key)
		return lp_err(LP_USAGE, "--prepare makes nothing that --sign-key could sign");
	LP_TRY(lp_target_check(&o->target));
	if (o->policy && !o->trust.n)
		return lp_err(LP_USAGE, "--policy is of no use without --trust");
	if (!o->out && o->names.n)
		o->out = o->names.items[0];
	if (!o->jobs)
		o->jobs = processors();
	if (o->jobs > MAX_JOBS)
		o->jobs = MAX_JOBS;
	return NULL;
}

/* The executable that --target names, or the one that was built. */
static struct lp_err *find_target(struct lp_work *work, const struct options *o,
				  struct lp_target *ret)
{
	*ret = o->target;
	if (!ret->path)
		ret->path = lp_original_target(work);
	return lp_target_absolute(work->arena, ret);
}

static struct lp_err *make_stack(struct lp_work *work, const struct options *o)
{
	struct lp_target target;

	LP_TRY(lp_original_make(work));
	LP_TRY(find_target(work, o, &target));
	return lp_stack_make(work, &o->names, &o->diffs, o->out, &target, o->common.json);
}

static struct lp_err *make_patch(struct lp_work *work, const struct options *o,
				 struct lp_patch_diffs *diffs)
{
	struct lp_target target;
	struct lp_outdir out;
	struct lp_report report = { .out = &out };
	struct lp_patched patched = { 0 };
	const char *verified;
	struct lp_pairs pairs;

	if (o->is_stack)
		return make_stack(work, o);
	LP_TRY(lp_outdir_open(work->arena, o->out, o->names.items[0], &out));
	LP_TRY(lp_original_make(work));
	LP_TRY(lp_verify_original(work, &verified));
	LP_TRY(find_target(work, o, &target));
	LP_TRY(lp_patched_add(work, &patched, diffs, &out, &pairs));
	LP_TRY(lp_stage_diff(work, &pairs, &out, &report.infos));
	LP_TRY(lp_stage_extract(work, diffs, &out, &target));
	lp_progress_end(work->progress);
	if (o->common.json)
		lp_report_json(work, target.path, &report);
	else
		lp_report_text(work, target.path, &report);
	return NULL;
}

static struct lp_err *run(struct lp_arena *arena, const struct options *o,
			  struct lp_progress *progress)
{
	struct lp_work work = {
		.arena = arena,
		.progress = progress,
		.jobs = o->jobs,
		.allow_layout = &o->allow_layout,
		.allow_table = &o->allow_table,
		.allow_data = &o->allow_data,
		.allow_running = &o->allow_running,
		.summary = o->summary,
		.references = &o->references,
		.sign_key = o->sign_key,
		.is_verbose = o->is_verbose,
		.wants_review = o->wants_review,
		.replaces = o->is_replacement,
	};
	struct lp_patch_diffs diffs;
	struct lp_recipe recipe;
	struct lp_target target;
	const char *verified;
	struct sb_keys keys;

	if (o->sign_key)
		LP_TRY(lp_sign_try_key(o->sign_key));
	LP_TRY(lp_trust_read(arena, &o->trust, o->policy, &keys));
	if (keys.n)
		work.keys = &keys;
	LP_TRY(lp_recipe_load(arena, o->recipe, &recipe));
	LP_TRY(lp_diffs_read(arena, &o->diffs, &diffs));
	work.recipe = &recipe;
	LP_TRY(lp_work_open(&work, o->build, o->source, o->runtime));
	if (!o->is_prepare)
		return make_patch(&work, o, &diffs);
	LP_TRY(lp_original_make(&work));
	LP_TRY(lp_verify_original(&work, &verified));
	LP_TRY(find_target(&work, o, &target));
	if (o->target.path)
		LP_TRY(lp_verify(&work, &target, &verified));
	lp_progress_end(progress);
	lp_report_prepared(&work, target.path, verified, o->common.json);
	return NULL;
}

static u32 n_steps(const struct options *o)
{
	size_t n = o->is_prepare ? 0 : o->is_stack ? o->diffs.n : 1;

	return N_PREPARE_STEPS + (u32)n * N_PATCH_STEPS;
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	struct lp_arena arena = { 0 };
	struct lp_strs operands = { 0 };
	struct lp_progress progress;
	int code;

	if (lp_verb_main(argc, argv, &code))
		return code;
	struct lp_err *err = lp_opts_parse(&cli, &arena, argc, argv, &o, &operands);

	if (!err && lp_opts_answer(&cli, &o.common)) {
		lp_arena_deinit(&arena);
		return LP_OK;
	}
	if (!err)
		err = check_options(&arena, &o);
	lp_progress_init(&progress, n_steps(&o), o.is_quiet || o.common.json);
	if (!err) {
		clean_environment();
		err = run(&arena, &o, &progress);
	}
	lp_progress_end(&progress);
	code = lp_err_finish(err, o.common.json);
	lp_arena_deinit(&arena);
	return code;
}
