/* SPDX-License-Identifier: GPL-2.0-or-later */
int complain(const char *file, int line);

int first(int x)
{
	return x + 1;
}

int second(int x)
{
	return x ? complain(__FILE__, __LINE__) : 0;
}
