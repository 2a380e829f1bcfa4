/* SPDX-License-Identifier: GPL-2.0-or-later */ /* clang-format off */
void report(void *to, const char *file, int line, const char *format, ...);
void fail(const char *what, const char *file, int line) __attribute__((noreturn, cold));
int use(int a, int b, int c);
#define CHECK(x) ((x) ? (void)0 : fail(#x, __FILE__, __LINE__))
#define REPORT(to, ...) report(to, __FILE__, __LINE__, __VA_ARGS__)

int f(int *x, void *to)
{
	*x = 10;
	REPORT(to, "stored");
	return 0;
}
