/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the meter (meter.c) shares with who reads it: the file that METER names. */
#ifndef METER_H
#define METER_H

#include <stdatomic.h>
#include <stdint.h>

struct meter {
	_Atomic uint64_t largest; /* gap in ns since somebody set it to 0 */
	_Atomic uint64_t rounds;  /* how often the clock was read */
};

#endif
