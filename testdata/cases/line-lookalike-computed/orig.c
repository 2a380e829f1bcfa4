/* SPDX-License-Identifier: GPL-2.0-or-later */ /* clang-format off */
int note(const char *file, int size);

/* Numbers of these lines, with which something is done before the call. */
int product(int x)
{
	return note(__FILE__, x * 7) + 1;
}

int compared(unsigned int x)
{
	return note(__FILE__, x == 12) + 1;
}

int masked(int x)
{
	return note(__FILE__, x & 17) + 1;
}
