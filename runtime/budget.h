/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * How much processor time clients may make the listener use. Each place for a connection has a
 * balance of CPU time that is charged with what its messages cost, and that stays when the
 * connection goes: who connects anew gains nothing. All places together get an eighth of one
 * processor, divided among those that have used some: one client alone may have all of it, and
 * next to seven that flood it still gets its share.
 */
#ifndef SANDBOX_BUDGET_H
#define SANDBOX_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#define SB_PLACES	8
#define SB_BUDGET_FULL	200000000ll /* ns; what can be used at once */
#define SB_BUDGET_SHARE 8	    /* one of so many ns that pass is given out */

struct sb_budget {
	int64_t balance[SB_PLACES]; /* ns */
	uint64_t last;		    /* ns: up to when it was given out */
};

void sb_budget_init(struct sb_budget *budget, uint64_t now);
void sb_budget_refill(struct sb_budget *budget, uint64_t now);
void sb_budget_charge(struct sb_budget *budget, unsigned place, uint64_t used);
/* Nothing is left. LOAN: so much more may be used. */
bool sb_budget_is_spent(const struct sb_budget *budget, unsigned place, int64_t loan);
/* About how long PLACE, which is spent, stays so. */
uint64_t sb_budget_wait(const struct sb_budget *budget, unsigned place, int64_t loan);

#endif
