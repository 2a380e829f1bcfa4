/* SPDX-License-Identifier: GPL-2.0-or-later */
int show(const void *s);

int first(int x)
{
	return show(L"wide text") + x;
}

int second(int x)
{
	return show(L"more wide text") + x;
}
