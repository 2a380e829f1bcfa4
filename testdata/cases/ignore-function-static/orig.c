/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <livepatch.h>

static int bound(int x)
{
	static int calls;

	calls++;
	return x > 10 ? 10 : x + calls;
}

int work(int x)
{
	return bound(x) * 3;
}

int other(int x)
{
	return x + 1;
}
