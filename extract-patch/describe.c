// SPDX-License-Identifier: GPL-2.0-or-later
/* Fills the manifest from a finished patch. Lists are sorted by name, so that two manifests
 * can be compared by diff. */
#include <stdlib.h>
#include <string.h>

#include "extract-patch/flavour.h"
#include "extract-patch/output.h"
#include "lib/file.h"
#include "lib/hash.h"
#include "lib/manifest.h"
#include "version.h"

#define SITE_BYTES 9 /* what a jump may overwrite: endbr64 and jmp rel32 */

struct lists {
	LP_VEC(struct lp_m_function) functions;
	LP_VEC(struct lp_m_table) tables;
	LP_VEC(struct lp_m_hook) hooks;
	LP_VEC(struct lp_m_data) data;
	LP_VEC(struct lp_m_reference) references;
	LP_VEC(struct lp_m_pointer) pointers;
	LP_VEC(struct lp_m_harmless) harmless;
	LP_VEC(struct lp_m_eyes) eyes;
};

static const char *spaced_hex(struct lp_arena *arena, const u8 *bytes, size_t len)
{
	const char *text = "";

	for (size_t i = 0; i < len; i++)
		text = lp_printf(arena, "%s%s%02x", text, i ? " " : "", bytes[i]);
	return text;
}

static void add_eyes(struct lp_arena *arena, struct lists *lists, const char *rule, const char *at,
		     const char *says)
{
	struct lp_m_eyes eyes = { rule, at, says };

	lp_vec_push(arena, &lists->eyes, eyes);
}

static void describe_replaced(const struct ep_patch *patch, const struct ep_func *func,
			      struct lists *lists)
{
	const u8 *old = ep_old_code(patch, func);
	u64 shown = func->old_size < SITE_BYTES ? func->old_size : SITE_BYTES;
	const struct ep_piece *piece = &patch->pieces.items[func->piece];
	u8 hash[LP_SHA256_LEN];
	struct lp_m_function f = {
		.name = func->name, .change = "modified", .why = func->why, .object = func->object
	};

	lp_sha256(old, func->old_size, hash);
	f.old.address = func->addr;
	f.old.size = func->old_size;
	f.old.match = func->is_new_below ? "below" : ep_match_text(patch->arena, &func->match);
	f.old.sha256 = lp_hex(patch->arena, hash, sizeof(hash));
	if (func->cold.name && !func->cold.is_below)
		f.cold = (struct lp_m_cold){ func->cold.addr, func->cold.size };
	f.new.offset = piece->out_off;
	f.new.size = piece->size;
	f.site.kind = "jmp-rel32";
	f.site.before = spaced_hex(patch->arena, old, shown);
	f.site.after_endbr64 = func->endbr64;
	lp_vec_push(patch->arena, &lists->functions, f);
	if (func->is_below)
		add_eyes(patch->arena, lists, "replaced-below", func->name,
			 lp_printf(
				 patch->arena, "replaces the code of the patch below, '%s'",
				 lp_basename(patch->below.items[func->below.below].payload->path)));
	if (!func->is_proved)
		add_eyes(patch->arena, lists, "original-unchecked", func->name,
			 "the object came without its original; only what it refers to was "
			 "compared");
	if (func->old_size < ep_site_end(func))
		add_eyes(patch->arena, lists, "uses-padding", func->name,
			 "the jump reaches into the padding behind the function");
}

static const struct lp_info_change *
find_change(const struct ep_patch *patch, const struct ep_piece *piece, const char **ret_object)
{
	for (size_t u = 0; u < patch->units.n; u++) {
		const struct ep_unit *unit = &patch->units.items[u];

		if (unit->input != piece->input)
			continue;
		*ret_object = unit->info.object;
		for (size_t i = 0; i < unit->info.changes.n; i++) {
			const struct lp_info_change *change = &unit->info.changes.items[i];

			if ((change->kind == LP_ADDED || change->kind == LP_DATA) &&
			    !strcmp(change->name, piece->name))
				return change;
		}
	}
	return NULL;
}

static void describe_piece(const struct ep_patch *patch, u32 idx, struct lists *lists)
{
	const struct ep_piece *piece = &patch->pieces.items[idx];
	const struct lp_info_change *change;
	const char *object = "";

	if (piece->input == EP_SYNTHETIC || !piece->name)
		return;
	for (size_t i = 0; i < patch->funcs.n; i++)
		if (patch->funcs.items[i].piece == idx)
			return;
	change = find_change(patch, piece, &object);
	if (piece->area == EP_TEXT && !ep_is_cold_part(piece->name)) {
		struct lp_m_function f = { .name = piece->name,
					   .change = "added",
					   .why = change ? change->why : "not in the executable",
					   .object = object,
					   .new = { piece->out_off, piece->size } };

		lp_vec_push(patch->arena, &lists->functions, f);
	} else if (piece->area == EP_DATA || piece->area == EP_BSS) {
		struct lp_m_data d = { piece->name, "added",
				       piece->area == EP_DATA ? ".data" : ".bss", piece->size };

		lp_vec_push(patch->arena, &lists->data, d);
		add_eyes(patch->arena, lists, "new-data", piece->name,
			 patch->target->flavour->data_says);
	}
}

static void describe_tables(const struct ep_patch *patch, struct lists *lists)
{
	for (size_t i = 0; i < patch->tables.n; i++) {
		const struct ep_table *table = &patch->tables.items[i];
		struct lp_m_table t = { .name = table->name,
					.object = table->object,
					.why = table->why,
					.address = table->addr,
					.size = table->size,
					.differs_at = ep_table_difference(patch, table),
					.match = ep_match_text(patch->arena, &table->match) };

		lp_vec_push(patch->arena, &lists->tables, t);
		add_eyes(patch->arena, lists, "table-in-place", table->name,
			 "overwritten while it is in use: what was read from it before stays "
			 "as it was");
	}
}

/* In the order in which they run; not sorted. */
static void describe_hooks(const struct ep_patch *patch, struct lists *lists)
{
	for (size_t i = 0; i < patch->hooks.n; i++) {
		const struct ep_hook *hook = &patch->hooks.items[i];
		bool stopped = ep_hook_is_stopped(hook);
		struct lp_m_hook h = { ep_hook_kinds[hook->kind], hook->name,
				       stopped ? "while stopped" : "in the runtime's thread" };

		lp_vec_push(patch->arena, &lists->hooks, h);
		add_eyes(patch->arena, lists, "runs-code", hook->name,
			 stopped ? "runs code while all threads are stopped: it must not lock, "
				   "allocate or print"
				 : "runs code in the runtime's thread: if it crashes or hangs, so "
				   "does the program or its runtime");
	}
}

static void describe_references(const struct ep_patch *patch, struct lists *lists)
{
	for (size_t i = 0; i < patch->refs.n; i++) {
		const struct ep_ref *ref = &patch->refs.items[i];
		struct lp_m_reference r = { ref->symbol, ref->kind, ref->match, ref->addr };

		lp_vec_push(patch->arena, &lists->references, r);
		if (!strcmp(ref->match, "library"))
			add_eyes(patch->arena, lists, "new-import", ref->symbol,
				 "the executable itself does not use this library function");
	}
}

static void describe_pointers(const struct ep_patch *patch, struct lists *lists)
{
	for (size_t u = 0; u < patch->units.n; u++) {
		const struct lp_info *info = &patch->units.items[u].info;

		for (size_t i = 0; i < info->pins.n; i++) {
			const struct lp_info_pin *pin = &info->pins.items[i];
			struct lp_m_pointer p = { pin->name, pin->holder, info->object };

			lp_vec_push(patch->arena, &lists->pointers, p);
			add_eyes(patch->arena, lists, "pins-patch", pin->name,
				 lp_printf(patch->arena,
					   "'%s' takes its address: who keeps it needs the patch",
					   pin->holder));
		}
	}
}

/* What create-diff-object saw about the functions that are replaced. */
static void describe_advice(const struct ep_patch *patch, struct lists *lists)
{
	for (size_t u = 0; u < patch->units.n; u++) {
		const struct lp_info *info = &patch->units.items[u].info;

		for (size_t i = 0; i < info->advice.n; i++)
			add_eyes(patch->arena, lists, info->advice.items[i].rule,
				 info->advice.items[i].name, info->advice.items[i].says);
	}
}

static void describe_harmless(const struct ep_patch *patch, struct lists *lists)
{
	for (size_t u = 0; u < patch->units.n; u++) {
		const struct lp_info *info = &patch->units.items[u].info;

		for (size_t i = 0; i < info->changes.n; i++) {
			const struct lp_info_change *change = &info->changes.items[i];
			struct lp_m_harmless h = { info->object, change->name, change->rule };

			if (change->kind == LP_IGNORED)
				lp_vec_push(patch->arena, &lists->harmless, h);
		}
	}
}

/* All sorted structs begin with a string or two. */
static int compare_two(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;
	int order = strcmp(x[0], y[0]);

	return order ? order : strcmp(x[1], y[1]);
}

static struct lp_seq sorted(void *items, size_t n, size_t size)
{
	if (n)
		qsort(items, n, size, compare_two);
	return (struct lp_seq){ items, n };
}

static const char *compilers(const struct ep_patch *patch)
{
	const char *text = NULL;

	for (size_t i = 0; i < patch->units.n; i++) {
		const char *cc = patch->units.items[i].info.compiler;

		if (cc && text && !strstr(text, cc))
			text = lp_printf(patch->arena, "%s; %s", text, cc);
		else if (cc && !text)
			text = cc;
	}
	return text;
}

static void fill(const struct ep_patch *patch, const struct ep_output *output,
		 struct lp_manifest *m)
{
	struct lists l = { 0 };
	bool exact = true;

	for (size_t i = 0; i < patch->funcs.n; i++) {
		describe_replaced(patch, &patch->funcs.items[i], &l);
		exact = exact && patch->funcs.items[i].is_proved;
	}
	for (u32 i = 0; i < patch->pieces.n; i++)
		describe_piece(patch, i, &l);
	describe_tables(patch, &l);
	describe_hooks(patch, &l);
	describe_references(patch, &l);
	describe_pointers(patch, &l);
	describe_harmless(patch, &l);
	describe_advice(patch, &l);
	*m = (struct lp_manifest){
		.version = LP_MANIFEST_VERSION,
		.patch = { output->name, output->summary, output->references, output->diff_files,
			   output->diff_sha256 },
		.target = { output->recipe, lp_basename(patch->target->elf->path), "x86_64",
			    lp_hex(patch->arena, patch->target->elf->build_id,
				   patch->target->elf->build_id_len) },
		.toolchain = { compilers(patch), exact ? "exact" : "unchecked" },
		.verdict = { l.eyes.n || l.data.n ? "review" : "ok" },
		.functions = sorted(l.functions.items, l.functions.n, sizeof(*l.functions.items)),
		.tables = sorted(l.tables.items, l.tables.n, sizeof(*l.tables.items)),
		.hooks = { l.hooks.items, l.hooks.n },
		.data = sorted(l.data.items, l.data.n, sizeof(*l.data.items)),
		.references =
			sorted(l.references.items, l.references.n, sizeof(*l.references.items)),
		.pointers = sorted(l.pointers.items, l.pointers.n, sizeof(*l.pointers.items)),
		.harmless = sorted(l.harmless.items, l.harmless.n, sizeof(*l.harmless.items)),
		.eyes = sorted(l.eyes.items, l.eyes.n, sizeof(*l.eyes.items)),
		.payload = { patch->area_size[EP_TEXT],
			     patch->area_size[EP_RODATA] + patch->area_size[EP_FRAMES],
			     patch->area_size[EP_DATA], patch->area_size[EP_BSS] },
		.built_by = "extract-patch " LP_VERSION,
	};
	ep_describe_undo(patch, &m->undo);
	ep_describe_passed(patch, &m->passed);
}

struct lp_err *ep_manifest_text(const struct ep_patch *patch, const struct ep_output *output,
				char **ret, size_t *ret_len)
{
	struct lp_manifest m;

	fill(patch, output, &m);
	return lp_yaml_write(patch->arena, &lp_manifest_schema, &m, ret, ret_len);
}

void ep_manifest_json(const struct ep_patch *patch, const struct ep_output *output,
		      struct lp_json *json)
{
	struct lp_manifest m;

	fill(patch, output, &m);
	lp_yaml_to_json(json, "manifest", &lp_manifest_schema, &m);
}
