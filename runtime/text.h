/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The only code that writes where the program executes. It goes through /proc/self/mem, which was
 * opened while the process was still privileged, so that no page is ever writable and
 * executable. Where the kernel forbids that, mprotect() makes a page writable, then executable
 * again: for pages of the areas that nothing uses yet at any time, for code that can run only in
 * the window, when all other threads are stopped.
 */
#ifndef SANDBOX_TEXT_H
#define SANDBOX_TEXT_H

#include "runtime/area.h"
#include "runtime/error.h"
#include "runtime/patch.h"

enum sb_way {
	SB_WAY_MEM,	 /* through /proc/self/mem */
	SB_WAY_MPROTECT, /* writable, then executable */
	SB_WAY_NONE,	 /* this process can't change its code (PR_SET_MDWE, execmod) */
};

struct sb_writer {
	int mem_fd; /* /proc/self/mem, or -1 */
	enum sb_way way;
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

/* True if [ADDR, ADDR + SIZE) touches code that runs while text changes. */
bool sb_text_is_own(uint64_t addr, uint64_t size);
/* True if without /proc/self/mem the function could not be written: its page holds such code. */
bool sb_text_is_blocked(const struct sb_writer *writer, const struct sb_func *func);

/*
 * In the window: write all jumps of a patch, or put back all saved bytes. Both first make sure
 * that the sites hold what they must; both write everything or nothing. 0, or -errno with *RET_AT
 * the index of the function that failed.
 */
int sb_write_jumps_quiet(const struct sb_writer *writer, const struct sb_patch *patch,
			 uint32_t *ret_at);
int sb_restore_quiet(const struct sb_writer *writer, const struct sb_patch *patch,
		     uint32_t *ret_at);

#endif
