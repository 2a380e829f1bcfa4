/* SPDX-License-Identifier: GPL-2.0-or-later */ /* clang-format off */
int note(const char *file);

/* Stored, not given to the call. */
int stored(int *x)
{
	*x = 7;
	return note(__FILE__) + 1;
}

/* Given to another call if there is no file. */
int other(int to, int line);

int chosen(int x, int y)
{
	if (x)
		return other(y, 17);
	return note(__FILE__) + 1;
}
