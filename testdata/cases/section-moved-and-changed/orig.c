/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);

__attribute__((hot, noinline)) int twice(int x)
{
	return use(x) * 2;
}

int other(int x)
{
	return use(x) + 1;
}
