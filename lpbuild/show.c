/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `lpbuild show`, `lpbuild review`: a finished patch for the person who has to decide about it. */
#include "lpbuild/verb.h"

#include <string.h>

#include "lib/elf.h"
#include "lib/file.h"
#include "runtime/payload.h"

#define MAX_FILE ((size_t)LIVEPATCH_MAX_SIZE)

struct options {
	struct lp_common_opts common;
};

static struct lp_err *show(struct lp_arena *arena, const void *values,
			   const struct lp_strs *operands)
{
	const char *path = operands->items[0];
	const struct lp_elf *elf;
	u32 section;

	(void)values;
	LP_TRY(lp_elf_load(arena, path, LP_ELF_RELOCATABLE, &elf));
	section = lp_elf_section(elf, LIVEPATCH_SEC_MANIFEST);
	if (!section)
		return lp_err(LP_FAILED, "'%s' has no manifest", path);
	fwrite(elf->sections[section].data, 1, elf->sections[section].size, stdout);
	return NULL;
}

static const char *const show_usage[] = { "FILE", NULL };
static const struct lp_cli show_cli = {
	.name = "lpbuild show",
	.usage = show_usage,
	.summary = "Prints what a payload or a manifest says.",
	.min_operands = 1,
	.max_operands = 1,
};
const struct lp_verb lp_verb_show = { &show_cli, sizeof(struct options), show };
