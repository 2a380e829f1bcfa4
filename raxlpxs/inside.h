/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A target in a pid namespace of its own. Its runtime compares who speaks with who has stopped the
 * threads, and knows processes of its own namespace only; so the change is made by a process of
 * ours that is in there.
 */
#ifndef LP_INSIDE_H
#define LP_INSIDE_H

#include "raxlpxs/client.h"

/*
 * Where CLIENT's process is in the same pid namespace as we are, nothing happens. Else a child goes
 * on inside, with its own connection in CLIENT, and only the child returns: the parent waits, and
 * exits as the child did. To be called before anything is printed.
 */
struct lp_err *lp_inside_enter(struct lp_arena *arena, struct lp_client *client) LP_MUST_CHECK;

#endif
