/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the names of symbols and sections tell, as gcc and clang give them. */
#include <string.h>

#include "create-diff-object/diff.h"

static bool has_prefix(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* True if NAME is WORD, or WORD with a dot behind it. */
static bool is_family(const char *name, const char *word)
{
	size_t len = strlen(word);

	return !strncmp(name, word, len) && (name[len] == '\0' || name[len] == '.');
}

const char *cdo_base_name(struct lp_arena *arena, const char *name)
{
	size_t len = strlen(name), keep = len;

	/* Digits of local statics drift with any edit: `__func__.27` becomes `__func__.28`. */
	for (;;) {
		size_t end = keep;

		while (end > 0 && name[end - 1] >= '0' && name[end - 1] <= '9')
			end--;
		if (end == keep || end < 2 || name[end - 1] != '.')
			break;
		keep = end - 1;
	}
	return keep == len ? name : lp_strndup(arena, name, keep);
}

bool cdo_is_cold_name(const char *name)
{
	const char *cold = strstr(name, ".cold");

	return cold && (cold[5] == '\0' || cold[5] == '.');
}

bool cdo_is_compiler_object(const char *base)
{
	static const char *const words[] = {
		"__func__",	       /* C99; QEMU's error_setg() passes it */
		"__FUNCTION__",	       /* its GNU spelling */
		"__PRETTY_FUNCTION__", /* assert() */
		"CSWTCH",	       /* gcc: a switch turned into a table of values */
		"switch.table",	       /* clang: the same */
		"__compound_literal",  /* (const struct x[]){...} at file scope */
		".compoundliteral",    /* clang: the same */
		".C",		       /* gcc: initialiser of a local array */
		".LC",		       /* gcc: a constant kept outside of the pools */
		"__const",	       /* clang: initialiser of a local aggregate */
	};

	for (size_t i = 0; i < LP_ARRAY_SIZE(words); i++) {
		if (is_family(base, words[i]))
			return true;
	}
	return has_prefix(base, ".L");
}

bool cdo_is_known_section(const char *name)
{
	static const char *const words[] = {
		".text", ".data", ".rodata", ".bss", ".tdata", ".tbss",
	};

	for (size_t i = 0; i < LP_ARRAY_SIZE(words); i++) {
		if (is_family(name, words[i]))
			return true;
	}
	return false;
}

/* Sections whose differences mean nothing to a patch, each for its reason. */
bool cdo_is_ignored_section(const struct lp_section *section)
{
	static const char *const names[] = {
		".eh_frame",	      /* rebuilt for the functions of the output */
		".note.gnu.property", /* CPU features of the whole executable */
		".note.gnu.build-id", /* identity of a link, not code */
	};

	for (size_t i = 0; i < LP_ARRAY_SIZE(names); i++) {
		if (!strcmp(section->name, names[i]))
			return true;
	}
	return section->type == SHT_GROUP; /* compared by the rule on groups */
}

bool cdo_is_relro_section(const char *name)
{
	return is_family(name, ".data.rel.ro");
}

bool cdo_is_ctor_section(const struct lp_section *section)
{
	return section->type == SHT_INIT_ARRAY || section->type == SHT_FINI_ARRAY ||
	       section->type == SHT_PREINIT_ARRAY || is_family(section->name, ".init_array") ||
	       is_family(section->name, ".fini_array") ||
	       is_family(section->name, ".preinit_array") || is_family(section->name, ".ctors") ||
	       is_family(section->name, ".dtors");
}

bool cdo_is_private(const struct lp_symbol *sym)
{
	return sym->bind == STB_LOCAL && has_prefix(sym->name, ".L");
}
