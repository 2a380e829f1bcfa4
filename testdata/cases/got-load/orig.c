/* SPDX-License-Identifier: GPL-2.0-or-later */
extern int table[], *pointer;
int use(int *p);

int work(int x)
{
	return use(&table[x]) + use(pointer);
}
