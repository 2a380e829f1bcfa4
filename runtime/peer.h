/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Who is at the other end of a connection. */
#ifndef SANDBOX_PEER_H
#define SANDBOX_PEER_H

#include "runtime/log.h"

/* Asks the kernel about the connected socket FD. TASK_FD is /proc/self/task, opened early. */
bool sb_peer_read(int fd, int task_fd, struct sb_peer *ret);
/* Root, or with SANDBOX_ALLOW_OWNER the user that the process runs as. */
bool sb_peer_is_trusted(const struct sb_peer *peer);

#endif
