/* SPDX-License-Identifier: GPL-2.0-or-later */
int show(const char *s, int n);

int first(int x)
{
	return show("one\0two\0three", 13) + x;
}
