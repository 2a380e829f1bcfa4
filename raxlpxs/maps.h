/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which files that a process has mapped hold its code. Others are not opened, let alone read: the
 * memory of a guest is such a file, too, and the guest says what is in it.
 */
#ifndef LP_MAPS_H
#define LP_MAPS_H

#include <sys/types.h>

#include "lib/vec.h"

struct lp_mapping {
	u64 start;
	u64 inode;
	unsigned major, minor; /* of the device */
	bool is_code;	       /* may be executed, and no other process can write to it */
};

struct lp_maps {
	LP_VEC(struct lp_mapping) items;
};

/* Reads /proc/PID/maps; empty when that is not possible. */
struct lp_maps lp_maps_read(struct lp_arena *arena, pid_t pid);
/* Is the file that is mapped at START also mapped as code? */
bool lp_maps_has_code(const struct lp_maps *maps, u64 start);

#endif
