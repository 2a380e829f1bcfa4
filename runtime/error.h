/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The one error idiom of the runtime: a function that can fail returns bool, and
 * fills an sb_error when it returns false. The status goes over the wire and becomes
 * the exit code of raxlpxs. In the stop-the-world window only sb_fail_quiet() is used.
 */
#ifndef SANDBOX_ERROR_H
#define SANDBOX_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/wire.h"

enum sb_status {
	SB_OK = 0,
	SB_FAILED = 1,
	SB_REFUSED = 2,
	SB_NOTHING = 3,
	SB_TARGET = 4,
	SB_BUSY = 5,
	SB_TRUST = 6,
	SB_USAGE = 64,
};

struct sb_error {
	enum sb_status status;
	char text[WIRE_MAX_TEXT + 1];
};

/* Both are false, so that `return sb_fail(...)` reads well. A text that is too long is cut. */
#define sb_fail(...)	   (sb_error_set(__VA_ARGS__), false)
#define sb_fail_quiet(...) (sb_error_set_quiet(__VA_ARGS__), false)

void sb_error_set(struct sb_error *err, enum sb_status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same without libc: BEFORE, NUMBER in decimal, AFTER. */
void sb_error_set_quiet(struct sb_error *err, enum sb_status status, const char *before,
			uint64_t number, const char *after);

#endif
