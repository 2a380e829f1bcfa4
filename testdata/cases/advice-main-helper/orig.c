/* SPDX-License-Identifier: GPL-2.0-or-later */
int parse(const char *text);
int loop(void);

static int __attribute__((noinline)) parse_all(int n, char **args)
{
	for (int i = 1; i < n; i++) {
		if (parse(args[i]) < 0)
			return 1;
	}
	return 0;
}

int main(int n, char **args)
{
	return parse_all(n, args) || loop();
}
