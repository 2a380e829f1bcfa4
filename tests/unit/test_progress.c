/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <pty.h>
#include <termios.h>

#include "lib/progress.h"
#include "tests/unit/test.h"

static void work(void *arg)
{
	const bool *quiet = arg;
	struct lp_progress progress;

	lp_progress_init(&progress, 2, *quiet);
	lp_progress_step(&progress, "building");
	lp_progress_items(&progress, 1, 2, "vnc.c");
	lp_progress_items(&progress, 2, 2, "hmp.c");
	lp_progress_step(&progress, "comparing");
	lp_progress_items(&progress, 7, 0, "vnc.o");
	lp_progress_end(&progress);
	lp_progress_end(&progress);
}

/* What work() writes when stderr is a terminal of COLUMNS columns. */
static char *on_terminal(bool quiet, unsigned short columns)
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };
	int master, slave, saved = dup(2);
	struct termios raw;
	char *text = lp_alloc(&arena, 4096);

	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	assert_int_equal(tcgetattr(slave, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(slave, TCSANOW, &raw), 0);
	dup2(slave, 2);
	work(&quiet);
	dprintf(slave, "END");
	dup2(saved, 2);
	for (size_t len = 0; !strstr(text, "END");) {
		ssize_t n = read(master, text + len, 4095 - len);

		assert_true(n > 0);
		len += (size_t)n;
	}
	*strstr(text, "END") = '\0';
	close(saved);
	close(slave);
	close(master);
	return text;
}

static void plain_output_has_a_line_per_step(void **state)
{
	(void)state;
	bool quiet = false;

	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	assert_string_equal(test_capture(2, work, &quiet), "[1/2] building\n[2/2] comparing\n");
}

static void quiet_shows_nothing(void **state)
{
	(void)state;
	bool quiet = true;

	assert_string_equal(test_capture(2, work, &quiet), "");
	assert_string_equal(on_terminal(true, 80), "");
}

#define CLEAR "\r\033[K"

static void a_terminal_gets_one_live_line(void **state)
{
	(void)state;
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	assert_string_equal(on_terminal(false, 80),
			    CLEAR "[1/2] building" CLEAR "[1/2] building  1/2  vnc.c" CLEAR
				  "[1/2] building  2/2  hmp.c" CLEAR "[2/2] comparing" CLEAR
				  "[2/2] comparing  vnc.o" CLEAR);
}

static void the_live_line_does_not_wrap(void **state)
{
	(void)state;
	setenv("TERM", "xterm", 1);
	assert_non_null(strstr(on_terminal(false, 24), CLEAR "[1/2] building  1/2  vn" CLEAR));
}

static void dumb_terminals_and_no_color_get_plain_lines(void **state)
{
	(void)state;
	setenv("TERM", "dumb", 1);
	assert_string_equal(on_terminal(false, 80), "[1/2] building\n[2/2] comparing\n");
	setenv("TERM", "xterm", 1);
	setenv("NO_COLOR", "1", 1);
	assert_string_equal(on_terminal(false, 80), "[1/2] building\n[2/2] comparing\n");
	unsetenv("NO_COLOR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(plain_output_has_a_line_per_step),
		TEST(quiet_shows_nothing),
		TEST(a_terminal_gets_one_live_line),
		TEST(the_live_line_does_not_wrap),
		TEST(dumb_terminals_and_no_color_get_plain_lines),
	};

	return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
