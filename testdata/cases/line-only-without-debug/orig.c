/* SPDX-License-Identifier: GPL-2.0-or-later */ /* clang-format off */
void report(void *to, const char *file, int line, const char *format, ...);
void fail(const char *what, const char *file, int line) __attribute__((noreturn, cold));
int use(int a, int b, int c);
#define CHECK(x) ((x) ? (void)0 : fail(#x, __FILE__, __LINE__))
#define REPORT(to, ...) report(to, __FILE__, __LINE__, __VA_ARGS__)

int many(int *p, void *to)
{
	CHECK(p);
	if (*p == 3) {
		REPORT(to,
		       "three of %d",
		       *p);
		return -1;
	}
	for (int i = 0; i < *p; i++) {
		CHECK(p[i] < 100 &&
		      p[i] > 3);
		if (p[i] == 4)
			REPORT(to, "four");
		p[i] += use(i, 17, 200);
	}
	REPORT(to, "done");
	return 0;
}
