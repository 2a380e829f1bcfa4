/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The listener while nobody is connected: asleep, and its code and constants out of the process's
 * resident set. They are in sections that no patch may write to (own.h): their pages are those of
 * the file at any time, and may be dropped.
 */
#ifndef SANDBOX_IDLE_H
#define SANDBOX_IDLE_H

#include <poll.h>

/* poll(FDS, N) without a timeout, asleep without the pages of these sections, which are mapped
 * again before it returns: none shall be missing while threads are stopped. What poll(2) returns,
 * or -errno. */
int sb_idle_poll(struct pollfd *fds, unsigned n);

#endif
