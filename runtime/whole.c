/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "runtime/whole.h"

#include <errno.h>
#include <unistd.h>

int sb_read_whole(int fd, uint8_t *out, size_t size)
{
	for (size_t at = 0; at < size;) {
		ssize_t n = pread(fd, out + at, size - at, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENODATA;
		at += (size_t)n;
	}
	return 0;
}
