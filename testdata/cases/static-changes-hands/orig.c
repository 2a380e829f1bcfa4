/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);

int first(int x)
{
	static int count;

	return use(count += x);
}

int second(int x)
{
	return use(x);
}
