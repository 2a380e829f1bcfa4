/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int *p, int x);
void fail(const char *fmt, ...) __attribute__((cold, noreturn));

__attribute__((noinline)) static int sum(int x, int scale)
{
	int r = 0;

	for (int i = 0; i < x; i++)
		r += use(&r, i * scale);
	if (r < 0)
		fail("negative %d", r);
	return r;
}

int entry(int x)
{
	return sum(x, 3) + sum(x + 1, 3);
}

int other(int x)
{
	return sum(x * 2, 3);
}
