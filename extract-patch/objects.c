// SPDX-License-Identifier: GPL-2.0-or-later
#include "extract-patch/objects.h"

#include <elf.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* nftw() has no argument for its function. */
static struct lp_strs *found;
static struct lp_arena *found_arena;

/* Boot code of other machines may lie around: QEMU has optionrom/pvh.o for i386. */
static bool is_object(const char *path)
{
	Elf64_Ehdr ehdr = { 0 };
	FILE *file = fopen(path, "re");
	bool ok = file && fread(&ehdr, sizeof(ehdr), 1, file) == 1;

	if (file)
		(void)fclose(file);
	return ok && !memcmp(ehdr.e_ident, ELFMAG, SELFMAG) &&
	       ehdr.e_ident[EI_CLASS] == ELFCLASS64 && ehdr.e_machine == EM_X86_64 &&
	       ehdr.e_type == ET_REL;
}

static int add_object(const char *path, const struct stat *st, int type, struct FTW *at)
{
	size_t len = strlen(path);

	(void)st;
	(void)at;
	if (type == FTW_F && len > 2 && !strcmp(path + len - 2, ".o") && is_object(path))
		lp_vec_push(found_arena, found, lp_strdup(found_arena, path));
	return 0;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct lp_err *ep_list_objects(struct lp_arena *arena, const char *path, struct lp_strs *ret)
{
	size_t before = ret->n;
	struct stat st;

	if (stat(path, &st))
		return lp_err_errno("cannot read '%s'", path);
	if (!S_ISDIR(st.st_mode)) {
		lp_vec_push(arena, ret, path);
		return NULL;
	}
	found = ret;
	found_arena = arena;
	if (nftw(path, add_object, 16, FTW_PHYS))
		return lp_err_errno("cannot read folder '%s'", path);
	if (ret->n > before)
		qsort(ret->items + before, ret->n - before, sizeof(*ret->items), compare_paths);
	return NULL;
}
