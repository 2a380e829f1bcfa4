/* SPDX-License-Identifier: GPL-2.0-or-later */
struct dev {
	int id;
	struct {
		int head, tail;
	} queue[2];
};

int step(struct dev *dev)
{
	return dev->queue[1].head;
}
