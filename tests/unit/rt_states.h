/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests of states.h: patches of the functions of rt_txn.h. */
#ifndef RT_STATES_H
#define RT_STATES_H

#include "tests/unit/rt_txn.h"

static const u8 id_1[LIVEPATCH_BUILD_ID_LEN] = { [0 ... 19] = 1 };
static const u8 id_2[LIVEPATCH_BUILD_ID_LEN] = { [0 ... 19] = 2 };

/* A patch of one of the functions, made from the unpatched program. */
static inline struct rt_spec patch(const char *name, u8 id, int (*old)(void), int value)
{
	struct rt_spec spec = { .name = name, .id = id, .n = 1 };
	size_t at = (size_t)((uintptr_t)old - (uintptr_t)rt_old_1);

	spec.funcs[0] = rt_func(name, old, value);
	memcpy(spec.funcs[0].expect, before + at, 9);
	return spec;
}

static inline struct rt_spec on(struct rt_spec spec, const u8 *below)
{
	spec.depends = below;
	spec.depends_len = LIVEPATCH_BUILD_ID_LEN;
	return spec;
}

static inline void uploaded(const struct rt_spec *spec)
{
	struct sb_result result;
	struct sb_error err;

	if (upload(spec, &result, &err) != SB_OK)
		fail_msg("upload of '%s': %s", spec->name, err.text);
	assert_false(result.already);
	assert_int_equal(result.patch->state, WIRE_CHECKED);
}

static inline void apply_with(const char *key, u32 flags)
{
	struct sb_error err;
	bool already = false;

	if (begin_apply(key, flags, &already, &err) != SB_OK || already || commit(&err) != SB_OK)
		fail_msg("apply of '%s': %s", key, err.text);
}

#define assert_refused(call, code, part)                                                           \
	do {                                                                                       \
		struct sb_error err;                                                               \
		bool already __attribute__((unused)) = false;                                      \
		assert_int_equal(call, code);                                                      \
		if (!strstr(err.text, part))                                                       \
			fail_msg("'%s' instead of '%s'", err.text, part);                          \
	} while (0)

#endif
