/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that somebody else chose, for a terminal: names of files, threads and patches, what a
 * process answers. Control characters would move its cursor, set its title, or worse.
 */
#ifndef LP_PRINTABLE_H
#define LP_PRINTABLE_H

#include <stdio.h>

#include "lib/types.h"

/* Bytes of the well-formed UTF-8 sequence at S, which ends with a NUL somewhere; or 0. */
size_t lp_utf8_len(const u8 *s);
/* The character at S, of lp_utf8_len() bytes, is a control character: C0, DEL or C1. */
bool lp_is_control(const u8 *s);

/* Replaces each byte of control characters, and of what is no UTF-8, by '?'. */
void lp_printable(char *text);
/* Writes TEXT as if made printable, but for its newlines and tabs. */
void lp_print_clean(FILE *out, const char *text);

#endif
