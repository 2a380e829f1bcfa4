/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "create-diff-object/text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define MAX_STRING 40 /* characters of a string that are shown */

static const char *escaped(struct lp_arena *arena, u8 c)
{
	switch (c) {
	case '\n':
		return "\\n";
	case '\t':
		return "\\t";
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	default:
		return lp_printf(arena, c >= ' ' && c < 0x7f ? "%c" : "\\x%02x", c);
	}
}

/* A string of a mergeable section; of wide ones only the low bytes are read. */
static const char *quoted(struct lp_arena *arena, const struct lp_section *sec,
			  const struct cdo_target *target)
{
	u64 width = sec->entsize ? sec->entsize : 1, n = target->size / width;
	const char *text = width > 1 ? "L\"" : "\"";
	const u8 *bytes = sec->data + target->start;

	n -= n > 0; /* the terminator */
	for (u64 i = 0; i < n; i++) {
		if (i == MAX_STRING)
			return lp_printf(arena, "%s...\"", text);
		text = lp_printf(arena, "%s%s", text, escaped(arena, bytes[i * width]));
	}
	return lp_printf(arena, "%s\"", text);
}

/* Like a number of its size: the last byte is the highest. */
static const char *value_of(struct lp_arena *arena, const struct lp_section *sec,
			    const struct cdo_target *target)
{
	const u8 *bytes = sec->data + target->start;
	const char *text = "0x";
	u64 n = target->size;

	while (n > 1 && !bytes[n - 1])
		n--;
	text = lp_printf(arena, "0x%x", bytes[n - 1]);
	while (n-- > 1)
		text = lp_printf(arena, "%s%02x", text, bytes[n - 1]);
	return text;
}

/* ` (1.5)` if it could be a floating-point number: such are most constants of these sizes. */
static const char *number_of(struct lp_arena *arena, const struct lp_section *sec,
			     const struct cdo_target *target)
{
	const u8 *bytes = sec->data + target->start;
	double value = 0;
	float narrow;

	if (target->size == sizeof(value)) {
		memcpy(&value, bytes, sizeof(value));
	} else if (target->size == sizeof(narrow)) {
		memcpy(&narrow, bytes, sizeof(narrow));
		value = isnormal(narrow) ? (double)narrow : 0;
	}
	return isnormal(value) ? lp_printf(arena, " (%.7g)", value) : "";
}

static const char *with_place(struct lp_arena *arena, const char *text, s64 place)
{
	if (!place)
		return text;
	return lp_printf(arena, "%s%c0x%" PRIx64, text, place < 0 ? '-' : '+',
			 place < 0 ? 0 - (u64)place : (u64)place);
}

const char *cdo_printable(struct lp_arena *arena, const char *name)
{
	const char *text = "";

	for (const char *c = name; *c; c++) {
		if (*c < ' ' || *c == 0x7f)
			break;
		if (!c[1])
			return name;
	}
	for (; *name; name++)
		text = lp_printf(arena, "%s%s", text, escaped(arena, (u8)*name));
	return text;
}

static const char *name_of(struct lp_arena *arena, const struct cdo_side *side,
			   const struct cdo_target *target)
{
	switch (target->kind) {
	case CDO_REF_UNDEF:
		return cdo_printable(arena, side->elf->symbols[target->idx].name);
	case CDO_REF_ITEM:
		return cdo_printable(arena, side->items[target->idx].name);
	case CDO_REF_LOST:
		return cdo_printable(arena, side->elf->sections[target->idx].name);
	case CDO_REF_STRING:
	case CDO_REF_CONST:
	case CDO_REF_NONE:
		break;
	}
	return "nothing";
}

const char *cdo_target_words(struct lp_arena *arena, const struct cdo_side *side,
			     const struct cdo_target *target)
{
	const struct lp_section *sections = side->elf->sections;

	if (target->kind == CDO_REF_NONE)
		return "nothing";
	if (target->kind == CDO_REF_STRING)
		return with_place(arena,
				  lp_printf(arena, "string %s",
					    quoted(arena, &sections[target->idx], target)),
				  target->place);
	if (target->kind == CDO_REF_CONST)
		return with_place(arena,
				  lp_printf(arena, "constant %s%s",
					    value_of(arena, &sections[target->idx], target),
					    number_of(arena, &sections[target->idx], target)),
				  target->place);
	return with_place(arena, lp_printf(arena, "'%s'", name_of(arena, side, target)),
			  target->place);
}

const char *cdo_target_operand(struct lp_arena *arena, const struct cdo_side *side,
			       const struct cdo_target *target)
{
	const struct lp_section *sec = &side->elf->sections[target->idx];
	const char *text;

	if (target->kind == CDO_REF_STRING)
		text = quoted(arena, sec, target);
	else if (target->kind == CDO_REF_CONST)
		text = lp_printf(arena, "{%s}", value_of(arena, sec, target));
	else
		text = name_of(arena, side, target);
	return with_place(arena, text, target->place);
}

const char *cdo_targets_differ(const struct cdo_diff *diff, const struct cdo_target *s,
			       const struct cdo_target *t)
{
	struct lp_arena *arena = diff->arena;
	const char *old = cdo_target_words(arena, &diff->orig, s);
	const char *new = cdo_target_words(arena, &diff->patched, t);

	if (s->kind == CDO_REF_ITEM && t->kind == CDO_REF_ITEM &&
	    diff->orig.items[s->idx].kind == CDO_CONTENT &&
	    diff->patched.items[t->idx].kind == CDO_CONTENT)
		return lp_printf(arena, "refers to other contents of %s", new);
	if (!strcmp(old, new)) /* f() has got a static `count` of its own */
		return lp_printf(arena, "refers to another %s", new);
	if (s->kind == t->kind && (s->kind == CDO_REF_STRING || s->kind == CDO_REF_CONST))
		return lp_printf(arena, "%s instead of %s", new, strchr(old, ' ') + 1);
	return lp_printf(arena, "refers to %s instead of %s", new, old);
}

const char *cdo_kind_name(enum cdo_kind kind)
{
	static const char *const names[] = {
		[CDO_FUNC] = "function",   [CDO_COLD] = "cold-part", [CDO_DATA] = "data",
		[CDO_CONTENT] = "content", [CDO_TLS] = "tls",	     [CDO_CTORS] = "constructors",
		[CDO_ODD] = "odd",	   [CDO_AUTHOR] = "author",
	};

	return names[kind];
}
