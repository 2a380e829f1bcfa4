/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);

__attribute__((noinline)) static int helper(int x)
{
	static int hits;

	hits += x;
	return use(hits);
}

int entry(int x)
{
	return helper(x) + use(2);
}
