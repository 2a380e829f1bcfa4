/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/trust.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/elf.h"
#include "lib/file.h"
#include "lib/json.h"
#include "lib/key.h"
#include "lib/proc.h"
#include "lpbuild/paths.h"
#include "lpbuild/verb.h"

/* ---- the archive ---- */

static struct lp_err *read_policy(const char *word, u32 *ret)
{
	static const char *const words[] = {
		[SB_POLICY_OFF] = "off",
		[SB_POLICY_WARN] = "warn",
		[SB_POLICY_ENFORCE] = "enforce",
	};

	*ret = SB_POLICY_ENFORCE;
	for (u32 i = 0; word && i < LP_ARRAY_SIZE(words); i++)
		if (!strcmp(word, words[i])) {
			*ret = i;
			word = NULL;
		}
	return word ? lp_err(LP_USAGE, "there is no policy '%s': enforce, warn or off", word)
		    : NULL;
}

struct lp_err *lp_trust_read(struct lp_arena *arena, const struct lp_strs *keys, const char *policy,
			     struct sb_keys *ret)
{
	*ret = (struct sb_keys){ 0 };
	LP_TRY(read_policy(policy, &ret->policy));
	if (keys->n > SB_MAX_KEYS)
		return lp_err(LP_USAGE, "%zu keys are too many, at most %u are trusted", keys->n,
			      SB_MAX_KEYS);
	for (size_t i = 0; i < keys->n; i++) {
		struct sb_key *key = &ret->keys[ret->n++];
		struct lp_public_key from;

		LP_TRY(lp_key_read_public(keys->items[i], &from));
		memcpy(key->bytes, from.bytes, sizeof(key->bytes));
		lp_key_id(&from, key->id);
		for (u32 k = 0; k + 1 < ret->n; k++)
			if (!memcmp(ret->keys[k].id, key->id, sizeof(key->id)))
				return lp_err(LP_USAGE, "key %s ('%s') is given twice",
					      lp_hex(arena, key->id, sizeof(key->id)),
					      keys->items[i]);
	}
	return NULL;
}

/* What runtime/keys.c would be with these keys. */
static struct lp_err *write_object(struct lp_arena *arena, const struct sb_keys *keys,
				   const char *path)
{
	struct lp_out *out = lp_out_create(arena);
	u32 data = lp_out_section(out, ".rodata", SHT_PROGBITS, SHF_ALLOC, 32, 0);
	struct lp_symbol sym = { .name = SB_KEYS_SYMBOL,
				 .size = sizeof(*keys),
				 .type = STT_OBJECT,
				 .bind = STB_GLOBAL,
				 .vis = STV_HIDDEN,
				 .shndx = data };

	(void)lp_out_append(out, data, keys, sizeof(*keys), 32);
	(void)lp_out_symbol(out, &sym);
	/* No executable stack. */
	(void)lp_out_section(out, ".note.GNU-stack", SHT_PROGBITS, 0, 1, 0);
	return lp_out_write(out, path);
}

struct lp_err *lp_trust_archive(struct lp_arena *arena, const char *from, const char *to,
				const struct sb_keys *keys)
{
	/* ar names the member as the file; the folder of its own keeps others' files out of it. */
	const char *dir = lp_printf(arena, "%s.keys", to);
	const char *object = lp_printf(arena, "%s/%s", dir, SB_KEYS_MEMBER);
	const char *archive = lp_printf(arena, "%s/%s", dir, lp_basename(to));
	const char *const list[] = { "ar", "t", archive, SB_KEYS_MEMBER, NULL };
	const char *const replace[] = { "ar", "rD", archive, object, NULL };
	char *text;
	size_t len;

	LP_TRY(lp_remove_tree(dir));
	LP_TRY(lp_copy_file(from, archive));
	LP_TRY(lp_err_context(lp_proc_output(arena, &(struct lp_proc){ .argv = list }, &text, &len),
			      "while looking for the keys in '%s'", from));
	LP_TRY(write_object(arena, keys, object));
	LP_TRY(lp_proc_output(arena, &(struct lp_proc){ .argv = replace }, &text, &len));
	if (rename(archive, to) < 0)
		return lp_err_errno("cannot write '%s'", to);
	return lp_remove_tree(dir);
}

/* ---- lpbuild trust ---- */

struct options {
	struct lp_common_opts common;
	struct lp_strs keys;
	const char *policy, *out;
};

#define OPT(member, kind_) .kind = LP_OPT_##kind_, .offset = offsetof(struct options, member)

static const struct lp_opt opts[] = {
	{ 0, "key", "FILE", "public key to trust; may be given again", OPT(keys, LIST) },
	{ 0, "policy", "WORD", "enforce (default), warn or off", OPT(policy, STR) },
	{ 'o', "output", "FILE", "where the new archive goes", OPT(out, STR) },
	{ 0, "json", NULL, "errors as one JSON document", OPT(common.json, FLAG) },
};

static const char *const usage[] = { "libsandbox.a --key PUBLIC-KEY... -o OUT.a", NULL };

static struct lp_err *run(struct lp_arena *arena, const void *values,
			  const struct lp_strs *operands)
{
	const struct options *o = values;
	struct sb_keys keys;

	if (!o->keys.n || !o->out)
		return lp_err_advice(lp_err(LP_USAGE, "a --key and -o OUT are needed"),
				     "see 'lpbuild trust --help'");
	LP_TRY(lp_trust_read(arena, &o->keys, o->policy, &keys));
	return lp_trust_archive(arena, operands->items[0], o->out, &keys);
}

static const struct lp_cli cli = {
	.name = "lpbuild trust",
	.usage = usage,
	.summary = "Writes a runtime archive for programs that trust these keys and no others.\n"
		   "lpbuild does this itself when it builds a program with --trust.",
	.opts = opts,
	.n_opts = LP_ARRAY_SIZE(opts),
	.min_operands = 1,
	.max_operands = 1,
	.epilog = "Policies: enforce refuses payloads without a good signature, warn takes and\n"
		  "tells, off does not look.\n",
};

const struct lp_verb lp_verb_trust = { &cli, sizeof(struct options), run };
