/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions that the running program never leaves: main loops, bodies of threads and of coroutines.
 * An object does not tell: QEMU's worker_thread() loops as mttcg_cpu_thread_fn() does, but ends
 * when there is nothing to do, and a patch of it goes in then. So a person who knows the program
 * lists them (--always-running, from the recipe).
 */
#include <fnmatch.h>
#include <string.h>

#include "create-diff-object/rules.h"
#include "create-diff-object/text.h"

static bool is_listed(const struct lp_strs *patterns, const char *name)
{
	for (size_t i = 0; i < patterns->n; i++) {
		if (!fnmatch(patterns->items[i], name, 0))
			return true;
	}
	return false;
}

/* The name as the source has it: parts and clones (`f.part.0`) are their function. */
static const char *source_name(struct cdo_diff *diff, const char *name)
{
	return lp_strndup(diff->arena, name, strcspn(name, "."));
}

static void advise(struct cdo_diff *diff, const struct cdo_rule *rule, const char *name)
{
	const struct lp_info_advice entry = {
		rule->id, cdo_printable(diff->arena, name),
		"is never left by who runs it: the patch can't go in while there is one"
	};

	lp_vec_push(diff->arena, &diff->advice, entry);
}

void cdo_rule_running(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	const struct cdo_options *options = diff->options;

	for (u32 i = 0; options->always_running.n && i < diff->patched.n_items; i++) {
		if (diff->patched.items[i].kind != CDO_FUNC || diff->verdict[i] != CDO_CHANGED)
			continue;
		const char *full = diff->orig.items[diff->patched.twin[i]].name;
		const char *name = source_name(diff, full);

		if (!is_listed(&options->always_running, name))
			continue;
		if (is_listed(&options->allow_running, name))
			advise(diff, rule, full);
		else
			cdo_find(diff, rule,
				 "'%s' has changed, and a running program never leaves it", full);
	}
}
