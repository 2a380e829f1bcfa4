/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between below() and what it has set as top(). Compiled with FIXED it has two frames more, of new
 * functions. */
extern int (*top)(int x);
int mid(int x);

#ifdef FIXED
static __attribute__((noinline)) int mid_upper(int x)
{
	volatile char room[40] = { (char)x };

	return top(x * 10) + room[1];
}

static __attribute__((noinline)) int mid_lower(int x)
{
	int y = mid_upper(x + 1);

	return y + 1;
}

int mid(int x)
{
	return mid_lower(x) + 100;
}
#else
int mid(int x)
{
	return top(x) + 10;
}
#endif
