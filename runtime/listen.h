/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The listener thread: one poll loop over the socket and its connections. */
#ifndef SANDBOX_LISTEN_H
#define SANDBOX_LISTEN_H

#include <stdatomic.h>

#include "runtime/core.h"

/* Serves until *STOP is set and the socket has been shut down. Sleeps in poll() without a timeout
 * as long as no connection waits for the rest of a message. */
void sb_listen(struct sb_core *core, const atomic_bool *stop);

#endif
