/* SPDX-License-Identifier: GPL-2.0-or-later */
__attribute__((section("checks"))) int here = 1;

int step(void)
{
	return here++;
}
