/* SPDX-License-Identifier: GPL-2.0-or-later */
static int first(int x)
{
	return x + 1;
}

int step(int x)
{
	return first(x);
}
