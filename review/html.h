/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the page (html.c) is made with. */
#ifndef RV_HTML_H
#define RV_HTML_H

#include <stddef.h>
#include <stdio.h>

/* The style sheet of the page (style.c). */
extern const char rv_style[];

/* TEXT, which may come from outside, escaped; nothing for NULL. */
void rv_put(FILE *out, const char *text);
void rv_put_n(FILE *out, const char *text, size_t len);
/* The same as the contents of a TAG, which has no text from outside in it. */
void rv_put_in(FILE *out, const char *tag, const char *text);
/* An id, or a link to one, may hold anything but blanks. */
void rv_put_id(FILE *out, const char *before, const char *id);
/* A link's fragment: what a URL can't hold as it is, escaped. */
void rv_put_link(FILE *out, const char *prefix, const char *id);
/* The instruction TEXT part by part, with what OTHER does not share with it marked: of
 * `lea 8(%rax), %rbx` only one operand may be. */
void rv_put_compared(FILE *out, const char *text, const char *other);

#endif
