// SPDX-License-Identifier: GPL-2.0-or-later
/* The rows, in the order of a reviewer's questions. */
#include <inttypes.h>
#include <string.h>

#include "review/model.h"

#define MAX_CELLS ((u64)1 << 27) /* of alignment, for all functions */
#define NEVER	  "-"

struct rv_row *rv_row(struct rv_maker *m, enum rv_kind kind, enum rv_mark mark, const char *a,
		      const char *b)
{
	struct rv_row row = { .kind = kind, .mark = mark };

	row.cell[0] = rv_clean(m->arena, a);
	row.cell[1] = rv_clean(m->arena, b);
	lp_vec_push(m->arena, &m->doc->rows, row);
	return &m->doc->rows.items[m->doc->rows.n - 1];
}

void rv_section(struct rv_maker *m, const char *id, const char *question)
{
	rv_row(m, RV_SECTION, RV_PLAIN, question, NULL)->id = id;
}

void rv_fact(struct rv_maker *m, const char *what, const char *value)
{
	if (value)
		rv_row(m, RV_FACT, RV_PLAIN, what, value);
}

void rv_line(struct rv_maker *m, enum rv_kind kind, const char *a, const char *b, const char *c,
	     const char *d)
{
	struct rv_row *row = rv_row(m, kind, RV_PLAIN, a, b);

	row->cell[2] = rv_clean(m->arena, c);
	row->cell[3] = rv_clean(m->arena, d);
}

static const char *hex(struct rv_maker *m, u64 value)
{
	return lp_printf(m->arena, "0x%" PRIx64, value);
}

static const char *join(struct rv_maker *m, const struct lp_strs *strs)
{
	const char *text = NULL;

	for (size_t i = 0; i < strs->n; i++)
		text = lp_printf(m->arena, "%s%s%s", text ? text : "", text ? ", " : "",
				 strs->items[i]);
	return text;
}

static struct rv_row *verdict_row(struct rv_maker *m)
{
	const struct lp_manifest *manifest = &m->input->manifest;
	size_t n = manifest->eyes.n;

	if (m->n_bad)
		return rv_row(m, RV_VERDICT, RV_BAD, "do not apply",
			      lp_printf(m->arena,
					"manifest, payload and executable contradict each other "
					"in %u point%s",
					m->n_bad, m->n_bad == 1 ? "" : "s"));
	if (!strcmp(manifest->verdict.status, "ok"))
		return rv_row(m, RV_VERDICT, RV_GOOD, "ok",
			      "the tools found nothing to think about");
	return rv_row(m, RV_VERDICT, RV_LOOK, "review",
		      lp_printf(m->arena, "%zu point%s for a person to think about", n,
				n == 1 ? "" : "s"));
}

static void add_verdict(struct rv_maker *m)
{
	const struct lp_manifest *manifest = &m->input->manifest;
	struct rv_row *row;

	rv_row(m, RV_TITLE, RV_PLAIN, manifest->patch.name, manifest->patch.summary);
	row = verdict_row(m);
	row->cell[2] = rv_clean(m->arena, manifest->target.file);
	row->cell[3] = rv_clean(m->arena, manifest->target.build_id);
}

static void add_below(struct rv_maker *m)
{
	const struct rv_identity *id = &m->doc->identity;
	const struct rv_layer *top = m->layers.n ? &m->layers.items[m->layers.n - 1] : NULL;

	if (id->depends)
		rv_fact(m, "stacks on",
			top ? lp_printf(m->arena, "%s, patch '%s' (%s)", id->depends, top->name,
					top->path)
			    : id->depends);
	if (id->replaces)
		rv_fact(m, "takes the place of", "all patches that are applied, in one stop");
}

static void add_target(struct rv_maker *m)
{
	const struct lp_m_target *target = &m->input->manifest.target;

	rv_section(m, "target", "Is it for my program?");
	rv_fact(m, "executable", target->file);
	rv_fact(m, "build-id", target->build_id);
	rv_fact(m, "recipe", target->recipe);
	rv_fact(m, "machine", target->arch);
	rv_fact(m, "this patch", m->doc->identity.build_id);
	add_below(m);
	for (size_t i = 0; i < m->checks.n; i++)
		lp_vec_push(m->arena, &m->doc->rows, m->checks.items[i]);
}

/* ---- what changes ---- */

static const char *sizes(struct rv_maker *m, const struct lp_m_function *f)
{
	struct rv_old old;

	if (strcmp(f->change, "modified") != 0)
		return lp_printf(m->arena, "%" PRIu64 " bytes", f->new.size);
	old = rv_old_of(m, f);
	if (old.kind == RV_OLD_UNKNOWN)
		return lp_printf(m->arena, "? → %" PRIu64 " bytes", f->new.size);
	return lp_printf(m->arena, "%" PRIu64 " → %" PRIu64 " bytes",
			 old.kind == RV_OLD_LAYER ? old.size : f->old.size, f->new.size);
}

static void list_data(struct rv_maker *m)
{
	const struct lp_manifest *manifest = &m->input->manifest;
	const struct lp_m_table *tables = manifest->tables.items;
	const struct lp_m_hook *hooks = manifest->hooks.items;
	const struct lp_m_data *data = manifest->data.items;

	for (size_t i = 0; i < manifest->tables.n; i++)
		rv_line(m, RV_LINE, tables[i].name, "overwritten in place",
			lp_printf(m->arena, "%" PRIu64 " bytes at %s, from +%s on", tables[i].size,
				  hex(m, tables[i].address), hex(m, tables[i].differs_at)),
			tables[i].object);
	for (size_t i = 0; i < manifest->hooks.n; i++)
		rv_line(m, RV_LINE, hooks[i].function,
			lp_printf(m->arena, "%s hook", hooks[i].kind), hooks[i].runs, NULL);
	for (size_t i = 0; i < manifest->data.n; i++)
		rv_line(m, RV_LINE, data[i].name,
			lp_printf(m->arena, "%s variable", data[i].change),
			lp_printf(m->arena, "%" PRIu64 " bytes in %s", data[i].size,
				  data[i].section),
			NULL);
}

/* The bytes that are written: a jump whose distance is known when the payload has its place. One
 * of a payload below may be there already. */
static void add_site(struct rv_maker *m, const struct lp_m_function *f, const struct rv_old *old)
{
	const char *before = f->site.before, *rest;
	size_t kept = f->site.after_endbr64 ? strlen("f3 0f 1e fa ") : 0;
	size_t end = kept + strlen("e9 .. .. .. ..");
	const char *jump;

	rest = strlen(before) > end ? before + end : "";
	jump = lp_printf(m->arena, "%.*se9 .. .. .. ..%s   (jmp to", (int)kept,
			 strlen(before) > kept ? before : "", rest);
	if (f->old.address && old->kind != RV_OLD_PROGRAM)
		rv_fact(m, "entry before",
			lp_printf(m->arena, "%s the code of the patch below)", jump));
	else
		rv_fact(m, "entry before",
			f->old.address ? before
				       : lp_printf(m->arena, "%s   (not yet relocated)", before));
	rv_fact(m, "entry after",
		lp_printf(m->arena, "%s the new code%s)", jump, kept ? ", behind endbr64" : ""));
}

/* The code that runs now, and where it is. */
static void add_old(struct rv_maker *m, const struct lp_m_function *f, const struct rv_old *old)
{
	const char *program = lp_printf(m->arena, "%" PRIu64 " bytes at %s, found: %s", f->old.size,
					hex(m, f->old.address), f->old.match);

	if (old->kind == RV_OLD_PROGRAM) {
		rv_fact(m, "old code", program);
	} else {
		rv_fact(m, "old code",
			old->kind == RV_OLD_LAYER
				? lp_printf(m->arena, "%" PRIu64 " bytes of patch '%s' (%s)",
					    old->size, old->layer->name, old->layer->path)
				: "that of a patch below, which was not named");
		rv_fact(m, "in the program", f->old.address ? program : "nothing of that name");
	}
	rv_fact(m, "sha256", f->old.sha256);
}

/* The name, told apart from those of the same name before it. */
static const char *id_of(struct rv_maker *m, size_t idx)
{
	const char *name = lp_m_function_at(&m->input->manifest, idx)->name;
	u32 n = 1;

	for (size_t i = 0; i < idx; i++)
		n += !strcmp(lp_m_function_at(&m->input->manifest, i)->name, name);
	name = rv_clean(m->arena, name);
	return n == 1 ? name : lp_printf(m->arena, "%s~%u", name, n);
}

static void add_function(struct rv_maker *m, size_t idx)
{
	const struct lp_m_function *f = lp_m_function_at(&m->input->manifest, idx);
	bool is_modified = !strcmp(f->change, "modified");
	struct rv_old old = { 0 };
	const char *id = id_of(m, idx);

	rv_row(m, RV_FUNCTION, is_modified ? RV_DIFFERS : RV_ADDED, f->name, f->change)->id = id;
	rv_fact(m, "why", f->why);
	rv_fact(m, "object", f->object);
	if (is_modified) {
		old = rv_old_of(m, f);
		add_old(m, f, &old);
	}
	if (f->cold.size)
		rv_fact(m, "cold part",
			lp_printf(m->arena, "%" PRIu64 " bytes at %s, must be left, too",
				  f->cold.size, hex(m, f->cold.address)));
	rv_fact(m, "new code",
		lp_printf(m->arena, "%" PRIu64 " bytes at +%s of the payload's .text", f->new.size,
			  hex(m, f->new.offset)));
	if (is_modified)
		add_site(m, f, &old);
	rv_function_hunks(m, f);
	rv_function_code(m, f, &old, id);
}

static void add_changes(struct rv_maker *m)
{
	const struct lp_manifest *manifest = &m->input->manifest;

	rv_section(m, "changes", "What exactly changes, and why?");
	rv_line(m, RV_HEAD, "name", "change", "size", "object");
	for (size_t i = 0; i < manifest->functions.n; i++) {
		const struct lp_m_function *f = lp_m_function_at(manifest, i);

		rv_line(m, RV_LINE, f->name, f->change, sizes(m, f), f->object);
	}
	list_data(m);
	for (size_t i = 0; i < manifest->functions.n; i++)
		add_function(m, i);
}

/* ---- the other questions ---- */

static const char *address_of(struct rv_maker *m, const struct lp_m_reference *ref)
{
	if (!strcmp(ref->match, "below") && rv_has_names_only(m))
		return NEVER;
	if (!strcmp(ref->match, "below")) /* where the runtime has put that payload */
		return lp_printf(m->arena, "+%s there", hex(m, ref->address));
	return ref->address ? hex(m, ref->address) : NEVER;
}

static void add_references(struct rv_maker *m)
{
	const struct lp_manifest *manifest = &m->input->manifest;
	const struct lp_m_reference *refs = manifest->references.items;
	const struct lp_m_pointer *pointers = manifest->pointers.items;

	rv_section(m, "reaches", "What does it reach, and how was that found?");
	if (manifest->references.n)
		rv_line(m, RV_HEAD, "symbol", "kind", "address", "found");
	else
		rv_row(m, RV_POINT, RV_PLAIN, "nothing outside of itself", NULL);
	for (size_t i = 0; i < manifest->references.n; i++)
		rv_line(m, RV_LINE, refs[i].symbol, refs[i].kind, address_of(m, &refs[i]),
			refs[i].match);
	for (size_t i = 0; i < manifest->pointers.n; i++)
		rv_row(m, RV_POINT, RV_LOOK, pointers[i].function,
		       lp_printf(m->arena, "'%s' of %s takes its address", pointers[i].holder,
				 pointers[i].object));
}

static void add_rules(struct rv_maker *m, const struct lp_strs *rules, const char *tool)
{
	for (size_t i = 0; i < rules->n; i++)
		rv_row(m, RV_RULE, RV_GOOD, rules->items[i], tool);
}

static void add_dangers(struct rv_maker *m)
{
	const struct lp_manifest *manifest = &m->input->manifest;
	const struct lp_m_harmless *harmless = manifest->harmless.items;
	const struct lp_m_eyes *eyes = manifest->eyes.items;

	rv_section(m, "wrong", "What could go wrong?");
	for (size_t i = 0; i < manifest->eyes.n; i++)
		rv_row(m, RV_POINT, RV_LOOK,
		       lp_printf(m->arena, "%s (%s)", eyes[i].at, eyes[i].rule), eyes[i].says);
	if (!manifest->eyes.n)
		rv_row(m, RV_POINT, RV_GOOD, "the tools found nothing", NULL);
	for (size_t i = 0; i < manifest->harmless.n; i++)
		rv_row(m, RV_POINT, RV_PLAIN,
		       lp_printf(m->arena, "%s: a difference is left out (%s)", harmless[i].name,
				 harmless[i].rule),
		       harmless[i].object);
	add_rules(m, &manifest->passed.objects, "create-diff-object");
	add_rules(m, &manifest->passed.executable, "extract-patch");
}

static void add_undo(struct rv_maker *m)
{
	const struct lp_m_undo *undo = &m->input->manifest.undo;
	bool is_clean = !strcmp(undo->status, "clean");

	rv_section(m, "undo", "Can it be undone?");
	rv_row(m, RV_POINT, is_clean ? RV_GOOD : RV_LOOK,
	       is_clean ? "yes, to the byte" : "yes, but not everything is then as it was before",
	       NULL);
	if (m->doc->identity.replaces)
		rv_row(m, RV_POINT, RV_LOOK, "the patches whose place it takes do not come back",
		       NULL);
	rv_fact(m, "runs then", join(m, &undo->runs));
	rv_fact(m, "is lost", join(m, &undo->loses));
	rv_fact(m, "is not taken back", join(m, &undo->stays));
	rv_fact(m, "may still be called", join(m, &undo->pins));
}

static void add_origin(struct rv_maker *m)
{
	const struct lp_manifest *manifest = &m->input->manifest;
	const struct lp_m_payload *p = &manifest->payload;

	rv_section(m, "origin", "Who built it, and from what?");
	rv_fact(m, "about", join(m, &manifest->patch.references));
	rv_fact(m, "diffs", join(m, &manifest->patch.diffs));
	rv_fact(m, "their sha256", manifest->patch.source_sha256);
	rv_fact(m, "compiler", manifest->toolchain.cc);
	rv_fact(m, "old code compared",
		!strcmp(manifest->toolchain.reproduces, "exact") ? "all of it, byte by byte"
								 : "not for every function");
	rv_fact(m, "built by", manifest->built_by);
	rv_fact(m, "signature", rv_signer(m));
	rv_fact(m, "placed",
		lp_printf(m->arena,
			  "%" PRIu64 " bytes of code, %" PRIu64 " read-only, %" PRIu64
			  " data, %" PRIu64 " zeros",
			  p->text, p->rodata, p->data, p->bss));
}

struct lp_err *rv_make(const struct rv_input *input, struct rv_doc *ret)
{
	struct rv_maker m = {
		.input = input, .arena = input->arena, .doc = ret, .cells_left = MAX_CELLS
	};
	size_t before;

	*ret = (struct rv_doc){ 0 };
	rv_names_init(&m);
	LP_TRY(rv_check(&m));
	rv_read_hunks(&m);
	add_verdict(&m);
	add_target(&m);
	add_changes(&m);
	add_references(&m);
	add_dangers(&m);
	add_undo(&m);
	add_origin(&m);
	before = ret->rows.n;
	rv_section(&m, "diff", "What else is in the source diff?");
	rv_other_hunks(&m);
	if (ret->rows.n == before + 1)
		ret->rows.n = before; /* nothing */
	return NULL;
}
