/* SPDX-License-Identifier: GPL-2.0-or-later */
void take(int *x), give(int *x);
int use(int x);

int work(int x)
{
	__attribute__((cleanup(give))) int held = x;

	take(&held);
	return use(held);
}
