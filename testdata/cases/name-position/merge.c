/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);

__attribute__((noinline)) static int helper(int x)
{
	return use(x * 2);
}

int elsewhere(int x)
{
	return helper(x) - 1;
}
