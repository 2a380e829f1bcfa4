/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mutate ORIG.o PATCHED.o
 *
 * The objects are of one source, of which the patched one has another line at the top. In each
 * function that create-diff-object leaves out because only line numbers differ, the other numbers
 *in its instructions are changed one after the other, and the function must not be left out then:
 *	constant	one more in the patched object
 *	lookalike	in both objects the line that the line table has for the instruction, as if
 *			somebody had written 18 in line 18, and 19 when that became line 19
 * Says how many functions and mutations of both kinds there were, how many of these were hidden,
 *and for each that was, where. Exit status 1 when one was.
 */
#include <stdio.h>
#include <string.h>

#include "create-diff-object/diff.h"
#include "lib/file.h"
#include "lib/insn.h"

#define MAX_OBJECT ((size_t)256 << 20)

struct object {
	u8 *bytes;
	const struct lp_elf *elf;
	const struct lp_lines *lines;
};

struct place { /* a number that is the same in both objects */
	u32 function;
	const char *name;
	u64 off;	     /* in the function, or in its cold part */
	u8 *old_at, *new_at; /* in both files */
	u8 width;
	u32 old_line, new_line; /* 0 when they are not known, or do not fit in */
};

struct result {
	u32 functions, mutations[2], hidden[2];
};

static struct lp_arena arena;
static struct object objects[2];
static LP_VEC(struct place) places;

static struct lp_err *load(const char *path, struct object *ret)
{
	size_t size;
	u8 *bytes;

	LP_TRY(lp_file_read(&arena, path, MAX_OBJECT, &bytes, &size));
	ret->bytes = bytes;
	LP_TRY(lp_elf_load_mem(&arena, path, bytes, size, LP_ELF_RELOCATABLE, &ret->elf));
	return lp_lines_load(&arena, ret->elf, &ret->lines);
}

/* The phases up to the verdicts, on the objects as they are now. */
static struct cdo_diff *diff(struct lp_arena *round)
{
	static const struct cdo_options options = { .object = "mutated.o" };
	struct cdo_diff *ret = lp_new(round, struct cdo_diff);

	ret->arena = round;
	ret->options = &options;
	ret->object = options.object;
	for (int i = 0; i < 2; i++) {
		struct cdo_side *side = i ? &ret->patched : &ret->orig;

		side->elf = objects[i].elf;
		side->lines = objects[i].lines;
		side->is_lines_read = true;
		cdo_build_items(round, side);
		cdo_resolve(round, side);
	}
	cdo_correlate(ret);
	cdo_classify(ret);
	return ret;
}

static bool is_left_out(const struct cdo_diff *found, u32 function)
{
	const char *name = found->patched.items[function].name;

	for (size_t i = 0; i < found->ignored.n; i++) {
		if (!strcmp(found->ignored.items[i].name, name))
			return true;
	}
	return false;
}

static u8 *bytes_at(const struct object *object, const struct cdo_item *item)
{
	const u8 *data = object->elf->sections[item->section].data;

	return object->bytes + (data - object->elf->image) + item->off;
}

static u32 line_of(const struct object *object, const struct cdo_item *item, u64 off)
{
	const struct lp_line *line = lp_line_at(object->lines, item->section, item->off + off);

	return line ? line->line : 0;
}

static bool has_reloc(const struct lp_elf *elf, const struct cdo_item *item, u64 off, u64 len)
{
	u32 rel = cdo_first_reloc(elf, item->section, item->off + off);

	return rel < item->rel_first + item->n_rels && elf->rels[rel].off < item->off + off + len;
}

/* The places of one part of FUNCTION. */
static void find_places(const struct cdo_diff *found, u32 function, u32 part)
{
	const struct cdo_item *b = &found->patched.items[part];
	const struct cdo_item *a = &found->orig.items[found->patched.twin[part]];
	u8 *old_code = bytes_at(&objects[0], a), *new_code = bytes_at(&objects[1], b);
	struct lp_insn insn;

	for (u64 off = 0; off < b->size; off += insn.len) {
		if (!lp_insn_decode(new_code + off, b->size - off, &insn))
			return;
		const struct lp_insn_field *imm = &insn.imm[0];
		struct place place = { .function = function,
				       .name = b->name,
				       .off = off,
				       .old_at = old_code + off + imm->off,
				       .new_at = new_code + off + imm->off,
				       .width = imm->width };

		if (!imm->width || insn.is_branch ||
		    memcmp(old_code + off, new_code + off, insn.len) != 0 ||
		    has_reloc(objects[1].elf, b, off + imm->off, imm->width))
			continue;
		if (imm->width >= 4) {
			place.old_line = line_of(&objects[0], a, off);
			place.new_line = line_of(&objects[1], b, off);
		}
		lp_vec_push(&arena, &places, place);
	}
}

/* Changes PLACE, or undoes that. */
static void mutate(const struct place *place, int kind, bool undo, u8 *saved)
{
	if (undo) {
		memcpy(place->old_at, saved, place->width);
		memcpy(place->new_at, saved, place->width);
		return;
	}
	memcpy(saved, place->old_at, place->width);
	if (kind == 0) {
		(*place->new_at)++;
		return;
	}
	memset(place->old_at, 0, place->width);
	memset(place->new_at, 0, place->width);
	memcpy(place->old_at, &place->old_line, sizeof(u32));
	memcpy(place->new_at, &place->new_line, sizeof(u32));
}

static bool is_possible(const struct place *place, int kind)
{
	return kind == 0 || (place->old_line && place->new_line != place->old_line);
}

/* One place of each function at a time, until all had their turn. */
static void try_all(int kind, struct result *result)
{
	u8(*saved)[8] = lp_alloc_array(&arena, places.n, sizeof(*saved));
	bool *is_done = lp_new_array(&arena, places.n, bool);
	bool *is_tried = lp_new_array(&arena, places.n, bool);

	for (bool again = true; again;) {
		struct lp_arena round = { 0 };
		u32 last = CDO_NONE;

		again = false;
		for (size_t i = 0; i < places.n; i++) {
			const struct place *place = &places.items[i];

			is_tried[i] =
				!is_done[i] && place->function != last && is_possible(place, kind);
			if (!is_tried[i])
				continue;
			last = place->function;
			is_done[i] = again = true;
			mutate(place, kind, false, saved[i]);
		}
		struct cdo_diff *found = diff(&round);

		for (size_t i = 0; i < places.n; i++) {
			const struct place *place = &places.items[i];

			if (!is_tried[i])
				continue;
			result->mutations[kind]++;
			if (is_left_out(found, place->function)) {
				result->hidden[kind]++;
				printf("hidden %s %s+0x%llx\n", kind ? "lookalike" : "constant",
				       place->name, (unsigned long long)place->off);
			}
			mutate(place, kind, true, saved[i]);
		}
		lp_arena_deinit(&round);
	}
}

int main(int argc, char **argv)
{
	struct result result = { 0 };

	if (argc != 3) {
		fprintf(stderr, "usage: mutate ORIG.o PATCHED.o\n");
		return LP_USAGE;
	}
	for (int i = 0; i < 2; i++) {
		struct lp_err *err = load(argv[1 + i], &objects[i]);

		if (err)
			return lp_err_finish(err, false);
	}
	struct cdo_diff *found = diff(&arena);

	for (u32 i = 0; i < found->patched.n_items; i++) {
		const struct cdo_item *item = &found->patched.items[i];

		if (item->kind != CDO_FUNC || !is_left_out(found, i))
			continue;
		result.functions++;
		find_places(found, i, i);
		if (item->cold != CDO_NONE)
			find_places(found, i, item->cold);
	}
	try_all(0, &result);
	try_all(1, &result);
	printf("mutated %u constants %u hidden %u lookalikes %u hidden %u\n", result.functions,
	       result.mutations[0], result.hidden[0], result.mutations[1], result.hidden[1]);
	lp_arena_deinit(&arena);
	return result.hidden[0] || result.hidden[1];
}
