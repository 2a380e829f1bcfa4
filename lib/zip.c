/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/zip.h"

#include <elf.h>
#include <string.h>
#include <zlib.h>

struct lp_err *lp_zip(struct lp_arena *arena, const void *data, size_t len, u8 **ret,
		      size_t *ret_len)
{
	const Elf64_Chdr head = { .ch_type = ELFCOMPRESS_ZLIB, .ch_size = len, .ch_addralign = 1 };
	uLongf packed = compressBound(len);
	u8 *body = lp_alloc(arena, sizeof(head) + packed);

	memcpy(body, &head, sizeof(head));
	int rc = compress2(body + sizeof(head), &packed, data, len, Z_BEST_COMPRESSION);

	if (rc != Z_OK)
		return lp_err(LP_FAILED, "cannot compress %zu bytes: %s", len, zError(rc));
	*ret = body;
	*ret_len = sizeof(head) + packed;
	return NULL;
}

struct lp_err *lp_unzip(struct lp_arena *arena, const void *body, size_t len, size_t max, u8 **ret,
			size_t *ret_len)
{
	Elf64_Chdr head;

	if (len < sizeof(head))
		return lp_err(LP_FAILED, "compressed section is too short: %zu bytes", len);
	memcpy(&head, body, sizeof(head));
	if (head.ch_type != ELFCOMPRESS_ZLIB)
		return lp_err(LP_FAILED, "compressed section has unknown type %u", head.ch_type);
	if (head.ch_size > max)
		return lp_err(LP_FAILED,
			      "compressed section holds %llu bytes, more than the %zu allowed",
			      (unsigned long long)head.ch_size, max);
	const u8 *packed = (const u8 *)body + sizeof(head);
	uLong packed_len = len - sizeof(head), used = packed_len;
	uLongf size = head.ch_size;

	/* zlib writes at most SIZE bytes; memory for them was bounded by MAX above. */
	u8 *data = lp_alloc(arena, size + 1);
	int rc = uncompress2(data, &size, packed, &used);

	if (rc != Z_OK)
		return lp_err(LP_FAILED, "compressed section is damaged: %s", zError(rc));
	if (size != head.ch_size || used != packed_len)
		return lp_err(LP_FAILED, "compressed section is damaged: its length is wrong");
	data[size] = 0;
	*ret = data;
	*ret_len = size;
	return NULL;
}

u32 lp_crc32(const void *data, size_t len)
{
	return (u32)crc32_z(0, data, len);
}
