/* SPDX-License-Identifier: GPL-2.0-or-later */
struct dev {
	int id;
	unsigned int head, tail;
	char *name;
};

int step(struct dev *dev)
{
	return dev->id + (int)dev->head;
}
