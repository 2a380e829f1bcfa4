/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int *x);

int step(void)
{
	int last = 0;

	return use(&last);
}
