/* SPDX-License-Identifier: GPL-2.0-or-later */
struct ops {
	int (*run)(void *opaque, int n);
};

int step(struct ops *ops, void *opaque)
{
	return ops->run(opaque, 1);
}
