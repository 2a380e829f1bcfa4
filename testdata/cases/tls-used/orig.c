/* SPDX-License-Identifier: GPL-2.0-or-later */
static __thread int own;
extern __thread int shared;

int work(int x)
{
	own += x;
	return own + shared;
}

int other(int x)
{
	return own -= x;
}
