// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finds the symbol table of a stripped executable in a separate file, in the places where
 * debuggers look. The file must carry the same build-id: a name and a place prove nothing. One that
 * .gnu_debuglink names must have its CRC, too: a damaged one has the build-id still.
 */
#include <stdlib.h>
#include <string.h>

#include "extract-patch/debugfile.h"
#include "extract-patch/rules.h"
#include "lib/file.h"
#include "lib/zip.h"

#define USUAL_ROOT "/usr/lib/debug"

static bool same_build_id(const struct lp_elf *a, const struct lp_elf *b)
{
	return a->build_id && b->build_id && a->build_id_len == b->build_id_len &&
	       !memcmp(a->build_id, b->build_id, a->build_id_len);
}

static struct lp_err *load_named(struct lp_arena *arena, const struct lp_elf *elf, const char *path,
				 const struct lp_elf **ret)
{
	const struct lp_elf *debug;

	LP_TRY(lp_elf_load(arena, path, LP_ELF_EXECUTABLE, &debug));
	if (!same_build_id(elf, debug))
		return ep_refuse(
			"debug-file-mismatch",
			"debug file '%s' does not belong to '%s': build-id %s, expected %s", path,
			elf->path,
			debug->build_id ? lp_hex(arena, debug->build_id, debug->build_id_len)
					: "is missing",
			lp_hex(arena, elf->build_id, elf->build_id_len));
	if (debug->n_symbols <= 1)
		return ep_refuse("target-without-symbols", "debug file '%s' has no symbol table",
				 path);
	*ret = debug;
	return NULL;
}

/* .gnu_debuglink: a name, its NUL, zeros up to a multiple of four, the CRC. */
static bool has_crc_of_link(const struct lp_elf *elf, const struct lp_elf *debug)
{
	const struct lp_section *link = &elf->sections[lp_elf_section(elf, ".gnu_debuglink")];
	u64 off = (strlen(lp_section_string(link, 0)) + 4) & ~UINT64_C(3);
	u32 crc;

	if (!lp_in_range(off, sizeof(crc), link->size))
		return false;
	memcpy(&crc, link->data + off, sizeof(crc));
	return crc == lp_crc32(debug->image, debug->image_size);
}

static struct lp_err *load_linked(struct lp_arena *arena, const struct lp_elf *elf,
				  const char *path, const struct lp_elf **ret)
{
	const struct lp_elf *debug = NULL;

	LP_TRY(load_named(arena, elf, path, &debug));
	if (debug && has_crc_of_link(elf, debug)) {
		*ret = debug;
		return NULL;
	}
	return ep_refuse("debug-file-mismatch",
			 "debug file '%s' is damaged: its CRC is not the one in '%s'", path,
			 elf->path);
}

/* The folder of the file, links resolved: that is the path below which distributions put it. */
static const char *folder_of(struct lp_arena *arena, const char *path)
{
	char *real = realpath(path, NULL);
	const char *base = lp_basename(real ? real : path);
	const char *dir = real ? lp_strndup(arena, real, (size_t)(base - real)) : "./";

	free(real);
	return dir;
}

/* Candidates in the order of gdb: build-id folder, then what .gnu_debuglink says. */
static void list_places(struct lp_arena *arena, const struct lp_elf *elf, const char *root,
			struct lp_strs *places)
{
	const char *id = lp_hex(arena, elf->build_id, elf->build_id_len);
	const struct lp_section *link = &elf->sections[lp_elf_section(elf, ".gnu_debuglink")];
	const char *name = link->data ? lp_section_string(link, 0) : NULL;
	const char *dir = folder_of(arena, elf->path);

	lp_vec_push(arena, places,
		    lp_printf(arena, "%s/.build-id/%.2s/%s.debug", root, id, id + 2));
	if (!name || strchr(name, '/'))
		return;
	lp_vec_push(arena, places, lp_printf(arena, "%s%s", dir, name));
	lp_vec_push(arena, places, lp_printf(arena, "%s.debug/%s", dir, name));
	lp_vec_push(arena, places, lp_printf(arena, "%s%s%s", root, dir, name));
}

struct lp_err *ep_debug_file_load(struct lp_arena *arena, const struct lp_elf *elf,
				  const struct ep_debug *debug, const struct lp_elf **ret)
{
	struct lp_strs places = { 0 };
	const char *text = "";

	if (debug->file)
		return load_named(arena, elf, debug->file, ret);
	list_places(arena, elf, debug->root ? debug->root : USUAL_ROOT, &places);
	for (size_t i = 0; i < places.n; i++) {
		struct lp_err *err;

		text = lp_printf(arena, "%s%s'%s'", text, i ? ", " : "", places.items[i]);
		if (!lp_file_exists(places.items[i]))
			continue;
		/* The first is that of the build-id. */
		err = i ? load_linked(arena, elf, places.items[i], ret)
			: load_named(arena, elf, places.items[i], ret);
		if (!err)
			return NULL;
		/* A stale file in a usual place is no reason to stop; the message names it. */
		text = lp_printf(arena, "%s (%s)", text, lp_err_message(err));
		lp_err_destroy(err);
	}
	return ep_refuse("target-without-symbols",
			 "'%s' has no symbol table, and no debug file in %s", elf->path, text);
}
