/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);
int slow_path(int x);

static int check(int *p, int x)
{
	if (x == 0)
		return 0;
	for (int i = 0; i < x; i++) {
		*p += use(i) * use(i + 1) - use(i + 2);
		*p ^= slow_path(i) + use(i * 3) + slow_path(x);
		*p += slow_path(*p) * use(*p + 5);
	}
	return slow_path(*p) + use(*p) + 1;
}

int first(int *p)
{
	return check(p, p[1]);
}

int second(int *p)
{
	return check(p, p[2]) + 1;
}
