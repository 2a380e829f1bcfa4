/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/file.h"
#include "lib/hash.h"
#include "tests/unit/test.h"

static const char *hex_of(const char *text)
{
	u8 hash[LP_SHA256_LEN];

	lp_sha256(text, strlen(text), hash);
	return lp_hex(&arena, hash, sizeof(hash));
}

static void known_answers(void **state) /* FIPS 180-2, appendix B */
{
	(void)state;
	assert_string_equal(hex_of(""), "e3b0c44298fc1c149afbf4c8996fb924"
					"27ae41e4649b934ca495991b7852b855");
	assert_string_equal(hex_of("abc"), "ba7816bf8f01cfea414140de5dae2223"
					   "b00361a396177a9cb410ff61f20015ad");
}

static void pieces_give_the_same_as_the_whole(void **state)
{
	(void)state;
	u8 data[1000], whole[LP_SHA256_LEN], pieces[LP_SHA256_LEN];
	struct lp_sha256 sha;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (u8)(i * 7);
	lp_sha256(data, sizeof(data), whole);
	lp_sha256_init(&sha);
	lp_sha256_update(&sha, data, 1);
	lp_sha256_update(&sha, data + 1, 0);
	lp_sha256_update(&sha, data + 1, 700);
	lp_sha256_update(&sha, data + 701, sizeof(data) - 701);
	lp_sha256_final(&sha, pieces);
	assert_memory_equal(whole, pieces, sizeof(whole));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(known_answers),
		TEST(pieces_give_the_same_as_the_whole),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
