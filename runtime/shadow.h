/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The store behind livepatch_shadow_...() of livepatch.h. */
#ifndef SANDBOX_SHADOW_H
#define SANDBOX_SHADOW_H

#include <stddef.h>

#define SB_MAX_SHADOW 65536u /* values; a patch that never frees shall not eat the program */

/* Number of values. Takes no lock. */
size_t sb_shadow_count(void);

#endif
