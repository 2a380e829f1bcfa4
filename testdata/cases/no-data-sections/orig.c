/* SPDX-License-Identifier: GPL-2.0-or-later */
static int first = 1;
static int second = 2;

int work(int x)
{
	return first += x * second;
}

int other(int x)
{
	first = x;
	return second++;
}
