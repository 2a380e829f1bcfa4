/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "runtime/budget.h"

/* One message may cost more than all there is: 16 MiB to check on a slow host. Its client need not
 * pay for that longer than a few seconds. */
#define DEEPEST (-2 * SB_BUDGET_FULL)

void sb_budget_init(struct sb_budget *budget, uint64_t now)
{
	budget->last = now;
	for (unsigned i = 0; i < SB_PLACES; i++)
		budget->balance[i] = SB_BUDGET_FULL;
}

static int64_t count_used(const struct sb_budget *budget)
{
	int64_t n = 0;

	for (unsigned i = 0; i < SB_PLACES; i++)
		n += budget->balance[i] < SB_BUDGET_FULL;
	return n;
}

void sb_budget_refill(struct sb_budget *budget, uint64_t now)
{
	int64_t n = count_used(budget), each;

	/* What is too little to divide is given out the next time. */
	if (n && (now - budget->last) / SB_BUDGET_SHARE < SB_PLACES)
		return;
	each = (int64_t)((now - budget->last) / SB_BUDGET_SHARE) / (n ? n : 1);
	budget->last = now;
	for (unsigned i = 0; i < SB_PLACES; i++) {
		int64_t *balance = &budget->balance[i];

		*balance = *balance > SB_BUDGET_FULL - each ? SB_BUDGET_FULL : *balance + each;
	}
}

void sb_budget_charge(struct sb_budget *budget, unsigned place, uint64_t used)
{
	int64_t *balance = &budget->balance[place];

	if (used > (uint64_t)(*balance - DEEPEST))
		*balance = DEEPEST;
	else
		*balance -= (int64_t)used;
}

bool sb_budget_is_spent(const struct sb_budget *budget, unsigned place, int64_t loan)
{
	return budget->balance[place] + loan <= 0;
}

uint64_t sb_budget_wait(const struct sb_budget *budget, unsigned place, int64_t loan)
{
	return (uint64_t)(1 - budget->balance[place] - loan) * SB_BUDGET_SHARE *
	       (uint64_t)count_used(budget);
}
