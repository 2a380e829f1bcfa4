/* SPDX-License-Identifier: GPL-2.0-or-later */
extern int (*timer)(int);
int use(int x);

int start(int x)
{
	return use(x);
}
