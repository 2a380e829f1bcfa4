/* SPDX-License-Identifier: GPL-2.0-or-later */
struct bus {
	int unit;
};

void cancel(struct bus *bus);
void start(struct bus *bus);

void reset(struct bus *bus)
{
	bus->unit = 0;
	cancel(bus);
}

void other(struct bus *bus)
{
	bus->unit++;
	start(bus);
}
