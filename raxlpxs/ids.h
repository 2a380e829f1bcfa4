/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How people name patches: by name, or by any unique prefix of the build-id in hex.
 */
#ifndef LP_IDS_H
#define LP_IDS_H

#include "raxlpxs/client.h"

/* The patches that the target has, oldest first; names are terminated and printable. */
struct lp_err *lp_ids_list(struct lp_client *client, struct lp_arena *arena,
			   struct wire_patch **ret, size_t *ret_n) LP_MUST_CHECK;
/* Index of the patch that ID means. None: LP_NOTHING; several: an error that names them. */
struct lp_err *lp_ids_resolve(struct lp_arena *arena, const struct wire_patch *patches, size_t n,
			      const char *id, size_t *ret) LP_MUST_CHECK;
/* Makes the strings of a patch that came over the wire safe to use and to print. */
void lp_ids_clean(struct wire_patch *patch);

#endif
