/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>

#include "lib/zip.h"
#include "tests/unit/test.h"

#define MAX ((size_t)1 << 20)

static u8 *zip(const void *data, size_t len, size_t *ret_len)
{
	u8 *body;

	assert_ok(lp_zip(&arena, data, len, &body, ret_len));
	return body;
}

static struct lp_err *unzip(const void *body, size_t len, size_t max)
{
	size_t got_len;
	u8 *got;

	return lp_unzip(&arena, body, len, max, &got, &got_len);
}

static void assert_round_trip(const void *data, size_t len)
{
	size_t body_len, got_len;
	u8 *body = zip(data, len, &body_len), *got;

	assert_ok(lp_unzip(&arena, body, body_len, MAX, &got, &got_len));
	assert_int_equal(got_len, len);
	assert_memory_equal(got, data, len);
	assert_int_equal(got[len], 0);
}

static void data_comes_back(void **state)
{
	(void)state;
	u8 noise[5000];
	u32 seed = 1;

	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (u8)((seed = seed * 1103515245 + 12345) >> 16);
	assert_round_trip("", 0);
	assert_round_trip("x", 1);
	assert_round_trip(noise, sizeof(noise));
	assert_round_trip(lp_alloc(&arena, 100000), 100000);
}

static void header_is_that_of_elf(void **state)
{
	(void)state;
	size_t len;
	Elf64_Chdr head;

	memcpy(&head, zip("hello", 5, &len), sizeof(head));
	assert_int_equal(head.ch_type, ELFCOMPRESS_ZLIB);
	assert_int_equal(head.ch_size, 5);
	assert_int_equal(head.ch_addralign, 1);
}

static void sizes_are_bounded(void **state)
{
	(void)state;
	size_t len;
	u8 *body = zip(lp_alloc(&arena, 100000), 100000, &len);

	assert_err(unzip(body, len, 99999), LP_FAILED, "more than the 99999 allowed");
	assert_err(unzip(body, sizeof(Elf64_Chdr) - 1, MAX), LP_FAILED, "too short");
}

/* The body of "hello" with the header field changed that SIZE or TYPE names. */
static u8 *with_header(u32 type, u64 size, size_t *ret_len)
{
	u8 *body = zip("hello", 5, ret_len);
	Elf64_Chdr head = { .ch_type = type, .ch_size = size, .ch_addralign = 1 };

	memcpy(body, &head, sizeof(head));
	return body;
}

static void damage_is_an_error(void **state)
{
	(void)state;
	size_t len;
	u8 *body = with_header(77, 5, &len);

	assert_err(unzip(body, len, MAX), LP_FAILED, "unknown type 77");
	body = with_header(ELFCOMPRESS_ZLIB, 4, &len);
	assert_err(unzip(body, len, MAX), LP_FAILED, "damaged");
	body = with_header(ELFCOMPRESS_ZLIB, 6, &len);
	assert_err(unzip(body, len, MAX), LP_FAILED, "its length is wrong");
	body = with_header(ELFCOMPRESS_ZLIB, 5, &len);
	assert_err(unzip(body, len - 1, MAX), LP_FAILED, "damaged");
	body[len - 1] ^= 1; /* the checksum */
	assert_err(unzip(body, len, MAX), LP_FAILED, "damaged");
}

static void bytes_after_the_end_are_an_error(void **state)
{
	(void)state;
	size_t len;
	u8 *body = zip("hello", 5, &len), *longer = lp_alloc(&arena, len + 1);

	memcpy(longer, body, len);
	assert_err(unzip(longer, len + 1, MAX), LP_FAILED, "its length is wrong");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(data_comes_back),
		TEST(header_is_that_of_elf),
		TEST(sizes_are_bounded),
		TEST(damage_is_an_error),
		TEST(bytes_after_the_end_are_an_error),
	};

	return cmocka_run_group_tests_name("zip", tests, NULL, NULL);
}
