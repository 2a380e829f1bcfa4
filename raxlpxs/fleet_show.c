/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/fleet_show.h"

#include <inttypes.h>
#include <string.h>

#include "lib/file.h"
#include "lib/json.h"

#define MANY 10 /* programs: from here on it is told how far we are */

/* The most important one first: wrong usage is true for all, what nobody should trust comes
 * before what was refused, and what is worth another try comes last. */
static const int by_importance[] = {
	LP_USAGE, LP_TRUST, LP_REFUSED, LP_TARGET, LP_FAILED, LP_BUSY
};

static const char *const end_names[LP_FLEET_N_ENDS] = { "done", "skipped", "failed" };

enum lp_fleet_end lp_fleet_end(int code)
{
	if (code == LP_OK)
		return LP_FLEET_DONE;
	return code == LP_NOTHING ? LP_FLEET_SKIPPED : LP_FLEET_FAILED;
}

/* How many there are of each end. */
static void count(const struct lp_fleet *fleet, u32 ret[LP_FLEET_N_ENDS])
{
	memset(ret, 0, LP_FLEET_N_ENDS * sizeof(*ret));
	for (size_t i = 0; i < fleet->n; i++)
		if (fleet->items[i].code != LP_FLEET_OTHER)
			ret[lp_fleet_end(fleet->items[i].code)]++;
}

size_t lp_fleet_count(const struct lp_fleet *fleet)
{
	size_t n = 0;

	for (size_t i = 0; i < fleet->n; i++)
		n += fleet->items[i].code != LP_FLEET_OTHER;
	return n;
}

int lp_fleet_code(const struct lp_fleet *fleet)
{
	u32 n[LP_FLEET_N_ENDS];

	for (size_t k = 0; k < LP_ARRAY_SIZE(by_importance); k++)
		for (size_t i = 0; i < fleet->n; i++)
			if (fleet->items[i].code == by_importance[k])
				return by_importance[k];
	count(fleet, n);
	if (n[LP_FLEET_FAILED])
		return LP_FAILED;
	return n[LP_FLEET_DONE] ? LP_OK : LP_NOTHING;
}

void lp_fleet_show_init(struct lp_fleet_show *show, const struct lp_fleet *fleet, bool json)
{
	char text[64];

	*show = (struct lp_fleet_show){ .fleet = fleet, .json = json };
	for (size_t i = 0; i < fleet->n; i++) {
		int pid = snprintf(NULL, 0, "%" PRIu32, fleet->items[i].pid);
		int exe = (int)strlen(lp_basename(fleet->items[i].exe));

		show->pid_width = pid > show->pid_width ? pid : show->pid_width;
		show->exe_width = exe > show->exe_width ? exe : show->exe_width;
	}
	lp_progress_init(&show->progress, 1, fleet->n < MANY);
	snprintf(text, sizeof(text), "asking %zu processes", fleet->n);
	lp_progress_step(&show->progress, text);
}

/* Each line of what a child wrote to stderr, with the number of its program. */
static void show_notes(const struct lp_fleet_target *t)
{
	for (const char *p = t->notes ? t->notes : ""; *p;) {
		size_t len = strcspn(p, "\n");

		fprintf(stderr, "%" PRIu32 ": %.*s\n", t->pid, (int)len, p);
		p += len + (p[len] == '\n');
	}
}

void lp_fleet_show_done(void *arg, const struct lp_fleet_target *t)
{
	struct lp_fleet_show *show = arg;
	enum lp_fleet_end end = lp_fleet_end(t->code);
	const char *name = lp_basename(t->exe);

	show->n_done++;
	lp_progress_end(&show->progress);
	show_notes(t);
	if (!show->json && t->code != LP_FLEET_OTHER) {
		printf("%*" PRIu32 "  %-*s  %s%s%.*s\n", show->pid_width, t->pid, show->exe_width,
		       name, end == LP_FLEET_DONE ? "" : end_names[end],
		       end == LP_FLEET_DONE ? "" : ": ", (int)strcspn(t->answer, "\n"), t->answer);
		fflush(stdout);
	}
	lp_progress_items(&show->progress, show->n_done, (u32)show->fleet->n, name);
}

/* "5 processes: 3 done, 1 skipped, 1 failed: 4711" */
static void show_summary(const struct lp_fleet *fleet)
{
	const char *between = ": ";
	u32 n[LP_FLEET_N_ENDS];

	count(fleet, n);
	printf("%zu process%s", lp_fleet_count(fleet), lp_fleet_count(fleet) == 1 ? "" : "es");
	for (int end = 0; end < LP_FLEET_N_ENDS; end++) {
		if (!n[end])
			continue;
		printf("%s%" PRIu32 " %s", between, n[end], end_names[end]);
		between = ", ";
	}
	between = ":";
	for (size_t i = 0; i < fleet->n; i++) {
		const struct lp_fleet_target *t = &fleet->items[i];

		if (t->code == LP_FLEET_OTHER || lp_fleet_end(t->code) != LP_FLEET_FAILED)
			continue;
		printf("%s %" PRIu32, between, t->pid);
		between = "";
	}
	putchar('\n');
}

static void show_json(const struct lp_fleet *fleet)
{
	u32 n[LP_FLEET_N_ENDS];
	struct lp_json json;

	count(fleet, n);
	lp_json_init(&json, stdout);
	lp_json_object(&json, NULL);
	lp_json_array(&json, "processes");
	for (size_t i = 0; i < fleet->n; i++) {
		const struct lp_fleet_target *t = &fleet->items[i];

		if (t->code == LP_FLEET_OTHER)
			continue;
		lp_json_object(&json, NULL);
		lp_json_u64(&json, "pid", t->pid);
		lp_json_str(&json, "exe", t->exe);
		lp_json_str(&json, "end", end_names[lp_fleet_end(t->code)]);
		lp_json_u64(&json, "code", (u64)t->code);
		/* A child that did not get that far has left a text. */
		if (t->answer[0] == '{')
			lp_json_document(&json, "answer", t->answer);
		else
			lp_json_str(&json, "message", t->answer);
		lp_json_end(&json);
	}
	lp_json_end(&json);
	for (int end = 0; end < LP_FLEET_N_ENDS; end++)
		lp_json_u64(&json, end_names[end], n[end]);
	lp_json_u64(&json, "code", (u64)lp_fleet_code(fleet));
	lp_json_end(&json);
	lp_json_finish(&json);
}

void lp_fleet_show_end(struct lp_fleet_show *show)
{
	lp_progress_end(&show->progress);
	if (show->json)
		show_json(show->fleet);
	else
		show_summary(show->fleet);
}
