/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);

__attribute__((noinline)) int real(int x)
{
	return use(x);
}
int same(int x) __attribute__((alias("real")));

int caller(int x)
{
	return same(x) + use(1);
}
