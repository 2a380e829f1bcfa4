/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);

int first(int x)
{
	static int count;

	count += x;
	return use(count);
}

int second(int x)
{
	static int count;

	count -= x;
	return use(count) + 1;
}
