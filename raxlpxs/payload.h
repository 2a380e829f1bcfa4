/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `raxlpxs --info FILE`: what a payload says of itself, and whether its parts agree. */
#ifndef LP_PAYLOAD_H
#define LP_PAYLOAD_H

#include "lib/err.h"
#include "lib/vec.h"

/* Prints the rows of review/, as `lpbuild show` does; no program is asked. KEYS are files. Returns
 * the exit code: LP_TRUST when something does not agree. */
int lp_payload_info(struct lp_arena *arena, const char *path, const struct lp_strs *keys,
		    bool json);

/* The build-id of the executable that the payload PATH is made for, in hex; NULL when it does not
 * say. */
struct lp_err *lp_payload_target(struct lp_arena *arena, const char *path,
				 const char **ret) LP_MUST_CHECK;

/* The id in the note SECTION of the payload IMAGE, in hex, or NULL. NAME is for messages. */
struct lp_err *lp_payload_note(struct lp_arena *arena, const char *name, const u8 *image,
			       size_t len, const char *section, const char **ret) LP_MUST_CHECK;

#endif
