/* SPDX-License-Identifier: GPL-2.0-or-later */ /* clang-format off */
int report(const char *file, long x, int line);
struct pair { long a, b; };

/* Put into %rdx for both: the second word of what is returned, and the line. */
struct pair f(long x)
{
	struct pair ret = { x, 8 };

	if (x > 4)
		ret.a = report(__FILE__, x, __LINE__);
	return ret;
}
