/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RV_HTML_H
#define RV_HTML_H

/* The style sheet of the page (style.c). */
extern const char rv_style[];

#endif
