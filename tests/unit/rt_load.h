/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests that give the loader payloads which are wrong in one thing each. */
#ifndef RT_LOAD_H
#define RT_LOAD_H

#include "runtime/load.h"
#include "tests/unit/rt_payload.h"

static struct sb_exe exe;
static struct sb_area areas[SB_N_AREAS];
static struct sb_patches patches, others;

static inline int setup(void **state)
{
	(void)state;
	sb_exe_init(&exe);
	sb_areas_init(areas);
	return 0;
}

static inline struct rt_spec good(void)
{
	return (struct rt_spec){ .name = "p",
				 .id = 1,
				 .funcs = { rt_func("rt_old_1", rt_old_1, 11) },
				 .n = 1,
				 .bss = 100 };
}

/* Loads and gives back; the status. ERR has the text. */
static inline enum sb_status load(const u8 *file, size_t len, struct sb_error *err)
{
	struct sb_load ctx = { &exe, &patches, &others, areas };
	struct sb_arena scratch = { 0 };
	struct sb_payload payload;
	struct sb_images images;
	struct sb_patch *patch;
	u8 *copy = malloc(len); /* so that ASan sees a read behind it */
	bool ok;

	memcpy(copy, file, len);
	err->text[0] = '\0';
	ok = sb_parse(&scratch, copy, len, &payload, err) &&
	     sb_load(&ctx, &payload, &scratch, &patch, &images, err);
	if (ok)
		sb_patch_destroy(patch, areas);
	sb_arena_deinit(&scratch);
	free(copy);
	for (unsigned a = 0; a < SB_N_AREAS; a++)
		assert_int_equal(sb_area_usage(&areas[a]).free, sb_area_usage(&areas[a]).total);
	return ok ? SB_OK : err->status;
}

#define assert_load(file, len, code, part)                                                         \
	do {                                                                                       \
		struct sb_error err_;                                                              \
		enum sb_status status_ = load(file, len, &err_);                                   \
		if (!strstr(err_.text, part))                                                      \
			fail_msg("'%s' is not in '%s'", part, err_.text);                          \
		assert_int_equal(status_, code);                                                   \
	} while (0)

/* The payload of SPEC is refused with STATUS and PART of the text. */
#define assert_spec(spec, code, part)                                                              \
	do {                                                                                       \
		size_t len_;                                                                       \
		u8 *file_ = rt_payload(&exe, &(spec), &len_);                                      \
		assert_load(file_, len_, code, part);                                              \
	} while (0)

/* Each byte of a payload, spoilt in four ways: whatever comes of it, no crash, no leak of space. */
static inline void assert_no_byte_is_trusted(u8 *file, size_t len)
{
	unsigned n_ok = 0, n_refused = 0;
	struct sb_error err;

	for (size_t i = 0; i < len; i++) {
		u8 saved = file[i];
		u8 values[] = { 0x00, 0xff, saved ^ 0x80, (u8)(saved + 1) };

		for (size_t k = 0; k < sizeof(values); k++) {
			file[i] = values[k];
			if (load(file, len, &err) == SB_OK)
				n_ok++;
			else
				n_refused++;
		}
		file[i] = saved;
	}
	assert_true(n_ok > 0);
	assert_true(n_refused > 1000);
}

#endif
