/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <livepatch.h>

int first(int x)
{
	return x + 1;
}

int second(int x)
{
	return x + 3;
}
