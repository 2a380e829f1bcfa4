/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Payload files that become patches of the program, not yet applied, and how they go again.
 */
#ifndef LP_UPLOAD_H
#define LP_UPLOAD_H

#include "raxlpxs/change.h"

/* The payload file PATH; what is plainly none is refused here. RET->patch, ->already, ->warning.
 * FLAGS are those of UPLOAD. */
struct lp_err *lp_upload(struct lp_arena *arena, struct lp_client *client, const char *path,
			 u32 flags, u32 wait, struct lp_change_result *ret) LP_MUST_CHECK;
/* Frees the patch with that build-id, in hex, which is not applied. FLAGS are those of REMOVE. */
struct lp_err *lp_remove(struct lp_arena *arena, struct lp_client *client, const char *id,
			 u32 flags, u32 wait, struct wire_patch *ret) LP_MUST_CHECK;

#endif
