/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The comparison (fingerprint.c) is about bytes and stops at the first one; what a person wants
 * to see is the first instruction that means something else. Often these are not the same: a
 * jump over the place of the fix gets longer, hundreds of bytes before it.
 */
#include "create-diff-object/explain.h"

#include <inttypes.h>
#include <string.h>

#include "create-diff-object/text.h"

#define MAX_BYTES 8 /* of data that are shown */
#define MAX_USERS 4 /* that are named */

static const char *source_of(struct cdo_diff *diff, const struct lp_lines *lines,
			     const struct cdo_insn *insn)
{
	const struct lp_line *line =
		lp_line_at(lines, insn->item->section, insn->item->off + insn->off);

	if (!lines)
		return "no line table";
	if (!line || !line->file || !line->line)
		return "no line";
	return lp_printf(diff->arena, "%s:%" PRIu32, cdo_printable(diff->arena, line->file),
			 line->line);
}

static struct cdo_version version_of(struct cdo_diff *diff, struct cdo_side *side,
				     const struct cdo_insn *insn)
{
	return (struct cdo_version){ source_of(diff, cdo_lines(diff, side), insn),
				     cdo_insn_text(diff->arena, insn) };
}

static void explain_code(struct cdo_diff *diff, u32 orig, u32 patched, bool has_versions,
			 struct cdo_explanation *ret)
{
	struct cdo_insn a = cdo_insn_around(&diff->orig, orig, ret->off);
	struct cdo_insn b = cdo_insn_around(&diff->patched, patched, ret->off);

	if (cdo_walk_to_difference(diff, &a, &b))
		ret->why = cdo_insns_differ(diff, &a, &b);
	ret->off = b.off;
	if (!has_versions)
		return;
	ret->old = version_of(diff, &diff->orig, &a);
	ret->new = version_of(diff, &diff->patched, &b);
}

static const char *hex(struct lp_arena *arena, const u8 *bytes, u64 n)
{
	const char *text = "";

	for (u64 i = 0; i < n; i++)
		text = lp_printf(arena, "%s%s%02x", text, i ? " " : "", bytes ? bytes[i] : 0);
	return text;
}

static void explain_data(struct cdo_diff *diff, u32 orig, u32 patched, struct cdo_explanation *ret)
{
	const struct cdo_item *a = &diff->orig.items[orig], *b = &diff->patched.items[patched];
	const u8 *old = cdo_bytes(&diff->orig, a), *new = cdo_bytes(&diff->patched, b);
	u64 n = a->size < b->size ? a->size : b->size;

	if (strcmp(ret->why, CDO_OTHER_BYTES) != 0 || ret->off >= n)
		return;
	n = n - ret->off < MAX_BYTES ? n - ret->off : MAX_BYTES;
	ret->why = lp_printf(diff->arena, "bytes %s instead of %s",
			     hex(diff->arena, new ? new + ret->off : NULL, n),
			     hex(diff->arena, old ? old + ret->off : NULL, n));
}

void cdo_explain(struct cdo_diff *diff, u32 item, bool has_versions, struct cdo_explanation *ret)
{
	const struct cdo_difference *difference = &diff->why[item];
	const struct cdo_item *patched = &diff->patched.items[item];
	u32 orig = diff->patched.twin[item];

	*ret = (struct cdo_explanation){ .off = difference->off,
					 .is_whole = difference->is_whole,
					 .why = difference->what };
	if (difference->is_whole)
		return;
	if (patched->kind != CDO_FUNC) {
		explain_data(diff, orig, item, ret);
		return;
	}
	if (difference->is_cold) {
		ret->part = diff->patched.items[patched->cold].name;
		orig = diff->orig.items[orig].cold;
		item = patched->cold;
	}
	explain_code(diff, orig, item, has_versions, ret);
}

const char *cdo_text_of_why(struct cdo_diff *diff, u32 idx)
{
	struct cdo_explanation e;

	cdo_explain(diff, idx, false, &e);
	if (e.is_whole)
		return e.why;
	return lp_printf(diff->arena, "first difference %s%s+0x%llx: %s", e.part ? e.part : "",
			 e.part ? " " : "", (unsigned long long)e.off, e.why);
}

struct lp_strs *cdo_find_users(const struct cdo_diff *diff)
{
	const struct cdo_side *side = &diff->patched;
	struct lp_strs *users = lp_new_array(diff->arena, side->n_items, struct lp_strs);
	u32 *last = lp_new_array(diff->arena, side->n_items, u32); /* user, counted from 1 */

	for (u32 i = 0; i < side->n_items; i++) {
		const struct cdo_item *item = &side->items[i];

		for (u32 k = item->rel_first; k < item->rel_first + item->n_rels; k++) {
			u32 target = side->targets[k].idx;

			if (side->targets[k].kind != CDO_REF_ITEM || target == i ||
			    diff->verdict[target] != CDO_NEW || last[target] == i + 1)
				continue;
			last[target] = i + 1;
			lp_vec_push(diff->arena, &users[target],
				    cdo_printable(diff->arena, item->name));
		}
	}
	return users;
}

const char *cdo_text_of_users(const struct cdo_diff *diff, const struct lp_strs *users)
{
	const char *text = "used by";

	if (!users->n)
		return "nothing in this object uses it";
	for (size_t i = 0; i < users->n && i < MAX_USERS; i++)
		text = lp_printf(diff->arena, "%s%s '%s'", text, i ? "," : "", users->items[i]);
	if (users->n > MAX_USERS)
		text = lp_printf(diff->arena, "%s and %zu more", text, users->n - MAX_USERS);
	return text;
}
