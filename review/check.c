// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the manifest says is compared with the payload that carries it and with the executable: a
 * page that only repeated the manifest would show whatever somebody wrote into it.
 */
#include <inttypes.h>
#include <string.h>

#include "extract-patch/flavour.h"
#include "lib/file.h"
#include "lib/hash.h"
#include "review/model.h"
#include "runtime/payload.h"

void rv_check_row(struct rv_maker *m, enum rv_mark mark, const char *fmt, ...)
{
	struct rv_row row = { .kind = RV_POINT, .mark = mark };
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	row.cell[0] = rv_clean(m->arena, text);
	m->n_bad += mark == RV_BAD;
	if (mark == RV_BAD && !m->doc->wrong)
		m->doc->wrong = row.cell[0];
	lp_vec_push(m->arena, &m->checks, row);
}

static void check_target_id(struct rv_maker *m)
{
	const char *wanted = m->input->manifest.target.build_id, *id = m->doc->identity.target;

	if (id && !strcmp(id, wanted))
		rv_check_row(m, RV_GOOD,
			     "the payload asks for the executable that the manifest names");
	else
		rv_check_row(m, RV_BAD,
			     "the payload asks for executable %.12s, the manifest names %.12s",
			     id ? id : "(none)", wanted);
}

static void check_manifest(struct rv_maker *m)
{
	const char *wanted = m->input->manifest.patch.name;
	const char *name = rv_modinfo(m->input->payload, "name");

	if (!name || strcmp(name, wanted) != 0)
		rv_check_row(m, RV_BAD, "the payload calls itself '%s', the manifest '%s'",
			     name ? name : "", wanted);
	if (m->input->beside == RV_BESIDE_SAME)
		rv_check_row(m, RV_GOOD, "the manifest beside the payload is the one inside of it");
	else if (m->input->beside == RV_BESIDE_OTHER)
		rv_check_row(m, RV_BAD, "the manifest beside the payload is another one");
}

static void check_diff(struct rv_maker *m)
{
	const char *wanted = m->input->manifest.patch.source_sha256, *sum;
	u8 hash[LP_SHA256_LEN];

	if (!m->input->diff || !wanted) {
		if (m->input->diff || wanted)
			rv_check_row(m, RV_BAD, "source diff: %s",
				     wanted ? "the manifest names one, the payload has none"
					    : "the payload has one, the manifest names none");
		return;
	}
	lp_sha256(m->input->diff, m->input->diff_len, hash);
	sum = lp_hex(m->arena, hash, sizeof(hash));
	if (!strcmp(sum, wanted))
		rv_check_row(m, RV_GOOD, "the source diff is the one that the manifest names");
	else
		rv_check_row(m, RV_BAD, "the source diff is not the one that the manifest names");
}

/* ---- functions ---- */

/* "41 57 41" of the manifest and the first bytes that the loader will look for: Xen for as many as
 * it leaves alone itself, for none of a function that a patch below has replaced. */
static bool is_site(struct rv_maker *m, const char *before, const struct rv_func *func)
{
	const char *text = "";

	for (u32 i = 0; i < func->expect_len && strlen(text) < strlen(before); i++)
		text = lp_printf(m->arena, "%s%s%02x", text, i ? " " : "", func->expect[i]);
	return rv_has_names_only(m) ? !strncmp(text, before, strlen(text)) : !strcmp(text, before);
}

static void check_against_payload(struct rv_maker *m, const struct lp_m_function *f)
{
	const struct rv_func *func = rv_find_func(m, f);

	if (!func)
		rv_check_row(m, RV_BAD, "%s: the payload does not replace it at 0x%" PRIx64,
			     f->name, f->old.address);
	else if (func->old_size != f->old.size || func->new_size != f->new.size ||
		 func->new_off != f->new.offset ||
		 (!func->has_place && !is_site(m, f->site.before, func)))
		rv_check_row(m, RV_BAD, "%s: sizes, place or first bytes are others in the payload",
			     f->name);
	else
		rv_check_row(m, RV_GOOD, "%s: %s are those of the payload", f->name,
			     func->has_place ? "place and sizes"
					     : "address, sizes and first bytes");
}

static void check_against_target(struct rv_maker *m, const struct lp_m_function *f)
{
	const u8 *old = ep_target_bytes(m->input->target, f->old.address, f->old.size);
	const struct rv_func *func = rv_find_func(m, f);
	u8 hash[LP_SHA256_LEN];

	if (old)
		lp_sha256(old, f->old.size, hash);
	if (!old || strcmp(lp_hex(m->arena, hash, sizeof(hash)), f->old.sha256) != 0)
		rv_check_row(m, RV_BAD, "%s: the executable's code is not what the manifest says",
			     f->name);
	else if (func && (func->expect_len > f->old.size ||
			  memcmp(func->expect, old, func->expect_len) != 0))
		rv_check_row(m, RV_BAD, "%s: the executable does not begin as the payload expects",
			     f->name);
	else
		rv_check_row(m, RV_GOOD, "%s: all %" PRIu64 " bytes of the %s are the executable's",
			     f->name, f->old.size,
			     rv_old_of(m, f).kind == RV_OLD_PROGRAM ? "old code"
								    : "program's own code");
}

/* By a payload below: the executable has no code for it. */
static bool is_brought(const struct rv_maker *m, const struct lp_m_function *f)
{
	const struct rv_func *func = rv_find_func(m, f);

	if (func && rv_has_names_only(m))
		return f->old.match && !strcmp(f->old.match, "below");
	return func && func->has_place;
}

static void check_functions(struct rv_maker *m)
{
	const struct lp_manifest *manifest = &m->input->manifest;
	size_t n_modified = 0;

	for (size_t i = 0; i < manifest->functions.n; i++) {
		const struct lp_m_function *f = lp_m_function_at(manifest, i);

		if (strcmp(f->change, "modified") != 0)
			continue;
		n_modified++;
		check_against_payload(m, f);
		if (m->input->target && !is_brought(m, f))
			check_against_target(m, f);
	}
	if (m->funcs.n == n_modified)
		rv_check_row(m, RV_GOOD, "the payload replaces no other function");
	else
		rv_check_row(m, RV_BAD,
			     "the payload replaces %zu functions, the manifest lists %zu",
			     m->funcs.n, n_modified);
}

/* ---- what else is written, or runs ---- */

static u64 n_pointers(const struct lp_elf *elf, const char *section)
{
	return elf->sections[lp_elf_section(elf, section)].size / sizeof(u64);
}

static void check_lists(struct rv_maker *m)
{
	static const char *const kinds[] = { "load",	  "unload",    "preapply",
					     "postapply", "prerevert", "postrevert" };
	const struct lp_manifest *manifest = &m->input->manifest;
	const struct lp_m_hook *hooks = manifest->hooks.items;
	const struct lp_elf *elf = m->input->payload;
	u64 n_tables = elf->sections[lp_elf_section(elf, LIVEPATCH_SEC_TABLES)].size /
		       sizeof(struct livepatch_table);

	if (n_tables != manifest->tables.n)
		rv_check_row(m, RV_BAD,
			     "the payload overwrites %llu tables, the manifest lists %zu",
			     (unsigned long long)n_tables, manifest->tables.n);
	for (size_t k = 0; k < LP_ARRAY_SIZE(kinds); k++) {
		u64 have = n_pointers(elf, lp_printf(m->arena, LIVEPATCH_SEC_HOOKS "%s", kinds[k]));
		u64 listed = 0;

		for (size_t i = 0; i < manifest->hooks.n; i++)
			listed += !strcmp(hooks[i].kind, kinds[k]);
		if (have != listed)
			rv_check_row(
				m, RV_BAD, "the payload has %llu %s hooks, the manifest lists %llu",
				(unsigned long long)have, kinds[k], (unsigned long long)listed);
	}
}

/* ---- references ---- */

static void know(struct rv_maker *m, struct lp_map *known, u64 addr)
{
	const void *key = lp_memdup(m->arena, &addr, sizeof(addr));

	lp_map_set(m->arena, known, key, sizeof(addr), 0);
}

static void know_manifest(struct rv_maker *m, struct lp_map *known)
{
	const struct lp_manifest *manifest = &m->input->manifest;
	const struct lp_m_reference *refs = manifest->references.items;
	const struct lp_m_table *tables = manifest->tables.items;

	for (size_t i = 0; i < manifest->references.n; i++)
		if (strcmp(refs[i].match, "below") != 0) /* an offset in another payload */
			know(m, known, refs[i].address);
	for (size_t i = 0; i < manifest->tables.n; i++)
		know(m, known, tables[i].address);
	for (size_t i = 0; i < manifest->functions.n; i++) {
		const struct lp_m_function *f = lp_m_function_at(manifest, i);

		know(m, known, f->old.address);
		know(m, known, f->cold.address);
	}
}

/* Is NAME, which the payload leaves to the loader, in the manifest? */
static bool is_listed(const struct rv_maker *m, const char *name)
{
	const struct lp_manifest *manifest = &m->input->manifest;
	const struct lp_m_reference *refs = manifest->references.items;
	bool any_kind = rv_has_names_only(m);
	const char *local = any_kind ? strrchr(name, '#') : NULL;

	for (size_t i = 0; i < manifest->references.n; i++) {
		if ((any_kind || !strcmp(refs[i].kind, "import")) &&
		    !strcmp(refs[i].symbol, local ? local + 1 : name))
			return true;
	}
	return false;
}

/* Every address of the executable and every import of the payload is in the manifest. */
static void check_references(struct rv_maker *m)
{
	const struct lp_elf *elf = m->input->payload;
	struct lp_map known = { 0 };
	u32 n_bad = m->n_bad, n = 0;

	know_manifest(m, &known);
	for (u32 i = 1; i < elf->n_symbols && m->n_bad < n_bad + 8; i++) {
		const struct lp_symbol *sym = &elf->symbols[i];
		struct livepatch_below place;

		if (rv_place_of(elf, i, &place)) {
			n++;
			rv_check_place(m, sym->name, &place);
			continue;
		}
		if (sym->type == STT_FILE || (sym->shndx != LP_SHN_ABS && sym->shndx != SHN_UNDEF))
			continue;
		n++;
		if (sym->shndx == LP_SHN_ABS
			    ? lp_map_get(&known, &sym->value, sizeof(sym->value)) == LP_MAP_NONE
			    : !is_listed(m, sym->name))
			rv_check_row(m, RV_BAD,
				     "the payload reaches '%s', which the manifest does not list",
				     sym->name);
	}
	if (m->n_bad == n_bad)
		rv_check_row(m, RV_GOOD,
			     "all %u symbols that the payload reaches are in the manifest", n);
}

struct lp_err *rv_check(struct rv_maker *m)
{
	if (!m->input->payload) {
		rv_check_row(m, RV_LOOK,
			     "only the manifest was looked at: nothing in it is compared");
		if (m->input->n_keys)
			rv_check_row(m, RV_BAD, "a manifest is not signed, the payload is");
		return NULL;
	}
	LP_TRY(rv_read_funcs(m, m->input->payload, &m->funcs));
	rv_identify(m);
	LP_TRY(rv_read_layers(m));
	check_target_id(m);
	check_manifest(m);
	check_functions(m);
	rv_check_layers(m);
	check_lists(m);
	check_references(m);
	check_diff(m);
	if (!m->input->target)
		rv_check_row(m, RV_LOOK, "the executable was not named: its code is not compared");
	return NULL;
}
