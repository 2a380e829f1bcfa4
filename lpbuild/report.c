/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/json.h"

static const char *kind_name(const struct lp_info_change *change)
{
	switch (change->kind) {
	case LP_CHANGED:
		return "modified";
	case LP_ADDED:
		return "added";
	case LP_DATA:
		return "data";
	case LP_TABLE:
		return "table";
	case LP_HOOK:
		return "hook";
	case LP_IGNORED:
		return "ignored";
	}
	return "";
}

/* WORD as a shell would need it typed. */
static const char *quoted(const struct lp_work *work, const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789._+-/,:@%=";
	const char *out = "";

	if (*word && strspn(word, plain) == strlen(word))
		return word;
	for (const char *c = word; *c; c++)
		out = lp_printf(work->arena, *c == '\'' ? "%s'\\''" : "%s%c", out, *c);
	return lp_printf(work->arena, "'%s'", out);
}

static const char *next_command(const struct lp_work *work, const struct lp_outdir *out)
{
	return lp_printf(work->arena, "raxlpxs --pid PID --apply %s", quoted(work, out->payload));
}

void lp_report_prepared(const struct lp_work *work, const char *target, const char *verified,
			bool json)
{
	struct lp_json doc;

	if (!json) {
		printf("executable: %s\nverified:   %s\n", target, verified);
		return;
	}
	lp_json_init(&doc, stdout);
	lp_json_object(&doc, NULL);
	lp_json_str(&doc, "recipe", work->recipe->name);
	lp_json_str(&doc, "executable", target);
	lp_json_str(&doc, "verified", verified);
	lp_json_end(&doc);
	lp_json_finish(&doc);
}

static void print_change(const struct lp_info *info, const struct lp_info_change *change)
{
	printf("%-11s %s  %s", kind_name(change), change->name, info->object);
	if (change->kind == LP_CHANGED)
		printf("  %" PRIu64 " -> %" PRIu64 " bytes", change->old_size, change->new_size);
	else if (change->kind == LP_IGNORED)
		printf("  (%s)", change->rule);
	else if (change->kind == LP_HOOK)
		printf("  (%s)", change->hook);
	else
		printf("  %" PRIu64 " bytes", change->new_size);
	putchar('\n');
}

void lp_report_text(const struct lp_work *work, const char *target, const struct lp_report *report)
{
	const struct lp_outdir *out = report->out;
	const struct lp_info_list *infos = &report->infos;
	struct stat st;

	for (size_t i = 0; i < infos->n; i++)
		for (size_t j = 0; j < infos->items[i].changes.n; j++)
			print_change(&infos->items[i], &infos->items[i].changes.items[j]);
	printf("payload:    %s", out->payload);
	if (!stat(out->payload, &st))
		printf("  %jd bytes", (intmax_t)st.st_size);
	printf("\nmanifest:   %s\n", out->manifest);
	if (work->wants_review)
		printf("review:     %s\n", out->review);
	printf("executable: %s\n", target);
	printf("next:       %s\n", next_command(work, out));
}

static void print_json_change(struct lp_json *doc, const struct lp_info *info,
			      const struct lp_info_change *change)
{
	lp_json_object(doc, NULL);
	lp_json_str(doc, "name", change->name);
	lp_json_str(doc, "change", kind_name(change));
	lp_json_str(doc, "object", info->object);
	if (change->kind == LP_CHANGED)
		lp_json_u64(doc, "old-size", change->old_size);
	if (change->kind != LP_IGNORED)
		lp_json_u64(doc, "new-size", change->new_size);
	if (change->why)
		lp_json_str(doc, "why", change->why);
	if (change->kind == LP_IGNORED)
		lp_json_str(doc, "rule", change->rule);
	lp_json_end(doc);
}

static void print_json(struct lp_json *doc, const struct lp_work *work, const char *target,
		       const struct lp_report *report)
{
	const struct lp_outdir *out = report->out;
	const struct lp_info_list *infos = &report->infos;

	lp_json_object(doc, NULL);
	lp_json_str(doc, "name", out->name);
	lp_json_str(doc, "recipe", work->recipe->name);
	lp_json_array(doc, "changes");
	for (size_t i = 0; i < infos->n; i++)
		for (size_t j = 0; j < infos->items[i].changes.n; j++)
			print_json_change(doc, &infos->items[i], &infos->items[i].changes.items[j]);
	lp_json_end(doc);
	lp_json_str(doc, "payload", out->payload);
	lp_json_str(doc, "manifest", out->manifest);
	if (work->wants_review)
		lp_json_str(doc, "review", out->review);
	lp_json_str(doc, "executable", target);
	lp_json_str(doc, "next", next_command(work, out));
	lp_json_end(doc);
}

void lp_report_json(const struct lp_work *work, const char *target, const struct lp_report *report)
{
	struct lp_json doc;

	lp_json_init(&doc, stdout);
	print_json(&doc, work, target, report);
	lp_json_finish(&doc);
}

void lp_report_stack_json(const struct lp_work *work, const char *target,
			  const struct lp_report *reports, size_t n)
{
	struct lp_json doc;

	lp_json_init(&doc, stdout);
	lp_json_object(&doc, NULL);
	lp_json_array(&doc, "stack");
	for (size_t i = 0; i < n; i++)
		print_json(&doc, work, target, &reports[i]);
	lp_json_end(&doc);
	lp_json_end(&doc);
	lp_json_finish(&doc);
}
