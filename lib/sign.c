/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/sign.h"

#include <string.h>

#include "lib/file.h"
#include "runtime/signature.h"

#define DOMAIN_LEN (sizeof(LIVEPATCH_SIGN_DOMAIN) - 1)

_Static_assert(LP_KEY_ID_LEN == LIVEPATCH_KEY_ID_LEN, "length of an id");

struct lp_err *lp_payload_wrap(const char *name, u8 *bytes, size_t len, struct lp_payload_file *ret)
{
	const char *why;

	*ret = (struct lp_payload_file){ .name = name, .bytes = bytes, .len = len };
	why = sb_signature_find(bytes, len, &ret->sign_off);
	if (!why)
		return NULL;
	return lp_err_advice(
		lp_err(LP_TRUST, "'%s' can't be signed: %s", name, why),
		"lpbuild and extract-patch write payloads with a place for a signature");
}

struct lp_err *lp_payload_read(struct lp_arena *arena, const char *path,
			       struct lp_payload_file *ret)
{
	size_t len;
	u8 *bytes;

	LP_TRY(lp_file_read(arena, path, LIVEPATCH_MAX_SIZE, &bytes, &len));
	return lp_payload_wrap(path, bytes, len, ret);
}

bool lp_signature_get(const struct lp_payload_file *file, struct livepatch_signature *ret)
{
	static const struct livepatch_signature none;

	memcpy(ret, file->bytes + file->sign_off, sizeof(*ret));
	return memcmp(ret, &none, sizeof(none)) != 0;
}

static void put(struct lp_payload_file *file, const struct lp_public_key *key,
		const u8 signature[LP_SIGNATURE_LEN])
{
	struct livepatch_signature note;

	lp_key_id(key, note.key_id);
	memcpy(note.bytes, signature, sizeof(note.bytes));
	memcpy(file->bytes + file->sign_off, &note, sizeof(note));
}

const u8 *lp_sign_message(struct lp_arena *arena, const struct lp_payload_file *file,
			  size_t *ret_len)
{
	u8 *message = lp_alloc(arena, DOMAIN_LEN + file->len);

	memcpy(message, LIVEPATCH_SIGN_DOMAIN, DOMAIN_LEN);
	memcpy(message + DOMAIN_LEN, file->bytes, file->len);
	memset(message + DOMAIN_LEN + file->sign_off, 0, sizeof(struct livepatch_signature));
	*ret_len = DOMAIN_LEN + file->len;
	return message;
}

void lp_sign(struct lp_arena *arena, struct lp_payload_file *file, const struct lp_secret_key *key)
{
	u8 signature[LP_SIGNATURE_LEN];
	size_t len;
	const u8 *message = lp_sign_message(arena, file, &len);

	lp_key_sign(key, message, len, signature);
	put(file, &key->public_key, signature);
}

static const char *id_text(struct lp_arena *arena, const struct lp_public_key *key)
{
	u8 id[LP_KEY_ID_LEN];

	lp_key_id(key, id);
	return lp_hex(arena, id, sizeof(id));
}

struct lp_err *lp_sign_take(struct lp_arena *arena, struct lp_payload_file *file,
			    const struct lp_public_key *key, const u8 signature[LP_SIGNATURE_LEN])
{
	size_t len;
	const u8 *message = lp_sign_message(arena, file, &len);

	if (!lp_key_verify(key, message, len, signature))
		return lp_err_advice(
			lp_err(LP_TRUST, "the signature is not one of key %s for '%s'",
			       id_text(arena, key), file->name),
			"sign what 'lpbuild verify --message' writes, as Ed25519 without a hash");
	put(file, key, signature);
	return NULL;
}

static struct lp_err *not_known(struct lp_arena *arena, const struct lp_payload_file *file,
				const u8 *id, const struct lp_public_key *keys, size_t n)
{
	const char *given = "";

	for (size_t i = 0; i < n; i++)
		given = lp_printf(arena, "%s%s%s", given, i ? ", " : "", id_text(arena, &keys[i]));
	return lp_err(LP_TRUST, "'%s' is signed with another key: %s, not %s", file->name,
		      lp_hex(arena, id, LP_KEY_ID_LEN), given);
}

struct lp_err *lp_sign_verify(struct lp_arena *arena, const struct lp_payload_file *file,
			      const struct lp_public_key *keys, size_t n)
{
	struct livepatch_signature signature;
	u8 id[LP_KEY_ID_LEN];
	size_t len, i = 0;

	if (!lp_signature_get(file, &signature))
		return lp_err(LP_TRUST, "'%s' is not signed", file->name);
	for (; i < n; i++) {
		lp_key_id(&keys[i], id);
		if (!memcmp(id, signature.key_id, sizeof(id)))
			break;
	}
	if (i == n)
		return not_known(arena, file, signature.key_id, keys, n);
	const u8 *message = lp_sign_message(arena, file, &len);

	if (lp_key_verify(&keys[i], message, len, signature.bytes))
		return NULL;
	return lp_err(LP_TRUST, "'%s' was changed after it was signed, or not signed by key %s",
		      file->name, id_text(arena, &keys[i]));
}
