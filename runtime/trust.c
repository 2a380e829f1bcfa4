/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "runtime/trust.h"

#include <string.h>

#include "runtime/ed25519.h"
#include "runtime/note.h"
#include "runtime/signature.h"

#define DOMAIN_LEN (sizeof(LIVEPATCH_SIGN_DOMAIN) - 1)
#define ID_DIGITS  (2 * LIVEPATCH_KEY_ID_LEN + 1)

static const char *const policy_names[] = {
	[SB_POLICY_OFF] = "off",
	[SB_POLICY_WARN] = "warn",
	[SB_POLICY_ENFORCE] = "enforce",
};

const char *sb_policy_name(enum sb_policy policy)
{
	return policy_names[policy];
}

struct sb_trust sb_trust_make(const struct sb_keys *keys, const char *wish)
{
	uint32_t wanted = SB_POLICY_ENFORCE, policy = keys->policy;

	if (!wish || !wish[0])
		wanted = SB_POLICY_OFF;
	for (uint32_t i = SB_POLICY_OFF; wish && i <= SB_POLICY_ENFORCE; i++)
		if (!strcmp(wish, policy_names[i]))
			wanted = i;
	if (policy > SB_POLICY_ENFORCE)
		policy = SB_POLICY_ENFORCE;
	return (struct sb_trust){ .keys = keys,
				  .policy = (enum sb_policy)(policy > wanted ? policy : wanted) };
}

static uint32_t count(const struct sb_keys *keys)
{
	return keys->n < SB_MAX_KEYS ? keys->n : SB_MAX_KEYS;
}

void sb_trust_ids(const struct sb_keys *keys, char *out)
{
	if (!count(keys))
		memcpy(out, "none", sizeof("none"));
	for (uint32_t i = 0; i < count(keys); i++) {
		sb_hex(keys->keys[i].id, LIVEPATCH_KEY_ID_LEN, out);
		out += ID_DIGITS - 1;
		if (i + 1 < count(keys))
			*out++ = ',';
	}
}

static const struct sb_key *find_key(const struct sb_keys *keys, const uint8_t *id)
{
	for (uint32_t i = 0; i < count(keys); i++)
		if (!memcmp(keys->keys[i].id, id, LIVEPATCH_KEY_ID_LEN))
			return &keys->keys[i];
	return NULL;
}

static bool refuse(const struct sb_keys *keys, struct sb_error *err, const char *what,
		   const char *detail)
{
	char ids[SB_KEY_IDS_LEN];

	sb_trust_ids(keys, ids);
	return sb_fail(err, SB_TRUST, "%s%s (keys that this program trusts: %s)", what, detail,
		       ids);
}

bool sb_trust_check(const struct sb_keys *keys, const uint8_t *file, size_t size,
		    struct sb_arena *scratch, struct sb_error *err)
{
	static const struct livepatch_signature none;
	struct livepatch_signature signature;
	char id[ID_DIGITS];
	const struct sb_key *key;
	const char *why;
	uint8_t *message;
	uint64_t off;

	why = sb_signature_find(file, size, &off);
	if (why)
		return refuse(keys, err, "payload is not signed: ", why);
	memcpy(&signature, file + off, sizeof(signature));
	if (!memcmp(&signature, &none, sizeof(none)))
		return refuse(keys, err, "payload is not signed", "");
	sb_hex(signature.key_id, sizeof(signature.key_id), id);
	key = find_key(keys, signature.key_id);
	if (!key)
		return refuse(keys, err, "payload is signed with another key: ", id);
	if (size > LIVEPATCH_MAX_SIZE)
		return refuse(keys, err, "payload is too large to be verified", "");
	message = sb_alloc(scratch, DOMAIN_LEN + size);
	if (!message)
		return sb_fail(err, SB_FAILED, "out of memory");
	memcpy(message, LIVEPATCH_SIGN_DOMAIN, DOMAIN_LEN);
	memcpy(message + DOMAIN_LEN, file, size);
	memset(message + DOMAIN_LEN + off, 0, sizeof(signature));
	if (!sb_ed25519_verify(signature.bytes, message, DOMAIN_LEN + size, key->bytes))
		return refuse(
			keys, err,
			"payload was changed after it was signed, or it was not signed by key ",
			id);
	return true;
}
