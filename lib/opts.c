/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/opts.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "version.h"

/* getopt_long gives FIRST_OPT + the number of the option; short ones are below that. */
#define FIRST_OPT   1000
#define HELP_COLUMN 26
#define MAX_COLUMN  80

static const struct lp_opt common_opts[] = {
	{ .short_name = 'h',
	  .long_name = "help",
	  .help = "show this help",
	  .kind = LP_OPT_FLAG,
	  .offset = offsetof(struct lp_common_opts, help) },
	{ .short_name = 'V',
	  .long_name = "version",
	  .help = "show the version",
	  .kind = LP_OPT_FLAG,
	  .offset = offsetof(struct lp_common_opts, version) },
};

/* Option number IDX: those of the program, then the common ones. */
static const struct lp_opt *opt_at(const struct lp_cli *cli, size_t idx)
{
	return idx < cli->n_opts ? &cli->opts[idx] : &common_opts[idx - cli->n_opts];
}

static size_t opt_count(const struct lp_cli *cli)
{
	return cli->n_opts + LP_ARRAY_SIZE(common_opts);
}

static LP_PRINTF(2, 3) struct lp_err *usage_error(const struct lp_cli *cli, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return lp_err(LP_FAILED, "out of memory");
	struct lp_err *err = lp_err(LP_USAGE, "%s", text);

	free(text);
	return lp_err_advice(err, "see '%s --help'", cli->name);
}

static struct lp_err *set_u32(const struct lp_cli *cli, const struct lp_opt *opt, const char *arg,
			      u32 *ret)
{
	char *end;

	errno = 0;
	unsigned long long value = strtoull(arg, &end, 10);
	/* strtoull takes blanks and signs ("-1" is 2^64 - 1): only digits are wanted. */
	if (!*arg || strspn(arg, "0123456789") != strlen(arg))
		return usage_error(cli, "option '--%s' wants a number, not '%s'", opt->long_name,
				   arg);
	if (errno || value > UINT32_MAX)
		return usage_error(cli, "option '--%s': number '%s' is too large", opt->long_name,
				   arg);
	*ret = (u32)value;
	return NULL;
}

static const char *verb_name(const struct lp_cli *cli, int verb)
{
	for (size_t i = 0; i < cli->n_opts; i++) {
		if (cli->opts[i].kind == LP_OPT_VERB && cli->opts[i].verb == verb)
			return cli->opts[i].long_name;
	}
	return "";
}

static struct lp_err *set_verb(const struct lp_cli *cli, const struct lp_opt *opt, const char *arg,
			       u8 *values)
{
	int *verb = (void *)(values + opt->offset);

	if (*verb && *verb != opt->verb)
		return usage_error(cli, "options '--%s' and '--%s' exclude each other",
				   verb_name(cli, *verb), opt->long_name);
	if (*verb && opt->arg)
		return usage_error(cli, "option '--%s' is given twice", opt->long_name);
	*verb = opt->verb;
	if (opt->arg)
		*(const char **)(void *)(values + opt->arg_offset) = arg;
	return NULL;
}

static struct lp_err *set_value(const struct lp_cli *cli, struct lp_arena *arena,
				const struct lp_opt *opt, const char *arg, u8 *values)
{
	void *slot = values + opt->offset;

	switch (opt->kind) {
	case LP_OPT_FLAG:
		*(bool *)slot = true;
		return NULL;
	case LP_OPT_WORD:
	case LP_OPT_STR:
		if (*(const char **)slot)
			return usage_error(cli, "option '--%s' is given twice", opt->long_name);
		*(const char **)slot = arg ? arg : "";
		return NULL;
	case LP_OPT_LIST:
		lp_vec_push(arena, (struct lp_strs *)slot, arg);
		return NULL;
	case LP_OPT_U32:
		return set_u32(cli, opt, arg, slot);
	case LP_OPT_VERB:
		return set_verb(cli, opt, arg, values);
	}
	return NULL;
}

/* What getopt_long could not take, in our words. C is its return value. */
static struct lp_err *refused(const struct lp_cli *cli, int c, char **argv)
{
	bool is_short = optopt > 0 && optopt < FIRST_OPT;

	if (c == ':' && is_short)
		return usage_error(cli, "option '-%c' wants an argument", optopt);
	if (c == ':')
		return usage_error(cli, "option '%s' wants an argument", argv[optind - 1]);
	if (is_short)
		return usage_error(cli, "unknown option '-%c'", optopt);
	if (optopt >= FIRST_OPT)
		return usage_error(cli, "option '--%s' takes no argument",
				   opt_at(cli, (size_t)(optopt - FIRST_OPT))->long_name);
	return usage_error(cli, "unknown option '%s'", argv[optind - 1]);
}

static int wants_argument(const struct lp_opt *opt)
{
	if (opt->kind == LP_OPT_WORD)
		return optional_argument;
	return opt->arg ? required_argument : no_argument;
}

/* The two tables that getopt_long wants, made of ours. */
static void make_tables(const struct lp_cli *cli, struct lp_arena *arena, char **ret_short,
			struct option **ret_long)
{
	size_t n = opt_count(cli), len = 0;
	char *shorts = lp_alloc(arena, 2 * n + 2);
	struct option *longs = lp_new_array(arena, n + 1, struct option);

	shorts[len++] = ':'; /* silent, and tells a missing argument apart */
	for (size_t i = 0; i < n; i++) {
		const struct lp_opt *opt = opt_at(cli, i);

		if (opt->short_name)
			shorts[len++] = opt->short_name;
		if (opt->short_name && opt->arg)
			shorts[len++] = ':';
		longs[i] = (struct option){ .name = opt->long_name,
					    .has_arg = wants_argument(opt),
					    .val = FIRST_OPT + (int)i };
	}
	*ret_short = shorts;
	*ret_long = longs;
}

static const struct lp_opt *find_opt(const struct lp_cli *cli, int c)
{
	if (c >= FIRST_OPT)
		return opt_at(cli, (size_t)(c - FIRST_OPT));
	for (size_t i = 0; i < opt_count(cli); i++) {
		if (opt_at(cli, i)->short_name == c)
			return opt_at(cli, i);
	}
	return NULL;
}

struct lp_err *lp_opts_parse(const struct lp_cli *cli, struct lp_arena *arena, int argc,
			     char **argv, void *values, struct lp_strs *operands)
{
	const struct lp_common_opts *common = values;
	struct option *longs;
	char *shorts;
	int c;

	make_tables(cli, arena, &shorts, &longs);
	optind = 0; /* glibc: forget an earlier command line (unit tests) */
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct lp_opt *opt = c == '?' || c == ':' ? NULL : find_opt(cli, c);

		if (!opt)
			return refused(cli, c, argv);
		LP_TRY(set_value(cli, arena, opt, optarg, values));
	}
	for (int i = optind; i < argc; i++)
		lp_vec_push(arena, operands, argv[i]);
	if (common->help || common->version)
		return NULL;
	if (operands->n < cli->min_operands)
		return usage_error(cli, operands->n ? "too few operands" : "operand missing");
	if (operands->n > cli->max_operands)
		return usage_error(cli, "unexpected operand '%s'",
				   operands->items[cli->max_operands]);
	return NULL;
}

static void help_option(const struct lp_opt *opt, FILE *out)
{
	char left[MAX_COLUMN];
	int len = snprintf(left, sizeof(left), opt->short_name ? "  -%c, " : "      ",
			   opt->short_name);

	len += snprintf(left + len, sizeof(left) - (size_t)len,
			!opt->arg		   ? "--%s"
			: opt->kind == LP_OPT_WORD ? "--%s[=%s]"
						   : "--%s %s",
			opt->long_name, opt->arg);
	assert(len < MAX_COLUMN);
	if (len + 2 > HELP_COLUMN) {
		fprintf(out, "%s\n", left);
		left[0] = '\0';
	}
	for (const char *p = opt->help;;) {
		int width = (int)strcspn(p, "\n");

		assert(width <= MAX_COLUMN - HELP_COLUMN);
		fprintf(out, "%-*s%.*s\n", HELP_COLUMN, left, width, p);
		if (!p[width])
			break;
		p += width + 1;
		left[0] = '\0';
	}
}

void lp_opts_help(const struct lp_cli *cli, FILE *out)
{
	for (const char *const *line = cli->usage; *line; line++)
		fprintf(out, "%s %s %s\n", line == cli->usage ? "usage:" : "      ", cli->name,
			*line);
	fprintf(out, "\n%s\n\noptions:\n", cli->summary);
	for (size_t i = 0; i < opt_count(cli); i++)
		help_option(opt_at(cli, i), out);
	if (cli->epilog)
		fprintf(out, "\n%s\n", cli->epilog);
}

bool lp_opts_answer(const struct lp_cli *cli, const struct lp_common_opts *common)
{
	if (common->help)
		lp_opts_help(cli, stdout);
	else if (common->version)
		printf("%s %s (%s)\n", cli->name, LP_VERSION, LP_GIT);
	return common->help || common->version;
}
