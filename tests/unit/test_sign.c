/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys, their files, and signatures in payloads. tests/e2e/sign.sh does the same with openssl. */
#include <sys/stat.h>

#include "lib/elf.h"
#include "lib/file.h"
#include "lib/key.h"
#include "lib/sign.h"
#include "tests/unit/test.h"

/* The key of TEST 1 in RFC 8032, as openssl writes it. */
static const char secret_pem[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
	"-----END PRIVATE KEY-----\n";
static const char public_pem[] = "-----BEGIN PUBLIC KEY-----\n"
				 "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
				 "-----END PUBLIC KEY-----\n";

/* And its signature of no bytes. */
static const u8 rfc_signature[LP_SIGNATURE_LEN] = {
	0xe5, 0x56, 0x43, 0x00, 0xc3, 0x60, 0xac, 0x72, 0x90, 0x86, 0xe2, 0xcc, 0x80,
	0x6e, 0x82, 0x8a, 0x84, 0x87, 0x7f, 0x1e, 0xb8, 0xe5, 0xd9, 0x74, 0xd8, 0x73,
	0xe0, 0x65, 0x22, 0x49, 0x01, 0x55, 0x5f, 0xb8, 0x82, 0x15, 0x90, 0xa3, 0x3b,
	0xac, 0xc6, 0x1e, 0x39, 0x70, 0x1c, 0xf9, 0xb4, 0x6b, 0xd2, 0x5b, 0xf5, 0xf0,
	0x59, 0x5b, 0xbe, 0x24, 0x65, 0x51, 0x41, 0x43, 0x8e, 0x7a, 0x10, 0x0b,
};

static struct lp_secret_key rfc_key(void)
{
	struct lp_secret_key key;

	assert_ok(lp_key_parse_secret("rfc", secret_pem, strlen(secret_pem), &key));
	return key;
}

static void signs_as_the_rfc_says(void **state)
{
	struct lp_secret_key key = rfc_key();
	u8 signature[LP_SIGNATURE_LEN];

	(void)state;
	lp_key_sign(&key, (const u8 *)"", 0, signature);
	assert_memory_equal(signature, rfc_signature, sizeof(signature));
	assert_true(lp_key_verify(&key.public_key, (const u8 *)"", 0, signature));
	assert_false(lp_key_verify(&key.public_key, (const u8 *)"x", 1, signature));
	signature[63] ^= 0x10;
	assert_false(lp_key_verify(&key.public_key, (const u8 *)"", 0, signature));
}

static void both_halves_have_one_id(void **state)
{
	struct lp_secret_key key = rfc_key();
	struct lp_public_key public_key;
	u8 id[LP_KEY_ID_LEN];

	(void)state;
	assert_ok(lp_key_parse_public("rfc", public_pem, strlen(public_pem), &public_key));
	assert_memory_equal(public_key.bytes, key.public_key.bytes, sizeof(public_key.bytes));
	lp_key_id(&public_key, id);
	/* SHA-256 of d75a9801... */
	assert_memory_equal(id, "\x21\xfe\x31\xdf\xa1\x54\xa2\x61", sizeof(id));
}

static void files_are_as_openssl_writes_them(void **state)
{
	struct lp_secret_key key = rfc_key(), again;
	const char *secret = test_path("key"), *public_key = test_path("key.pub");
	struct stat st;
	size_t len;
	u8 *text;

	(void)state;
	assert_ok(lp_key_write_secret(secret, &key));
	assert_ok(lp_key_write_public(public_key, &key.public_key));
	assert_ok(lp_file_read(&arena, secret, 1000, &text, &len));
	assert_string_equal((char *)text, secret_pem);
	assert_ok(lp_file_read(&arena, public_key, 1000, &text, &len));
	assert_string_equal((char *)text, public_pem);
	assert_int_equal(stat(secret, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_ok(lp_key_read_secret(secret, &again));
	assert_memory_equal(&again, &key, sizeof(key));
	assert_err(lp_key_write_secret(secret, &key), LP_FAILED, "it is there already");
	assert_err(lp_key_write_public(public_key, &key.public_key), LP_FAILED, "there already");
	assert_int_equal(chmod(secret, 0604), 0);
	assert_err(lp_key_read_secret(secret, &again), LP_FAILED, "can be read by everybody");
	assert_int_equal(chmod(secret, 0640), 0);
	assert_ok(lp_key_read_secret(secret, &again));
	assert_err(lp_key_read_secret(test_path("none"), &again), LP_FAILED, "No such file");
}

static void made_keys_differ(void **state)
{
	struct lp_secret_key a, b;
	static const struct lp_secret_key zero;

	(void)state;
	assert_ok(lp_key_generate(&a));
	assert_ok(lp_key_generate(&b));
	assert_memory_not_equal(a.bytes, b.bytes, sizeof(a.bytes));
	lp_key_wipe(&a);
	assert_memory_equal(&a, &zero, sizeof(a));
}

static struct lp_err *parse_public(const char *text)
{
	struct lp_public_key key;

	return lp_key_parse_public("k", text, strlen(text), &key);
}

static struct lp_err *parse_secret(const char *text)
{
	struct lp_secret_key key;

	return lp_key_parse_secret("k", text, strlen(text), &key);
}

static char *replaced(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	assert_non_null(at);
	return lp_printf(&arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static void other_ways_to_write_a_key(void **state)
{
	(void)state;
	assert_ok(parse_public(lp_printf(&arena, "made by me\n%s\n", public_pem)));
	assert_ok(parse_public(replaced(public_pem, "\nMCow", "\r\nMCow")));
	assert_ok(parse_public(replaced(public_pem, "KxCr", "Kx\nCr")));
	assert_ok(parse_public(replaced(public_pem, "KEY-----\nMC", "KEY-----\n\nMC")));
	assert_ok(parse_secret(
		replaced(secret_pem, "END PRIVATE KEY-----\n", "END PRIVATE KEY-----")));
}

static void what_is_no_key(void **state)
{
	char *large = lp_alloc(&arena, 5000);

	(void)state;
	assert_err(parse_public(""), LP_FAILED, "'k' is not a public key for Ed25519");
	assert_err(parse_public(secret_pem), LP_FAILED, "is not a public key");
	assert_err(parse_secret(public_pem), LP_FAILED, "'k' is not a private key for Ed25519");
	assert_err(parse_secret("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"), LP_FAILED,
		   "not a private key");
	assert_err(parse_public(replaced(public_pem, "MCow", "MCow!")), LP_FAILED, "not a public");
	assert_err(parse_public(replaced(public_pem, "MCow", "MCpw")), LP_FAILED, "not a public");
	assert_err(parse_public(replaced(public_pem, "URo=", "URo")), LP_FAILED, "not a public");
	assert_err(parse_public(replaced(public_pem, "HURo=", "")), LP_FAILED, "not a public");
	assert_err(parse_public(replaced(public_pem, "AYKx", "AYKxAYKx")), LP_FAILED, "not a publ");
	assert_err(parse_public(replaced(public_pem, "END PUBLIC", "END ODD")), LP_FAILED, "not a");
	/* X25519 has one byte of the prefix otherwise (its OID ends with 0x6e). */
	assert_err(parse_public(replaced(public_pem, "K2Vw", "K2Vu")), LP_FAILED, "not a public");
	memset(large, 'x', 4999);
	assert_err(parse_public(large), LP_FAILED, "too large");
}

/* ---- payloads ---- */

static u8 *payload(u32 n_notes, size_t *ret_len)
{
	struct lp_out *out = lp_out_create(&arena);
	Elf64_Nhdr note = { sizeof(LIVEPATCH_SIGN_OWNER), sizeof(struct livepatch_signature),
			    LIVEPATCH_SIGN_TYPE };
	u32 text = lp_out_section(out, ".text", SHT_PROGBITS, SHF_ALLOC, 1, 0);
	u8 *ret;

	lp_out_append(out, text, "some code", 9, 1);
	for (u32 i = 0; i < n_notes; i++) {
		u32 sec = lp_out_section(out, LIVEPATCH_SEC_SIGN, SHT_NOTE, 0, 4, 0);

		lp_out_append(out, sec, &note, sizeof(note), 4);
		lp_out_append(out, sec, LIVEPATCH_SIGN_OWNER, sizeof(LIVEPATCH_SIGN_OWNER), 1);
		lp_out_append(out, sec, NULL, sizeof(struct livepatch_signature), 4);
	}
	assert_ok(lp_out_bytes(out, &ret, ret_len));
	return ret;
}

static struct lp_payload_file wrap(u8 *bytes, size_t len)
{
	struct lp_payload_file file;

	assert_ok(lp_payload_wrap("p", bytes, len, &file));
	return file;
}

static void signing_changes_the_note_only(void **state)
{
	struct lp_secret_key key = rfc_key();
	struct livepatch_signature signature;
	struct lp_payload_file file;
	size_t len, message_len;
	u8 *bytes = payload(1, &len), *before = lp_memdup(&arena, bytes, len);
	const u8 *message;

	(void)state;
	file = wrap(bytes, len);
	assert_false(lp_signature_get(&file, &signature));
	assert_err(lp_sign_verify(&arena, &file, &key.public_key, 1), LP_TRUST,
		   "'p' is not signed");
	lp_sign(&arena, &file, &key);
	assert_true(lp_signature_get(&file, &signature));
	assert_ok(lp_sign_verify(&arena, &file, &key.public_key, 1));
	for (size_t i = 0; i < len; i++)
		if (i < file.sign_off || i >= file.sign_off + sizeof(signature))
			assert_int_equal(bytes[i], before[i]);
	/* The message is the domain and the unsigned file. */
	message = lp_sign_message(&arena, &file, &message_len);
	assert_int_equal(message_len, len + strlen("patchbox payload 1\n"));
	assert_memory_equal(message, "patchbox payload 1\n", message_len - len);
	assert_memory_equal(message + message_len - len, before, len);
}

static void every_byte_is_signed(void **state)
{
	struct lp_secret_key key = rfc_key();
	struct lp_payload_file file, changed;
	size_t len;
	u8 *bytes = payload(1, &len);
	struct lp_err *err;

	(void)state;
	file = wrap(bytes, len);
	lp_sign(&arena, &file, &key);
	for (size_t i = 0; i < len; i++) {
		bytes[i] ^= 1;
		err = lp_payload_wrap("p", bytes, len, &changed);
		if (!err)
			err = lp_sign_verify(&arena, &changed, &key.public_key, 1);
		assert_int_equal(lp_err_code(err), LP_TRUST);
		lp_err_destroy(err);
		bytes[i] ^= 1;
	}
	assert_ok(lp_sign_verify(&arena, &file, &key.public_key, 1));
}

static void keys_are_told_apart(void **state)
{
	struct lp_secret_key key = rfc_key(), other;
	struct lp_public_key both[2];
	struct lp_payload_file file;
	size_t len;
	u8 *bytes = payload(1, &len);
	u8 signature[LP_SIGNATURE_LEN] = { 1 };

	(void)state;
	file = wrap(bytes, len);
	assert_ok(lp_key_generate(&other));
	both[0] = other.public_key;
	both[1] = key.public_key;
	lp_sign(&arena, &file, &key);
	assert_err(lp_sign_verify(&arena, &file, both, 1), LP_TRUST,
		   "signed with another key: 21fe31dfa154a261, not ");
	assert_ok(lp_sign_verify(&arena, &file, both, 2));
	assert_err(lp_sign_take(&arena, &file, &both[0], signature), LP_TRUST, "is not one of key");
	assert_ok(lp_sign_verify(&arena, &file, both, 2));
	lp_sign(&arena, &file, &other);
	assert_ok(lp_sign_verify(&arena, &file, both, 1));
}

static void place_of_the_signature(void **state)
{
	struct lp_payload_file file;
	size_t len;
	u8 *bytes = payload(0, &len);

	(void)state;
	assert_err(lp_payload_wrap("p", bytes, len, &file), LP_TRUST,
		   "'p' can't be signed: it has no place for a signature");
	bytes = payload(2, &len);
	assert_err(lp_payload_wrap("p", bytes, len, &file), LP_TRUST, "it has two signatures");
	bytes = payload(1, &len);
	assert_err(lp_payload_wrap("p", bytes, 10, &file), LP_TRUST, "it is not an ELF file");
	/* The header says that the sections' headers begin inside the note. */
	struct lp_payload_file good = wrap(bytes, len);
	Elf64_Ehdr *eh = (Elf64_Ehdr *)bytes;
	Elf64_Shdr sh[3];
	u8 *copy = lp_alloc(&arena, len + 4096);

	memcpy(copy, bytes, len);
	memcpy(sh, bytes + eh->e_shoff, sizeof(sh));
	eh = (Elf64_Ehdr *)copy;
	eh->e_shoff = len + 1;
	eh->e_shnum = 3;
	memcpy(copy + eh->e_shoff, sh, sizeof(sh));
	assert_ok(lp_payload_wrap("p", copy, len + 4096, &file));
	/* The same headers, but the note lies among them. */
	sh[2].sh_offset = eh->e_shoff + sizeof(sh[0]);
	memcpy(copy + eh->e_shoff + 2 * sizeof(sh[0]), &sh[2], sizeof(sh[0]));
	memcpy(copy + sh[2].sh_offset, bytes + good.sign_off - 24, 24);
	assert_err(lp_payload_wrap("p", copy, len + 4096, &file), LP_TRUST, "overlaps its headers");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(signs_as_the_rfc_says),
		TEST(both_halves_have_one_id),
		TEST(files_are_as_openssl_writes_them),
		TEST(made_keys_differ),
		TEST(other_ways_to_write_a_key),
		TEST(what_is_no_key),
		TEST(signing_changes_the_note_only),
		TEST(every_byte_is_signed),
		TEST(keys_are_told_apart),
		TEST(place_of_the_signature),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
