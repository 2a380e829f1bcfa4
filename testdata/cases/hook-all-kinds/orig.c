/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <livepatch.h>

int limit = 3;

int work(int x)
{
	return x < limit;
}
