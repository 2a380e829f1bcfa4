/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * churn KIND STEP OFFSET FROM TO ORIGINAL RESULT
 *
 * Edits a C file in many places at once, without changing what it means, and pins the result as
 * lpbuild does. Places are the lines FROM to TO - 1 (counted from 0) of which the remainder by
 * STEP is OFFSET. KIND says what is done at a place, as far as it is possible there:
 *	one	a line goes in before it
 *	two	two lines go in before it
 *	cut	it is taken out, if it is blank or in the middle of a comment
 *	raw	as `one`, but nothing is pinned: to see that the lines matter
 * Writes RESULT and says how many places were edited.
 *
 * What goes in depends on where the line begins, found by a lexer of its own, because the one in
 * lpbuild is what is tested:
 *	in code			a comment
 *	in a block comment	a line of it
 *	behind a backslash	a comment with a backslash behind it; in a literal or a
 *				comment to the end of the line only the backslash
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lpbuild/pin.h"

#define MAX_SOURCE ((size_t)64 << 20)

enum state { CODE, BLOCK, TO_END, LITERAL };

struct lexer {
	enum state state;
	char quote;
	bool is_spliced;
};

/* Takes one line, with its newline. */
static void take_line(struct lexer *l, const char *line, size_t len)
{
	while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	l->is_spliced = len && line[len - 1] == '\\';
	for (size_t i = 0; i < len; i++) {
		char c = line[i], next = i + 1 < len ? line[i + 1] : '\0';

		if (l->state == BLOCK) {
			if (c == '*' && next == '/') {
				l->state = CODE;
				i++;
			}
		} else if (l->state == LITERAL) {
			if (c == '\\')
				i++;
			else if (c == l->quote)
				l->state = CODE;
		} else if (l->state == CODE && c == '/' && (next == '*' || next == '/')) {
			l->state = next == '*' ? BLOCK : TO_END;
			i++;
		} else if (l->state == CODE && (c == '"' || c == '\'')) {
			l->state = LITERAL;
			l->quote = c;
		}
	}
	if (!l->is_spliced && l->state != BLOCK)
		l->state = CODE;
}

/* Odd signs, to confuse a lexer that is not sure where it is. */
static const char *inserted(const struct lexer *l)
{
	if (l->state == BLOCK)
		return " * it's (one) \"more\n";
	if (!l->is_spliced)
		return "/* it's (one \"more */\n";
	return l->state == CODE ? "\t/* it's (one \"more */ \\\n" : "\\\n";
}

static bool is_blank(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!strchr(" \t\r\n", line[i]))
			return false;
	return true;
}

/* True if the line between the two states can go. */
static bool can_cut(const struct lexer *before, const struct lexer *after, const char *line,
		    size_t len)
{
	if (before->is_spliced || after->is_spliced)
		return false;
	if (before->state == BLOCK) /* and it does not end and begin again in between */
		return after->state == BLOCK && !memchr(line, '/', len);
	return is_blank(line, len);
}

struct places {
	u32 step, offset, from, to;
};

static char *edit(struct lp_arena *arena, const char *text, size_t len, const char *kind,
		  const struct places *places, size_t *ret_len, u32 *ret_n)
{
	struct lexer now = { .state = CODE };
	char *out;
	FILE *f = open_memstream(&out, ret_len);
	u32 number = 0;

	*ret_n = 0;
	for (const char *line = text, *end = text + len, *next; line < end; line = next, number++) {
		const char *nl = memchr(line, '\n', (size_t)(end - line));
		struct lexer before = now;

		next = nl ? nl + 1 : end;
		take_line(&now, line, (size_t)(next - line));
		bool is_place = number >= places->from && number < places->to &&
				number % places->step == places->offset;

		if (is_place && !strcmp(kind, "cut")) {
			if (can_cut(&before, &now, line, (size_t)(next - line))) {
				++*ret_n;
				continue;
			}
		} else if (is_place) {
			fputs(inserted(&before), f);
			if (!strcmp(kind, "two"))
				fputs(inserted(&before), f);
			++*ret_n;
		}
		fwrite(line, 1, (size_t)(next - line), f);
	}
	fclose(f);
	char *ret = lp_strndup(arena, out, *ret_len);

	free(out);
	return ret;
}

static struct lp_err *run(struct lp_arena *arena, char **argv)
{
	const struct places places = {
		.step = (u32)strtoul(argv[2], NULL, 10),
		.offset = (u32)strtoul(argv[3], NULL, 10),
		.from = (u32)strtoul(argv[4], NULL, 10),
		.to = (u32)strtoul(argv[5], NULL, 10),
	};
	const char *result;
	size_t len, edited_len, result_len;
	u32 n_edits, n_directives;
	u8 *text;

	if (!places.step)
		return lp_err(LP_USAGE, "STEP must not be 0");
	LP_TRY(lp_file_read(arena, argv[6], MAX_SOURCE, &text, &len));
	const char *edited =
		edit(arena, (const char *)text, len, argv[1], &places, &edited_len, &n_edits);

	if (!strcmp(argv[1], "raw")) {
		result = edited;
		result_len = edited_len;
	} else {
		result = lp_pin_lines(arena, (const char *)text, len, edited, edited_len,
				      &result_len, &n_directives);
	}
	LP_TRY(lp_file_write(argv[7], result, result_len));
	printf("%u\n", n_edits);
	return NULL;
}

int main(int argc, char **argv)
{
	struct lp_arena arena = { 0 };
	struct lp_err *err = argc == 8 ? run(&arena, argv)
				       : lp_err(LP_USAGE, "usage: churn KIND STEP OFFSET FROM TO "
							  "ORIGINAL RESULT");
	int code = lp_err_finish(err, false);

	lp_arena_deinit(&arena);
	return code;
}
