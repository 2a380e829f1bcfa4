// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rows as one page that needs nothing else: no script, no network, and a policy that forbids
 * both. Every text goes through put(), which escapes it. Code rows use short elements, because
 * there are thousands: in <p>, <u> is the glyph, <i> an offset, <b> an instruction.
 */
#include <ctype.h>
#include <string.h>

#include "review/html.h"
#include "review/review.h"

struct page {
	const struct rv_doc *doc;
	FILE *out;
	const char *close;  /* what ends the open block, NULL when none is */
	enum rv_kind block; /* the kind of its rows */
	bool has_article, has_section;
};

static void put_n(struct page *p, const char *text, size_t len)
{
	for (const char *end = text + len; text < end; text++) {
		if (*text == '&')
			fputs("&amp;", p->out);
		else if (*text == '<')
			fputs("&lt;", p->out);
		else if (*text == '>')
			fputs("&gt;", p->out);
		else if (*text == '"')
			fputs("&quot;", p->out);
		else if (*text == '\'')
			fputs("&#39;", p->out);
		else
			fputc(*text, p->out);
	}
}

static void put(struct page *p, const char *text)
{
	if (text)
		put_n(p, text, strlen(text));
}

/* TAG has no text from outside in it. */
static void put_in(struct page *p, const char *tag, const char *text)
{
	fprintf(p->out, "<%s>", tag);
	put(p, text);
	fprintf(p->out, "</%.*s>", (int)strcspn(tag, " "), tag);
}

/* An id, or a link to one, may hold anything but blanks. */
static void put_id(struct page *p, const char *before, const char *id)
{
	fputs(before, p->out);
	for (; *id; id++) {
		if (isspace((unsigned char)*id))
			fputc('_', p->out);
		else
			put_n(p, id, 1);
	}
	fputc('"', p->out);
}

/* A link's fragment: what a URL can't hold as it is, escaped. */
static void put_link(struct page *p, const char *prefix, const char *id)
{
	fprintf(p->out, "<a href=\"#%s", prefix);
	for (; *id; id++) {
		unsigned char c = (unsigned char)*id;

		if (isspace(c))
			fputc('_', p->out);
		else if (isalnum(c) || strchr("._-+~", c))
			fputc(c, p->out);
		else
			fprintf(p->out, "%%%02x", c);
	}
	fputs("\">", p->out);
}

static const char *class_of(enum rv_mark mark)
{
	static const char *const classes[] = {
		[RV_PLAIN] = "plain", [RV_GOOD] = "good", [RV_LOOK] = "look", [RV_BAD] = "bad",
		[RV_ADDED] = "a",     [RV_REMOVED] = "r", [RV_DIFFERS] = "d", [RV_AT] = "t",
	};

	return classes[mark];
}

static const char *glyph(enum rv_mark mark)
{
	static const char *const glyphs[] = {
		[RV_PLAIN] = "·", [RV_GOOD] = "✓",    [RV_LOOK] = "!",	  [RV_BAD] = "✗",
		[RV_ADDED] = "+", [RV_REMOVED] = "−", [RV_DIFFERS] = "~", [RV_AT] = "",
	};

	return glyphs[mark];
}

/* ---- blocks: rows of a kind share a list, a table ---- */

static void close_block(struct page *p)
{
	if (p->close)
		fprintf(p->out, "%s\n", p->close);
	p->close = NULL;
}

static void open_block(struct page *p, enum rv_kind kind, const char *open, const char *close)
{
	if (p->close && p->block == kind)
		return;
	close_block(p);
	fprintf(p->out, "%s\n", open);
	p->close = close;
	p->block = kind;
}

static void close_article(struct page *p)
{
	close_block(p);
	if (p->has_article)
		fputs("</article>\n", p->out);
	p->has_article = false;
}

static void close_section(struct page *p)
{
	close_article(p);
	if (p->has_section)
		fputs("</section>\n", p->out);
	p->has_section = false;
}

/* ---- instructions ---- */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || strchr("_.%$@", c);
}

/* TEXT with what OTHER does not share with it marked: all but the common begin and end. */
static void put_marked(struct page *p, const char *text, size_t n, const char *other, size_t k)
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
	put_n(p, text, from);
	if (n - to > from) {
		fputs("<mark>", p->out);
		put_n(p, text + from, n - to - from);
		fputs("</mark>", p->out);
	}
	put_n(p, text + n - to, to);
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

/* TEXT part by part, so that of `lea 8(%rax), %rbx` only one operand may be marked. */
static void put_compared(struct page *p, const char *text, const char *other)
{
	while (*text) {
		size_t n = part_len(text), k = part_len(other);

		put_marked(p, text, n, other, k);
		text += n;
		other += k;
	}
}

static void put_code(struct page *p, const struct rv_row *row)
{
	if (row->mark == RV_PLAIN) {
		fputs("<p>", p->out);
	} else {
		fprintf(p->out, "<p class=\"%s\"", class_of(row->mark));
		if (row->id)
			put_id(p, " id=\"", row->id);
		fprintf(p->out, "><u>%s</u>", glyph(row->mark));
	}
	for (u32 side = 0; side < 4; side += 2) {
		put_in(p, "i", row->cell[side]);
		fputs("<b>", p->out);
		if (row->mark == RV_DIFFERS)
			put_compared(p, row->cell[side + 1], row->cell[3 - side]);
		else
			put(p, row->cell[side + 1]);
		fputs("</b>", p->out);
	}
	fputs("</p>\n", p->out);
}

static void put_part(struct page *p, const struct rv_row *row)
{
	close_block(p);
	open_block(p, RV_CODE, *row->cell[1] ? "<div class=\"c\">" : "<div class=\"c one\">",
		   "</div>");
	fputs("<div class=\"h\">", p->out);
	for (u32 side = 1; side < 3; side++) {
		fputs("<span>", p->out);
		if (*row->cell[side]) {
			put(p, row->cell[0]);
			fputs(", ", p->out);
			put(p, row->cell[side]);
		}
		fputs("</span>", p->out);
	}
	fputs("</div>\n", p->out);
}

/* ---- the other rows ---- */

static void put_line(struct page *p, const struct rv_row *row)
{
	bool is_head = row->kind == RV_HEAD;

	open_block(p, RV_LINE, "<table>", "</table>");
	fputs(is_head ? "<thead><tr>" : "<tr>", p->out);
	for (u32 c = 0; c < RV_CELLS; c++)
		put_in(p, is_head ? "th scope=\"col\"" : "td", row->cell[c]);
	fputs(is_head ? "</tr></thead>\n" : "</tr>\n", p->out);
}

static void put_point(struct page *p, const struct rv_row *row)
{
	open_block(p, RV_POINT, "<ul class=\"points\">", "</ul>");
	fprintf(p->out, "<li class=\"%s\"><span class=\"g %s\">%s</span><span>",
		class_of(row->mark), class_of(row->mark), glyph(row->mark));
	put(p, row->cell[0]);
	if (row->cell[1]) {
		fputs(" <span class=\"dim\">", p->out);
		put(p, row->cell[1]);
		fputs("</span>", p->out);
	}
	fputs("</span></li>\n", p->out);
}

static void put_function(struct page *p, const struct rv_row *row)
{
	close_article(p);
	put_id(p, "<article id=\"", row->id);
	fprintf(p->out, "><h3><span>%s</span> ", glyph(row->mark));
	put_in(p, "b", row->cell[0]);
	fputs(" <span>", p->out);
	put(p, row->cell[1]);
	fputs("</span></h3>\n", p->out);
	p->has_article = true;
}

static void put_title(struct page *p, const struct rv_row *row)
{
	put_in(p, "h1", row->cell[0]);
	if (row->cell[1])
		put_in(p, "p", row->cell[1]);
	fputc('\n', p->out);
}

/* Leads to where the points are. */
static void put_verdict(struct page *p, const struct rv_row *row)
{
	const char *where = row->mark == RV_LOOK  ? "q-wrong"
			    : row->mark == RV_BAD ? "q-target"
						  : NULL;

	fprintf(p->out, "<div class=\"v %s\"><strong>%s ", class_of(row->mark), glyph(row->mark));
	put(p, row->cell[0]);
	fputs("</strong><span>", p->out);
	if (where)
		fprintf(p->out, "<a href=\"#%s\">", where);
	put(p, row->cell[1]);
	fprintf(p->out, "%s</span></div>\n<p>for ", where ? "</a>" : "");
	put(p, row->cell[2]);
	fputs(", build-id <span class=\"m\">", p->out);
	put(p, row->cell[3]);
	fputs("</span></p>\n", p->out);
}

static void put_hunk(struct page *p, const struct rv_row *row)
{
	if (row->kind == RV_FILE)
		close_block(p);
	open_block(p, RV_HUNK, "<pre>", "</pre>");
	fprintf(p->out, "<span class=\"%s\">", row->kind == RV_FILE ? "f" : class_of(row->mark));
	put(p, row->cell[0]);
	fputs("</span>", p->out);
}

/* LAST is the tool of the rule before. */
static void put_rule(struct page *p, const struct rv_row *row, const char *last)
{
	if (!last || strcmp(last, row->cell[1]) != 0) {
		close_block(p);
		fputs("<p>Rules that ", p->out);
		put(p, row->cell[1]);
		fputs(" checked and that are not met:</p>\n", p->out);
	}
	open_block(p, RV_RULE, "<ul class=\"rules\">", "</ul>");
	fprintf(p->out, "<li><span class=\"good\">%s</span> ", glyph(RV_GOOD));
	put(p, row->cell[0]);
	fputs("</li>\n", p->out);
}

static void put_section(struct page *p, const struct rv_row *row)
{
	close_section(p);
	put_id(p, "<section id=\"q-", row->id);
	fputc('>', p->out);
	put_in(p, "h2", row->cell[0]);
	fputc('\n', p->out);
	p->has_section = true;
}

/* The row at IDX; returns how many were used up. */
static size_t put_row(struct page *p, size_t idx)
{
	const struct rv_row *row = &p->doc->rows.items[idx];

	switch (row->kind) {
	case RV_SECTION:
		put_section(p, row);
		break;
	case RV_FUNCTION:
		put_function(p, row);
		break;
	case RV_FACT:
		open_block(p, RV_FACT, "<dl>", "</dl>");
		put_in(p, "dt", row->cell[0]);
		put_in(p, "dd", row->cell[1]);
		fputc('\n', p->out);
		break;
	case RV_POINT:
		put_point(p, row);
		break;
	case RV_RULE:
		put_rule(p, row, idx && row[-1].kind == RV_RULE ? row[-1].cell[1] : NULL);
		break;
	case RV_HEAD:
	case RV_LINE:
		put_line(p, row);
		break;
	case RV_FILE:
	case RV_HUNK:
		put_hunk(p, row);
		break;
	case RV_PART:
		put_part(p, row);
		break;
	case RV_CODE:
		put_code(p, row);
		break;
	case RV_FOLD:
		fputs("<details><summary>⋯ ", p->out);
		put(p, row->cell[0]);
		fputs("</summary>\n", p->out);
		for (u32 i = 1; i <= row->folded; i++)
			put_code(p, row + i);
		fputs("</details>\n", p->out);
		return 1 + row->folded;
	case RV_TITLE:
		put_title(p, row);
		break;
	case RV_VERDICT:
		put_verdict(p, row);
		break;
	}
	return 1;
}

/* The left rail: functions, questions. */
static void put_rail(struct page *p)
{
	static const struct {
		enum rv_kind kind;
		const char *title, *prefix;
	} lists[] = { { RV_FUNCTION, "Functions", "" }, { RV_SECTION, "Questions", "q-" } };

	fputs("<nav aria-label=\"Contents\">\n", p->out);
	for (u32 k = 0; k < LP_ARRAY_SIZE(lists); k++) {
		fprintf(p->out, "<h2>%s</h2>\n<ul>\n", lists[k].title);
		for (size_t i = 0; i < p->doc->rows.n; i++) {
			const struct rv_row *row = &p->doc->rows.items[i];

			if (row->kind != lists[k].kind)
				continue;
			fputs("<li>", p->out);
			put_link(p, lists[k].prefix, row->id);
			if (row->kind == RV_FUNCTION)
				fprintf(p->out, "%s ", glyph(row->mark));
			put(p, row->cell[0]);
			fputs("</a></li>\n", p->out);
		}
		fputs("</ul>\n", p->out);
	}
	fputs("</nav>\n", p->out);
}

void rv_print_html(const struct rv_doc *doc, FILE *out)
{
	struct page p = { .doc = doc, .out = out };
	size_t i = 0;

	fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'\">\n<title>",
	      out);
	put(&p, doc->rows.items[0].cell[0]);
	fprintf(out, ": review</title>\n<style>\n%s</style>\n</head>\n<body>\n<header>\n",
		rv_style);
	while (i < doc->rows.n && doc->rows.items[i].kind != RV_SECTION)
		i += put_row(&p, i);
	close_block(&p);
	fputs("</header>\n<div class=\"page\">\n", out);
	put_rail(&p);
	fputs("<main>\n", out);
	while (i < doc->rows.n)
		i += put_row(&p, i);
	close_section(&p);
	fputs("</main>\n</div>\n</body>\n</html>\n", out);
}
