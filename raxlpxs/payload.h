/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a payload file says of itself, and whether its parts agree; no program is asked. The file
 * may be hostile.
 */
#ifndef LP_PAYLOAD_H
#define LP_PAYLOAD_H

#include "lib/arena.h"
#include "lib/key.h"
#include "lib/vec.h"

struct lp_payload_func {
	const char *name; /* printable; "?" when the file does not tell */
	u32 old_size, new_size;
};

enum lp_payload_signed {
	LP_SIGNED_NO,	     /* or no place for a signature */
	LP_SIGNED_UNCHECKED, /* by somebody; nobody gave a key */
	LP_SIGNED_GOOD,
	LP_SIGNED_BAD,
};

enum lp_payload_manifest {
	LP_MANIFEST_NONE,  /* neither in the payload nor beside it */
	LP_MANIFEST_ALONE, /* none beside it */
	LP_MANIFEST_SAME,
	LP_MANIFEST_DIFFERS,
};

struct lp_payload {
	const char *path;
	size_t size;
	const char *name, *builder, *summary, *source_sha256; /* printable; NULL when not told */
	const char *build_id, *depends, *target;	      /* hex; NULL when there is none */
	const char *content_id;				      /* what build_id should be */
	bool has_right_id;
	struct lp_payload_func *funcs;
	size_t n_funcs, n_tables, n_hooks;
	u64 text_size, rodata_size, data_size;
	enum lp_payload_signed is_signed;
	const char *key_id;   /* hex, of who says that he has signed */
	const char *sign_why; /* what is wrong, if a key was given; else NULL */
	enum lp_payload_manifest manifest;
	const char *manifest_path; /* where it is looked for */
};

/* Reads BYTES, which came from PATH; a KEYS of NULL (N is 0) leaves the signature unchecked. */
struct lp_err *lp_payload_parse(struct lp_arena *arena, const char *path, u8 *bytes, size_t len,
				const struct lp_public_key *keys, size_t n,
				struct lp_payload *ret) LP_MUST_CHECK;
/* The same from the file, and compares with the manifest beside it. */
struct lp_err *lp_payload_open(struct lp_arena *arena, const char *path,
			       const struct lp_public_key *keys, size_t n,
			       struct lp_payload *ret) LP_MUST_CHECK;

/* `raxlpxs --info FILE`: all of that on stdout. KEYS are files. Returns the exit code: LP_TRUST
 * when something does not agree. */
int lp_payload_info(struct lp_arena *arena, const char *path, const struct lp_strs *keys,
		    bool json);

#endif
