/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);

int walk(int x)
{
	use(x);
	if (x > 3)
		use(walk(x - 1));
	return use(x + 1);
}
