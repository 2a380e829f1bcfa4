/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signatures as the runtime sees them: policies, keys, and payloads with any one byte changed. */
#include "runtime/trust.h"

#include "lib/key.h"
#include "lib/sign.h"
#include "runtime/ed25519.h"
#include "tests/unit/rt_txn.h"

static struct lp_secret_key ours, theirs;
static struct sb_keys keys;

static void add_key(const struct lp_public_key *key)
{
	struct sb_key *to = &keys.keys[keys.n++];

	memcpy(to->bytes, key->bytes, sizeof(to->bytes));
	lp_key_id(key, to->id);
}

static int start(void **state)
{
	int rc = setup(state);

	assert_ok(lp_key_generate(&ours));
	assert_ok(lp_key_generate(&theirs));
	add_key(&ours.public_key);
	core.trust = (struct sb_trust){ &keys, SB_POLICY_ENFORCE };
	return rc;
}

/* A payload of exactly *RET_LEN bytes of the heap, so that ASan sees a read behind it. */
static u8 *signed_payload(const struct lp_secret_key *key, size_t *ret_len)
{
	struct rt_spec spec = spec_1("p", 1, 11);
	u8 *made = rt_payload(&core.exe, &spec, ret_len), *file = malloc(*ret_len);
	struct lp_payload_file wrapped;

	memcpy(file, made, *ret_len);
	assert_ok(lp_payload_wrap("p", file, *ret_len, &wrapped));
	if (key)
		lp_sign(&arena, &wrapped, key);
	return file;
}

/* What becomes of FILE; if it is taken, the transaction is given up. */
static struct sb_result result; /* of the last upload */

static enum sb_status offer(enum sb_policy policy, const u8 *file, size_t len, struct sb_error *err)
{
	bool ok;

	core.trust.policy = policy;
	err->text[0] = '\0';
	ok = sb_upload(&core, NULL, file, len, &result, err);
	if (ok)
		drop_patch(result.patch->name);
	for (unsigned a = 0; a < SB_N_AREAS; a++)
		assert_int_equal(sb_area_usage(&core.areas[a]).free,
				 sb_area_usage(&core.areas[a]).total);
	return ok ? SB_OK : err->status;
}

#define assert_offer(policy, file, len, code, part)                                                \
	do {                                                                                       \
		struct sb_error err_;                                                              \
		enum sb_status status_ = offer(policy, file, len, &err_);                          \
		if (!strstr(err_.text, part))                                                      \
			fail_msg("'%s' is not in '%s'", part, err_.text);                          \
		assert_int_equal(status_, code);                                                   \
	} while (0)

static void good_signature_is_taken(void **state)
{
	size_t len;
	u8 *file = signed_payload(&ours, &len);

	(void)state;
	assert_offer(SB_POLICY_ENFORCE, file, len, SB_OK, "");
	assert_offer(SB_POLICY_WARN, file, len, SB_OK, "");
	assert_string_equal(result.warning.text, "");
	free(file);
}

static void no_signature(void **state)
{
	size_t len;
	u8 *file = signed_payload(NULL, &len);

	(void)state;
	assert_offer(SB_POLICY_ENFORCE, file, len, SB_TRUST, "payload is not signed (keys that");
	assert_offer(SB_POLICY_WARN, file, len, SB_OK, "");
	assert_non_null(strstr(result.warning.text, "payload is not signed"));
	assert_offer(SB_POLICY_OFF, file, len, SB_OK, "");
	assert_string_equal(result.warning.text, "");
	rt_shdr(file, LIVEPATCH_SEC_SIGN)->sh_type = SHT_PROGBITS;
	assert_offer(SB_POLICY_ENFORCE, file, len, SB_TRUST, "it has no place for a signature");
	free(file);
}

static void wrong_key(void **state)
{
	char id[2 * LP_KEY_ID_LEN + 1], text[100];
	size_t len;
	u8 *file = signed_payload(&theirs, &len);
	struct livepatch_signature *note = NULL;
	struct lp_payload_file wrapped;

	(void)state;
	assert_offer(SB_POLICY_ENFORCE, file, len, SB_TRUST,
		     "payload is signed with another key: ");
	sb_hex(keys.keys[0].id, LP_KEY_ID_LEN, id);
	snprintf(text, sizeof(text), "(keys that this program trusts: %s)", id);
	assert_offer(SB_POLICY_ENFORCE, file, len, SB_TRUST, text);
	/* Who says that it is ours is not believed. */
	assert_ok(lp_payload_wrap("p", file, len, &wrapped));
	note = (struct livepatch_signature *)(file + wrapped.sign_off);
	memcpy(note->key_id, keys.keys[0].id, sizeof(note->key_id));
	snprintf(text, sizeof(text), "or it was not signed by key %s", id);
	assert_offer(SB_POLICY_ENFORCE, file, len, SB_TRUST, text);
	free(file);
}

static void second_key_counts_too(void **state)
{
	size_t len;
	u8 *file = signed_payload(&theirs, &len);

	(void)state;
	add_key(&theirs.public_key);
	assert_offer(SB_POLICY_ENFORCE, file, len, SB_OK, "");
	keys.n = 0;
	assert_offer(SB_POLICY_ENFORCE, file, len, SB_TRUST, "trusts: none)");
	keys.n = 1;
	free(file);
}

static void two_notes(void **state)
{
	size_t len;
	u8 *file = signed_payload(&ours, &len);
	Elf64_Shdr *note = rt_shdr(file, LIVEPATCH_SEC_SIGN);

	(void)state;
	/* The same place twice, under another name. */
	*rt_shdr(file, LIVEPATCH_SEC_MODINFO) = *note;
	assert_offer(SB_POLICY_ENFORCE, file, len, SB_TRUST, "it has two signatures");
	free(file);
}

/* Any byte of a signed payload, spoilt: refused as not trusted, and without that check no crash. */
static void no_byte_can_be_changed(void **state)
{
	struct sb_error err;
	size_t len;
	u8 *file = signed_payload(&ours, &len);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		u8 saved = file[i];
		u8 values[] = { saved ^ 1, saved ^ 0x80, (u8)~saved };

		for (size_t k = 0; k < sizeof(values); k++) {
			file[i] = values[k];
			if (offer(SB_POLICY_ENFORCE, file, len, &err) != SB_TRUST)
				fail_msg("byte %zu as 0x%02x: %s", i, values[k], err.text);
			offer(SB_POLICY_OFF, file, len, &err);
		}
		file[i] = saved;
	}
	for (size_t n = 0; n < len; n += 7)
		assert_offer(SB_POLICY_ENFORCE, file, n, SB_TRUST, "");
	assert_offer(SB_POLICY_ENFORCE, file, len, SB_OK, "");
	free(file);
}

/* Thousands of headers for the same bytes must not keep the listener busy. */
static void overlapping_notes_cost_little(void **state)
{
	size_t size = 1 << 20, n = 4000;
	u8 *file = calloc(1, size);
	Elf64_Ehdr *eh = (Elf64_Ehdr *)file;
	Elf64_Shdr *sh = (Elf64_Shdr *)(file + sizeof(*eh));

	(void)state;
	memcpy(eh->e_ident, ELFMAG, SELFMAG);
	eh->e_ident[EI_CLASS] = ELFCLASS64;
	eh->e_ident[EI_DATA] = ELFDATA2LSB;
	eh->e_shoff = sizeof(*eh);
	eh->e_shnum = (Elf64_Half)n;
	eh->e_shentsize = sizeof(*sh);
	for (size_t i = 0; i < n; i++)
		sh[i] = (Elf64_Shdr){ .sh_type = SHT_NOTE,
				      .sh_offset = size / 2,
				      .sh_size = size / 2 };
	assert_offer(SB_POLICY_ENFORCE, file, size, SB_TRUST, "its notes overlap");
	free(file);
}

static void policy_gets_only_stricter(void **state)
{
	static const struct {
		const char *wish;
		enum sb_policy built, want;
	} cases[] = {
		{ NULL, SB_POLICY_OFF, SB_POLICY_OFF },
		{ "", SB_POLICY_OFF, SB_POLICY_OFF },
		{ "off", SB_POLICY_OFF, SB_POLICY_OFF },
		{ "warn", SB_POLICY_OFF, SB_POLICY_WARN },
		{ "enforce", SB_POLICY_OFF, SB_POLICY_ENFORCE },
		{ "off", SB_POLICY_WARN, SB_POLICY_WARN },
		{ "Enforce", SB_POLICY_WARN, SB_POLICY_ENFORCE },
		{ "off", SB_POLICY_ENFORCE, SB_POLICY_ENFORCE },
		{ "warn", SB_POLICY_ENFORCE, SB_POLICY_ENFORCE },
		{ NULL, SB_POLICY_ENFORCE, SB_POLICY_ENFORCE },
		{ "no", SB_POLICY_OFF, SB_POLICY_ENFORCE },
		{ "off", (enum sb_policy)7, SB_POLICY_ENFORCE },
	};

	(void)state;
	for (size_t i = 0; i < LP_ARRAY_SIZE(cases); i++) {
		struct sb_keys built = { .policy = cases[i].built };

		assert_int_equal(sb_trust_make(&built, cases[i].wish).policy, cases[i].want);
	}
}

static void ids_are_listed(void **state)
{
	struct sb_keys full = { .n = SB_MAX_KEYS + 5 };
	char text[SB_KEY_IDS_LEN];

	(void)state;
	sb_trust_ids(&full, text);
	assert_int_equal(strlen(text), SB_MAX_KEYS * 17 - 1);
	full.n = 0;
	sb_trust_ids(&full, text);
	assert_string_equal(text, "none");
	assert_int_equal(sb_keys.n, 0);
	assert_int_equal(sb_keys.policy, SB_POLICY_OFF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good_signature_is_taken),
		TEST(no_signature),
		TEST(wrong_key),
		TEST(second_key_counts_too),
		TEST(two_notes),
		TEST(no_byte_can_be_changed),
		TEST(overlapping_notes_cost_little),
		TEST(policy_gets_only_stricter),
		TEST(ids_are_listed),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
