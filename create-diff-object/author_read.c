/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the records that the macros of runtime/livepatch.h leave in sections of their own. */
#include <string.h>

#include "create-diff-object/author.h"

static const struct {
	const char *section;
	enum cdo_directive_kind kind;
	const char *hook;
} sections[] = {
	{ ".livepatch.ignore.functions", CDO_IGNORE_FUNCTION, NULL },
	{ ".livepatch.ignore.sections", CDO_IGNORE_SECTION, NULL },
	{ ".livepatch.tables", CDO_TABLE, NULL },
	{ LP_SEC_HOOKS "load", CDO_HOOK, "load" },
	{ LP_SEC_HOOKS "unload", CDO_HOOK, "unload" },
	{ LP_SEC_HOOKS "preapply", CDO_HOOK, "preapply" },
	{ LP_SEC_HOOKS "postapply", CDO_HOOK, "postapply" },
	{ LP_SEC_HOOKS "prerevert", CDO_HOOK, "prerevert" },
	{ LP_SEC_HOOKS "postrevert", CDO_HOOK, "postrevert" },
};

static size_t find_section(const char *name)
{
	size_t i = 0;

	while (i < LP_ARRAY_SIZE(sections) && strcmp(sections[i].section, name) != 0)
		i++;
	return i;
}

bool cdo_is_author_section(const char *name)
{
	return find_section(name) < LP_ARRAY_SIZE(sections);
}

bool cdo_has_author_name(const char *name)
{
	return !strncmp(name, ".livepatch.", strlen(".livepatch."));
}

const char *cdo_hook_kind(const struct cdo_side *side, u32 idx)
{
	size_t i = find_section(side->elf->sections[side->items[idx].section].name);

	return i < LP_ARRAY_SIZE(sections) ? sections[i].hook : NULL;
}

/* The function that a hook's record points to; NULL when that is none. */
const char *cdo_hook_name(const struct cdo_side *side, u32 idx)
{
	const struct cdo_item *item = &side->items[idx];
	const struct cdo_target *target = &side->targets[item->rel_first];

	if (item->size != sizeof(u64) || item->n_rels != 1 ||
	    side->elf->rels[item->rel_first].off != item->off ||
	    side->elf->rels[item->rel_first].type != R_X86_64_64 || target->addend != 0)
		return NULL;
	if (target->kind == CDO_REF_UNDEF)
		return side->elf->symbols[target->idx].name;
	if (target->kind == CDO_REF_ITEM && side->items[target->idx].kind == CDO_FUNC)
		return side->items[target->idx].name;
	return NULL;
}

/* The string that is all of a record. */
static const char *record_text(const struct cdo_side *side, u32 idx)
{
	const struct cdo_item *item = &side->items[idx];
	const struct lp_section *sec = &side->elf->sections[item->section];
	const char *text = (const char *)lp_section_at(sec, item->off);

	if (!text || item->n_rels || strnlen(text, item->size) + 1 != item->size)
		return NULL;
	return text;
}

static struct cdo_directive read_record(const struct cdo_side *side, u32 idx)
{
	size_t i = find_section(side->elf->sections[side->items[idx].section].name);
	struct cdo_directive directive = { .kind = sections[i].kind,
					   .hook = sections[i].hook,
					   .item = idx };

	directive.name = directive.hook ? cdo_hook_name(side, idx) : record_text(side, idx);
	if (directive.name && (!*directive.name || strpbrk(directive.name, "!\n")))
		directive.name = NULL;
	return directive;
}

/* What makes two records the same. */
static const char *record_key(struct lp_arena *arena, const struct cdo_directive *directive)
{
	return lp_printf(arena, "%d %s %s", (int)directive->kind,
			 directive->hook ? directive->hook : "",
			 directive->name ? directive->name : "");
}

struct cdo_directives cdo_read_directives(struct cdo_diff *diff)
{
	const struct cdo_side *side = &diff->patched;
	struct cdo_directives list = { 0 };
	struct lp_map known = { 0 };

	/* Those of an earlier fix, which the running program was built with, have had their time.
	 */
	for (u32 i = 0; i < diff->orig.n_items; i++) {
		if (diff->orig.items[i].kind != CDO_AUTHOR)
			continue;
		struct cdo_directive old = read_record(&diff->orig, i);

		lp_map_set_str(diff->arena, &known, record_key(diff->arena, &old), i);
	}
	for (u32 i = 0; i < side->n_items; i++) {
		if (side->items[i].kind != CDO_AUTHOR)
			continue;
		struct cdo_directive directive = read_record(side, i);

		if (lp_map_get_str(&known, record_key(diff->arena, &directive)) != LP_MAP_NONE)
			continue;
		if (directive.name)
			lp_vec_push(diff->arena, &list, directive);
		else
			cdo_fault(diff, "directive-unknown",
				  lp_printf(diff->arena,
					    "section '%s' has a record that no macro of "
					    "livepatch.h makes",
					    side->elf->sections[side->items[i].section].name));
	}
	return list;
}
