/* SPDX-License-Identifier: GPL-2.0-or-later */
int a(int), b(int), c(int), d(int), e(int), f(int), g(int);

int choose(int what, int x)
{
	switch (what) {
	case 0:
		return a(x);
	case 1:
		return b(x + 1);
	case 2:
		return c(x + 2);
	case 3:
		return d(x * 3);
	case 4:
		return e(x - 4);
	case 5:
		return f(x ^ 5);
	}
	return -1;
}

int other(int what, int x)
{
	switch (what) {
	case 10:
		return f(x);
	case 11:
		return e(x + 1);
	case 12:
		return d(x + 2);
	case 13:
		return c(x * 3);
	case 14:
		return b(x - 4);
	case 15:
		return a(x ^ 5);
	}
	return -2;
}
