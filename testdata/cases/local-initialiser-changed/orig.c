/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clang-format off */
int use(const int *values);

int work(int x)
{
	int values[] = { 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597, 2584, x };

	return use(values);
}

int other(int x)
{
	int values[] = { 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, x };

	return use(values);
}
