/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);

int work(int x)
{
	if (x > 0) {
		static int count;

		return use(count += x);
	} else {
		static int count;

		return use(count -= 2);
	}
}
