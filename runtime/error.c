/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Error texts: one line each, bounded, without control characters. */
#include "runtime/error.h"

#include <stdarg.h>
#include <stdio.h>

void sb_error_set(struct sb_error *err, enum sb_status status, const char *fmt, ...)
{
	va_list args;

	err->status = status;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	/* Names come from payloads: keep the reply on one line. */
	for (char *p = err->text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
}

static size_t append_quiet(char *text, size_t pos, const char *s)
{
	while (*s && pos < WIRE_MAX_TEXT)
		text[pos++] = *s++;
	text[pos] = '\0';
	return pos;
}

void sb_error_set_quiet(struct sb_error *err, enum sb_status status, const char *before,
			uint64_t number, const char *after)
{
	char digits[24];
	size_t n = sizeof(digits);
	size_t pos;

	digits[--n] = '\0';
	do {
		digits[--n] = (char)('0' + number % 10);
		number /= 10;
	} while (number);

	err->status = status;
	pos = append_quiet(err->text, 0, before);
	pos = append_quiet(err->text, pos, digits + n);
	append_quiet(err->text, pos, after);
}
