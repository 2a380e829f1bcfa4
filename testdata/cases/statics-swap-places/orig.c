/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);

__attribute__((noinline)) static int count_a(int x)
{
	static int hits;

	return use(hits += x);
}

__attribute__((noinline)) static int count_b(int x)
{
	static int hits;

	return use(hits -= x);
}

int entry(int x)
{
	return count_a(x) + count_b(x);
}
