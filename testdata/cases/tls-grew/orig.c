/* SPDX-License-Identifier: GPL-2.0-or-later */
__thread int area[4] = { 1 };

int work(int x)
{
	return area[x & 3];
}
