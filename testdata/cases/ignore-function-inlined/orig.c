/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <livepatch.h>

static inline __attribute__((always_inline)) int bound(int x)
{
	return x > 10 ? 10 : x;
}

int work(int x)
{
	return bound(x) * 3;
}
