/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/cscan.h"

#include <string.h>

#include "lib/vec.h"

#define MAX_RAW_DELIM 16 /* of R"delim(...)delim", by the language */

enum state { CODE, LINE_COMMENT, BLOCK_COMMENT, STRING, CHARACTER, RAW_STRING };

struct scan {
	const char *text;
	size_t pos, end;
	enum state state;
	bool is_spliced;		   /* the line before ended in a backslash */
	bool is_line_start;		   /* nothing but blanks so far on this logical line */
	bool is_directive;		   /* inside a # line */
	bool has_directive;		   /* one began on this line */
	u32 depth;			   /* open parentheses */
	u32 directive_depth;		   /* of the code around a directive */
	enum lp_cscan_cond cond;	   /* of the directive that began on this line */
	LP_VEC(u32) saved;		   /* depth at each open #if */
	char raw_delim[MAX_RAW_DELIM + 2]; /* ")delim" of the open raw string */
	size_t raw_len;
	struct lp_arena *arena;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* Length of a backslash and the newline behind it at POS (gcc allows blanks between), or 0. */
static size_t splice_at(const struct scan *s, size_t pos)
{
	size_t i = pos;

	if (i == s->end || s->text[i] != '\\')
		return 0;
	for (i++; i < s->end && is_blank(s->text[i]); i++)
		;
	return i < s->end && s->text[i] == '\n' ? i + 1 - pos : 0;
}

/* The character behind POS on the same logical line; 0 at the end. */
static char peek(const struct scan *s, size_t pos)
{
	size_t splice;

	while ((splice = splice_at(s, pos)))
		pos += splice;
	return pos < s->end ? s->text[pos] : '\0';
}

/* At the quote of STRING: is it that of R"delim( ... )delim"? Then notes the delimiter. */
static bool opens_raw_string(struct scan *s)
{
	size_t start = s->pos, n = 0;

	while (start && is_word(s->text[start - 1]))
		start--;
	size_t len = s->pos - start;
	const char *prefix = s->text + start;

	if (!(len == 1 && prefix[0] == 'R') &&
	    !(len == 2 &&
	      (!memcmp(prefix, "LR", 2) || !memcmp(prefix, "uR", 2) || !memcmp(prefix, "UR", 2))) &&
	    !(len == 3 && !memcmp(prefix, "u8R", 3)))
		return false;
	const char *delim = s->text + s->pos + 1;

	while (n <= MAX_RAW_DELIM && s->pos + 1 + n < s->end && delim[n] != '(') {
		if (delim[n] == '\n' || delim[n] == '"' || delim[n] == '\\')
			return false;
		n++;
	}
	if (n > MAX_RAW_DELIM || s->pos + 1 + n >= s->end)
		return false;
	s->raw_delim[0] = ')';
	memcpy(s->raw_delim + 1, delim, n);
	s->raw_len = n + 1;
	return true;
}

/* At the '#' of a directive: which word follows? */
static enum lp_cscan_cond conditional(const struct scan *s)
{
	const char *c = s->text + s->pos + 1, *end = s->text + s->end;
	size_t n = 0;

	while (c < end && is_blank(*c))
		c++;
	while (c + n < end && is_word(c[n]))
		n++;
	if (n >= 2 && !memcmp(c, "if", 2))
		return LP_COND_IF;
	if (n >= 4 && !memcmp(c, "el", 2)) /* else, elif, elifdef */
		return LP_COND_ELSE;
	return n == 5 && !memcmp(c, "endif", 5) ? LP_COND_ENDIF : LP_COND_NONE;
}

/* Conditionals decide which parentheses count, because only one branch is compiled:
 *	#ifdef A / if (x && / #else / if ( / #endif */
static void enter_directive(struct scan *s)
{
	s->is_directive = true;
	s->has_directive = true;
	s->directive_depth = s->depth;
	s->cond = conditional(s);
	if (s->cond == LP_COND_IF)
		lp_vec_push(s->arena, &s->saved, s->depth);
	else if (s->cond == LP_COND_ELSE && s->saved.n)
		s->directive_depth = s->saved.items[s->saved.n - 1];
	else if (s->cond == LP_COND_ENDIF && s->saved.n)
		s->saved.n--;
}

/* "#line 12" and "# 12" as gcc writes it; 0 when the line at TEXT is something else. */
static u32 line_directive(const char *text, size_t len)
{
	size_t i = 0;
	u32 value = 0;

	while (i < len && is_blank(text[i]))
		i++;
	if (i == len || text[i++] != '#')
		return 0;
	while (i < len && is_blank(text[i]))
		i++;
	if (len - i > 4 && !memcmp(text + i, "line", 4))
		i += 4;
	while (i < len && is_blank(text[i]))
		i++;
	for (; i < len && text[i] >= '0' && text[i] <= '9' && value < 100000000; i++)
		value = value * 10 + (u32)(text[i] - '0');
	return value;
}

static void step_code(struct scan *s, char c)
{
	char next = peek(s, s->pos + 1);

	if (c == '/' && (next == '/' || next == '*')) {
		s->state = next == '/' ? LINE_COMMENT : BLOCK_COMMENT;
		while (splice_at(s, s->pos + 1))
			s->pos += splice_at(s, s->pos + 1);
		s->pos++; /* the second character, so that this is no comment: / * / */
	} else if (c == '"') {
		s->state = opens_raw_string(s) ? RAW_STRING : STRING;
	} else if (c == '\'') {
		/* 1'000 is no character, but C before 2023 has none. */
		s->state = CHARACTER;
	} else if (c == '(') {
		s->depth++;
	} else if (c == ')' && s->depth) {
		s->depth--;
	} else if (c == '#' && s->is_line_start) {
		enter_directive(s);
	} else if (c == '}' && (!s->pos || s->text[s->pos - 1] == '\n')) {
		/* The end of a function: whatever macros did to the count is over. */
		s->depth = 0;
	}
	if (!is_blank(c))
		s->is_line_start = false;
}

static void step(struct scan *s)
{
	char c = s->text[s->pos];

	switch (s->state) {
	case CODE:
		step_code(s, c);
		break;
	case LINE_COMMENT:
		break;
	case BLOCK_COMMENT:
		if (c == '*' && peek(s, s->pos + 1) == '/') {
			while (splice_at(s, s->pos + 1))
				s->pos += splice_at(s, s->pos + 1);
			s->pos++;
			s->state = CODE;
		}
		break;
	case STRING:
	case CHARACTER:
		if (c == '\\' && s->pos + 1 < s->end && s->text[s->pos + 1] != '\n')
			s->pos++;
		else if (c == (s->state == STRING ? '"' : '\''))
			s->state = CODE;
		break;
	case RAW_STRING:
		if (s->end - s->pos > s->raw_len &&
		    !memcmp(s->text + s->pos, s->raw_delim, s->raw_len) &&
		    s->text[s->pos + s->raw_len] == '"') {
			s->pos += s->raw_len;
			s->state = CODE;
		}
		break;
	}
	s->pos++;
}

/* A newline that is no splice ends what can't reach over it. A stray quote, as in
 * "#error don't", ends here too. */
static void end_line(struct scan *s)
{
	if (s->state != BLOCK_COMMENT && s->state != RAW_STRING) {
		s->state = CODE;
		if (s->is_directive)
			s->depth = s->directive_depth;
		s->is_directive = false;
		s->is_line_start = true;
	}
	s->is_spliced = false;
	s->pos++;
}

struct lp_cscan_line *lp_cscan(struct lp_arena *arena, const struct lp_lines *lines)
{
	struct lp_cscan_line *ret = lp_new_array(arena, lines->n, struct lp_cscan_line);
	struct scan s = { .text = lines->text,
			  .end = lines->start[lines->n],
			  .is_line_start = true,
			  .arena = arena };

	for (u32 i = 0; i < lines->n; i++) {
		size_t next = lines->start[i + 1];
		bool is_code = s.state == CODE && !s.is_spliced && !s.is_directive &&
			       s.pos == lines->start[i];

		ret[i].takes_directive = is_code && !s.depth;
		ret[i].is_argument = is_code && s.depth;
		if (is_code)
			ret[i].set_line =
				line_directive(s.text + lines->start[i], next - lines->start[i]);
		s.cond = LP_COND_NONE;
		s.has_directive = false;
		while (s.pos < next) {
			size_t splice = s.state == RAW_STRING ? 0 : splice_at(&s, s.pos);

			if (splice) {
				s.pos += splice;
				s.is_spliced = true;
			} else if (s.text[s.pos] == '\n') {
				ret[i].ends_blank = !s.is_directive &&
						    (s.state == CODE || s.state == BLOCK_COMMENT);
				end_line(&s);
			} else {
				step(&s);
			}
		}
		ret[i].cond = s.cond;
		ret[i].is_argument &= !s.has_directive;
	}
	return ret;
}
