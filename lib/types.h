/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Short names for the fixed-size integers, and the few helpers that every file
 * may use. Nothing here allocates, prints or fails.
 */
#ifndef LP_TYPES_H
#define LP_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int32_t s32;
typedef int64_t s64;

#define LP_ARRAY_SIZE(a)     (sizeof(a) / sizeof((a)[0]))
#define LP_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define LP_MUST_CHECK	     __attribute__((warn_unused_result))

/* Rounds x up to a multiple of align, which is a power of two or 0 (meaning 1). */
static inline u64 lp_align(u64 x, u64 align)
{
	return align > 1 ? (x + align - 1) & ~(align - 1) : x;
}

/* True if [off, off + len) lies inside [0, size); never overflows. */
static inline bool lp_in_range(u64 off, u64 len, u64 size)
{
	return off <= size && len <= size - off;
}

#endif
