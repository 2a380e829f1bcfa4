/* SPDX-License-Identifier: GPL-2.0-or-later */
struct entry {
	int id;
};
static struct entry table[] __attribute__((section("my_table"), used)) = {
	{ 1 },
	{ 2 },
};

int work(int x)
{
	return x + 1;
}
