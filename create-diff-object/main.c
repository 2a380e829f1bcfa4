/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create-diff-object: one pair of objects in, one small object with the difference out. */
#include <stddef.h>
#include <string.h>

#include "create-diff-object/dump.h"
#include "create-diff-object/report.h"
#include "create-diff-object/run.h"
#include "lib/file.h"
#include "lib/opts.h"

struct values {
	struct lp_common_opts common;
	const char *out, *report, *debug_info;
	struct cdo_options diff;
	const char *explain; /* function, "" for all */
	const char *dump;    /* phase */
	bool is_told;	     /* the result is on stdout, also if it is a refusal */
};

static const struct lp_opt opts[] = {
	{ 'o', "output", "FILE", "write the object with the difference here", LP_OPT_STR,
	  offsetof(struct values, out), 0, 0 },
	{ 0, "report", "FILE", "write what changed, as YAML", LP_OPT_STR,
	  offsetof(struct values, report), 0, 0 },
	{ 0, "debug-info", "FILE", "write the debug information of what is new here", LP_OPT_STR,
	  offsetof(struct values, debug_info), 0, 0 },
	{ 0, "object", "NAME", "name of the object in its build (default: ORIG.o)", LP_OPT_STR,
	  offsetof(struct values, diff.object), 0, 0 },
	{ 0, "allow-layout", "NAME", "type that may change (reviewed); may be given again",
	  LP_OPT_LIST, offsetof(struct values, diff.allow_layout), 0, 0 },
	{ 0, "allow-table", "NAME", "object to replace in place; may be given again", LP_OPT_LIST,
	  offsetof(struct values, diff.allow_table), 0, 0 },
	{ 0, "allow-data", "PATTERN", "data that may keep its contents (reviewed); ditto",
	  LP_OPT_LIST, offsetof(struct values, diff.allow_data), 0, 0 },
	{ 0, "always-running", "PATTERN", "function that a program never leaves; ditto",
	  LP_OPT_LIST, offsetof(struct values, diff.always_running), 0, 0 },
	{ 0, "allow-running", "PATTERN", "such a function that may change (reviewed); ditto",
	  LP_OPT_LIST, offsetof(struct values, diff.allow_running), 0, 0 },
	{ 0, "explain", "NAME", "say why each function (or NAME) is in, or refused", LP_OPT_WORD,
	  offsetof(struct values, explain), 0, 0 },
	{ 0, "dump", "PHASE",
	  "print what a phase has found, and stop: items,\n"
	  "relocations, twins, verdicts, types or selection",
	  LP_OPT_STR, offsetof(struct values, dump), 0, 0 },
	{ 0, "json", NULL, "print the result as JSON", LP_OPT_FLAG,
	  offsetof(struct values, common.json), 0, 0 },
};

static const char *const usage[] = { "[OPTION]... -o OUT.o ORIG.o PATCHED.o",
				     "--explain[=NAME] [-o OUT.o] ORIG.o PATCHED.o",
				     "--dump PHASE ORIG.o PATCHED.o", NULL };

static const struct lp_cli cli = {
	.name = "create-diff-object",
	.usage = usage,
	.summary =
		"Compares two builds of an object and writes an object that holds the functions\n"
		"and data that differ.",
	.opts = opts,
	.n_opts = LP_ARRAY_SIZE(opts),
	.epilog = "Exit code: 0 written, 1 failed, 2 cannot be live-patched, 3 nothing changed.\n"
		  "No output file is written with 1, 2 and 3.",
	.min_operands = 2,
	.max_operands = 2,
};

static struct lp_err *write_companion(const struct cdo_diff *diff, const char *path)
{
	struct lp_out *out = lp_out_create(diff->arena);

	cdo_put_companion(diff, out);
	return lp_out_write(out, path);
}

static void print_notes(const struct cdo_diff *diff)
{
	for (size_t i = 0; i < diff->notes.n; i++)
		fprintf(stderr, "advice: %s\n", diff->notes.items[i]);
}

static struct lp_err *write_files(const struct cdo_diff *diff, const struct values *values,
				  const struct cdo_report *report, struct lp_out *out)
{
	if (values->report)
		LP_TRY(cdo_write_report(diff, report, values->report));
	if (values->debug_info)
		LP_TRY(write_companion(diff, values->debug_info));
	return values->out ? lp_out_write(out, values->out) : NULL;
}

/* Writes and prints; without OUT, when it is refused or nothing has changed, only explains. */
static struct lp_err *tell(struct cdo_diff *diff, struct values *values, struct lp_out *out)
{
	struct cdo_report report, explanation;
	struct lp_info info;

	cdo_make_info(diff, &info);
	LP_TRY(cdo_make_report(diff, &info, "", &report));
	LP_TRY(cdo_make_report(diff, &info, values->explain ? values->explain : "", &explanation));
	if (out)
		LP_TRY(write_files(diff, values, &report, out));
	if (values->common.json)
		cdo_print_json(&explanation, stdout);
	else if (values->explain)
		cdo_print_explanation(&explanation, stdout);
	else
		cdo_print_changes(&info, stdout);
	values->is_told = true;
	return NULL;
}

/*
 * How the object is called if nobody says it: ORIG, but for an absolute one what both names end
 * in, `b/util.o` of /tmp/old/b/util.o and /tmp/new/b/util.o. Where a build was done is not told.
 */
static const char *object_name(const char *orig, const char *patched)
{
	const char *end = orig + strlen(orig), *name = lp_basename(orig);
	size_t len = strlen(patched);

	if (*orig != '/')
		return orig;
	for (const char *p = end; p > orig && len && p[-1] == patched[len - 1]; p--, len--)
		if (p[-1] == '/')
			name = p < name ? p : name;
	/* The two are one file: its folders tell nothing. */
	return strcmp(orig, patched) != 0 ? name : lp_basename(orig);
}

static struct lp_err *load(struct lp_arena *arena, struct values *values,
			   const struct lp_strs *files, const struct lp_elf **ret_orig,
			   const struct lp_elf **ret_patched)
{
	if (!values->diff.object)
		values->diff.object = object_name(files->items[0], files->items[1]);
	LP_TRY(lp_elf_load(arena, files->items[0], LP_ELF_RELOCATABLE, ret_orig));
	return lp_elf_load(arena, files->items[1], LP_ELF_RELOCATABLE, ret_patched);
}

static struct lp_err *dump(struct lp_arena *arena, struct values *values,
			   const struct lp_strs *files)
{
	enum cdo_phase phase = cdo_phase_named(values->dump);
	const struct lp_elf *orig, *patched;
	struct cdo_diff *diff;

	if (phase == CDO_N_PHASES)
		return lp_err_advice(lp_err(LP_USAGE, "unknown phase '%s'", values->dump),
				     "see 'create-diff-object --help'");
	LP_TRY(load(arena, values, files, &orig, &patched));
	LP_TRY(cdo_analyse(arena, &values->diff, orig, patched, phase, &diff));
	cdo_dump(diff, phase, values->common.json, stdout);
	return NULL;
}

static struct lp_err *run(struct lp_arena *arena, struct values *values,
			  const struct lp_strs *files)
{
	const struct lp_elf *orig, *patched;
	struct lp_out *out = NULL;
	struct cdo_diff *diff;

	if (values->dump)
		return dump(arena, values, files);
	if (!values->out && !values->explain)
		return lp_err_advice(lp_err(LP_USAGE, "no output file is given"),
				     "name it with -o FILE, or see what differs with --explain");
	LP_TRY(load(arena, values, files, &orig, &patched));
	struct lp_err *err = cdo_run(arena, &values->diff, orig, patched, &diff, &out);

	print_notes(diff);
	if (lp_err_code(err) == LP_FAILED || (err && !values->explain))
		return err;
	struct lp_err *told = tell(diff, values, out);

	if (!told)
		return err;
	lp_err_destroy(err);
	return told;
}

int main(int argc, char **argv)
{
	struct lp_arena arena = { 0 };
	struct values values = { 0 };
	struct lp_strs files = { 0 };
	struct lp_err *err = lp_opts_parse(&cli, &arena, argc, argv, &values, &files);

	if (!err && !lp_opts_answer(&cli, &values.common))
		err = run(&arena, &values, &files);
	int code = (int)lp_err_code(err);

	/* Nothing to do is no error, for a person. */
	bool json = values.common.json && !values.is_told;

	if (code == LP_NOTHING && !json) {
		fprintf(stderr, "%s\n", lp_err_message(err));
		lp_err_destroy(err);
	} else {
		code = lp_err_finish(err, json);
	}
	lp_arena_deinit(&arena);
	return code;
}
