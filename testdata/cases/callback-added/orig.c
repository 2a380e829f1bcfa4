/* SPDX-License-Identifier: GPL-2.0-or-later */
void set_timer(int (*cb)(int));
int use(int x);

int start(int x)
{
	return use(x);
}
