/* SPDX-License-Identifier: GPL-2.0-or-later */ /* clang-format off */
int note(const char *file, int size);
#define NOTE(size) note(__FILE__, size)

int f(void)
{
	return 1 + NOTE(
		8);
}
