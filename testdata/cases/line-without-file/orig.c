/* SPDX-License-Identifier: GPL-2.0-or-later */
int trace(int line, int x);

int f(int x)
{
	return trace(__LINE__, x) + 1;
}
