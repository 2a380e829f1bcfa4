/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contents of an SHF_COMPRESSED section: an Elf64_Chdr and a zlib stream.
 * lib/zip.c is the only file of the tools that knows zlib.
 */
#ifndef LP_ZIP_H
#define LP_ZIP_H

#include "lib/err.h"
#include "lib/vec.h"

/* DATA as the body of such a section; the same data gives the same bytes. */
struct lp_err *lp_zip(struct lp_arena *arena, const void *data, size_t len, u8 **ret,
		      size_t *ret_len) LP_MUST_CHECK;
/* The CRC-32 of zlib and of .gnu_debuglink. */
u32 lp_crc32(const void *data, size_t len);
/* The way back. What is more than MAX bytes, is not zlib, ends early or goes on after its
 * end is an error. A NUL follows the bytes. */
struct lp_err *lp_unzip(struct lp_arena *arena, const void *body, size_t len, size_t max, u8 **ret,
			size_t *ret_len) LP_MUST_CHECK;

#endif
