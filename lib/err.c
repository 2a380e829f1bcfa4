/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/printable.h"

struct lp_err {
	enum lp_code code;
	const char *rule; /* literal, or NULL */
	char *message;
	char *context; /* lines, each ended by '\n'; NULL when none */
	char *advice;  /* NULL when none */
};

static char out_of_memory_text[] = "out of memory";
static struct lp_err out_of_memory = { .code = LP_FAILED, .message = out_of_memory_text };

static LP_PRINTF(2, 0) struct lp_err *err_new(enum lp_code code, const char *fmt, va_list ap)
{
	struct lp_err *err = calloc(1, sizeof(*err));

	if (!err)
		return &out_of_memory;
	err->code = code;
	if (vasprintf(&err->message, fmt, ap) < 0) {
		free(err);
		return &out_of_memory;
	}
	return err;
}

struct lp_err *lp_err(enum lp_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct lp_err *err = err_new(code, fmt, ap);
	va_end(ap);
	return err;
}

struct lp_err *lp_err_errno(const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	char *text;

	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return &out_of_memory;
	struct lp_err *err = lp_err(LP_FAILED, "%s: %s", text, strerror(saved));
	free(text);
	return err;
}

/* Appends TEXT and SEP to *DST; on failure *DST stays as it was. */
static void append(char **dst, const char *text, const char *sep)
{
	char *joined;

	if (asprintf(&joined, "%s%s%s", *dst ? *dst : "", text, sep) < 0)
		return;
	free(*dst);
	*dst = joined;
}

struct lp_err *lp_err_context(struct lp_err *err, const char *fmt, ...)
{
	va_list ap;
	char *text;

	if (!err || err == &out_of_memory)
		return err;
	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return err;
	append(&err->context, text, "\n");
	free(text);
	return err;
}

struct lp_err *lp_err_advice(struct lp_err *err, const char *fmt, ...)
{
	va_list ap;
	char *text;

	if (!err || err == &out_of_memory)
		return err;
	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return err;
	free(err->advice);
	err->advice = text;
	return err;
}

struct lp_err *lp_err_rule(struct lp_err *err, const char *rule)
{
	if (err && err != &out_of_memory)
		err->rule = rule;
	return err;
}

enum lp_code lp_err_code(const struct lp_err *err)
{
	return err ? err->code : LP_OK;
}

const char *lp_err_message(const struct lp_err *err)
{
	return err ? err->message : "";
}

const char *lp_err_rule_id(const struct lp_err *err)
{
	return err && err->rule ? err->rule : "";
}

static void print_json(const struct lp_err *err)
{
	struct lp_json json;

	lp_json_init(&json, stdout);
	lp_json_object(&json, NULL);
	lp_json_object(&json, "error");
	lp_json_u64(&json, "code", err->code);
	lp_json_str(&json, "message", err->message);
	lp_json_str(&json, "rule", err->rule);
	lp_json_str(&json, "context", err->context);
	lp_json_str(&json, "advice", err->advice);
	lp_json_end(&json);
	lp_json_end(&json);
	lp_json_finish(&json);
}

static void print_line(const char *before, const char *text)
{
	fputs(before, stderr);
	lp_print_clean(stderr, text);
	fputc('\n', stderr);
}

static void print_text(const struct lp_err *err)
{
	print_line("error: ", err->message);
	for (const char *p = err->context; p && *p;) {
		size_t len = strcspn(p, "\n");
		char *line = strndup(p, len);

		if (line)
			print_line("  ", line);
		free(line);
		p += len + (p[len] == '\n');
	}
	if (err->rule)
		print_line("  rule: ", err->rule);
	if (err->advice)
		print_line("  advice: ", err->advice);
}

int lp_err_finish(struct lp_err *err, bool json)
{
	int code = (int)lp_err_code(err);

	if (!err)
		return code;
	if (json)
		print_json(err);
	else
		print_text(err);
	lp_err_destroy(err);
	return code;
}

void lp_err_destroy(struct lp_err *err)
{
	if (!err || err == &out_of_memory)
		return;
	free(err->message);
	free(err->context);
	free(err->advice);
	free(err);
}
