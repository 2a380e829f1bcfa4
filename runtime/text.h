/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The only code that writes where the program executes, and where its tables are. It goes
 * through /proc/self/mem, which was opened while the process was still privileged, so that no page
 * is ever writable and executable. Where the kernel forbids that, mprotect() makes a page
 * writable, then again what it was: for pages of the areas that nothing uses yet at any time, for
 * those of the program only in the window, when all other threads are stopped.
 */
#ifndef SANDBOX_TEXT_H
#define SANDBOX_TEXT_H

#include "runtime/area.h"
#include "runtime/error.h"
#include "runtime/patch.h"

enum sb_way {
	SB_WAY_MEM,	 /* through /proc/self/mem */
	SB_WAY_MPROTECT, /* writable, then again what it was */
	SB_WAY_NONE,	 /* this process can't change its code (PR_SET_MDWE, execmod) */
};

struct sb_writer {
	int mem_fd; /* /proc/self/mem, or -1 */
	enum sb_way way;
	bool heads_closed; /* the first bytes of jumps are the latch's (latch.h), not ours */
};

/* Opens and tries the way of writing, on a byte of the text area. */
void sb_writer_init(struct sb_writer *writer, const struct sb_area areas[SB_N_AREAS]);

const char *sb_way_name(enum sb_way way);

/* Copies IMAGE to the pages of a span that no thread uses. */
bool sb_write_span(const struct sb_writer *writer, enum sb_area_id id, const struct sb_area *area,
		   const struct sb_span *span, const uint8_t *image, struct sb_error *err);
/* Puts 0xc3, or zeros outside of text, over a span that no thread uses any more. */
bool sb_clear_span(const struct sb_writer *writer, enum sb_area_id id, const struct sb_area *area,
		   const struct sb_span *span, struct sb_error *err);

/* True if without /proc/self/mem it could not be written: its page holds code that runs while text
 * changes. */
bool sb_text_is_blocked(const struct sb_writer *writer, const struct sb_write *write);

enum sb_exchange {
	SB_PUT_IN,   /* old bytes must be there, new ones are written */
	SB_TAKE_OUT, /* the other way round */
};

/*
 * In the window. Does memory hold what it must before the exchange? 0, or -ESTALE with *RET_AT the
 * index of the write where it does not.
 */
int sb_check_quiet(const struct sb_writer *writer, const struct sb_patch *patch,
		   enum sb_exchange exchange, uint32_t *ret_at);
/* The same check, then all writes or, if one fails, none. 0, -ESTALE or another -errno. */
int sb_exchange_quiet(const struct sb_writer *writer, const struct sb_patch *patch,
		      enum sb_exchange exchange, uint32_t *ret_at);

#endif
