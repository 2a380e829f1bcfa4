/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* One line of the log as text: words and KEY=VALUE pairs, which no name or text can forge. */
#ifndef SANDBOX_LINE_H
#define SANDBOX_LINE_H

#include "runtime/log.h"

struct sb_line {
	char text[1400]; /* with a newline at the end, without NUL */
	size_t len;
	size_t plain; /* where the time ends */
};

void sb_line_make(struct sb_line *line, const struct sb_log_line *from);
void sb_line_make_note(struct sb_line *line, uint64_t ns, const char *text);
/* "APPLY" and so on, "?" for what is not a message. */
const char *sb_message_name(uint16_t id);

#endif
