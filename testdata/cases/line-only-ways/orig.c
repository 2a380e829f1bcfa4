/* SPDX-License-Identifier: GPL-2.0-or-later */ /* clang-format off */
typedef void report_fn(void *to, const char *file, int line);
extern report_fn *reporter;
void report(void *to, const char *file, int line, const char *format, ...);
#define REPORT(to, ...) report(to, __FILE__, __LINE__, __VA_ARGS__)
int take(void *to);
long many(long, long, long, long, long);

/* A call through a pointer at the end. */
void at_the_end(void *to)
{
	reporter(to, __FILE__, __LINE__);
}

/* The register that keeps the file's name is used for something else, too. */
long register_used_again(void *to, int n)
{
	long a = take(to), b = take(to), c = take(to), d = take(to), e = take(to);

	a = many(a, b, c, d, e) + many(e, d, c, b, a) + a * b - c * d + e;
	do {
		REPORT(to, "first");
		take(to);
		REPORT(to, "second");
	} while (take(to) < n);
	b = take(to), c = take(to), d = take(to), e = take(to);
	return many(a, b, c, d, e) + many(e, d, c, b, a) + a * b - c * d + e;
}

/* A jump table beside. */
int cases(void *to, int x)
{
	switch (x) {
	case 1: return take(to) + 7;
	case 2: REPORT(to, "two"); return 5;
	case 3: REPORT(to, "three"); return 8;
	case 4: return take(to) * 3;
	case 5: REPORT(to, "five"); break;
	case 6: take(to); break;
	}
	return 0;
}
