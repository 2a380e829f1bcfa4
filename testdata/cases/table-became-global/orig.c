/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <livepatch.h>

struct ops {
	const char *name;
	int (*open)(int);
	int (*close)(int);
	unsigned flags;
};

static int do_open(int x)
{
	return x + 1;
}

static int do_close(int x)
{
	return x - 1;
}

static const struct ops file_ops = { "file", do_open, do_close, 1 };

const struct ops *files(void)
{
	return &file_ops;
}

int close_one(const struct ops *ops, int x)
{
	return ops->close(x);
}
