/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The listening socket sandbox-sock<pid> in the file system. */
#ifndef SANDBOX_SOCKET_H
#define SANDBOX_SOCKET_H

#include <stdbool.h>
#include <sys/types.h>

#include "runtime/error.h"

struct sb_socket {
	int fd;	    /* listening, nonblocking; -1 when there is none */
	int dir_fd; /* O_PATH of its directory: good after chroot() and chdir(), too */
	char name[40];
	char path[4200]; /* for people */
};

/* Makes the socket of this process in DIR, mode 0600, unless others may rename in DIR. A socket
 * that a dead process of the same number left is replaced; anything else in the way is an error
 * (errno too). Those of other dead processes are removed. */
bool sb_socket_open(struct sb_socket *s, const char *dir, struct sb_error *err);
/* Removes its name. The descriptor stays. */
void sb_socket_unlink(const struct sb_socket *s);

#endif
