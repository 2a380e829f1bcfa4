/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program that was taken over may answer to raxlpxs, which is root. */
#include <stdlib.h>
#include <string.h>

#include "lib/printable.h"
#include "raxlpxs/brief.h"
#include "raxlpxs/client.h"
#include "raxlpxs/ids.h"
#include "raxlpxs/scan.h"

/* The end of each field is the end of what may be read. */
static void use(struct lp_arena *arena, const struct lp_client *client, struct lp_reply *reply)
{
	for (size_t i = 0; i < reply->n_fields; i++) {
		struct lp_ranges ranges;
		void *items;
		size_t n;
		u32 value;

		lp_err_destroy(lp_reply_u32(client, reply, i, &value));
		(void)lp_brief_value(arena, reply->fields[i].data, reply->fields[i].len, "exe");
		struct lp_err *err = lp_reply_array(client, arena, reply, i,
						    sizeof(struct wire_range), &items, &n);
		if (!err && lp_ranges_init(&ranges, items, n, value & 1)) {
			(void)lp_ranges_word(&ranges, ranges.lo);
			(void)lp_ranges_at(&ranges, ranges.hi);
		}
		lp_err_destroy(err);
		err = lp_reply_array(client, arena, reply, i, sizeof(struct wire_patch), &items,
				     &n);
		struct wire_patch *patches = err ? NULL : items;
		for (size_t k = 0; patches && k < n; k++)
			lp_ids_clean(&patches[k]);
		if (patches)
			lp_err_destroy(lp_ids_resolve(arena, patches, n, "f", &n));
		lp_err_destroy(err);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct lp_client client = { .fd = -1, .pid = -1, .name = "socket" };
	struct lp_arena arena = { 0 };
	struct lp_reply *reply = lp_new(&arena, struct lp_reply);
	u16 id = size > 6 ? data[6] : 0;

	if (lp_reply_parse(data, size, id, reply)) {
		lp_err_destroy(lp_reply_error(&client, reply));
		use(&arena, &client, reply);
	}
	lp_arena_deinit(&arena);
	return 0;
}
