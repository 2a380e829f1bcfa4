/* SPDX-License-Identifier: GPL-2.0-or-later */
struct part {
	int n;
	int bytes;
};
struct one {
	struct part part;
	int x;
};

int take(struct one *one)
{
	return one->x;
}
