/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);

int work(int x)
{
	static int level = 3;

	return use(level += x);
}
