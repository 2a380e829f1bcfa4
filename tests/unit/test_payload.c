/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What raxlpxs --info reads from a payload file. */
#include "raxlpxs/payload.h"

#include "lib/file.h"
#include "lib/hash.h"
#include "lib/sign.h"
#include "runtime/exe.h"
#include "tests/unit/rt_payload.h"

static struct sb_exe exe;

/* As extract-patch does: the hash with id and signature as zeros. */
static void stamp(u8 *file, size_t len)
{
	u8 *id = file + rt_shdr(file, LIVEPATCH_SEC_BUILD_ID)->sh_offset + 16;
	u8 hash[LP_SHA256_LEN];

	memset(id, 0, LIVEPATCH_BUILD_ID_LEN);
	lp_sha256(file, len, hash);
	memcpy(id, hash, LIVEPATCH_BUILD_ID_LEN);
}

static u8 *payload(size_t *ret_len)
{
	static const u64 old[4] = { 1, 2, 3, 4 }, new[4] = { 1, 2, 3, 5 };
	static struct rt_table table;
	struct rt_spec spec = { .name = "fix",
				.id = 1,
				.funcs = { rt_func("rt_old_1", rt_old_1, 11),
					   rt_func("rt_old_2", rt_old_2, 12) },
				.n = 2,
				.tables = &table,
				.n_tables = 1,
				.bss = 100 };
	u8 *file;

	sb_exe_init(&exe);
	table = (struct rt_table){ .name = "rt_constants",
				   .addr = (u64)(uintptr_t)rt_constants,
				   .old = old,
				   .new = new,
				   .size = sizeof(old) };
	file = rt_payload(&exe, &spec, ret_len);
	stamp(file, *ret_len);
	return file;
}

static struct lp_payload parsed(u8 *file, size_t len, const struct lp_public_key *keys, size_t n)
{
	struct lp_payload p;

	assert_ok(lp_payload_parse(&arena, "p", file, len, keys, n, &p));
	return p;
}

static void tells_what_is_there(void **state)
{
	size_t len;
	u8 *file = payload(&len);
	struct lp_payload p = parsed(file, len, NULL, 0);

	(void)state;
	assert_string_equal(p.name, "fix");
	assert_null(p.summary);
	assert_int_equal(p.size, len);
	assert_true(p.has_right_id);
	assert_string_equal(p.build_id, p.content_id);
	assert_string_equal(p.target, lp_hex(&arena, exe.build_id, exe.build_id_len));
	assert_null(p.depends);
	assert_int_equal(p.n_funcs, 2);
	assert_string_equal(p.funcs[0].name, "rt_old_1");
	assert_string_equal(p.funcs[1].name, "rt_old_2");
	assert_int_equal(p.funcs[1].old_size, RT_OLD_SIZE);
	assert_int_equal(p.funcs[1].new_size, 6);
	assert_int_equal(p.n_tables, 1);
	assert_int_equal(p.n_hooks, 0);
	assert_int_equal(p.text_size, 12);
	assert_int_equal(p.data_size, 100);
	assert_int_equal(p.is_signed, LP_SIGNED_NO);
	assert_null(p.sign_why);
}

static void the_signature_is_no_part_of_the_id(void **state)
{
	struct lp_secret_key key, other;
	struct lp_payload_file wrapped;
	struct lp_payload p;
	size_t len;
	u8 *file = payload(&len);

	(void)state;
	assert_ok(lp_key_generate(&key));
	assert_ok(lp_key_generate(&other));
	p = parsed(file, len, &key.public_key, 1);
	assert_string_equal(p.sign_why, "'p' is not signed");
	assert_ok(lp_payload_wrap("p", file, len, &wrapped));
	lp_sign(&arena, &wrapped, &key);
	p = parsed(file, len, NULL, 0);
	assert_true(p.has_right_id);
	assert_int_equal(p.is_signed, LP_SIGNED_UNCHECKED);
	p = parsed(file, len, &key.public_key, 1);
	assert_int_equal(p.is_signed, LP_SIGNED_GOOD);
	assert_null(p.sign_why);
	p = parsed(file, len, &other.public_key, 1);
	assert_int_equal(p.is_signed, LP_SIGNED_BAD);
	assert_non_null(strstr(p.sign_why, "signed with another key"));
	file[rt_shdr(file, ".text.rt_old_1")->sh_offset + 1]++;
	p = parsed(file, len, &key.public_key, 1);
	assert_int_equal(p.is_signed, LP_SIGNED_BAD);
	assert_non_null(strstr(p.sign_why, "was changed after it was signed"));
	assert_false(p.has_right_id);
}

static void the_manifest_beside_it(void **state)
{
	struct lp_payload p;
	size_t len;
	u8 *file = payload(&len);
	const char *path = test_path("fix.raxlpxs"), *manifest = test_path("fix.yaml");

	(void)state;
	assert_ok(lp_file_write(path, file, len));
	assert_ok(lp_payload_open(&arena, path, NULL, 0, &p));
	assert_int_equal(p.manifest, LP_MANIFEST_NONE);
	assert_string_equal(p.manifest_path, manifest);
	assert_ok(lp_file_write(manifest, "x", 1));
	assert_ok(lp_payload_open(&arena, path, NULL, 0, &p));
	assert_int_equal(p.manifest, LP_MANIFEST_DIFFERS);
}

static void hostile_bytes(void **state)
{
	unsigned n_ok = 0, n_wrong = 0;
	struct lp_payload p;
	size_t len;
	u8 *file = payload(&len);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		u8 *copy = malloc(len); /* so that ASan sees a read behind it */
		struct lp_err *err;

		memcpy(copy, file, len);
		copy[i] ^= i & 1 ? 0x80 : 0xff;
		err = lp_payload_parse(&arena, "p", copy, len, NULL, 0, &p);
		if (!err)
			n_ok++;
		/* The sections' names may be gone, the id with them; else the hash tells. */
		assert_false(!err && p.has_right_id && p.is_signed == LP_SIGNED_NO);
		n_wrong += err != NULL;
		lp_err_destroy(err);
		lp_arena_deinit(&arena);
		free(copy);
		file = payload(&len);
	}
	assert_true(n_ok > 100 && n_wrong > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tells_what_is_there),
		TEST(the_signature_is_no_part_of_the_id),
		TEST(the_manifest_beside_it),
		TEST(hostile_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
