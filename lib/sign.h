/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signatures of payloads: a note of fixed size in the file (runtime/payload.h), so that signing
 * changes these bytes and nothing else.
 */
#ifndef LP_SIGN_H
#define LP_SIGN_H

#include "lib/arena.h"
#include "lib/key.h"
#include "runtime/payload.h"

struct lp_payload_file {
	const char *name; /* for messages */
	u8 *bytes;
	size_t len;
	u64 sign_off; /* of the struct livepatch_signature */
};

/* Reads PATH. A file that has no place for a signature is refused. */
struct lp_err *lp_payload_read(struct lp_arena *arena, const char *path,
			       struct lp_payload_file *ret) LP_MUST_CHECK;
/* The same with LEN bytes that are there already. */
struct lp_err *lp_payload_wrap(const char *name, u8 *bytes, size_t len,
			       struct lp_payload_file *ret) LP_MUST_CHECK;

/* What is in the note. False, and *RET zeros, for an unsigned payload. */
bool lp_signature_get(const struct lp_payload_file *file, struct livepatch_signature *ret);
/* The bytes that are signed. */
const u8 *lp_sign_message(struct lp_arena *arena, const struct lp_payload_file *file,
			  size_t *ret_len);

/* Signs in memory; a signature that is there is replaced. */
void lp_sign(struct lp_arena *arena, struct lp_payload_file *file, const struct lp_secret_key *key);
/* Takes a signature that was made elsewhere, if it is right. */
struct lp_err *lp_sign_take(struct lp_arena *arena, struct lp_payload_file *file,
			    const struct lp_public_key *key,
			    const u8 signature[LP_SIGNATURE_LEN]) LP_MUST_CHECK;
/* LP_TRUST, and why, unless one of the N KEYS has signed FILE. */
struct lp_err *lp_sign_verify(struct lp_arena *arena, const struct lp_payload_file *file,
			      const struct lp_public_key *keys, size_t n) LP_MUST_CHECK;

#endif
