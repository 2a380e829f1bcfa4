/* SPDX-License-Identifier: GPL-2.0-or-later */
enum {
	MODE_READ = 1,
	MODE_WRITE = 2,
};

int step(int *mode)
{
	return *mode & MODE_WRITE;
}
