/* SPDX-License-Identifier: GPL-2.0-or-later */
struct flags {
	unsigned int ready : 1;
	unsigned int mode : 3;
	unsigned int count : 5;
};

int step(struct flags *flags)
{
	return (int)flags->count;
}
