/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps idle processors from sleeping deeply. The threads of a program, its runtime and we wake
 * each other up several times in a stop, and a processor needs 1 to 200 us for its way out of a
 * C-state, or out of HLT where it is virtual: most of a stop is that.
 */
#ifndef RAXLPXS_AWAKE_H
#define RAXLPXS_AWAKE_H

/* For as long as the descriptor that it returns is open, or until lp_awake_end(), the host's
 * processors wait without halting (/dev/cpu_dma_latency, Documentation/power/pm_qos_interface.rst
 * of Linux). -1 where that isn't there: a stop takes longer then. */
int lp_awake_begin(void);
void lp_awake_end(int fd);

#endif
