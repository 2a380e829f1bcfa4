/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <livepatch.h>

void fail(const char *why) __attribute__((cold, noreturn));

int first(int x)
{
	if (x < 0)
		fail("negative");
	return x + 1;
}

int second(int x)
{
	return x + 3;
}
