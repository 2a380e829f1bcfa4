/* SPDX-License-Identifier: GPL-2.0-or-later */
static int table[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
extern int sink;

int get(int x)
{
	return table[x - 10];
}

int set(int x)
{
	table[x & 15] = x;
	return sink;
}
