/* SPDX-License-Identifier: GPL-2.0-or-later */
typedef struct {
	int id;
} Dev;

int step(Dev *dev)
{
	return dev->id;
}
