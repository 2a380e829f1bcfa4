/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);

int main(int argc, char **argv)
{
	(void)argv;
	return use(argc);
}
