/* SPDX-License-Identifier: GPL-2.0-or-later */
int log_line(const char *fmt, ...);

int first(int x)
{
	return log_line("first %d", x);
}

int second(int x)
{
	return log_line("second %d", x);
}
