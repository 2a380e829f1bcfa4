/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The result as text: a word, a name, and below them what a person wants to know. */
#include <inttypes.h>
#include <string.h>

#include "create-diff-object/report.h"

#define INDENT "         "

static void print_eyes(const struct lp_info_advice *eyes, size_t n, FILE *out)
{
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%-8s %s\n" INDENT "%s\n", "look", eyes[i].name, eyes[i].says);
}

void cdo_print_changes(const struct lp_info *info, FILE *out)
{
	static const char *const words[] = {
		[LP_CHANGED] = "changed", [LP_ADDED] = "added", [LP_DATA] = "data",
		[LP_TABLE] = "table",	  [LP_HOOK] = "hook",	[LP_IGNORED] = "ignored",
	};

	for (size_t i = 0; i < info->changes.n; i++)
		fprintf(out, "%-8s %s\n", words[info->changes.items[i].kind],
			info->changes.items[i].name);
	print_eyes(info->advice.items, info->advice.n, out);
}

static void print_version(const char *when, const struct cdo_version *version, FILE *out)
{
	if (version->code)
		fprintf(out, INDENT "%s  %s  %s\n", when, version->source, version->code);
}

static void print_function(const struct cdo_r_function *f, FILE *out)
{
	const char *word = strcmp(f->change, "modified") == 0 ? "changed" : f->change;

	fprintf(out, "%-8s %s  ", word, f->name);
	if (f->old_size && f->new_size && f->old_size != f->new_size)
		fprintf(out, "%" PRIu64 " -> ", f->old_size);
	fprintf(out, "%" PRIu64 " bytes\n", f->new_size ? f->new_size : f->old_size);
	if (f->why)
		fprintf(out, INDENT "%s\n", f->why);
	print_version("old", &f->old, out);
	print_version("new", &f->new, out);
}

static void print_objects(const char *word, const struct lp_seq *list, FILE *out)
{
	const struct cdo_r_object *objects = list->items;

	for (size_t i = 0; i < list->n; i++) {
		fprintf(out, "%-8s %s  %" PRIu64 " bytes\n", word, objects[i].name,
			objects[i].size);
		if (objects[i].why)
			fprintf(out, INDENT "%s\n", objects[i].why);
	}
}

static void print_judged(const char *word, const struct lp_seq *list, FILE *out)
{
	const struct cdo_allowed *judged = list->items;

	for (size_t i = 0; i < list->n; i++)
		fprintf(out, "%-8s %s\n" INDENT "rule %s\n", word, judged[i].name, judged[i].rule);
}

void cdo_print_explanation(const struct cdo_report *report, FILE *out)
{
	const struct cdo_r_function *functions = report->functions.items;
	const struct cdo_r_hook *hooks = report->hooks.items;
	const struct lp_info_pin *pins = report->pins.items;

	for (size_t i = 0; i < report->functions.n; i++)
		print_function(&functions[i], out);
	print_objects("data", &report->data, out);
	print_objects("table", &report->tables, out);
	for (size_t i = 0; i < report->hooks.n; i++)
		fprintf(out, "%-8s %s\n" INDENT "runs at %s\n", "hook", hooks[i].name,
			hooks[i].kind);
	print_objects("refused", &report->refused_data, out);
	print_judged("allowed", &report->allowed, out);
	print_judged("ignored", &report->ignored, out);
	for (size_t i = 0; i < report->pins.n; i++)
		fprintf(out, "%-8s %s\n" INDENT "its address is kept by '%s'\n", "pins",
			pins[i].name, pins[i].holder);
	print_eyes(report->eyes.items, report->eyes.n, out);
	for (size_t i = 0; i < report->removed.n; i++)
		fprintf(out, "%-8s %s\n", "removed", report->removed.items[i]);
}
