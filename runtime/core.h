/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The state of the runtime in one piece. After sandbox_start() it belongs to the listener thread.
 */
#ifndef SANDBOX_CORE_H
#define SANDBOX_CORE_H

#include <sys/types.h>

#include "runtime/area.h"
#include "runtime/exe.h"
#include "runtime/log.h"
#include "runtime/patch.h"
#include "runtime/restore.h"
#include "runtime/socket.h"
#include "runtime/text.h"
#include "runtime/trust.h"
#include "runtime/txn.h"
#include "runtime/watch.h"

struct sb_core {
	struct sb_exe exe;
	struct sb_area areas[SB_N_AREAS];
	struct sb_writer writer;
	struct sb_patches patches; /* that are applied: the stack */
	struct sb_patches checked; /* that are not */
	struct sb_patches kept;	   /* removed, but for their space */
	struct sb_trust trust;
	struct sb_txn txn;
	struct sb_watch watch; /* while a transaction is open */
	struct sb_log log;
	struct sb_socket socket;
	int task_fd;	  /* /proc/self/task */
	pid_t listener;	  /* tid of the listener thread */
	uint64_t started; /* CLOCK_MONOTONIC seconds */
	struct sb_restored restored;
};

#endif
