/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lib/json.h"
#include "lib/printable.h"
#include "raxlpxs/clock.h"
#include "raxlpxs/show_patches.h"

/* Cuts the next line out of *TEXT; NULL at the end. */
static char *next_line(char **text)
{
	char *line = *text;

	if (!line || !*line)
		return NULL;
	char *end = strchr(line, '\n');
	if (end)
		*end = '\0';
	*text = end ? end + 1 : NULL;
	lp_printable(line);
	return line;
}

static bool is_number(const char *value)
{
	return *value && strlen(value) < 20 && strspn(value, "0123456789") == strlen(value);
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len >= n && !strcmp(text + len - n, end);
}

void lp_show_info(struct lp_arena *arena, const char *text, size_t len, bool json)
{
	char *rest = lp_strndup(arena, text, len), *line;
	const char *free_bytes = "";
	struct lp_json out;

	lp_json_init(&out, stdout);
	if (json) {
		lp_json_object(&out, NULL);
		lp_json_object(&out, "info");
	}
	while ((line = next_line(&rest))) {
		char *value = strchr(line, '=');

		if (!value)
			continue;
		*value++ = '\0';
		/* A hex id may consist of decimal digits only. */
		bool is_id = !strcmp(line, "build-id") || !strcmp(line, "git");
		if (ends_with(line, "-free"))
			free_bytes = value;
		if (!json)
			printf("%-16s %s%s\n", line, value,
			       ends_with(line, "-largest") && strcmp(value, free_bytes)
				       ? " in one piece, the free space is in several"
				       : "");
		else if (is_number(value) && !is_id)
			lp_json_u64(&out, line, strtoull(value, NULL, 10));
		else
			lp_json_str(&out, line, value);
	}
	if (json) {
		lp_json_end(&out);
		lp_json_end(&out);
		lp_json_finish(&out);
	}
}

bool lp_show_test(struct lp_arena *arena, const char *text, size_t len, bool json)
{
	char *rest = lp_strndup(arena, text, len), *line;
	struct lp_json out;
	bool all = true;

	lp_json_init(&out, stdout);
	if (json) {
		lp_json_object(&out, NULL);
		lp_json_array(&out, "tests");
	}
	while ((line = next_line(&rest))) {
		bool ok = !strncmp(line, "ok ", 3);
		const char *name = strncmp(line, "not ok ", 7) ? line + 3 * ok : line + 7;

		all &= ok;
		if (!json) {
			puts(line);
			continue;
		}
		lp_json_object(&out, NULL);
		lp_json_str(&out, "name", name);
		lp_json_bool(&out, "ok", ok);
		lp_json_end(&out);
	}
	if (json) {
		lp_json_end(&out);
		lp_json_end(&out);
		lp_json_finish(&out);
	}
	return all;
}

static void json_change(struct lp_arena *arena, const char *verb, const struct lp_change_result *r)
{
	struct lp_json json;

	lp_json_init(&json, stdout);
	lp_json_object(&json, NULL);
	lp_json_str(&json, "result", verb);
	lp_json_bool(&json, "already", r->already);
	if (r->warning[0])
		lp_json_str(&json, "warning", r->warning);
	if (r->stored) {
		lp_json_bool(&json, "stored", true);
		lp_json_u64(&json, "forgotten", r->n_forgotten);
	}
	lp_json_object(&json, "patch");
	lp_show_json_patch(arena, &json, &r->patch);
	lp_json_end(&json);
	lp_json_u64(&json, "stopped-us", r->stopped / LP_US);
	lp_json_u64(&json, "longest-stop-us", r->longest / LP_US);
	lp_json_u64(&json, "attempts", r->attempts);
	lp_json_u64(&json, "waited-us", r->waited / LP_US);
	lp_json_u64(&json, "took-us", r->took / LP_US);
	lp_json_u64(&json, "kernel-threads", r->n_kernel);
	lp_json_end(&json);
	lp_json_finish(&json);
}

/* "1 function, 2 tables": what there is, and a payload has something. */
static void print_counts(const struct wire_patch *p)
{
	const struct {
		u32 n;
		const char *what;
	} counts[] = { { p->n_funcs, "function" },
		       { p->n_tables, "table" },
		       { p->n_hooks, "hook" } };

	const char *between = "";

	for (size_t i = 0; i < LP_ARRAY_SIZE(counts); i++) {
		if (!counts[i].n)
			continue;
		printf("%s%" PRIu32 " %s%s", between, counts[i].n, counts[i].what,
		       counts[i].n == 1 ? "" : "s");
		between = ", ";
	}
}

/* The end of the line. */
static void print_stored(const struct lp_change_result *r)
{
	if (r->stored == LP_STORED_NOW)
		fputs(", stored for the next start", stdout);
	if (r->n_forgotten)
		printf(", %" PRIu32 " forgotten", r->n_forgotten);
	putchar('\n');
}

void lp_show_change(struct lp_arena *arena, const char *verb, const struct lp_change_result *r,
		    bool json)
{
	const char *id = lp_hex(arena, r->patch.build_id, sizeof(r->patch.build_id));

	if (json) {
		json_change(arena, verb, r);
		return;
	}
	if (r->warning[0])
		fprintf(stderr, "warning: %s\n", r->warning);
	if (r->already) {
		printf("already %s '%s' (%.*s)%s", verb, r->patch.name, SHORT_ID, id,
		       r->stored == LP_STORED_NOW ? "" : ": nothing to do");
		print_stored(r);
		return;
	}
	printf("%s '%s' (%.*s): ", verb, r->patch.name, SHORT_ID, id);
	print_counts(&r->patch);
	if (r->attempts)
		printf(", threads stopped for %" PRIu64 " us", r->stopped / LP_US);
	if (r->attempts > 1)
		printf(", after %" PRIu32 " attempts in %" PRIu64 " ms", r->attempts,
		       r->waited / LP_MS);
	print_stored(r);
}
