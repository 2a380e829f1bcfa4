// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rows as one page that needs nothing else: no script, no network, and a policy that forbids
 * both. Every text goes through rv_put(), which escapes it. Code rows use short elements, because
 * there are thousands: in <p>, <u> is the glyph, <i> an offset, <b> an instruction.
 */
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

static void put_code(struct page *p, const struct rv_row *row)
{
	if (row->mark == RV_PLAIN) {
		fputs("<p>", p->out);
	} else {
		fprintf(p->out, "<p class=\"%s\"", class_of(row->mark));
		if (row->id)
			rv_put_id(p->out, " id=\"", row->id);
		fprintf(p->out, "><u>%s</u>", glyph(row->mark));
	}
	for (u32 side = 0; side < 4; side += 2) {
		rv_put_in(p->out, "i", row->cell[side]);
		fputs("<b>", p->out);
		if (row->mark == RV_DIFFERS)
			rv_put_compared(p->out, row->cell[side + 1], row->cell[3 - side]);
		else
			rv_put(p->out, row->cell[side + 1]);
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
			rv_put(p->out, row->cell[0]);
			fputs(", ", p->out);
			rv_put(p->out, row->cell[side]);
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
		rv_put_in(p->out, is_head ? "th scope=\"col\"" : "td", row->cell[c]);
	fputs(is_head ? "</tr></thead>\n" : "</tr>\n", p->out);
}

static void put_point(struct page *p, const struct rv_row *row)
{
	open_block(p, RV_POINT, "<ul class=\"points\">", "</ul>");
	fprintf(p->out, "<li class=\"%s\"><span class=\"g %s\">%s</span><span>",
		class_of(row->mark), class_of(row->mark), glyph(row->mark));
	rv_put(p->out, row->cell[0]);
	if (row->cell[1]) {
		fputs(" <span class=\"dim\">", p->out);
		rv_put(p->out, row->cell[1]);
		fputs("</span>", p->out);
	}
	fputs("</span></li>\n", p->out);
}

static void put_function(struct page *p, const struct rv_row *row)
{
	close_article(p);
	rv_put_id(p->out, "<article id=\"", row->id);
	fprintf(p->out, "><h3><span>%s</span> ", glyph(row->mark));
	rv_put_in(p->out, "b", row->cell[0]);
	fputs(" <span>", p->out);
	rv_put(p->out, row->cell[1]);
	fputs("</span></h3>\n", p->out);
	p->has_article = true;
}

static void put_title(struct page *p, const struct rv_row *row)
{
	rv_put_in(p->out, "h1", row->cell[0]);
	if (row->cell[1])
		rv_put_in(p->out, "p", row->cell[1]);
	fputc('\n', p->out);
}

/* Leads to where the points are. */
static void put_verdict(struct page *p, const struct rv_row *row)
{
	const char *where = row->mark == RV_LOOK  ? "q-wrong"
			    : row->mark == RV_BAD ? "q-target"
						  : NULL;

	fprintf(p->out, "<div class=\"v %s\"><strong>%s ", class_of(row->mark), glyph(row->mark));
	rv_put(p->out, row->cell[0]);
	fputs("</strong><span>", p->out);
	if (where)
		fprintf(p->out, "<a href=\"#%s\">", where);
	rv_put(p->out, row->cell[1]);
	fprintf(p->out, "%s</span></div>\n<p>for ", where ? "</a>" : "");
	rv_put(p->out, row->cell[2]);
	fputs(", build-id <span class=\"m\">", p->out);
	rv_put(p->out, row->cell[3]);
	fputs("</span></p>\n", p->out);
}

static void put_hunk(struct page *p, const struct rv_row *row)
{
	if (row->kind == RV_FILE)
		close_block(p);
	open_block(p, RV_HUNK, "<pre>", "</pre>");
	fprintf(p->out, "<span class=\"%s\">", row->kind == RV_FILE ? "f" : class_of(row->mark));
	rv_put(p->out, row->cell[0]);
	fputs("</span>", p->out);
}

/* LAST is the tool of the rule before. */
static void put_rule(struct page *p, const struct rv_row *row, const char *last)
{
	if (!last || strcmp(last, row->cell[1]) != 0) {
		close_block(p);
		fputs("<p>Rules that ", p->out);
		rv_put(p->out, row->cell[1]);
		fputs(" checked and that are not met:</p>\n", p->out);
	}
	open_block(p, RV_RULE, "<ul class=\"rules\">", "</ul>");
	fprintf(p->out, "<li><span class=\"good\">%s</span> ", glyph(RV_GOOD));
	rv_put(p->out, row->cell[0]);
	fputs("</li>\n", p->out);
}

static void put_section(struct page *p, const struct rv_row *row)
{
	close_section(p);
	rv_put_id(p->out, "<section id=\"q-", row->id);
	fputc('>', p->out);
	rv_put_in(p->out, "h2", row->cell[0]);
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
		rv_put_in(p->out, "dt", row->cell[0]);
		rv_put_in(p->out, "dd", row->cell[1]);
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
		rv_put(p->out, row->cell[0]);
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
			rv_put_link(p->out, lists[k].prefix, row->id);
			if (row->kind == RV_FUNCTION)
				fprintf(p->out, "%s ", glyph(row->mark));
			rv_put(p->out, row->cell[0]);
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
	rv_put(out, doc->rows.items[0].cell[0]);
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
