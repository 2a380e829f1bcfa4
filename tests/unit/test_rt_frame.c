/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "runtime/frame.h"
#include "tests/unit/test.h"

/* INFO without fields, as docs/protocol.md shows it. */
static const u8 info[] = { 'S', 'A', 'N', 'D', 2, 0, 1, 0, 12, 0, 0, 0 };

static enum sb_frame check_with(size_t at, u8 value, size_t have)
{
	struct wire_header header;
	u8 copy[sizeof(info)];

	memcpy(copy, info, sizeof(copy));
	copy[at] = value;
	return sb_frame_check(copy, have, &header);
}

static void header_is_whole_only_with_its_last_byte(void **state)
{
	struct wire_header header;

	(void)state;
	for (size_t have = 0; have < sizeof(info); have++)
		assert_int_equal(sb_frame_check(info, have, &header), SB_FRAME_PART);
	assert_int_equal(sb_frame_check(info, sizeof(info), &header), SB_FRAME_WHOLE);
	assert_int_equal(header.id, WIRE_INFO);
	assert_int_equal(header.length, 12);
}

static void garbage_is_known_by_its_first_byte(void **state)
{
	(void)state;
	assert_int_equal(check_with(0, 'G', 1), SB_FRAME_BAD);
	assert_int_equal(check_with(3, 'E', 4), SB_FRAME_BAD);
	assert_int_equal(check_with(3, 'E', 3), SB_FRAME_PART);
}

static void impossible_headers_are_bad(void **state)
{
	(void)state;
	assert_int_equal(check_with(4, 1, 12), SB_FRAME_OTHER); /* version */
	assert_int_equal(check_with(5, 1, 12), SB_FRAME_OTHER);
	assert_int_equal(check_with(8, 11, 12), SB_FRAME_BAD);	  /* shorter than a header */
	assert_int_equal(check_with(11, 2, 12), SB_FRAME_BAD);	  /* 32 MiB */
	assert_int_equal(check_with(8, 13, 12), SB_FRAME_PART);	  /* one more byte to come */
	assert_int_equal(check_with(11, 0xff, 12), SB_FRAME_BAD); /* 4 GiB */
}

/* Fields of BODY behind a header that says so; -1 when they are refused. */
static int fields_of(const void *body, size_t len, struct sb_field fields[WIRE_MAX_FIELDS])
{
	struct wire_header header = { .length = (u32)(sizeof(header) + len) };
	u8 *frame = malloc(header.length); /* so that ASan sees a read behind it */
	size_t n = 0;
	bool ok;

	memcpy(frame + sizeof(header), body, len);
	ok = sb_frame_fields(frame, &header, fields, &n);
	free(frame);
	return ok ? (int)n : -1;
}

static void fields_must_fill_the_frame(void **state)
{
	struct sb_field f[WIRE_MAX_FIELDS];
	u8 many[17 * 4] = { 0 };

	(void)state;
	assert_int_equal(fields_of("", 0, f), 0);
	assert_int_equal(fields_of("\2\0\0\0ab", 6, f), 1);
	assert_int_equal(f[0].len, 2);
	assert_int_equal(fields_of("\0\0\0\0\1\0\0\0x", 9, f), 2);
	assert_int_equal(fields_of("\2\0\0\0a", 5, f), -1);
	assert_int_equal(fields_of("\2\0\0", 3, f), -1);
	assert_int_equal(fields_of("\xff\xff\xff\xff", 4, f), -1);
	assert_int_equal(fields_of("\1\0\0\0ab", 6, f), -1);
	assert_int_equal(fields_of(many, 16 * 4, f), 16);
	assert_int_equal(fields_of(many, 17 * 4, f), -1);
}

static void reply_is_a_frame(void **state)
{
	struct sb_buf out = { 0 };
	struct wire_header header;
	struct sb_field fields[WIRE_MAX_FIELDS];
	size_t start, field, n;

	(void)state;
	sb_buf_append(&out, "before", 6);
	start = sb_reply_begin(&out, WIRE_LIST, SB_BUSY, "why");
	field = sb_field_begin(&out);
	sb_buf_append(&out, "ab", 2);
	sb_buf_append(&out, "cd", 2);
	sb_field_end(&out, field);
	sb_reply_end(&out, start);
	assert_int_equal(sb_frame_check(out.data + start, out.len - start, &header),
			 SB_FRAME_WHOLE);
	assert_int_equal(header.id, WIRE_LIST | WIRE_REPLY);
	assert_int_equal(header.length, out.len - 6);
	assert_true(sb_frame_fields(out.data + start, &header, fields, &n));
	assert_int_equal(n, 3);
	assert_memory_equal(fields[0].data, "\5\0\0\0", 4);
	assert_memory_equal(fields[1].data, "why", 3);
	assert_int_equal(fields[2].len, 4);
	assert_memory_equal(fields[2].data, "abcd", 4);
	sb_buf_deinit(&out);
}

static void error_texts_are_one_bounded_line(void **state)
{
	struct sb_error err;
	char name[3000];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_false(sb_fail(&err, SB_REFUSED, "name '%s'", name));
	assert_int_equal(strlen(err.text), WIRE_MAX_TEXT);
	assert_false(sb_fail(&err, SB_REFUSED, "name '%s'", "a\nb\033[2J"));
	assert_string_equal(err.text, "name 'a?b?[2J'");
	assert_false(sb_fail_quiet(&err, SB_BUSY, "thread ", 1234567890123, " runs"));
	assert_string_equal(err.text, "thread 1234567890123 runs");
	assert_int_equal(err.status, SB_BUSY);
	assert_false(sb_fail_quiet(&err, SB_BUSY, name, 0, ""));
	assert_int_equal(strlen(err.text), WIRE_MAX_TEXT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(header_is_whole_only_with_its_last_byte),
		TEST(garbage_is_known_by_its_first_byte),
		TEST(impossible_headers_are_bad),
		TEST(fields_must_fill_the_frame),
		TEST(reply_is_a_frame),
		TEST(error_texts_are_one_bounded_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
