/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);

int work(int x)
{
	return use(x);
}
