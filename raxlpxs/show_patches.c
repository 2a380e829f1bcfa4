/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/show_patches.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "lib/file.h"
#include "raxlpxs/show.h"

const char *lp_show_state(u32 state)
{
	switch ((enum wire_state)state) {
	case WIRE_CHECKED:
		return "CHECKED";
	case WIRE_APPLIED:
		return "APPLIED";
	case WIRE_KEPT:
		return "KEPT";
	}
	return "?";
}

static u64 patch_size(const struct wire_patch *p)
{
	return (u64)p->text_size + p->rodata_size + p->data_size;
}

/* On a patch, not on the executable. */
static bool stacks(const struct wire_patch *p)
{
	for (size_t i = 0; i < sizeof(p->depends); i++)
		if (p->depends[i])
			return true;
	return false;
}

void lp_show_json_patch(struct lp_arena *arena, struct lp_json *json, const struct wire_patch *p)
{
	lp_json_str(json, "name", p->name);
	lp_json_str(json, "build-id", lp_hex(arena, p->build_id, sizeof(p->build_id)));
	lp_json_str(json, "state", lp_show_state(p->state));
	lp_json_u64(json, "since", p->since);
	lp_json_u64(json, "functions", p->n_funcs);
	lp_json_u64(json, "tables", p->n_tables);
	lp_json_u64(json, "hooks", p->n_hooks);
	lp_json_u64(json, "text-size", p->text_size);
	lp_json_u64(json, "rodata-size", p->rodata_size);
	lp_json_u64(json, "data-size", p->data_size);
	lp_json_str(json, "depends",
		    stacks(p) ? lp_hex(arena, p->depends, sizeof(p->depends)) : NULL);
	lp_json_bool(json, "cumulative", p->flags & WIRE_PATCH_CUMULATIVE);
	lp_json_bool(json, "used", p->flags & WIRE_PATCH_USED);
	lp_json_bool(json, "pinned", p->flags & WIRE_PATCH_PINNED);
	lp_json_bool(json, "open", p->flags & WIRE_PATCH_OPEN);
}

static void json_list(struct lp_arena *arena, const struct wire_patch *patches, size_t n)
{
	struct lp_json json;

	lp_json_init(&json, stdout);
	lp_json_object(&json, NULL);
	lp_json_array(&json, "patches");
	for (size_t i = 0; i < n; i++) {
		lp_json_object(&json, NULL);
		lp_show_json_patch(arena, &json, &patches[i]);
		lp_json_end(&json);
	}
	lp_json_end(&json);
	lp_json_end(&json);
	lp_json_finish(&json);
}

static void format_time(u64 seconds, char *out, size_t size)
{
	time_t since = (time_t)seconds;
	struct tm tm;

	snprintf(out, size, "?");
	if (localtime_r(&since, &tm))
		strftime(out, size, "%Y-%m-%d %H:%M:%S", &tm);
}

void lp_show_list(struct lp_arena *arena, const struct wire_patch *patches, size_t n, bool json)
{
	int width = (int)strlen("NAME");

	if (json) {
		json_list(arena, patches, n);
		return;
	}
	if (!n) {
		puts("no patches");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		int len = (int)strlen(patches[i].name);
		width = len > width ? len : width;
	}
	printf("%-*s  %-*s  %-7s  %-19s  %5s  %6s  %5s  %7s\n", width, "NAME", SHORT_ID, "ID",
	       "STATE", "SINCE", "FUNCS", "TABLES", "HOOKS", "SIZE");
	for (size_t i = 0; i < n; i++) {
		const struct wire_patch *p = &patches[i];
		char when[32];

		format_time(p->since, when, sizeof(when));
		printf("%-*s  %.*s  %-7s  %-19s  %5" PRIu32 "  %6u  %5u  %7" PRIu64 "\n", width,
		       p->name, SHORT_ID, lp_hex(arena, p->build_id, sizeof(p->build_id)),
		       lp_show_state(p->state), when, p->n_funcs, p->n_tables, p->n_hooks,
		       patch_size(p));
	}
}

static void print_depends(struct lp_arena *arena, const struct wire_patch *patches, size_t n,
			  const struct wire_patch *p)
{
	const char *id = lp_hex(arena, p->depends, sizeof(p->depends));

	if (!stacks(p)) {
		printf("%-10s the executable\n", "stacks on");
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (!memcmp(patches[i].build_id, p->depends, sizeof(p->depends))) {
			printf("%-10s %s  %s\n", "stacks on", id, patches[i].name);
			return;
		}
	printf("%-10s %s\n", "stacks on", id);
}

static void print_status(struct lp_arena *arena, const struct wire_patch *patches, size_t n,
			 const struct wire_patch *p)
{
	char when[32];

	format_time(p->since, when, sizeof(when));
	printf("%-10s %s\n", "name", p->name);
	printf("%-10s %s\n", "build-id", lp_hex(arena, p->build_id, sizeof(p->build_id)));
	printf("%-10s %s since %s%s\n", "state", lp_show_state(p->state), when,
	       p->flags & WIRE_PATCH_OPEN ? ", a client is changing that" : "");
	print_depends(arena, patches, n, p);
	printf("%-10s functions %" PRIu32 ", tables %u, hooks %u\n", "changes", p->n_funcs,
	       p->n_tables, p->n_hooks);
	printf("%-10s text %" PRIu32 ", read-only %" PRIu32 ", data %" PRIu32 "\n", "size",
	       p->text_size, p->rodata_size, p->data_size);
	if (p->flags & WIRE_PATCH_CUMULATIVE)
		printf("%-10s in the place of all others\n", "applied");
	if (p->flags & WIRE_PATCH_USED && p->state == WIRE_CHECKED)
		printf("%-10s used: can't be applied again; remove it and upload it again\n",
		       "data");
	if (p->flags & WIRE_PATCH_PINNED)
		printf("%-10s pointers to it may be left: --remove %s\n", "code",
		       p->state == WIRE_KEPT ? "--force frees it" : "keeps its space");
}

void lp_show_status(struct lp_arena *arena, const struct wire_patch *patches, size_t n,
		    const struct wire_patch *only, bool json)
{
	if (json) {
		json_list(arena, only ? only : patches, only ? 1 : n);
		return;
	}
	if (!n)
		puts("no patches");
	for (size_t i = 0; i < n; i++) {
		if (only && only != &patches[i])
			continue;
		if (i && !only)
			putchar('\n');
		print_status(arena, patches, n, &patches[i]);
	}
}
