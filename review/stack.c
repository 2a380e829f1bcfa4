// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A patch on top of others: where one of them has replaced a function, or has brought it along, its
 * code is the old code, and not what the executable's file holds. The payloads below are named by
 * the caller; what is not named is said to be unknown, never guessed.
 */
#include <inttypes.h>
#include <string.h>

#include "extract-patch/flavour.h"
#include "extract-patch/stack.h"
#include "lib/file.h"
#include "lib/hash.h"
#include "review/model.h"

/* ---- the layers ---- */

static struct lp_err *read_layer(struct rv_maker *m, const struct rv_below *below)
{
	const char *target = rv_note_id(m->arena, below->elf, rv_flavour(m)->target_section);
	const char *name = rv_modinfo(below->elf, "name");
	struct rv_layer layer = { .path = rv_clean(m->arena, lp_basename(below->path)),
				  .elf = below->elf };

	layer.id = rv_note_id(m->arena, below->elf, LIVEPATCH_SEC_BUILD_ID);
	layer.name = name ? rv_clean(m->arena, name) : layer.path;
	if (!target || !layer.id || strcmp(target, m->input->manifest.target.build_id) != 0)
		return lp_err(LP_TARGET, "'%s' is no payload for the executable of '%s'",
			      below->path, m->input->path);
	LP_TRY(rv_read_funcs(m, below->elf, &layer.funcs));
	lp_vec_push(m->arena, &m->layers, layer);
	return NULL;
}

struct lp_err *rv_read_layers(struct rv_maker *m)
{
	const struct rv_input *input = m->input;
	const char *depends = m->doc->identity.depends, *above = input->path;

	for (size_t i = 0; i < input->below.n; i++)
		LP_TRY(read_layer(m, &input->below.items[i]));
	for (size_t i = m->layers.n; i--;) {
		const struct rv_layer *layer = &m->layers.items[i];

		if (!depends || strcmp(depends, layer->id) != 0)
			return lp_err_advice(
				lp_err(LP_TARGET,
				       "'%s' does not stack on '%s' (%.12s), but on %.12s", above,
				       layer->path, layer->id, depends ? depends : "no patch"),
				"name all payloads below with --depends, the lowest first");
		above = layer->path;
		depends = rv_note_id(m->arena, layer->elf, LIVEPATCH_SEC_DEPENDS);
	}
	m->has_all_layers = !depends || !strcmp(depends, input->manifest.target.build_id);
	return NULL;
}

static const struct rv_layer *layer_of(const struct rv_maker *m, const u8 *build_id)
{
	const char *id = lp_hex(m->arena, build_id, LIVEPATCH_BUILD_ID_LEN);

	for (size_t i = 0; i < m->layers.n; i++)
		if (!strcmp(m->layers.items[i].id, id))
			return &m->layers.items[i];
	return NULL;
}

/* ---- whose code it is ---- */

static bool is_same_old(const struct rv_maker *m, const struct rv_func *a, const struct rv_func *b)
{
	if (rv_has_names_only(m))
		return !strcmp(a->name, b->name);
	if (a->has_place || b->has_place)
		return a->has_place && b->has_place &&
		       !memcmp(&a->place, &b->place, sizeof(a->place));
	return a->old_addr == b->old_addr;
}

/* The topmost layer that has replaced what FUNC replaces. */
static bool find_replaced(const struct rv_maker *m, const struct rv_func *func, struct rv_old *ret)
{
	for (size_t i = m->layers.n; i--;) {
		const struct rv_layer *layer = &m->layers.items[i];

		for (size_t k = 0; k < layer->funcs.n; k++) {
			const struct rv_func *below = &layer->funcs.items[k];

			if (!is_same_old(m, below, func))
				continue;
			*ret = (struct rv_old){ RV_OLD_LAYER, layer, below->new_section,
						below->new_off, below->new_size };
			return true;
		}
	}
	return false;
}

/* Does the manifest say that a payload below has replaced it? */
static bool says_below(const struct rv_maker *m, const struct lp_m_function *f)
{
	const struct lp_m_eyes *eyes = m->input->manifest.eyes.items;

	for (size_t i = 0; i < m->input->manifest.eyes.n; i++)
		if (!strcmp(eyes[i].rule, "replaced-below") && !strcmp(eyes[i].at, f->name))
			return true;
	return f->old.match && !strcmp(f->old.match, "below");
}

/* The layer that has brought along what FUNC replaces, and where it has it; SECTION 0 if nowhere.
 */
static const struct rv_layer *brought_by(const struct rv_maker *m, const struct rv_func *func,
					 u32 *section, u64 *off)
{
	const struct rv_layer *layer;

	*section = 0;
	if (!rv_has_names_only(m)) {
		layer = layer_of(m, func->place.build_id);
		if (layer && !ep_place_of_payload(layer->elf, func->place.area, func->place.off,
						  section, off))
			*section = 0;
		return layer;
	}
	/* The lowest: those above have replaced it. */
	for (size_t i = 0; i < m->layers.n; i++) {
		const struct lp_elf *elf = m->layers.items[i].elf;

		for (u32 k = 1; k < elf->n_symbols; k++) {
			const struct lp_symbol *sym = &elf->symbols[k];

			if (!sym->shndx || sym->shndx >= elf->n_sections ||
			    strcmp(sym->name, func->name) != 0)
				continue;
			*section = sym->shndx;
			*off = sym->value;
			return &m->layers.items[i];
		}
	}
	return NULL;
}

static bool is_brought(const struct rv_maker *m, const struct lp_m_function *f,
		       const struct rv_func *func)
{
	return rv_has_names_only(m) ? f->old.match && !strcmp(f->old.match, "below")
				    : func->has_place;
}

struct rv_old rv_old_of(struct rv_maker *m, const struct lp_m_function *f)
{
	const struct rv_func *func = m->input->payload ? rv_find_func(m, f) : NULL;
	struct rv_old old = { .kind = says_below(m, f) ? RV_OLD_UNKNOWN : RV_OLD_PROGRAM };

	if (!func || find_replaced(m, func, &old) || !is_brought(m, f, func))
		return old;
	old.kind = RV_OLD_UNKNOWN;
	old.layer = brought_by(m, func, &old.section, &old.off);
	old.size = func->old_size;
	if (old.section)
		old.kind = RV_OLD_LAYER;
	return old;
}

/* ---- what the manifest says of them ---- */

/* What the payload replaces is the code that the manifest describes, where another has brought it
 * along. */
static void check_brought(struct rv_maker *m, const struct lp_m_function *f,
			  const struct rv_func *func)
{
	u32 section;
	u64 off;
	const struct rv_layer *layer = brought_by(m, func, &section, &off);
	const u8 *code = NULL;
	u8 hash[LP_SHA256_LEN];

	if (!layer) {
		if (m->has_all_layers)
			rv_check_row(m, RV_BAD, "%s: no payload below has brought it along",
				     f->name);
		return;
	}
	if (section && lp_in_range(off, f->old.size, layer->elf->sections[section].size) &&
	    layer->elf->sections[section].data)
		code = layer->elf->sections[section].data + off;
	if (code)
		lp_sha256(code, f->old.size, hash);
	if (!code || strcmp(lp_hex(m->arena, hash, sizeof(hash)), f->old.sha256) != 0)
		rv_check_row(m, RV_BAD, "%s: the code of '%s' is not what the manifest says",
			     f->name, layer->name);
	else
		rv_check_row(m, RV_GOOD,
			     "%s: all %" PRIu64 " bytes of the old code are those of '%s'", f->name,
			     f->old.size, layer->name);
}

static void check_function(struct rv_maker *m, const struct lp_m_function *f)
{
	const struct rv_func *func = rv_find_func(m, f);
	struct rv_old old;

	if (!func)
		return;
	if (is_brought(m, f, func))
		check_brought(m, f, func);
	old = rv_old_of(m, f);
	if (old.kind == RV_OLD_LAYER && rv_flavour(m)->places_below && !says_below(m, f))
		rv_check_row(m, RV_BAD, "%s: '%s' has replaced it, which the manifest does not say",
			     f->name, old.layer->name);
	else if (old.kind == RV_OLD_UNKNOWN && m->has_all_layers)
		rv_check_row(m, RV_BAD,
			     "%s: no payload below has replaced it, as the manifest says", f->name);
}

/* A reference, or (a part of) the code that is replaced. */
static bool is_listed(const struct rv_maker *m, const char *name)
{
	const struct lp_manifest *manifest = &m->input->manifest;
	const struct lp_m_reference *refs = manifest->references.items;

	for (size_t i = 0; i < manifest->references.n; i++)
		if (!strcmp(refs[i].match, "below") && !strcmp(refs[i].symbol, name))
			return true;
	for (size_t i = 0; i < manifest->functions.n; i++) {
		const struct lp_m_function *f = lp_m_function_at(manifest, i);
		size_t len = strlen(f->name);

		if (says_below(m, f) && !strncmp(name, f->name, len) &&
		    (!name[len] || !strcmp(name + len, ".cold")))
			return true;
	}
	return false;
}

void rv_check_place(struct rv_maker *m, const char *name, const struct livepatch_below *place)
{
	const struct rv_layer *layer = layer_of(m, place->build_id);
	u32 section, sym;
	u64 off;

	if (!is_listed(m, name))
		rv_check_row(m, RV_BAD,
			     "the payload reaches '%s' of a payload below, which the manifest does "
			     "not list",
			     name);
	if (!layer) {
		if (m->has_all_layers)
			rv_check_row(m, RV_BAD, "'%s' is in none of the payloads below", name);
		return;
	}
	sym = ep_place_of_payload(layer->elf, place->area, place->off, &section, &off)
		      ? lp_elf_symbol_at(layer->elf, section, off)
		      : 0;
	if (!sym || layer->elf->symbols[sym].value != off ||
	    strcmp(layer->elf->symbols[sym].name, name) != 0)
		rv_check_row(m, RV_BAD, "what the payload reaches as '%s' of '%s' is another thing",
			     name, layer->name);
}

void rv_check_layers(struct rv_maker *m)
{
	const struct lp_manifest *manifest = &m->input->manifest;

	for (size_t i = 0; i < manifest->functions.n; i++)
		if (!strcmp(lp_m_function_at(manifest, i)->change, "modified"))
			check_function(m, lp_m_function_at(manifest, i));
	/* Made with --depends BUILD-ID, the manifest does not know either. */
	if (!m->has_all_layers)
		rv_check_row(m, RV_LOOK,
			     "%s patches below were not named: they may have replaced the same "
			     "functions",
			     m->layers.n ? "not all" : "the");
}
