/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/opts.h"
#include "tests/unit/test.h"
#include "version.h"

struct values {
	struct lp_common_opts common;
	const char *output;
	struct lp_strs defines;
	u32 jobs;
	int verb;
	const char *id;
	const char *only;
};

enum { LIST = 1, REMOVE };

#define AT(member) .offset = offsetof(struct values, member)

static const struct lp_opt opts[] = {
	{ 'j', "jobs", "N", "run N jobs at once", LP_OPT_U32, AT(jobs) },
	{ 'o', "output", "FILE", "write to FILE\nand nowhere else", LP_OPT_STR, AT(output) },
	{ 'D', "define", "TEXT", "define TEXT", LP_OPT_LIST, AT(defines) },
	{ 'l', "list", NULL, "list them", LP_OPT_VERB, AT(verb), .verb = LIST },
	{ 'r', "remove", "ID", "remove ID", LP_OPT_VERB, AT(verb), .verb = REMOVE,
	  .arg_offset = offsetof(struct values, id) },
	{ 0, "a-rather-long-option-name", "ARGUMENT", "more than fits", LP_OPT_STR, AT(output) },
	{ 0, "only", "NAME", "leave out others", LP_OPT_WORD, AT(only) },
	{ 0, "json", NULL, "write JSON", LP_OPT_FLAG, AT(common.json) },
};

static const char *const usage[] = { "[options] FILE", "--list", NULL };

static const struct lp_cli cli = {
	.name = "tool",
	.usage = usage,
	.summary = "does things",
	.opts = opts,
	.n_opts = LP_ARRAY_SIZE(opts),
	.epilog = "exit codes: 0 done",
	.min_operands = 1,
	.max_operands = 2,
};

static struct values values;
static struct lp_strs operands;

/* Parses the words of LINE. */
static struct lp_err *parse(const char *line)
{
	char *copy = lp_printf(&arena, "tool %s", line), *save = NULL;
	char **argv = lp_new_array(&arena, 32, char *);
	int argc = 0;

	memset(&values, 0, sizeof(values));
	memset(&operands, 0, sizeof(operands));
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	return lp_opts_parse(&cli, &arena, argc, argv, &values, &operands);
}

static void values_land_in_the_struct(void **state)
{
	(void)state;
	assert_ok(parse("-j 4 in --output=out -Da --define b --json more"));
	assert_int_equal(values.jobs, 4);
	assert_string_equal(values.output, "out");
	assert_int_equal(values.defines.n, 2);
	assert_string_equal(values.defines.items[0], "a");
	assert_string_equal(values.defines.items[1], "b");
	assert_true(values.common.json);
	assert_int_equal(operands.n, 2);
	assert_string_equal(operands.items[0], "in");
	assert_string_equal(operands.items[1], "more");
	assert_int_equal(values.verb, 0);
}

static void an_argument_may_be_left_out(void **state)
{
	(void)state;
	assert_ok(parse("in"));
	assert_null(values.only);
	assert_ok(parse("--only in"));
	assert_string_equal(values.only, "");
	assert_int_equal(operands.n, 1);
	assert_ok(parse("--only=f in"));
	assert_string_equal(values.only, "f");
	assert_err(parse("--only --only=f in"), LP_USAGE, "option '--only' is given twice");
}

static void two_dashes_end_the_options(void **state)
{
	(void)state;
	assert_ok(parse("-- -j"));
	assert_string_equal(operands.items[0], "-j");
}

static void verbs_exclude_each_other(void **state)
{
	(void)state;
	assert_ok(parse("--remove 12ab x"));
	assert_int_equal(values.verb, REMOVE);
	assert_string_equal(values.id, "12ab");
	assert_ok(parse("-l -l x"));
	assert_int_equal(values.verb, LIST);
	assert_err(parse("-l -r 1 x"), LP_USAGE,
		   "options '--list' and '--remove' exclude each other");
	assert_err(parse("-r 1 -r 2 x"), LP_USAGE, "option '--remove' is given twice");
}

static void bad_numbers_are_errors(void **state)
{
	(void)state;
	assert_ok(parse("-j4294967295 x"));
	assert_int_equal(values.jobs, UINT32_MAX);
	assert_err(parse("-j 4294967296 x"), LP_USAGE, "number '4294967296' is too large");
	assert_err(parse("-j 99999999999999999999999 x"), LP_USAGE, "is too large");
	assert_err(parse("-j -1 x"), LP_USAGE, "option '--jobs' wants a number, not '-1'");
	assert_err(parse("--jobs=4x x"), LP_USAGE, "wants a number, not '4x'");
	assert_err(parse("--jobs= x"), LP_USAGE, "wants a number, not ''");
}

static void wrong_options_are_named(void **state)
{
	(void)state;
	assert_err(parse("--nonsense x"), LP_USAGE, "unknown option '--nonsense'");
	assert_err(parse("-lz x"), LP_USAGE, "unknown option '-z'");
	assert_err(parse("x --output"), LP_USAGE, "option '--output' wants an argument");
	assert_err(parse("x -o"), LP_USAGE, "option '-o' wants an argument");
	assert_err(parse("--json=yes x"), LP_USAGE, "option '--json' takes no argument");
	assert_err(parse("-o a -o b x"), LP_USAGE, "option '--output' is given twice");
}

static void operands_are_counted(void **state)
{
	(void)state;
	assert_err(parse("-j 1"), LP_USAGE, "operand missing");
	assert_err(parse("a b c"), LP_USAGE, "unexpected operand 'c'");
	assert_ok(parse("-h"));
	assert_true(values.common.help);
	assert_ok(parse("--version a b c"));
	assert_true(values.common.version);
}

static void finish(void *arg)
{
	assert_int_equal(lp_err_finish(arg, false), LP_USAGE);
}

static void errors_advise_help(void **state)
{
	(void)state;
	assert_string_equal(test_capture(2, finish, parse("--wat x")),
			    "error: unknown option '--wat'\n  advice: see 'tool --help'\n");
}

static void answer(void *arg)
{
	assert_true(lp_opts_answer(&cli, arg));
}

static void help_shows_the_table(void **state)
{
	(void)state;
	struct lp_common_opts want = { .help = true };

	assert_string_equal(test_capture(1, answer, &want),
			    "usage: tool [options] FILE\n"
			    "       tool --list\n"
			    "\n"
			    "does things\n"
			    "\n"
			    "options:\n"
			    "  -j, --jobs N            run N jobs at once\n"
			    "  -o, --output FILE       write to FILE\n"
			    "                          and nowhere else\n"
			    "  -D, --define TEXT       define TEXT\n"
			    "  -l, --list              list them\n"
			    "  -r, --remove ID         remove ID\n"
			    "      --a-rather-long-option-name ARGUMENT\n"
			    "                          more than fits\n"
			    "      --only[=NAME]       leave out others\n"
			    "      --json              write JSON\n"
			    "  -h, --help              show this help\n"
			    "  -V, --version           show the version\n"
			    "\n"
			    "exit codes: 0 done\n");
}

static void version_names_program_and_revision(void **state)
{
	(void)state;
	struct lp_common_opts want = { .version = true }, none = { 0 };

	assert_string_equal(test_capture(1, answer, &want), "tool " LP_VERSION " (" LP_GIT ")\n");
	assert_false(lp_opts_answer(&cli, &none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(values_land_in_the_struct),  TEST(an_argument_may_be_left_out),
		TEST(two_dashes_end_the_options), TEST(verbs_exclude_each_other),
		TEST(bad_numbers_are_errors),	  TEST(wrong_options_are_named),
		TEST(operands_are_counted),	  TEST(errors_advise_help),
		TEST(help_shows_the_table),	  TEST(version_names_program_and_revision),
	};

	return cmocka_run_group_tests_name("opts", tests, NULL, NULL);
}
