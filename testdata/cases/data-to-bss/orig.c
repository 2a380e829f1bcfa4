/* SPDX-License-Identifier: GPL-2.0-or-later */
int f(int), g(int);
int (*ops[2])(int) = { f, g };

int work(int x)
{
	return ops[x & 1](x);
}
