/* SPDX-License-Identifier: GPL-2.0-or-later */
struct dev;
int get(struct dev *dev);

int step(struct dev *dev)
{
	return get(dev);
}
