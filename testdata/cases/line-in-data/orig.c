/* SPDX-License-Identifier: GPL-2.0-or-later */
struct site {
	const char *file;
	int line;
};
int note(const struct site *site);

int f(int x)
{
	static struct site here = { __FILE__, __LINE__ };

	return note(&here) + x;
}
