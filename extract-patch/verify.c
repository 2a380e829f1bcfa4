// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * --verify-all: is the executable made of these objects? Every function of theirs is compared
 * with it as the original of a replaced function is. A folder may hold objects of other
 * programs, too: those that the executable has nothing of are passed over.
 */
#include "extract-patch/verify.h"

#include "extract-patch/objects.h"
#include "extract-patch/patch.h"
#include "extract-patch/rules.h"

#define MAX_TOLD 5 /* functions that a message names */

/* A weak function that the executable has. The linker takes any object's: one has to fit. */
struct weak {
	const char *name, *path; /* of the first object that has it */
	const char *what;	 /* how that differs */
	bool fits;
};

struct verify {
	struct lp_arena *arena; /* of what is kept */
	const struct ep_target *target;
	struct ep_verified *result;
	struct lp_strs told;
	struct lp_map seen; /* names of global functions that are the same; value unused */
	struct lp_map weak_map;
	LP_VEC(struct weak) weak; /* by weak_map, which has their names */
	struct lp_map taken;	  /* blocks of the objects that are linked; value unused */
};

/* ---- one object ---- */

static bool is_function(const struct lp_elf *elf, u32 idx)
{
	const struct lp_symbol *sym = &elf->symbols[idx];

	/* Of an indirect function the code is what chooses. */
	return (sym->type == STT_FUNC || sym->type == STT_GNU_IFUNC) && sym->shndx &&
	       sym->shndx < elf->n_sections && sym->size;
}

static bool is_defined(struct ep_patch *patch, u32 idx)
{
	const char *name = patch->inputs.items[0].elf->symbols[idx].name;
	struct ep_match match;
	struct lp_err *err = ep_find_global(patch->target, name, &match);

	lp_err_destroy(err);
	return !err && match.sym;
}

static struct lp_err *compare(struct ep_patch *patch, u32 idx, const struct lp_symbol *have,
			      bool *ret_same, u64 *ret_off, const char **ret_why)
{
	const struct lp_symbol *sym = &patch->inputs.items[0].elf->symbols[idx];
	struct ep_claim claim = { 0, sym->shndx, sym->value, sym->size, have->value };

	return ep_compare(patch, &claim, ret_same, ret_off, ret_why);
}

static bool is_same(struct ep_patch *patch, u32 idx)
{
	const struct lp_symbol *sym = &patch->inputs.items[0].elf->symbols[idx], *have;
	struct ep_match match;
	struct lp_err *err = ep_find_global(patch->target, sym->name, &match);
	bool same = false;
	const char *why;
	u64 off;

	have = &patch->target->syms->symbols[match.sym];
	if (!err && match.sym && have->size == sym->size)
		err = compare(patch, idx, have, &same, &off, &why);
	lp_err_destroy(err);
	return same;
}

static bool has_source(const struct ep_target *target, const char *name)
{
	for (u32 i = 1; i < target->syms->n_symbols; i++)
		if (target->syms->symbols[i].type == STT_FILE &&
		    ep_is_source(target->syms->symbols[i].name, name))
			return true;
	return false;
}

static bool has_locals(const struct lp_info *info)
{
	for (size_t i = 0; i < info->symbols.n; i++)
		if (info->symbols.items[i].is_local)
			return true;
	return false;
}

/* What the executable has of the object's global functions. */
struct globals {
	size_t n, n_defined, n_same;
	size_t n_seen; /* that are the same as another object's */
	size_t n_weak; /* beside them */
};

static struct globals count_globals(const struct verify *v, struct ep_patch *patch)
{
	const struct lp_elf *elf = patch->inputs.items[0].elf;
	struct globals g = { 0 };

	for (u32 i = 1; i < elf->n_symbols; i++) {
		if (!is_function(elf, i))
			continue;
		g.n_weak += elf->symbols[i].bind == STB_WEAK;
		if (elf->symbols[i].bind != STB_GLOBAL)
			continue;
		g.n++;
		g.n_defined += is_defined(patch, i);
		g.n_same += is_same(patch, i);
		g.n_seen += lp_map_get_str(&v->seen, elf->symbols[i].name) != LP_MAP_NONE;
	}
	return g;
}

/*
 * Which objects are linked is told by their local symbols; when they have none, by their global
 * functions. What is left may be of another compiler, or of a library of which it was not taken:
 * the executable has all functions of QEMU's libqemuutil.a.p/stubs_icount.c.o, but from elsewhere.
 */
enum round { BY_LOCALS, BY_GLOBALS, REST, OTHER_BUILD, N_ROUNDS };

/* Remembers the block of a linked object, so that no other object is looked for in it. */
static void take_block(struct verify *v, struct ep_patch *patch)
{
	struct ep_block block;
	struct lp_err *err =
		ep_find_block(patch->target, &patch->units.items[0].info, false, &block);

	if (!err)
		lp_map_set(v->arena, &v->taken,
			   lp_memdup(v->arena, &block.file, sizeof(block.file)), sizeof(block.file),
			   0);
	lp_err_destroy(err);
}

/*
 * Most files of QEMU's hw/ have local functions only. Compiled otherwise, such an object has other
 * locals (`f.constprop.0`), so that it is not found by all of them; half of them are enough when
 * their block is no other object's.
 */
static bool is_of_other_build(const struct verify *v, const struct ep_patch *patch)
{
	const struct lp_info *info = &patch->units.items[0].info;
	size_t n = 0, n_found = 0;
	struct ep_block block;
	struct lp_err *err = ep_find_block(patch->target, info, false, &block);

	lp_err_destroy(err);
	if (err || lp_map_get(&v->taken, &block.file, sizeof(block.file)) != LP_MAP_NONE)
		return false;
	for (size_t i = 0; i < info->symbols.n; i++) {
		const struct lp_info_symbol *sym = &info->symbols.items[i];
		struct ep_match match;

		if (!sym->is_local || sym->kind != 'f')
			continue;
		n++;
		err = ep_find_local(patch->target, block, sym->name, &match);
		n_found += !err && match.sym;
		lp_err_destroy(err);
	}
	return n_found && 2 * n_found >= n;
}

static bool is_linked(const struct verify *v, struct ep_patch *patch, enum round round)
{
	const struct lp_info *info = &patch->units.items[0].info;
	struct lp_err *err;
	struct globals g;
	struct ep_block block;

	if (!has_source(patch->target, info->source))
		return false;
	if (round == BY_LOCALS) {
		if (!has_locals(info))
			return false;
		err = ep_find_block(patch->target, info, true, &block);
		lp_err_destroy(err);
		return !err;
	}
	if (round == OTHER_BUILD)
		return is_of_other_build(v, patch);
	g = count_globals(v, patch);
	if (round == BY_GLOBALS)
		return g.n && g.n_same == g.n && !has_locals(info);
	/* One with nothing but weak functions may be linked for what is weak in it. */
	return g.n ? g.n_defined == g.n && g.n_seen < g.n : g.n_weak && !has_locals(info);
}

static void tell(struct verify *v, const char *path, const char *name, const char *what)
{
	v->result->n_differ++;
	if (v->told.n < MAX_TOLD)
		lp_vec_push(v->arena, &v->told,
			    lp_printf(v->arena, "'%s' of '%s' %s", name, path, what));
}

/* *RET says how the function IDX differs from HAVE of the executable; NULL: not at all. */
static struct lp_err *differs(const struct verify *v, struct ep_patch *patch, u32 idx,
			      const struct lp_symbol *have, const char **ret)
{
	const struct lp_symbol *sym = &patch->inputs.items[0].elf->symbols[idx];
	const char *why = NULL;
	bool same = false;
	u64 off = 0;

	*ret = NULL;
	if (have->size != sym->size) {
		*ret = lp_printf(v->arena, "has %llu bytes, %llu in the object",
				 (unsigned long long)have->size, (unsigned long long)sym->size);
		return NULL;
	}
	LP_TRY(compare(patch, idx, have, &same, &off, &why));
	if (!same)
		*ret = lp_printf(v->arena, "at +0x%llx%s%s", (unsigned long long)off,
				 why ? ": " : "", why ? why : "");
	return NULL;
}

/* WHAT is NULL when the weak function SYM of PATH fits. */
static void note_weak(struct verify *v, const char *path, const struct lp_symbol *sym,
		      const char *what)
{
	u32 at = lp_map_get_str(&v->weak_map, sym->name);
	struct weak weak = { NULL, path, what, !what };

	if (at < v->weak.n) {
		v->weak.items[at].fits |= !what;
		return;
	}
	weak.name = lp_strdup(v->arena, sym->name);
	lp_map_set_str(v->arena, &v->weak_map, weak.name, (u32)v->weak.n);
	lp_vec_push(v->arena, &v->weak, weak);
}

/* When all objects have been looked at. */
static void judge_weak(struct verify *v)
{
	for (size_t i = 0; i < v->weak.n; i++) {
		const struct weak *weak = &v->weak.items[i];

		/* Of a hidden one the executable does not say that it is weak. */
		if (lp_map_get_str(&v->seen, weak->name) != LP_MAP_NONE)
			continue;
		v->result->n_functions++;
		if (!weak->fits)
			tell(v, weak->path, weak->name, weak->what);
	}
}

static struct lp_err *verify_function(struct verify *v, struct ep_patch *patch, const char *path,
				      u32 idx)
{
	const struct lp_symbol *sym = &patch->inputs.items[0].elf->symbols[idx], *have;
	struct ep_match match;
	struct lp_err *err = ep_find_raw(patch, 0, idx, &match);
	const char *what;

	if (err) {
		tell(v, path, sym->name, lp_printf(v->arena, "(%s)", lp_err_message(err)));
		v->result->n_functions++;
		lp_err_destroy(err);
		return NULL;
	}
	have = &v->target->syms->symbols[match.sym];
	if (!match.sym || (sym->bind == STB_WEAK && have->bind == STB_GLOBAL)) {
		v->result->n_absent++;
		return NULL;
	}
	LP_TRY(differs(v, patch, idx, have, &what));
	if (sym->bind == STB_WEAK) {
		note_weak(v, path, sym, what);
		return NULL;
	}
	v->result->n_functions++;
	if (what)
		tell(v, path, sym->name, what);
	else if (sym->bind != STB_LOCAL)
		lp_map_set_str(v->arena, &v->seen, lp_strdup(v->arena, sym->name), 0);
	return NULL;
}

/* *RET_DONE is left alone when the object is for a later round. */
static struct lp_err *verify_on(struct verify *v, struct lp_arena *arena, const char *path,
				enum round round, bool *ret_done)
{
	struct ep_patch patch = { .arena = arena, .target = v->target };
	const struct lp_elf *elf;

	LP_TRY(ep_add_input(&patch, path));
	if (!patch.inputs.items[0].is_raw)
		return lp_err(LP_USAGE, "'%s' is a diff object", path);
	if (!is_linked(v, &patch, round))
		return NULL;
	*ret_done = true;
	v->result->n_objects++;
	take_block(v, &patch);
	elf = patch.inputs.items[0].elf;
	for (u32 i = 1; i < elf->n_symbols; i++)
		if (is_function(elf, i))
			LP_TRY(verify_function(v, &patch, path, i));
	return NULL;
}

static struct lp_err *verify_object(struct verify *v, const char *path, enum round round,
				    bool *ret_done)
{
	struct lp_arena arena = { 0 };
	struct lp_err *err = verify_on(v, &arena, path, round, ret_done);

	lp_arena_deinit(&arena);
	return err;
}

/* ---- all of them ---- */

/* 14515 -> "14,515" */
static const char *grouped(struct lp_arena *arena, size_t n)
{
	return n < 1000 ? lp_printf(arena, "%zu", n)
			: lp_printf(arena, "%s,%03zu", grouped(arena, n / 1000), n % 1000);
}

static struct lp_err *judge(const struct verify *v)
{
	const struct ep_verified *r = v->result;
	struct lp_err *err;

	if (!r->n_functions)
		return ep_refuse("not-proved", "'%s' has no function of these objects",
				 v->target->elf->path);
	if (!r->n_differ)
		return NULL;
	err = ep_refuse("not-proved", "%s of %s functions differ: not the same build; first: %s",
			grouped(v->arena, r->n_differ), grouped(v->arena, r->n_functions),
			v->told.items[0]);
	for (size_t i = 1; i < v->told.n; i++)
		err = lp_err_context(err, "next: %s", v->told.items[i]);
	return err;
}

struct lp_err *ep_verify_all(struct lp_arena *arena, const struct ep_target *target,
			     const struct lp_strs *paths, struct ep_verified *ret)
{
	struct verify v = { .arena = arena, .target = target, .result = ret };
	struct lp_strs objects = { 0 };
	bool *done;

	*ret = (struct ep_verified){ 0 };
	for (size_t i = 0; i < paths->n; i++)
		LP_TRY(ep_list_objects(arena, paths->items[i], &objects));
	done = lp_new_array(arena, objects.n, bool);
	for (enum round round = BY_LOCALS; round < N_ROUNDS; round++)
		for (size_t i = 0; i < objects.n; i++)
			if (!done[i])
				LP_TRY(verify_object(&v, objects.items[i], round, &done[i]));
	judge_weak(&v);
	for (size_t i = 0; i < objects.n; i++)
		ret->n_passed_over += !done[i];
	return judge(&v);
}

void ep_verified_print(struct lp_arena *arena, const struct ep_verified *verified)
{
	printf("%s functions of %s objects are the same", grouped(arena, verified->n_functions),
	       grouped(arena, verified->n_objects));
	if (verified->n_absent)
		printf(", %s were not linked", grouped(arena, verified->n_absent));
	if (verified->n_passed_over)
		printf("; %s objects are not in it", grouped(arena, verified->n_passed_over));
	putchar('\n');
}
