/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files read whole and written by rename, and the little of paths and folders
 * that more than one tool needs.
 */
#ifndef LP_FILE_H
#define LP_FILE_H

#include "lib/err.h"
#include "lib/vec.h"

/* Reads at most MAX bytes of a regular file; more is an error. A NUL follows the bytes. */
struct lp_err *lp_file_read(struct lp_arena *arena, const char *path, size_t max, u8 **ret,
			    size_t *ret_len) LP_MUST_CHECK;
/* Writes to a temporary file beside PATH and renames: PATH is old or new, never half. */
struct lp_err *lp_file_write(const char *path, const void *data, size_t len) LP_MUST_CHECK;
struct lp_err *lp_mkdir_p(const char *path) LP_MUST_CHECK;
bool lp_file_exists(const char *path);
/* The last component of PATH, borrowed. */
const char *lp_basename(const char *path);
/* LEN bytes as lower-case hex. */
char *lp_hex(struct lp_arena *arena, const void *data, size_t len);

#endif
