/* SPDX-License-Identifier: GPL-2.0-or-later */
int here = 1;

int step(void)
{
	return here++;
}
