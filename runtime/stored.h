/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The folder of patches for the next start of a program: STATE/<its build-id in hex>, with a file
 * NNNN-NAME.raxlpxs for each, applied in the order of the numbers. raxlpxs writes it, the runtime
 * reads it, both through this code. It is believed because nobody but its owner, root, can have put
 * anything there: that is checked for each folder from / on, and for each file.
 */
#ifndef SANDBOX_STORED_H
#define SANDBOX_STORED_H

#include "runtime/error.h"
#include "runtime/payload.h"

#define SB_STORED_STATE	 "/var/lib/patchbox"
#define SB_STORED_MAX	 WIRE_MAX_PATCHES
#define SB_STORED_SUFFIX ".raxlpxs"
#define SB_STORED_LAST	 9999u
#define SB_STORED_DIGITS 4
#define SB_STORED_NAME	 (SB_STORED_DIGITS + 1 + LIVEPATCH_MAX_NAME + sizeof(SB_STORED_SUFFIX))

struct sb_stored {
	uint32_t n;
	char files[SB_STORED_MAX][SB_STORED_NAME]; /* by number, the lowest ones */
	uint32_t n_more;			   /* beyond these */
	uint32_t n_other;			   /* what has no such name */
	char other[64];				   /* the first of them, cut */
};

/* The number of a file of that name, and the name of its patch; 0 when it is no such name. */
uint32_t sb_stored_number(const char *file, char ret_name[LIVEPATCH_MAX_NAME]);

/*
 * Goes from the folder ROOT_FD to the absolute PATH below it, of which LEN bytes count, without
 * following a symbolic link. All folders must be of user OWNER, and nobody else may write there
 * unless it is sticky (/tmp). *RET is a new descriptor (O_PATH), or -1.
 */
bool sb_stored_walk(int root_fd, const char *path, size_t len, uint32_t owner, int *ret,
		    struct sb_error *err);
/* The folder NAME in DIR_FD, which must be of OWNER and not for others to write to, sticky or not.
 * SB_NOTHING when there is none. */
bool sb_stored_enter(int dir_fd, const char *name, uint32_t owner, int *ret, struct sb_error *err);
/* STATE/ID below ROOT_FD by these two; SB_NOTHING when there is none. */
bool sb_stored_open(int root_fd, const char *state, const char *id, uint32_t owner, int *ret,
		    struct sb_error *err);

/* The files, by name alone. Names that begin with a dot are half-written files. */
bool sb_stored_list(int dir_fd, struct sb_stored *ret, struct sb_error *err);
/* Opens FILE, which must be a regular one of OWNER that nobody else may write to and no larger than
 * a payload. Does not wait, whatever it is. */
bool sb_stored_open_file(int dir_fd, const char *file, uint32_t owner, int *ret, size_t *ret_size,
			 struct sb_error *err);

#endif
