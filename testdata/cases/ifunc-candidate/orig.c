/* SPDX-License-Identifier: GPL-2.0-or-later */
static int first(int x)
{
	return x + 1;
}

static int (*pick(void))(int)
{
	return first;
}

int select(int x) __attribute__((ifunc("pick")));
