/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is an executable made of these objects? */
#ifndef EP_VERIFY_H
#define EP_VERIFY_H

#include "extract-patch/target.h"

struct ep_verified {
	size_t n_objects;
	size_t n_passed_over; /* objects that the executable has nothing of */
	size_t n_functions, n_differ;
	size_t n_absent; /* functions that the linker has left out */
};

/* PATHS are objects, and folders of them. A difference is an error with code LP_TARGET; *RET is
 * filled all the same. */
struct lp_err *ep_verify_all(struct lp_arena *arena, const struct ep_target *target,
			     const struct lp_strs *paths, struct ep_verified *ret) LP_MUST_CHECK;
/* One line on stdout. */
void ep_verified_print(struct lp_arena *arena, const struct ep_verified *verified);

#endif
