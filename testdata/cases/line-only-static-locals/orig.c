/* SPDX-License-Identifier: GPL-2.0-or-later */ /* clang-format off */
void report(void *to, const char *file, int line, const char *format, ...);
void fail(const char *what, const char *file, int line) __attribute__((noreturn, cold));
int use(int a, int b, int c);
#define CHECK(x) ((x) ? (void)0 : fail(#x, __FILE__, __LINE__))
#define REPORT(to, ...) report(to, __FILE__, __LINE__, __VA_ARGS__)

#define ONCE(to, ...) ({ static int once; if (!once) { once = 1; REPORT(to, __VA_ARGS__); } })

int f(int x, void *to)
{
	if (x == 3)
		ONCE(to, "f three");
	if (x == 4)
		ONCE(to, "f four");
	return x;
}

int g(int x, void *to)
{
	if (x == 3)
		ONCE(to, "g three");
	if (x == 4)
		ONCE(to, "g four");
	return x;
}
