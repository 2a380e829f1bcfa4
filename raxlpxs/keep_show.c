/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "raxlpxs/keep.h"
#include "raxlpxs/show_patches.h"

static struct lp_err *forget(struct lp_store *s, const char *key, bool json)
{
	const struct lp_stored *item;
	struct lp_json out;

	LP_TRY(lp_store_find(s, key, &item));
	LP_TRY(lp_store_remove(s, item));
	if (!json) {
		printf("forgot '%s' (%.*s): the next start is without it\n", item->name, SHORT_ID,
		       item->id);
		return NULL;
	}
	lp_json_init(&out, stdout);
	lp_json_object(&out, NULL);
	lp_json_str(&out, "result", "forgot");
	lp_json_str(&out, "name", item->name);
	lp_json_str(&out, "build-id", item->id);
	lp_json_end(&out);
	lp_json_finish(&out);
	return NULL;
}

struct lp_err *lp_keep_forget(struct lp_arena *arena, const struct lp_store_place *place,
			      const char *key, bool json)
{
	struct lp_store s;

	LP_TRY(lp_store_open(arena, place, LP_STORE_CHANGE, &s));
	struct lp_err *err = forget(&s, key, json);
	lp_store_close(&s);
	return err;
}

static void show_json(const struct lp_store *s)
{
	struct lp_json out;

	lp_json_init(&out, stdout);
	lp_json_object(&out, NULL);
	lp_json_str(&out, "state", s->place.state);
	lp_json_str(&out, "build-id", s->place.id);
	lp_json_array(&out, "stored");
	for (size_t i = 0; i < s->n; i++) {
		const struct lp_stored *item = &s->items[i];

		lp_json_object(&out, NULL);
		lp_json_u64(&out, "number", item->number);
		lp_json_str(&out, "name", item->name);
		lp_json_str(&out, "build-id", item->id);
		lp_json_u64(&out, "size", item->size);
		lp_json_str(&out, "file", item->file);
		lp_json_end(&out);
	}
	lp_json_end(&out);
	lp_json_end(&out);
	lp_json_finish(&out);
}

static void show_brief(const struct lp_store *s)
{
	printf("%zu stored", s->n);
	for (size_t i = 0; i < s->n; i++)
		printf("%s%s (%.*s)", i ? ", " : ": ", s->items[i].name, SHORT_ID, s->items[i].id);
	putchar('\n');
}

static void show_table(const struct lp_store *s)
{
	int width = (int)strlen("NAME");

	if (!s->n) {
		printf("nothing is stored for build-id %s\n", s->place.id);
		return;
	}
	for (size_t i = 0; i < s->n; i++) {
		int len = (int)strlen(s->items[i].name);
		width = len > width ? len : width;
	}
	printf("%-6s  %-*s  %-*s  %8s\n", "NUMBER", width, "NAME", SHORT_ID, "ID", "SIZE");
	for (size_t i = 0; i < s->n; i++) {
		const struct lp_stored *item = &s->items[i];

		printf("%6" PRIu32 "  %-*s  %-*.*s  %8zu\n", item->number, width, item->name,
		       SHORT_ID, SHORT_ID, item->id, item->size);
	}
}

struct lp_err *lp_keep_show(struct lp_arena *arena, const struct lp_store_place *place, bool brief,
			    bool json)
{
	struct lp_store s;

	LP_TRY(lp_store_open(arena, place, LP_STORE_READ, &s));
	lp_store_close(&s);
	if (json)
		show_json(&s);
	else if (brief)
		show_brief(&s);
	else
		show_table(&s);
	return NULL;
}
