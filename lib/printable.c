/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/printable.h"

/*
 * Overlong forms, surrogates and values above U+10FFFF are not well-formed (Unicode 15, table 3-7):
 * readers reject the whole document.
 */
size_t lp_utf8_len(const u8 *s)
{
	u8 low = 0x80, high = 0xbf;
	size_t len;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	if (s[0] == 0xed)
		high = 0x9f;
	if (s[0] == 0xf0)
		low = 0x90;
	if (s[0] == 0xf4)
		high = 0x8f;
	for (size_t i = 1; i < len; i++, low = 0x80, high = 0xbf) {
		if (s[i] < low || s[i] > high)
			return 0;
	}
	return len;
}

bool lp_is_control(const u8 *s)
{
	return *s < 0x20 || *s == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0);
}

/* Bytes of the character at S that a terminal may get, or 0. */
static size_t clean_len(const u8 *s)
{
	size_t len = lp_utf8_len(s);

	return len && !lp_is_control(s) ? len : 0;
}

void lp_printable(char *text)
{
	for (char *p = text; *p;) {
		size_t len = clean_len((const u8 *)p);

		if (!len)
			*p = '?';
		p += len ? len : 1;
	}
}

void lp_print_clean(FILE *out, const char *text)
{
	for (const char *p = text; *p;) {
		size_t len = *p == '\n' || *p == '\t' ? 1 : clean_len((const u8 *)p);

		if (len)
			fwrite(p, 1, len, out);
		else
			fputc('?', out);
		p += len ? len : 1;
	}
}
