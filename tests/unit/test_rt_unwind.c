/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The .eh_frame of payloads that are wrong in one thing each, and what the unwinder is told. */
#include "runtime/load.h"
#include "tests/unit/rt_load.h"

#define FDE  24 /* where it begins */
#define END  (FDE + 20)
#define SIZE (END + 4)

/* As gcc writes it for a function of 6 bytes. */
static const u8 right[SIZE] = {
	20, 0,	  0, 0, 0, 0,  0, 0, 1, 'z', 'R', 0, 1, 0x78, 16, 1, 0x1b, 12, 7,
	8,  0x90, 1, 0, 0, 16, 0, 0, 0, 28,  0,	  0, 0, 0,    0,  0, 0,	   6,
};

static struct rt_spec with_frames(const u8 *frames, size_t len)
{
	struct rt_spec spec = good();

	spec.frames = frames;
	spec.frames_len = len;
	spec.fde = FDE;
	return spec;
}

static void good_frames_load(void **state)
{
	struct rt_spec spec = with_frames(right, SIZE);
	u8 signal[SIZE + 4] = {
		24, 0, 0, 0, 0, 0, 0, 0, 1, 'z', 'R', 'S', 0, 1, 0x78, 16, 1, 0x1b
	};

	(void)state;
	assert_spec(spec, SB_OK, "");
	memcpy(signal + FDE + 4, right + FDE, 20);
	signal[FDE + 8] = FDE + 8;
	spec = with_frames(signal, sizeof(signal));
	spec.fde += 4;
	assert_spec(spec, SB_OK, "");
}

/* One byte is another, and that is seen at the record which begins at WHERE. */
static void assert_byte(size_t at, u8 value, const char *where)
{
	u8 frames[SIZE] = { 0 };
	struct rt_spec spec = with_frames(frames, SIZE);

	memcpy(frames, right, SIZE);
	assert_int_not_equal(frames[at], value);
	frames[at] = value;
	assert_spec(spec, SB_REFUSED, where);
}

static void each_mistake_is_refused(void **state)
{
	const char *cie = "'.eh_frame'+0x0 is no record for new code";
	const char *fde = "'.eh_frame'+0x18 is no record for new code";

	(void)state;
	assert_byte(8, 3, cie); /* version */
	assert_byte(9, 'e', cie);
	assert_byte(10, 'P', cie);
	assert_byte(11, 'L', cie);
	assert_byte(15, 5, cie);    /* bytes of augmentation */
	assert_byte(16, 0x1c, cie); /* addresses of 8 bytes */
	assert_byte(0, 16, "no end mark");
	assert_byte(FDE, 12, fde); /* no room for the augmentation */
	assert_byte(FDE, 40, "no end mark");
	assert_byte(FDE + 4, 29, fde); /* before the section */
	assert_byte(FDE + 4, 24, fde); /* no CIE there */
	assert_byte(FDE + 4, 8, fde);
	assert_byte(FDE + 12, 0, fde);
	assert_byte(FDE + 12, 7, fde); /* more than the text */
	assert_byte(FDE + 15, 0x80, fde);
	assert_byte(END, 1, "no end mark");
}

static void length_is_checked(void **state)
{
	struct rt_spec spec;

	(void)state;
	for (size_t len = FDE + 12; len < SIZE; len++) {
		spec = with_frames(right, len);
		assert_spec(spec, SB_REFUSED, "no end mark");
	}
	u8 *longer = lp_alloc(&arena, 2 * (size_t)SIZE);

	memcpy(longer, right, SIZE);
	spec = with_frames(longer, SIZE + 4); /* an end mark too many */
	assert_spec(spec, SB_REFUSED, "'.eh_frame'+0x2c is no record");
}

static void no_byte_is_trusted(void **state)
{
	struct rt_spec spec = with_frames(right, SIZE);
	size_t len;
	u8 *file = rt_payload(&exe, &spec, &len);

	(void)state;
	assert_no_byte_is_trusted(file, len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good_frames_load),
		TEST(each_mistake_is_refused),
		TEST(length_is_checked),
		TEST(no_byte_is_trusted),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
