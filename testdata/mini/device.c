/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two kinds of device. The ring takes records: a length byte, which counts itself, and data.
 * A record of length 0 never ends: that is the defect that fix-loop.patch mends.
 */
#include <string.h>

#include "mini.h"

#define N_DEVICES 2

static struct device devices[N_DEVICES];
static __thread unsigned long thread_ops;

static void ring_record(struct device *dev, const uint8_t *data, size_t len)
{
	(void)data;
	__atomic_add_fetch(&dev->records, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&dev->bytes, len, __ATOMIC_RELAXED);
}

static int ring_write(struct device *dev, const uint8_t *data, size_t len)
{
	size_t pos = 0;

	while (pos < len) {
		size_t record = data[pos];

		if (record > len - pos)
			return -1;
		ring_record(dev, data + pos, record);
		pos += record;
	}
	return 0;
}

static void ring_reset(struct device *dev)
{
	dev->records = 0;
	dev->bytes = 0;
	dev->resets++;
}

static int sink_write(struct device *dev, const uint8_t *data, size_t len)
{
	(void)data;
	dev->bytes += len;
	return 0;
}

static void sink_reset(struct device *dev)
{
	dev->bytes = 0;
	dev->resets++;
}

static const struct device_ops kinds[N_DEVICES] = {
	{ "ring", ring_write, ring_reset },
	{ "sink", sink_write, sink_reset },
};

unsigned device_next_id(void)
{
	static unsigned next = 100;

	return next++;
}

void devices_init(void)
{
	for (unsigned i = 0; i < N_DEVICES; i++) {
		devices[i].ops = &kinds[i];
		devices[i].id = device_next_id();
		snprintf(devices[i].name, sizeof(devices[i].name), "%s%u", kinds[i].kind, i);
	}
}

struct device *device_find(const char *name)
{
	for (unsigned i = 0; i < N_DEVICES; i++)
		if (!strcmp(devices[i].name, name))
			return &devices[i];
	return NULL;
}

int device_write(struct device *dev, const uint8_t *data, size_t len)
{
	thread_ops++;
	return dev->ops->write(dev, data, len);
}

void device_reset(struct device *dev)
{
	thread_ops++;
	dev->ops->reset(dev);
}

unsigned long device_thread_ops(void)
{
	return thread_ops;
}

void device_describe(const struct device *dev, char *out, size_t size)
{
	snprintf(out, size, "%s id=%u records=%llu bytes=%llu", dev->name, dev->id,
		 (unsigned long long)dev->records, (unsigned long long)dev->bytes);
}
