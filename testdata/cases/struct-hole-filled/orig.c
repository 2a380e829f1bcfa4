/* SPDX-License-Identifier: GPL-2.0-or-later */
struct dev {
	int id;
	char *name;
};

int step(struct dev *dev)
{
	return dev->id;
}
