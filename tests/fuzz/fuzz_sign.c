/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as what the tools for signatures read; the first one says what: a key, a payload to be
 * signed, a payload to be shown. What was signed must verify, and no more so with any one byte
 * changed.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/key.h"
#include "lib/sign.h"
#include "review/review.h"
#include "tests/fuzz/review.h"

static struct lp_secret_key key;

static void read_key(const u8 *data, size_t size)
{
	struct lp_public_key public_key;
	struct lp_secret_key secret;

	lp_err_destroy(lp_key_parse_public("key", (const char *)data, size, &public_key));
	lp_err_destroy(lp_key_parse_secret("key", (const char *)data, size, &secret));
}

static bool is_good(struct lp_arena *arena, u8 *bytes, size_t size)
{
	struct lp_payload_file file;
	struct lp_err *err = lp_payload_wrap("payload", bytes, size, &file);
	bool good;

	if (!err)
		err = lp_sign_verify(arena, &file, &key.public_key, 1);
	good = !err;
	lp_err_destroy(err);
	return good;
}

static void sign(struct lp_arena *arena, u8 *bytes, size_t size, size_t change)
{
	struct lp_payload_file file;
	struct lp_err *err = lp_payload_wrap("payload", bytes, size, &file);

	if (err) {
		lp_err_destroy(err);
		return;
	}
	lp_sign(arena, &file, &key);
	if (!is_good(arena, bytes, size))
		__builtin_trap();
	bytes[change % size] ^= 1;
	if (is_good(arena, bytes, size))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const u8 seed[LP_KEY_LEN] = { 1 };
	struct lp_arena arena = { 0 };
	u8 *copy;

	if (!key.bytes[0] && lp_key_from_seed(seed, &key))
		abort();
	if (size < 3)
		return 0;
	copy = malloc(size - 2); /* so that ASan sees a read behind it */
	if (!copy)
		abort();
	memcpy(copy, data + 2, size - 2);
	if (data[0] % 3 == 0)
		read_key(copy, size - 2);
	else if (data[0] % 3 == 1)
		sign(&arena, copy, size - 2, (size_t)data[1] * 37);
	else
		review(&arena, copy, size - 2, &key.public_key);
	lp_arena_deinit(&arena);
	free(copy);
	return 0;
}
