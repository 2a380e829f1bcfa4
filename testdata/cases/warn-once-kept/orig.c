/* SPDX-License-Identifier: GPL-2.0-or-later */
void warn_once_cond(_Bool *printed, const char *text);

#define warn_once(text)                                                                            \
	({                                                                                         \
		static _Bool print_once_;                                                          \
		warn_once_cond(&print_once_, text);                                                \
	})

void report(unsigned long *reg, int sid, int is_write)
{
	if (*reg & 1)
		warn_once("fault is not recorded because of an overflow");
	*reg |= (unsigned long)(is_write << 31) | (unsigned long)sid;
	if (*reg & 2)
		warn_once("fault is not recorded because of compression");
	else
		warn_once("fault event is pending already");
}
