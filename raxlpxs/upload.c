/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/upload.h"

#include <elf.h>
#include <string.h>

#include "lib/file.h"
#include "raxlpxs/clock.h"
#include "runtime/payload.h"

static struct lp_err *read_payload(struct lp_arena *arena, const char *path, u8 **ret,
				   size_t *ret_len)
{
	const Elf64_Ehdr *eh;

	LP_TRY(lp_file_read(arena, path, LIVEPATCH_MAX_SIZE, ret, ret_len));
	eh = (const Elf64_Ehdr *)(const void *)*ret;
	if (*ret_len >= sizeof(*eh) && !memcmp(eh->e_ident, ELFMAG, SELFMAG) &&
	    eh->e_ident[EI_CLASS] == ELFCLASS64 && eh->e_ident[EI_DATA] == ELFDATA2LSB &&
	    eh->e_type == ET_REL && eh->e_machine == EM_X86_64)
		return NULL;
	return lp_err_advice(lp_err(LP_FAILED, "'%s' is not a payload for x86-64", path),
			     "lpbuild and extract-patch write payloads as NAME.raxlpxs");
}

struct lp_err *lp_upload(struct lp_arena *arena, struct lp_client *client, const char *path,
			 u32 flags, u32 wait, struct lp_change_result *ret)
{
	struct lp_reply reply;
	u8 *payload;
	size_t len;

	*ret = (struct lp_change_result){ 0 };
	LP_TRY(read_payload(arena, path, &payload, &len));
	const struct lp_field fields[] = { { payload, (u32)len }, { &flags, sizeof(flags) } };
	LP_TRY(lp_change_call(client, WIRE_UPLOAD, fields, LP_ARRAY_SIZE(fields),
			      lp_now() + wait * LP_S, &reply));
	memcpy(ret->warning, reply.text, sizeof(ret->warning));
	LP_TRY(lp_reply_u32(client, &reply, 0, &flags));
	ret->already = flags & WIRE_ALREADY;
	return lp_change_patch(client, arena, &reply, 1, &ret->patch);
}

struct lp_err *lp_remove(struct lp_arena *arena, struct lp_client *client, const char *id, u32 wait,
			 struct wire_patch *ret)
{
	const struct lp_field field = { id, (u32)strlen(id) };
	struct lp_reply reply;

	LP_TRY(lp_change_call(client, WIRE_REMOVE, &field, 1, lp_now() + wait * LP_S, &reply));
	return lp_change_patch(client, arena, &reply, 0, ret);
}
