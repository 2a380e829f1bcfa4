// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads a manifest that anybody may have written: the schema first, then what it can't say. */
#include <string.h>

#include "lib/manifest.h"

#define SHA256_DIGITS	64
#define MAX_ID_DIGITS	128 /* of a build-id: any linker's */
#define MAX_SITE_DIGITS 18  /* endbr64 and jmp rel32 */

struct check {
	const char *name; /* of the document */
	struct lp_err *err;
};

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++) {
		if (!strcmp(text, *words))
			return true;
	}
	return false;
}

static void check_word(struct check *c, const char *key, const char *text, const char *const *words)
{
	if (!c->err && !is_one_of(text, words))
		c->err = lp_err(LP_FAILED, "%s: '%s' can't be '%s'", c->name, key, text);
}

/* Pairs of lower-case hex digits, at most MAX of these, with or without blanks between. */
static void check_hex(struct check *c, const char *key, const char *text, size_t max, char blank)
{
	const char *p = text;
	size_t n = 0;

	while (!c->err && strspn(p, "0123456789abcdef") >= 2 && n < max) {
		p += 2;
		n += 2;
		if (blank && *p == blank && p[1])
			p++;
	}
	if (!c->err && (*p || !n))
		c->err = lp_err(LP_FAILED, "%s: '%s' is not %zu hex digits or less", c->name, key,
				max);
}

static void check_sha256(struct check *c, const char *key, const char *text)
{
	check_hex(c, key, text, SHA256_DIGITS, 0);
	if (!c->err && strlen(text) != SHA256_DIGITS)
		c->err = lp_err(LP_FAILED, "%s: '%s' is not a SHA-256", c->name, key);
}

static void check_function(struct check *c, const struct lp_m_function *f)
{
	static const char *const changes[] = { "modified", "added", NULL };
	static const char *const sites[] = { "jmp-rel32", NULL };

	check_word(c, "change", f->change, changes);
	if (c->err || strcmp(f->change, "modified") != 0)
		return;
	if (!f->old.sha256 || !f->site.kind) {
		c->err =
			lp_err(LP_FAILED, "%s: function '%s' is modified but lacks 'old' or 'site'",
			       c->name, f->name);
		return;
	}
	check_sha256(c, "sha256", f->old.sha256);
	check_word(c, "kind", f->site.kind, sites);
	check_hex(c, "before", f->site.before, MAX_SITE_DIGITS, ' ');
}

static void check_contradictions(struct check *c, const struct lp_manifest *m)
{
	const struct lp_m_undo *undo = &m->undo;

	if (!c->err && !strcmp(m->verdict.status, "ok") && (m->eyes.n || m->data.n))
		c->err = lp_err(LP_FAILED, "%s: the verdict is 'ok', but something needs eyes",
				c->name);
	if (!c->err && !strcmp(undo->status, "clean") &&
	    (undo->runs.n || undo->loses.n || undo->stays.n || undo->pins.n))
		c->err = lp_err(LP_FAILED,
				"%s: undoing is 'clean', but not everything is as before", c->name);
}

struct lp_err *lp_manifest_read(struct lp_arena *arena, const char *name, const char *text,
				size_t len, struct lp_manifest *ret)
{
	static const char *const verdicts[] = { "ok", "review", NULL };
	static const char *const undos[] = { "clean", "careful", NULL };
	static const char *const reproduces[] = { "exact", "unchecked", NULL };
	struct check c = { name };

	LP_TRY(lp_yaml_read(arena, &lp_manifest_schema, name, text, len, ret));
	if (ret->version != LP_MANIFEST_VERSION)
		return lp_err(LP_FAILED, "%s: version %llu of the manifest is not known", name,
			      (unsigned long long)ret->version);
	check_word(&c, "status", ret->verdict.status, verdicts);
	check_word(&c, "status", ret->undo.status, undos);
	check_word(&c, "reproduces-target", ret->toolchain.reproduces, reproduces);
	check_hex(&c, "build-id", ret->target.build_id, MAX_ID_DIGITS, 0);
	if (ret->patch.source_sha256)
		check_sha256(&c, "source-sha256", ret->patch.source_sha256);
	for (size_t i = 0; i < ret->functions.n; i++)
		check_function(&c, lp_m_function_at(ret, i));
	check_contradictions(&c, ret);
	return c.err;
}
