/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);
void *grow(void *p, int n);
void assert_failed(const char *text, const char *function) __attribute__((noreturn));

struct buffer {
	char *bytes;
	int n, size;
};

static void write_bytes(struct buffer *b, const char *from, int n)
{
	if (b->n + n < 0)
		assert_failed("b->n + n >= 0", __func__);
	if (b->n + n > b->size) {
		b->size = (b->n + n) * 2;
		b->bytes = grow(b->bytes, b->size);
		use(b->size);
		use(b->size + 1);
		for (int i = b->n; i < b->size; i++)
			b->bytes[i] = use(i) + use(n) * use(b->n);
		use(b->n * n);
	}
	for (int i = 0; i < n; i++)
		b->bytes[b->n++] = from[i];
}

void first(struct buffer *b, const char *from)
{
	write_bytes(b, from, 4);
}

void second(struct buffer *b, const char *from)
{
	write_bytes(b, from, 8);
}

void third(struct buffer *b, const char *from, int n)
{
	write_bytes(b, from, n);
	write_bytes(b, from + n, 2);
}

int unrelated(int x)
{
	return use(x);
}
