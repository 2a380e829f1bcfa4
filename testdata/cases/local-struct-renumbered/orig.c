/* SPDX-License-Identifier: GPL-2.0-or-later */
struct options {
	int size, depth, width, height, flags[20];
	const char *name;
};
int use(struct options *options);

int work(int x)
{
	struct options options = { .size = 4, .depth = 5, .flags = { 1, 2, 3 }, .name = "work" };

	options.width = x;
	return use(&options);
}
