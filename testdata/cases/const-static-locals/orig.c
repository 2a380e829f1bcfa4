/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);

int work(int x)
{
	static const char *const names[] = { "a", "b" };

	return use(names[x & 1][0]);
}

int other(int x)
{
	static const char *const names[] = { "c", "d", "e" };

	return use(names[x % 3u][0] + 1);
}
