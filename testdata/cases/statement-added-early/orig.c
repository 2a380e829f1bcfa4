/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>

extern int values[];
int use(const char *text, unsigned int x);

int first(unsigned int x)
{
	unsigned int n = x;

	assert(n > 1);
	return use("first", n + x);
}

int second(unsigned int x)
{
	static int n_calls;

	assert(n_calls++ < 100);
	return use("second", x);
}

int third(unsigned int x)
{
	static int n_calls;

	assert(n_calls++ < 200);
	return use("third", x);
}
