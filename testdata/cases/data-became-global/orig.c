/* SPDX-License-Identifier: GPL-2.0-or-later */
static int level = 3;

int *get(void)
{
	return &level;
}
