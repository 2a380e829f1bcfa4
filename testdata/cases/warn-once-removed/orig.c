/* SPDX-License-Identifier: GPL-2.0-or-later */
void warn_once_cond(_Bool *printed, const char *text);

#define warn_once(text)                                                                            \
	({                                                                                         \
		static _Bool print_once_;                                                          \
		warn_once_cond(&print_once_, text);                                                \
	})

int check(int a, int b)
{
	if (a > 16)
		warn_once("a is too large");
	if (b > 16)
		warn_once("b is too large");
	if (a + b > 24)
		warn_once("together they are too large");
	return a + b;
}
