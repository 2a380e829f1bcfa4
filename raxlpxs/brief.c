/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/brief.h"

#include <stdio.h>
#include <string.h>

#include "lib/file.h"
#include "lib/printable.h"
#include "raxlpxs/show_patches.h"

void lp_brief_patches(struct lp_arena *arena, const struct wire_patch *patches, size_t n)
{
	const char *between = ": ";

	if (!n)
		printf("no patches");
	else
		printf("%zu patch%s", n, n == 1 ? "" : "es");
	for (size_t i = 0; i < n; i++) {
		printf("%s%s (%.*s) %s", between, patches[i].name, SHORT_ID,
		       lp_hex(arena, patches[i].build_id, sizeof(patches[i].build_id)),
		       lp_show_state(patches[i].state));
		between = ", ";
	}
	putchar('\n');
}

const char *lp_brief_value(struct lp_arena *arena, const char *text, size_t len, const char *key)
{
	const char *line = lp_printf(arena, "\n%.*s", (int)len, text);
	const char *wanted = lp_printf(arena, "\n%s=", key);
	const char *found = strstr(line, wanted);

	if (!found)
		return NULL;
	found += strlen(wanted);
	char *value = lp_strndup(arena, found, strcspn(found, "\n"));
	lp_printable(value);
	return value;
}

void lp_brief_info(struct lp_arena *arena, const char *text, size_t len)
{
	static const struct {
		const char *key, *what;
		int max; /* characters */
	} shown[] = { { "build-id", "build-id", SHORT_ID },
		      { "version", "version", 32 },
		      { "patches", "patches", 20 },
		      { "applied", "applied", 20 },
		      { "text-free", "text free", 20 } };

	const char *between = "";

	for (size_t i = 0; i < LP_ARRAY_SIZE(shown); i++) {
		const char *value = lp_brief_value(arena, text, len, shown[i].key);

		if (!value)
			continue;
		printf("%s%s %.*s", between, shown[i].what, shown[i].max, value);
		between = ", ";
	}
	putchar('\n');
}

bool lp_brief_test(struct lp_arena *arena, const char *text, size_t len)
{
	char *save = NULL, *copy = lp_strndup(arena, text, len);
	size_t n = 0;

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "ok ", 3) != 0)
			return false;
		n++;
	}
	printf("ok, %zu test%s\n", n, n == 1 ? "" : "s");
	return true;
}
