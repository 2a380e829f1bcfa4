/* SPDX-License-Identifier: GPL-2.0-or-later */
int print(const char *s);
int same(const char *a, const char *b);

int first(int x)
{
	return print("shared text") + x;
}

int second(int x)
{
	return print("shared text") - x;
}
