/* SPDX-License-Identifier: GPL-2.0-or-later */
void set_timers(int (**cb)(int));
int use(int x);

__attribute__((noinline)) static int tick(int x)
{
	return use(x);
}

int start(int x)
{
	return x ? tick(x - 1) : use(3);
}
