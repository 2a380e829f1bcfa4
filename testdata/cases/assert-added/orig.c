/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
int use(int x);

int first(int x)
{

	return use(x);
}

int second(int x)
{
	assert(x > 2);
	return use(x + 2);
}

int third(int x)
{
	assert(x > 3);
	return use(x + 3);
}
