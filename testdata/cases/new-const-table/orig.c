/* SPDX-License-Identifier: GPL-2.0-or-later */
struct op {
	const char *name;
	int (*run)(int);
};
int use(int x);
int find(const struct op *ops, int n, int x);

static int add(int x)
{
	return use(x + 1);
}

static int sub(int x)
{
	return use(x - 1);
}

static const struct op ops[] = { { "add", add }, { "sub", sub } };

int run(int x)
{
	return find(ops, 2, x);
}
