/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Sockets of sandboxes that are no more: of a process that was killed, or one that had given up the
 * right to remove its own. */
#ifndef SANDBOX_STALE_H
#define SANDBOX_STALE_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "runtime/socket.h"

/* The address of NAME in the directory of S, whose path may be too long for one. */
bool sb_socket_address(const struct sb_socket *s, const char *name, struct sockaddr_un *ret);
/* Nobody listens at ADDR: connecting is refused, and not only because too many are waiting. */
bool sb_is_deserted(const struct sockaddr_un *addr);
/* The pid in sandbox-sock<pid>, 0 for any other name. */
int sb_socket_pid(const char *name);
/* Removes from the directory of S what is a socket of our user, is named after a process that does
 * not exist, and has nobody listening. Looks at a bounded number of names. */
void sb_stale_remove(const struct sb_socket *s);

#endif
