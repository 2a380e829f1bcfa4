/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --log: how much the runtime writes down, and where. */
#ifndef LP_RAXLPXS_LOG_H
#define LP_RAXLPXS_LOG_H

#include "raxlpxs/client.h"

/* WHAT is LEVEL[,file][,syslog]; without a target those that were set stay. Prints what it was. */
struct lp_err *lp_log_set(struct lp_client *client, const char *what, bool json) LP_MUST_CHECK;

#endif
