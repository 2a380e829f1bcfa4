/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int *x);

static __thread int count = 1;

int step(void)
{
	return use(&count);
}
