/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decides for each item of the patched object: same, changed or new. */
#include <string.h>

#include "create-diff-object/diff.h"

/* A function and its cold part are one: the parts jump into each other. */
static struct cdo_difference compare_function(struct cdo_diff *diff, u32 orig, u32 patched)
{
	const struct cdo_item *a = &diff->orig.items[orig], *b = &diff->patched.items[patched];
	struct cdo_difference main_part = cdo_compare(diff, orig, patched, CDO_BY_TWIN);

	if (main_part.what)
		return main_part;
	if ((a->cold == CDO_NONE) != (b->cold == CDO_NONE))
		return (struct cdo_difference){ .what = b->cold == CDO_NONE
								? "its cold part is gone"
								: "a new cold part",
						.is_whole = true };
	if (a->cold == CDO_NONE)
		return main_part;
	struct cdo_difference cold_part = cdo_compare(diff, a->cold, b->cold, CDO_BY_TWIN);

	cold_part.is_cold = true;
	return cold_part;
}

/* A local function that became global must be reachable for the other objects of the patch. */
static bool became_global(const struct cdo_diff *diff, u32 orig, u32 patched)
{
	u32 a = diff->orig.items[orig].sym, b = diff->patched.items[patched].sym;

	return a && b && diff->orig.elf->symbols[a].bind == STB_LOCAL &&
	       diff->patched.elf->symbols[b].bind != STB_LOCAL;
}

static bool ignore_lines(struct cdo_diff *diff, u32 orig, u32 patched)
{
	struct cdo_allowed entry = { "line-only", diff->orig.items[orig].name };

	if (!cdo_is_line_only(diff, orig, patched, CDO_BY_TWIN))
		return false;
	lp_vec_push(diff->arena, &diff->ignored, entry);
	return true;
}

static struct cdo_difference difference(struct cdo_diff *diff, u32 orig, u32 patched)
{
	if (became_global(diff, orig, patched))
		return (struct cdo_difference){ .what = "became global", .is_whole = true };
	if (diff->patched.items[patched].kind == CDO_FUNC) {
		struct cdo_difference found = compare_function(diff, orig, patched);

		if (found.what && ignore_lines(diff, orig, patched))
			found.what = NULL;
		return found;
	}
	return cdo_compare(diff, orig, patched, CDO_BY_TWIN);
}

static bool is_judged(enum cdo_kind kind)
{
	/* Contents come along with who refers to them; constructors have their own rule, and
	 * the author is obeyed later. */
	return kind != CDO_CONTENT && kind != CDO_CTORS && kind != CDO_COLD && kind != CDO_AUTHOR;
}

void cdo_classify(struct cdo_diff *diff)
{
	u32 n = diff->patched.n_items;

	diff->verdict = lp_new_array(diff->arena, n, enum cdo_verdict);
	diff->why = lp_new_array(diff->arena, n, struct cdo_difference);
	for (u32 i = 0; i < n; i++) {
		const struct cdo_item *item = &diff->patched.items[i];
		u32 twin = diff->patched.twin[i];

		if (!is_judged(item->kind))
			continue;
		if (twin == CDO_NONE) {
			diff->verdict[i] = CDO_NEW;
			diff->n_new++;
		} else {
			diff->why[i] = difference(diff, twin, i);
			if (!diff->why[i].what)
				continue;
			diff->verdict[i] = CDO_CHANGED;
			diff->n_changed++;
		}
		if (item->kind == CDO_FUNC && item->cold != CDO_NONE)
			diff->verdict[item->cold] = diff->verdict[i];
	}
}
