/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/upload.h"

#include <elf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/file.h"
#include "raxlpxs/clock.h"
#include "runtime/payload.h"

/* A larger payload is passed as a descriptor: while the runtime is busy nothing is sent again and
 * again, and it takes one copy instead of hundreds of reads. */
#define SEND_AT_MOST 65536

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

/* A file in memory that holds it, or -1. */
static int put_into_memory(const u8 *payload, size_t len)
{
	int fd = memfd_create("payload", MFD_CLOEXEC);

	if (fd >= 0 && pwrite(fd, payload, len, 0) != (ssize_t)len) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static struct lp_err *call_upload(struct lp_client *client, const u8 *payload, size_t len,
				  u32 flags, u32 wait, struct lp_reply *reply)
{
	int fd = len > SEND_AT_MOST ? put_into_memory(payload, len) : -1;
	u32 all = fd >= 0 ? flags | WIRE_PASSED : flags;
	const struct lp_field fields[] = { { payload, fd >= 0 ? 0 : (u32)len },
					   { &all, sizeof(all) } };

	client->passed = fd;
	struct lp_err *err = lp_change_call(client, WIRE_UPLOAD, fields, LP_ARRAY_SIZE(fields),
					    lp_now() + wait * LP_S, reply);
	client->passed = -1;
	if (fd >= 0)
		close(fd);
	return err;
}

struct lp_err *lp_upload(struct lp_arena *arena, struct lp_client *client, const char *path,
			 u32 flags, u32 wait, struct lp_change_result *ret)
{
	struct lp_reply reply;
	u8 *payload;
	size_t len;

	*ret = (struct lp_change_result){ 0 };
	LP_TRY(read_payload(arena, path, &payload, &len));
	LP_TRY(call_upload(client, payload, len, flags, wait, &reply));
	memcpy(ret->warning, reply.text, sizeof(reply.text));
	ret->image = payload;
	ret->image_len = len;
	LP_TRY(lp_reply_u32(client, &reply, 0, &flags));
	ret->already = flags & WIRE_ALREADY;
	return lp_change_patch(client, arena, &reply, 1, &ret->patch);
}

struct lp_err *lp_remove(struct lp_arena *arena, struct lp_client *client, const char *id,
			 u32 flags, u32 wait, struct wire_patch *ret)
{
	const struct lp_field fields[] = { { id, (u32)strlen(id) }, { &flags, sizeof(flags) } };
	struct lp_reply reply;

	LP_TRY(lp_change_call(client, WIRE_REMOVE, fields, LP_ARRAY_SIZE(fields),
			      lp_now() + wait * LP_S, &reply));
	return lp_change_patch(client, arena, &reply, 0, ret);
}
