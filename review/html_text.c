// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "review/html.h"

void rv_put_n(FILE *out, const char *text, size_t len)
{
	for (const char *end = text + len; text < end; text++) {
		if (*text == '&')
			fputs("&amp;", out);
		else if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '>')
			fputs("&gt;", out);
		else if (*text == '"')
			fputs("&quot;", out);
		else if (*text == '\'')
			fputs("&#39;", out);
		else
			fputc(*text, out);
	}
}

void rv_put(FILE *out, const char *text)
{
	if (text)
		rv_put_n(out, text, strlen(text));
}

void rv_put_in(FILE *out, const char *tag, const char *text)
{
	fprintf(out, "<%s>", tag);
	rv_put(out, text);
	fprintf(out, "</%.*s>", (int)strcspn(tag, " "), tag);
}

void rv_put_id(FILE *out, const char *before, const char *id)
{
	fputs(before, out);
	for (; *id; id++) {
		if (isspace((unsigned char)*id))
			fputc('_', out);
		else
			rv_put_n(out, id, 1);
	}
	fputc('"', out);
}

void rv_put_link(FILE *out, const char *prefix, const char *id)
{
	fprintf(out, "<a href=\"#%s", prefix);
	for (; *id; id++) {
		unsigned char c = (unsigned char)*id;

		if (isspace(c))
			fputc('_', out);
		else if (isalnum(c) || strchr("._-+~", c))
			fputc(c, out);
		else
			fprintf(out, "%%%02x", c);
	}
	fputs("\">", out);
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || strchr("_.%$@", c);
}

/* TEXT with what OTHER does not share with it marked: all but the common begin and end. */
static void put_marked(FILE *out, const char *text, size_t n, const char *other, size_t k)
{
	size_t from = 0, to = 0;

	while (from < n && from < k && text[from] == other[from])
		from++;
	while (from && from < n && is_word(text[from]) && is_word(text[from - 1]))
		from--;
	while (to < n - from && to < k - from && text[n - to - 1] == other[k - to - 1])
		to++;
	while (to && is_word(text[n - to]) && (to == n || is_word(text[n - to - 1])))
		to--;
	rv_put_n(out, text, from);
	if (n - to > from) {
		fputs("<mark>", out);
		rv_put_n(out, text + from, n - to - from);
		fputs("</mark>", out);
	}
	rv_put_n(out, text + n - to, to);
}

/* Bytes of the mnemonic or operand that TEXT begins with, with the comma behind it. */
static size_t part_len(const char *text)
{
	bool is_string = false;
	int depth = 0;

	for (const char *c = text; *c; c++) {
		is_string ^= *c == '"';
		depth += is_string ? 0 : (*c == '(') - (*c == ')');
		if (!is_string && !depth && *c == ' ')
			return (size_t)(c - text) + 1;
	}
	return strlen(text);
}

void rv_put_compared(FILE *out, const char *text, const char *other)
{
	while (*text) {
		size_t n = part_len(text), k = part_len(other);

		put_marked(out, text, n, other, k);
		text += n;
		other += k;
	}
}
