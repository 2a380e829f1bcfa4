/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a patch can do that is not wanted, as far as one object shows it: no reasons to refuse,
 * but somebody should look. A changed function
 *
 *   runs-at-start  is reached only from main() and constructors, which have run already
 *   sets-up        makes objects ready; those that exist stay as the old code made them
 *   thread-body    runs in a thread of its own, which may be inside at all times
 *   coroutine-body runs in coroutines, which may sleep inside
 *   never-returns  has no return
 *
 * A local function that only such functions call is of the same kind: ui/vnc-jobs.c sleeps in
 * vnc_worker_thread_loop(), which only vnc_worker_thread() calls.
 */
#include <string.h>

#include "create-diff-object/text.h"

enum role { ROLE_START, ROLE_SETUP, ROLE_THREAD, ROLE_COROUTINE, N_ROLES };

static const struct {
	const char *rule, *says;
} advice[N_ROLES] = {
	[ROLE_START] = { "runs-at-start", "runs only when the program starts: what it did stays" },
	[ROLE_SETUP] = { "sets-up",
			 "sets objects up: those that exist stay as the old code made them" },
	[ROLE_THREAD] = { "thread-body",
			  "runs in a thread of its own: the patch waits until that has left it, "
			  "and a thread that never does goes on with the old code" },
	[ROLE_COROUTINE] = { "coroutine-body",
			     "runs in coroutines: the patch waits until none sleeps inside" },
};

struct roles {
	struct cdo_diff *diff;
	const struct cdo_side *side;
	u32 *seed[N_ROLES]; /* per item: the function that gave it the role, or CDO_NONE */
};

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && !strcmp(name + n - m, end);
}

/* Functions that QEMU's object model calls once for each class or object: nothing in the object
 * file tells, but the names are kept to strictly. */
static bool is_setup_name(const struct cdo_item *item)
{
	static const char *const ends[] = { "_class_init", "_instance_init", "_realize",
					    "_realizefn",  "_initfn",	     "_register_types" };
	const char *dot = strchr(item->name, '.'); /* of .part.0 and its like */
	char name[256];
	size_t len = dot ? (size_t)(dot - item->name) : strlen(item->name);

	if (len >= sizeof(name))
		return false;
	memcpy(name, item->name, len);
	name[len] = '\0';
	for (size_t i = 0; i < LP_ARRAY_SIZE(ends); i++) {
		if (ends_with(name, ends[i]))
			return true;
	}
	return false;
}

static bool is_start_section(const char *name)
{
	return !strcmp(name, ".text.startup") || !strncmp(name, ".text.startup.", 14);
}

static const char *undefined_name(const struct cdo_side *side, u32 rel)
{
	const struct cdo_target *target = &side->targets[rel];

	return target->kind == CDO_REF_UNDEF ? side->elf->symbols[target->idx].name : NULL;
}

/* The field of relocation REL belongs to a call or jump: the address is used and forgotten. */
static bool is_call(const struct cdo_side *side, u32 rel)
{
	const struct lp_reloc *r = &side->elf->rels[rel];
	const struct lp_section *sec = &side->elf->sections[r->section];

	if (!(sec->flags & SHF_EXECINSTR) || r->off < 2)
		return false;
	const u8 *code = sec->data + r->off;

	return code[-1] == 0xe8 || code[-1] == 0xe9 ||
	       (code[-2] == 0x0f && (code[-1] & 0xf0) == 0x80) ||
	       (code[-2] == 0xff && (code[-1] == 0x15 || code[-1] == 0x25));
}

static u32 function_of(const struct cdo_side *side, u32 item)
{
	return side->items[item].kind == CDO_COLD ? side->items[item].parent : item;
}

static void give(struct roles *roles, enum role role, u32 item, u32 seed)
{
	if (roles->seed[role][item] == CDO_NONE)
		roles->seed[role][item] = seed;
}

/* What CALLEE makes of a function that it is given: N_ROLES for nothing of interest. */
static enum role role_from(const char *callee)
{
	static const struct {
		const char *end;
		enum role role;
	} creators[] = {
		{ "thread_create", ROLE_THREAD }, /* qemu_, pthread_ */
		{ "g_thread_new", ROLE_THREAD },
		{ "coroutine_create", ROLE_COROUTINE },
	};

	for (size_t i = 0; callee && i < LP_ARRAY_SIZE(creators); i++) {
		if (ends_with(callee, creators[i].end))
			return creators[i].role;
	}
	return N_ROLES;
}

/* A function whose address stands before a call that starts a thread or coroutine in it. */
static void find_bodies(struct roles *roles, const struct cdo_item *item)
{
	const struct cdo_side *side = roles->side;
	u32 begin = item->rel_first; /* behind the last call */

	for (u32 i = item->rel_first; i < item->rel_first + item->n_rels; i++) {
		const char *callee = undefined_name(side, i);

		if (!is_call(side, i))
			continue;
		enum role role = role_from(callee);

		for (u32 k = begin; role != N_ROLES && k < i; k++) {
			u32 target = side->targets[k].idx;

			if (side->targets[k].kind == CDO_REF_ITEM &&
			    side->items[target].kind == CDO_FUNC)
				give(roles, role, target, target);
		}
		begin = i + 1;
	}
}

static void find_seeds(struct roles *roles)
{
	const struct cdo_side *side = roles->side;

	for (u32 i = 0; i < side->n_items; i++) {
		const struct cdo_item *item = &side->items[i];

		if (item->kind == CDO_CTORS) {
			for (u32 k = item->rel_first; k < item->rel_first + item->n_rels; k++) {
				if (side->targets[k].kind == CDO_REF_ITEM)
					give(roles, ROLE_START, side->targets[k].idx,
					     side->targets[k].idx);
			}
		}
		if (item->kind != CDO_FUNC && item->kind != CDO_COLD)
			continue;
		find_bodies(roles, item);
		if (item->kind == CDO_FUNC &&
		    (!strcmp(item->name, "main") ||
		     is_start_section(side->elf->sections[item->section].name)))
			give(roles, ROLE_START, i, i);
		if (item->kind == CDO_FUNC && is_setup_name(item))
			give(roles, ROLE_SETUP, i, i);
	}
}

/* What a constructor takes the address of, it registers to be called at the start, too:
 * do_qemu_init_vnc_register_types() hands a function to register_module_init(). */
static bool passes_on(const struct roles *roles, enum role role, u32 from, u32 rel)
{
	if (roles->seed[role][from] == CDO_NONE)
		return false;
	return is_call(roles->side, rel) || (role == ROLE_START && roles->seed[role][from] == from);
}

/* Gives ROLE to each local function that only functions of that role call. True on progress. */
static bool spread(struct roles *roles, enum role role)
{
	const struct cdo_side *side = roles->side;
	u32 *from = lp_new_array(roles->diff->arena, side->n_items, u32);
	bool *is_open = lp_new_array(roles->diff->arena, side->n_items, bool);
	bool progress = false;

	memset(from, 0xff, side->n_items * sizeof(u32));
	for (u32 i = 0; i < side->n_items; i++) {
		const struct cdo_item *item = &side->items[i];
		u32 caller = function_of(side, i);

		for (u32 k = item->rel_first; k < item->rel_first + item->n_rels; k++) {
			const struct cdo_target *target = &side->targets[k];

			if (target->kind != CDO_REF_ITEM || target->idx == caller)
				continue;
			if (passes_on(roles, role, caller, k))
				from[target->idx] = roles->seed[role][caller];
			else
				is_open[target->idx] = true;
		}
	}
	for (u32 i = 0; i < side->n_items; i++) {
		const struct cdo_item *item = &side->items[i];

		if (item->kind != CDO_FUNC || from[i] == CDO_NONE || is_open[i] ||
		    roles->seed[role][i] != CDO_NONE ||
		    side->elf->symbols[item->sym].bind != STB_LOCAL)
			continue;
		roles->seed[role][i] = from[i];
		progress = true;
	}
	return progress;
}

static bool has_return(const struct cdo_side *side, u32 idx)
{
	const struct cdo_item *item = &side->items[idx];

	for (u64 off = 0; off < item->size;) {
		struct cdo_insn insn = cdo_insn_at(side, idx, off);

		/* A jump with a relocation or to a computed place may leave the function. */
		if (!insn.raw.len || insn.raw.flow == LP_FLOW_RETURN ||
		    insn.raw.flow == LP_FLOW_COMPUTED ||
		    (insn.raw.flow == LP_FLOW_JUMP && insn.n_rels))
			return true;
		off += insn.raw.len;
	}
	return item->cold != CDO_NONE && has_return(side, item->cold);
}

static void advise(struct cdo_diff *diff, const char *rule, u32 idx, const char *says)
{
	const char *name = diff->orig.items[diff->patched.twin[idx]].name;
	struct lp_info_advice entry = { rule, cdo_printable(diff->arena, name), says };

	lp_vec_push(diff->arena, &diff->advice, entry);
}

static void advise_about(struct roles *roles, u32 idx)
{
	struct cdo_diff *diff = roles->diff;

	for (enum role role = 0; role < N_ROLES; role++) {
		u32 seed = roles->seed[role][idx];
		const char *says = advice[role].says;

		if (seed == CDO_NONE)
			continue;
		if (seed != idx)
			says = lp_printf(diff->arena, "%s (reached only from '%s')", says,
					 cdo_printable(diff->arena, roles->side->items[seed].name));
		advise(diff, advice[role].rule, idx, says);
	}
	if (!has_return(roles->side, idx))
		advise(diff, "never-returns", idx,
		       "has no return: the patch can't go in while a thread is inside");
}

void cdo_find_advice(struct cdo_diff *diff)
{
	struct roles roles = { .diff = diff, .side = &diff->patched };
	u32 n = diff->patched.n_items;

	for (enum role role = 0; role < N_ROLES; role++) {
		roles.seed[role] = lp_new_array(diff->arena, n, u32);
		memset(roles.seed[role], 0xff, n * sizeof(u32));
	}
	find_seeds(&roles);
	for (enum role role = 0; role < N_ROLES; role++) {
		while (spread(&roles, role))
			;
	}
	for (u32 i = 0; i < n; i++) {
		if (diff->patched.items[i].kind == CDO_FUNC && diff->verdict[i] == CDO_CHANGED)
			advise_about(&roles, i);
	}
}
