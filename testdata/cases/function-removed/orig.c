/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);

__attribute__((noinline)) static int old(int x)
{
	return use(x + 3);
}

int entry(int x)
{
	return old(x) + 1;
}
