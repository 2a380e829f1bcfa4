/* SPDX-License-Identifier: GPL-2.0-or-later */
int take(unsigned int x)
{
	static const struct {
		int n;
		int bytes;
	} sizes[] = { { 1, 2 }, { 3, 4 }, { 7 } };

	return sizes[x].bytes;
}
