/* SPDX-License-Identifier: GPL-2.0-or-later */
void use(int *x);
void fail(const char *fmt, ...) __attribute__((cold, noreturn));

int work(int x)
{
	if (x < 0)
		fail("negative %d", x);
	use(&x);
	return x;
}

int other(int x)
{
	if (x < 0)
		fail("also negative %d", x);
	use(&x);
	return x + 1;
}
