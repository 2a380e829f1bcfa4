/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <livepatch.h>

int work(int x)
{
	return x + 1;
}
