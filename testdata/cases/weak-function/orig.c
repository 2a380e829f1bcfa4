/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);

__attribute__((weak)) int maybe(int x)
{
	return use(x);
}
