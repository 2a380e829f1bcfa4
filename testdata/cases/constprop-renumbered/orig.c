/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int *x);

static __attribute__((noinline)) int sum(int *x, int step, int k)
{
	int n = k;

	for (int i = 0; i < 64; i += step)
		n += use(x + i) * step;
	return n;
}

int first(int *x)
{
	return sum(x, 1, 2) + sum(x + 1, 1, 2) + 1;
}

int second(int *x)
{
	return sum(x, 2, 1) + sum(x + 1, 2, 1) + 2;
}

int third(int *x)
{
	return sum(x, x[0], x[1]);
}
