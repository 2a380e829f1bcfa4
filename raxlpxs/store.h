/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folder of patches for the next start of one executable (runtime/stored.h), as raxlpxs sees
 * it: it is made, written and read with the checks of the runtime that will read it, and locked
 * while something changes. A file is there whole or not at all. Between open and close files are
 * reached as the user who is root for the program, with no more rights than that one has: a
 * container may exchange its folders while we look at them.
 */
#ifndef LP_STORE_H
#define LP_STORE_H

#include <sys/types.h>

#include "lib/err.h"
#include "lib/vec.h"

struct lp_store_place {
	int root;	   /* the root directory that the program had at its start, O_PATH */
	uid_t owner;	   /* who is root for the program */
	const char *state; /* directory below ROOT */
	const char *id;	   /* of the executable, in hex */
};

struct lp_stored {
	const char *file;
	u32 number;
	const char *name; /* of the patch */
	const char *id;	  /* its build-id in hex; "?" when the file is no payload */
	const u8 *image;  /* NULL when it could not be read, or there was too much */
	size_t size;
};

struct lp_store {
	struct lp_store_place place;
	uid_t own; /* who we are otherwise */
	int dir;   /* -1: there is none, and nothing is stored */
	struct lp_stored *items;
	size_t n;
};

enum lp_store_mode {
	LP_STORE_READ,
	LP_STORE_CHANGE, /* locked until lp_store_close() */
	LP_STORE_MAKE,	 /* the same, and made when it is missing */
};

/* Reads what is stored. STORE need not be closed after an error. */
struct lp_err *lp_store_open(struct lp_arena *arena, const struct lp_store_place *place,
			     enum lp_store_mode mode, struct lp_store *ret) LP_MUST_CHECK;
void lp_store_close(struct lp_store *store);

/* Stores the payload IMAGE as the last one under NAME. Another one of that name goes. *RET: false
 * when these very bytes were there already. */
struct lp_err *lp_store_add(struct lp_arena *arena, struct lp_store *store, const char *name,
			    const u8 *image, size_t len, bool *ret) LP_MUST_CHECK;
struct lp_err *lp_store_remove(struct lp_store *store, const struct lp_stored *item) LP_MUST_CHECK;
/* The one with that name, else the one whose id begins so; LP_NOTHING. */
struct lp_err *lp_store_find(const struct lp_store *store, const char *key,
			     const struct lp_stored **ret) LP_MUST_CHECK;

#endif
