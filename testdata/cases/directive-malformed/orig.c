/* SPDX-License-Identifier: GPL-2.0-or-later */
int work(int x)
{
	return x + 1;
}
