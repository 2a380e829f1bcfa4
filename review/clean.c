// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "review/model.h"

/* Length of the UTF-8 character at P of N bytes, and which; 0 when it is none. */
static size_t decode(const u8 *p, size_t n, u32 *ret)
{
	static const u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = *p < 0x80 ? 1 : *p >> 5 == 6 ? 2 : *p >> 4 == 14 ? 3 : *p >> 3 == 30 ? 4 : 0;

	if (!len || len > n)
		return 0;
	*ret = len == 1 ? *p : *p & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if (p[i] >> 6 != 2)
			return 0;
		*ret = *ret << 6 | (p[i] & 0x3fu);
	}
	if (*ret < least[len] || *ret > 0x10ffff || (*ret >= 0xd800 && *ret < 0xe000))
		return 0;
	return len;
}

/* Control characters, and those that turn, join or hide what is around them: with U+202E in it, a
 * name reads backwards ("Trojan Source"). Private and unassigned planes look like nothing. */
static bool is_hidden(u32 c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x115f ||
	       c == 0x1160 || (c >= 0x17b4 && c <= 0x17b5) || (c >= 0x180b && c <= 0x180f) ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0x3164 || (c >= 0xe000 && c < 0xf900) ||
	       (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff || c == 0xffa0 ||
	       (c >= 0xfff0 && c < 0xfffd) || c >= 0xe0000;
}

const char *rv_clean_n(struct lp_arena *arena, const char *text, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char *out = lp_alloc(arena, len * 10 + 1), *to = out;

	for (size_t i = 0, n; i < len; i += n) {
		const u8 *p = (const u8 *)text + i;
		u32 c = 0;

		n = decode(p, len - i, &c);
		if (!n) {
			n = 1;
			to += sprintf(to, "\\x%c%c", digits[*p >> 4], digits[*p & 15]);
		} else if (c == '\t') {
			*to++ = '\t';
		} else if (is_hidden(c)) {
			to += sprintf(to, "\\u{%x}", c);
		} else {
			memcpy(to, p, n);
			to += n;
		}
	}
	*to = '\0';
	return out;
}

const char *rv_clean(struct lp_arena *arena, const char *text)
{
	return text ? rv_clean_n(arena, text, strlen(text)) : NULL;
}
