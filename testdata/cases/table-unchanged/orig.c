/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <livepatch.h>

struct property {
	const char *name;
	int type;
	int value;
};

static struct property properties[] = {
	{ "width", 1, 640 },
	{ "height", 1, 480 },
	{ 0 },
};

struct property *find(int i)
{
	return &properties[i];
}
