/* SPDX-License-Identifier: GPL-2.0-or-later */
#define TEXT(x)	 #x
#define TEXT2(x) TEXT(x)
int say(const char *text);

int f(int x)
{
	return say(__FILE__ ":" TEXT2(__LINE__)) + x;
}
