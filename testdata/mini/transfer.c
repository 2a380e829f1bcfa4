/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Can be kept on the stack of a thread or of a coroutine for as long as a test wants. */
#include "mini.h"

void mini_transfer(struct transfer *t)
{
	unsigned before = t->size;

	t->wait(t);
	t->result = before + t->size;
}
