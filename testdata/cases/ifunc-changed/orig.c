/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);

static int fast(int x)
{
	return use(x);
}

static int slow(int x)
{
	return use(x + 1);
}

static int (*resolve(void))(int)
{
	return use(1) ? fast : slow;
}

int work(int x) __attribute__((ifunc("resolve")));
