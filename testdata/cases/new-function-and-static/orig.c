/* SPDX-License-Identifier: GPL-2.0-or-later */
int log_line(const char *fmt, ...);

__attribute__((noinline)) int other(int x)
{
	return log_line("other %d", x);
}

int changed(int x)
{
	if (x > 10)
		return other(x);
	return x + 1;
}
