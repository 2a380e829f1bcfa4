/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "runtime/passed.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/payload.h"
#include "runtime/sys.h"
#include "runtime/whole.h"

#ifndef F_GET_SEALS
#define F_GET_SEALS 1034
#endif

/* Reading a pipe, a terminal or a file of FUSE waits for as long as somebody likes; a file that
 * could be sealed (memfd_create(), tmpfs) is in memory. */
static bool is_in_memory(int fd)
{
	return sb_sys(SYS_fcntl, (uint64_t)fd, F_GET_SEALS, 0, 0) >= 0;
}

bool sb_passed_copy(int fd, struct sb_arena *arena, uint8_t **ret, size_t *ret_size,
		    struct sb_error *err)
{
	struct stat st;
	size_t size;
	int rc;

	if (!is_in_memory(fd) || fstatat(fd, "", &st, AT_EMPTY_PATH) || !S_ISREG(st.st_mode))
		return sb_fail(err, SB_USAGE, "what was passed is not a file in memory");
	if (st.st_size < 0 || st.st_size > LIVEPATCH_MAX_SIZE)
		return sb_fail(err, SB_REFUSED,
			       "the file that was passed has %lld bytes, not at most %u",
			       (long long)st.st_size, LIVEPATCH_MAX_SIZE);
	size = (size_t)st.st_size;
	*ret = sb_alloc(arena, size);
	if (!*ret)
		return sb_fail(err, SB_FAILED, "no memory for the %zu bytes that were passed",
			       size);
	rc = sb_read_whole(fd, *ret, size);
	if (rc == -ENODATA)
		return sb_fail(err, SB_REFUSED,
			       "the file that was passed became shorter meanwhile");
	if (rc)
		return sb_fail(err, SB_FAILED, "reading what was passed failed: %s", strerror(-rc));
	*ret_size = size;
	return true;
}
