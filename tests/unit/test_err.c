/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "tests/unit/test.h"

static void carries_code_message_and_rule(void **state)
{
	(void)state;
	struct lp_err *err = lp_err(LP_REFUSED, "cannot patch '%s'", "f");

	err = lp_err_rule(err, "data-changed");
	assert_int_equal(lp_err_code(err), LP_REFUSED);
	assert_string_equal(lp_err_message(err), "cannot patch 'f'");
	assert_string_equal(lp_err_rule_id(err), "data-changed");
	lp_err_destroy(err);
}

static void errno_text_is_of_the_caller(void **state)
{
	(void)state;
	errno = ENOENT;
	assert_err(lp_err_errno("cannot read '%s'", "x"), LP_FAILED,
		   "cannot read 'x': No such file or directory");
}

static void null_is_success_and_stays_null(void **state)
{
	(void)state;
	assert_int_equal(lp_err_code(NULL), LP_OK);
	assert_string_equal(lp_err_message(NULL), "");
	assert_null(lp_err_context(NULL, "while testing"));
	assert_null(lp_err_advice(NULL, "test"));
	assert_null(lp_err_rule(NULL, "rule"));
	assert_int_equal(lp_err_finish(NULL, false), 0);
	lp_err_destroy(NULL);
}

static void finish_with(void *arg)
{
	const bool *json = arg;
	struct lp_err *err = lp_err(LP_BUSY, "not quiet");

	err = lp_err_context(err, "while stopping '%s'", "a \"quoted\" name");
	err = lp_err_context(err, "in process 7");
	err = lp_err_advice(lp_err_advice(err, "old"), "try again");
	assert_int_equal(lp_err_finish(err, *json), LP_BUSY);
}

static void text_goes_to_stderr_with_context_and_advice(void **state)
{
	(void)state;
	bool json = false;

	assert_string_equal(test_capture(2, finish_with, &json),
			    "error: not quiet\n"
			    "  while stopping 'a \"quoted\" name'\n"
			    "  in process 7\n"
			    "  advice: try again\n");
	assert_string_equal(test_capture(1, finish_with, &json), "");
}

static void json_goes_to_stdout(void **state)
{
	(void)state;
	bool json = true;
	const char *text = test_capture(1, finish_with, &json);

	assert_non_null(strstr(text, "\"code\": 5,"));
	assert_non_null(strstr(text, "\"message\": \"not quiet\","));
	assert_non_null(strstr(text, "a \\\"quoted\\\" name'\\nin process 7\\n\""));
	assert_string_equal(test_capture(2, finish_with, &json), "");
}

static struct lp_err *leave_early(bool fails, bool *went_on)
{
	LP_TRY(fails ? lp_err(LP_FAILED, "early") : NULL);
	*went_on = true;
	return NULL;
}

static void try_leaves_on_error_only(void **state)
{
	(void)state;
	bool went_on = false;

	assert_err(leave_early(true, &went_on), LP_FAILED, "early");
	assert_false(went_on);
	assert_ok(leave_early(false, &went_on));
	assert_true(went_on);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(carries_code_message_and_rule),
		TEST(errno_text_is_of_the_caller),
		TEST(null_is_success_and_stays_null),
		TEST(text_goes_to_stderr_with_context_and_advice),
		TEST(json_goes_to_stdout),
		TEST(try_leaves_on_error_only),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
