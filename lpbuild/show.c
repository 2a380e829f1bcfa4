/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `lpbuild show`, `lpbuild review`: a finished patch for the person who has to decide about it. */
#include "lpbuild/page.h"
#include "lpbuild/verb.h"

struct options {
	struct lp_common_opts common;
	struct lp_target target;
	const char *output;
	struct lp_strs keys, depends;
};

#define OPT(member, kind_) .kind = LP_OPT_##kind_, .offset = offsetof(struct options, member)
#define TARGET                                                                                     \
	{                                                                                          \
		0, "target", "FILE", "the executable: shows its code and compares it",             \
			OPT(target.path, STR)                                                      \
	}
#define DEBUG_FILE                                                                                 \
	{                                                                                          \
		0, "debug-file", "FILE", "its symbols, if it is stripped",                         \
			OPT(target.debug.file, STR)                                                \
	}
#define DEBUG_ROOT                                                                                 \
	{                                                                                          \
		0, "debug-root", "DIR",                                                            \
			"or where separate debug files are\n(default /usr/lib/debug)",             \
			OPT(target.debug.root, STR)                                                \
	}

#define DEPENDS                                                                                    \
	{                                                                                          \
		0, "depends", "FILE", "payload below it, the lowest first; may be given again",    \
			OPT(depends, LIST)                                                         \
	}
#define KEY                                                                                        \
	{                                                                                          \
		'k', "key", "FILE", "public key that may have signed it; may be given again",      \
			OPT(keys, LIST)                                                            \
	}

static struct lp_page page_of(const struct options *o, const struct lp_strs *operands)
{
	return (struct lp_page){
		.file = operands->items[0],
		.target = o->target,
		.below = &o->depends,
		.keys = &o->keys,
	};
}

/* ---- show ---- */

static const struct lp_opt show_opts[] = {
	TARGET,	    DEBUG_FILE,
	DEBUG_ROOT, DEPENDS,
	KEY,	    { 'j', "json", NULL, "print one JSON document", OPT(common.json, FLAG) },
};
static const char *const show_usage[] = { "FILE [--target EXECUTABLE]", NULL };
static const struct lp_cli show_cli = {
	.name = "lpbuild show",
	.usage = show_usage,
	.summary = "Prints what a payload or a manifest says, and whether it agrees with itself\n"
		   "and with the executable.",
	.opts = show_opts,
	.n_opts = LP_ARRAY_SIZE(show_opts),
	.epilog =
		"Exit codes: 0 printed, 1 failed, 4 made for another executable, 64 wrong usage.\n",
	.min_operands = 1,
	.max_operands = 1,
};

static struct lp_err *show(struct lp_arena *arena, const void *values,
			   const struct lp_strs *operands)
{
	const struct options *o = values;
	struct lp_page page = page_of(o, operands);
	struct rv_input input;
	struct rv_doc doc;

	LP_TRY(lp_target_check(&o->target));
	LP_TRY(lp_page_make(arena, &page, &input, &doc));
	if (o->common.json)
		rv_print_json(&input, &doc, stdout);
	else
		rv_print_text(&doc, stdout);
	return fflush(stdout) ? lp_err_errno("cannot write to stdout") : NULL;
}

const struct lp_verb lp_verb_show = { &show_cli, sizeof(struct options), show };

/* ---- review ---- */

static const struct lp_opt review_opts[] = {
	{ 'o', "output", "FILE", "the page, NAME.html", OPT(output, STR) },
	TARGET,
	DEBUG_FILE,
	DEBUG_ROOT,
	DEPENDS,
	KEY,
};
static const char *const review_usage[] = { "FILE -o NAME.html [--target EXECUTABLE]", NULL };
static const struct lp_cli review_cli = {
	.name = "lpbuild review",
	.usage = review_usage,
	.summary = "Writes one page (HTML, without scripts) about a payload or a manifest: what\n"
		   "'lpbuild show' prints, with old and new code side by side.",
	.opts = review_opts,
	.n_opts = LP_ARRAY_SIZE(review_opts),
	.epilog =
		"Exit codes: 0 written, 1 failed, 4 made for another executable, 64 wrong usage.\n",
	.min_operands = 1,
	.max_operands = 1,
};

static struct lp_err *review(struct lp_arena *arena, const void *values,
			     const struct lp_strs *operands)
{
	const struct options *o = values;
	struct lp_page page = page_of(o, operands);

	if (!o->output)
		return lp_err_advice(lp_err(LP_USAGE, "no output is named"),
				     "-o NAME.html; see 'lpbuild review --help'");
	LP_TRY(lp_target_check(&o->target));
	return lp_page_write(arena, &page, o->output);
}

const struct lp_verb lp_verb_review = { &review_cli, sizeof(struct options), review };
