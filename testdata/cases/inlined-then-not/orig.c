/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);

static int helper(int x)
{
	return use(x) + use(x + 1) + use(x + 2);
}

int first(int x)
{
	return helper(x);
}

int second(int x)
{
	return use(x) * 2;
}
