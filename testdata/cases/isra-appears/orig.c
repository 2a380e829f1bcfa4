/* SPDX-License-Identifier: GPL-2.0-or-later */
struct box {
	int a, b, c;
};
int use(int x);

__attribute__((noinline)) static int read_box(struct box *box)
{
	int b = box->b;

	box->a = 0;
	return use(b) + use(b + 1);
}

int entry(struct box *box)
{
	return read_box(box) + 1;
}

int other(struct box *box)
{
	return read_box(box + 1) + 2;
}
