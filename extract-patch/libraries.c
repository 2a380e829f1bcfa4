// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A patch may call a library function that the executable itself never calls, so that nothing
 * in the executable names it. Such a name becomes an import of the payload only if a library
 * which the executable loads really defines it: a misspelt or dropped function is to be found
 * when the patch is built.
 */
#include <string.h>

#include "extract-patch/target.h"
#include "lib/file.h"

#define MAX_LIBRARIES 256

static const char *const folders[] = {
	"/lib/x86_64-linux-gnu",
	"/usr/lib/x86_64-linux-gnu",
	"/lib64",
	"/usr/lib64",
	"/usr/local/lib",
	"/lib",
	"/usr/lib",
};

/* Adds the DT_NEEDED names of ELF that are not yet in NAMES. */
static void add_needed(struct lp_arena *arena, const struct lp_elf *elf, struct lp_strs *names)
{
	const struct lp_section *sec = NULL;

	for (u32 i = 1; i < elf->n_sections; i++)
		if (elf->sections[i].type == SHT_DYNAMIC && elf->sections[i].data)
			sec = &elf->sections[i];
	for (size_t i = 0; sec && i < sec->size / sizeof(Elf64_Dyn); i++) {
		const char *name;
		bool known = false;
		Elf64_Dyn dyn;

		memcpy(&dyn, sec->data + i * sizeof(dyn), sizeof(dyn));
		if (dyn.d_tag != DT_NEEDED)
			continue;
		name = lp_section_string(&elf->sections[sec->link], dyn.d_un.d_val);
		for (size_t k = 0; name && k < names->n; k++)
			known = known || !strcmp(names->items[k], name);
		if (name && !known && names->n < MAX_LIBRARIES)
			lp_vec_push(arena, names, name);
	}
}

/* Loads the library NAME; NULL when it is nowhere or unreadable, which the message then shows. */
static const struct lp_elf *open_library(struct lp_arena *arena, const char *name)
{
	for (size_t i = 0; i < LP_ARRAY_SIZE(folders); i++) {
		const char *path =
			strchr(name, '/') ? name : lp_printf(arena, "%s/%s", folders[i], name);
		const struct lp_elf *elf;
		struct lp_err *err;

		if (!lp_file_exists(path))
			continue;
		err = lp_elf_load(arena, path, LP_ELF_EXECUTABLE, &elf);
		if (!err)
			return elf;
		lp_err_destroy(err);
	}
	return NULL;
}

static bool defines(struct lp_arena *arena, const struct lp_elf *elf, const char *name,
		    struct ep_library_symbol *ret)
{
	struct ep_versions versions = ep_versions_read(arena, elf);

	for (u32 s = 1; s < elf->n_sections; s++) {
		const struct lp_section *sec = &elf->sections[s];

		if (sec->type != SHT_DYNSYM || !sec->data)
			continue;
		for (size_t i = 1; i < sec->size / sizeof(Elf64_Sym); i++) {
			const char *have;
			bool is_default;
			Elf64_Sym sym;

			memcpy(&sym, sec->data + i * sizeof(sym), sizeof(sym));
			if (sym.st_shndx == SHN_UNDEF)
				continue;
			have = lp_section_string(&elf->sections[sec->link], sym.st_name);
			if (!have || strcmp(have, name))
				continue;
			ret->type = ELF64_ST_TYPE(sym.st_info);
			ret->value = sym.st_value;
			ret->version = ep_version_of(&versions, i, &is_default);
			if (is_default)
				return true;
		}
	}
	return false;
}

/* Looks for NAME in the order of the dynamic linker: the library that has it, or NULL. */
static const struct lp_elf *find(const struct ep_target *target, const char *name,
				 struct ep_library_symbol *ret, const char **ret_searched)
{
	struct lp_strs names = { 0 };

	*ret = (struct ep_library_symbol){ 0 };
	*ret_searched = "";
	add_needed(target->arena, target->elf, &names);
	for (size_t i = 0; i < names.n; i++) {
		const struct lp_elf *elf = open_library(target->arena, names.items[i]);

		*ret_searched = lp_printf(target->arena, "%s%s%s%s", *ret_searched, i ? ", " : "",
					  names.items[i], elf ? "" : " (not found here)");
		if (!elf)
			continue;
		if (defines(target->arena, elf, name, ret)) {
			ret->library = names.items[i];
			return elf;
		}
		add_needed(target->arena, elf, &names);
	}
	return NULL;
}

/*
 * Data may have several names, of which the executable has copied one: libc has `environ`,
 * `_environ` and `__environ`. The place in the library is then nobody's any more.
 */
static u64 find_copy(const struct ep_target *target, const struct lp_elf *library,
		     const struct ep_library_symbol *sym)
{
	for (size_t i = 1; i < target->dyns.n; i++) {
		const struct ep_dyn *dyn = &target->dyns.items[i];
		struct ep_library_symbol other = { 0 };
		const char *searched;

		if (!dyn->copy || !defines(target->arena, library, dyn->name, &other) ||
		    other.type != STT_OBJECT || other.value != sym->value)
			continue;
		(void)find(target, dyn->name, &other, &searched);
		if (other.library && !strcmp(other.library, sym->library))
			return dyn->copy;
	}
	return 0;
}

struct lp_err *ep_find_in_libraries(const struct ep_target *target, const char *name,
				    struct ep_library_symbol *ret, const char **ret_searched)
{
	const struct lp_elf *library = find(target, name, ret, ret_searched);

	if (library && ret->type == STT_OBJECT)
		ret->copy = find_copy(target, library, ret);
	return NULL;
}
