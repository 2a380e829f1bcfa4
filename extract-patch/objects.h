/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The object files of a folder. */
#ifndef EP_OBJECTS_H
#define EP_OBJECTS_H

#include "lib/err.h"
#include "lib/vec.h"

/* Adds PATH to RET or, if it is a folder, the x86-64 objects (*.o) below it, in order of their
 * names. Names are in ARENA, but PATH is borrowed. LP_FAILED if it can't be read. */
struct lp_err *ep_list_objects(struct lp_arena *arena, const char *path,
			       struct lp_strs *ret) LP_MUST_CHECK;

#endif
