/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#ifndef SANDBOX_WHOLE_H
#define SANDBOX_WHOLE_H

#include <stddef.h>
#include <stdint.h>

/* Reads the first SIZE bytes of the file FD into OUT (pread(2)). 0, or a negative errno; -ENODATA
 * when it has become shorter than that. */
int sb_read_whole(int fd, uint8_t *out, size_t size);

#endif
