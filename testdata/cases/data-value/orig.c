/* SPDX-License-Identifier: GPL-2.0-or-later */
struct prop {
	const char *name;
	int value;
};
int use(const struct prop *p);

struct prop props[] = {
	{ "first", 1 },
	{ "second", 2 },
};

int work(int x)
{
	return use(&props[x]);
}
