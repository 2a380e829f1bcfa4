/* SPDX-License-Identifier: GPL-2.0-or-later */
int report(const char *where, const char *what);

int first(int x)
{
	return x;
}

int second(int x)
{
	return report(__func__, "bad") + x;
}

int third(int x)
{
	return report(__FUNCTION__, "worse") + x;
}
