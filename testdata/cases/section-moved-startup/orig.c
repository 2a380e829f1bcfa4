/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);

int twice(int x)
{
	return use(x);
}

int other(int x)
{
	return use(x) + 1;
}
