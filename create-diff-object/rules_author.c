/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about what the author says through the macros of runtime/livepatch.h. */
#include <string.h>

#include "create-diff-object/rules.h"

/* What was found while the directives were followed. */
void cdo_rule_fault(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	for (size_t i = 0; i < diff->faults.n; i++) {
		if (!strcmp(diff->faults.items[i].rule, rule->id))
			cdo_find(diff, rule, "%s", diff->faults.items[i].text);
	}
}

/* `.livepatch.hooks.aply`: somebody means something that would not happen. */
void cdo_rule_section_name(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	const struct cdo_side *side = &diff->patched;

	cdo_rule_fault(diff, rule);
	for (u32 i = 0; i < side->n_items; i++) {
		const char *name = side->elf->sections[side->items[i].section].name;

		if (side->items[i].kind != CDO_AUTHOR && diff->verdict[i] != CDO_SAME &&
		    cdo_has_author_name(name))
			cdo_find(diff, rule, "section '%s' is none of livepatch.h", name);
	}
}

/* New things that were left out, but that somebody who was not needs. */
void cdo_rule_ignored(struct cdo_diff *diff, const struct cdo_rule *rule)
{
	const struct cdo_side *side = &diff->patched;

	for (u32 i = 0; i < side->n_items; i++) {
		const struct cdo_item *item = &side->items[i];

		for (u32 k = item->rel_first;
		     diff->selected[i] && k < item->rel_first + item->n_rels; k++) {
			const struct cdo_target *target = &side->targets[k];

			if (target->kind != CDO_REF_ITEM || side->twin[target->idx] != CDO_NONE ||
			    diff->verdict[target->idx] != CDO_SAME ||
			    (side->items[target->idx].kind != CDO_DATA &&
			     side->items[target->idx].kind != CDO_FUNC))
				continue;
			cdo_find(diff, rule, "'%s' needs '%s', which is new and is ignored",
				 item->name, side->items[target->idx].name);
		}
	}
}
