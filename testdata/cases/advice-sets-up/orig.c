/* SPDX-License-Identifier: GPL-2.0-or-later */
struct device {
	int n_queues;
	int features;
};
int add_queue(struct device *dev, int size);

void dev_realize(struct device *dev)
{
	for (int i = 0; i < dev->n_queues; i++)
		add_queue(dev, 256);
}
