/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CLEAR_LINE "\r\033[K"

/* The environment says that rewriting a line is unwanted or does not work. */
static bool is_plain_wanted(void)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	return (no_color && *no_color) || !term || !*term || !strcmp(term, "dumb");
}

void lp_progress_init(struct lp_progress *progress, u32 n_steps, bool quiet)
{
	struct winsize size = { 0 };

	*progress = (struct lp_progress){ .n_steps = n_steps, .is_quiet = quiet, .columns = 80 };
	progress->is_live = !quiet && isatty(STDERR_FILENO) && !is_plain_wanted();
	if (progress->is_live && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
		progress->columns = size.ws_col;
}

/* Shows the step and DETAIL on the live line, cut so that the line does not wrap. */
static void draw(struct lp_progress *progress, const char *detail)
{
	char line[512];

	snprintf(line, sizeof(line), "[%u/%u] %s%s", progress->step, progress->n_steps,
		 progress->text, detail);
	fprintf(stderr, CLEAR_LINE "%.*s", (int)progress->columns - 1, line);
	fflush(stderr);
	progress->is_drawn = true;
}

void lp_progress_step(struct lp_progress *progress, const char *text)
{
	progress->step++;
	snprintf(progress->text, sizeof(progress->text), "%s", text);
	if (progress->is_quiet)
		return;
	if (progress->is_live)
		draw(progress, "");
	else
		fprintf(stderr, "[%u/%u] %s\n", progress->step, progress->n_steps, text);
}

void lp_progress_items(struct lp_progress *progress, u32 done, u32 total, const char *name)
{
	char detail[256];

	if (!progress->is_live)
		return;
	if (total)
		snprintf(detail, sizeof(detail), "  %u/%u  %s", done, total, name ? name : "");
	else
		snprintf(detail, sizeof(detail), "  %s", name ? name : "");
	draw(progress, detail);
}

void lp_progress_end(struct lp_progress *progress)
{
	if (!progress->is_drawn)
		return;
	fputs(CLEAR_LINE, stderr);
	fflush(stderr);
	progress->is_drawn = false;
}
