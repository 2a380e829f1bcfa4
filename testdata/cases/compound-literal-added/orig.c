/* SPDX-License-Identifier: GPL-2.0-or-later */
struct desc {
	const int *list;
	int n;
};
int use(const struct desc *d);

const struct desc one = { (const int[]){ 1, 2, 3 }, 3 };
const struct desc two = { (const int[]){ 4, 5 }, 2 };

int work(int x)
{
	return use(x ? &one : &two);
}
