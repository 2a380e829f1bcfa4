/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * One patch in the process, and lists of them, oldest first. A patch is CHECKED once it is placed
 * and relocated, APPLIED while its jumps are written; it is in one list of those that are applied,
 * the stack, or in one of those that are not.
 */
#ifndef SANDBOX_PATCH_H
#define SANDBOX_PATCH_H

#include "runtime/area.h"
#include "runtime/error.h"
#include "runtime/mem.h"
#include "runtime/note.h"
#include "runtime/payload.h"

struct sb_expect { /* what must be there when no patch is applied */
	uint64_t addr;
	const uint8_t *bytes;
	uint32_t len;
};

struct sb_func {
	const char *name;
	uint64_t old_addr, new_addr;
	uint32_t old_size, new_size;
	uint64_t site; /* where the jump goes: old_addr, or behind its endbr64 */
	uint8_t jump[LIVEPATCH_JUMP_LEN];
	uint8_t saved[LIVEPATCH_JUMP_LEN]; /* what was at the site; put back by a revert */
	struct sb_expect expect;
};

/* Bytes of the program that a patch exchanges: the jump of a function, or a table. */
struct sb_write {
	const char *name;
	uint64_t addr;
	uint32_t len;
	int prot;     /* of its pages, PROT_*: never writable and executable */
	uint8_t *old; /* what was there when the transaction was opened */
	const uint8_t *new;
	struct sb_expect expect;
};

enum sb_hook {
	SB_LOAD, /* while all threads are stopped, before anything is written */
	SB_UNLOAD,
	SB_PREAPPLY, /* in the listener thread, nobody is stopped */
	SB_POSTAPPLY,
	SB_PREREVERT,
	SB_POSTREVERT,
	SB_N_HOOKS,
};

struct sb_hooks {
	const uint64_t *addr; /* of functions */
	uint32_t n;
};

/* An unwinder that knows the patch's .eh_frame. */
struct sb_unwinder {
	void *(*remove)(const void *frames); /* NULL: none */
	uintptr_t object[16];		     /* is the unwinder's meanwhile; it takes 6 to 8 */
};
#define SB_N_UNWINDERS 2 /* in the program, and in a library */

/* gdb's struct jit_code_entry. */
struct sb_jit_entry {
	struct sb_jit_entry *next, *previous;
	const uint8_t *file;
	uint64_t size;
};

struct sb_code { /* a run of code that must be quiet */
	const char *name;
	uint64_t addr, size;
};

struct sb_patch {
	struct sb_arena arena; /* holds everything here, and this struct */
	struct sb_patch *older, *newer;
	char name[LIVEPATCH_MAX_NAME];
	uint8_t build_id[LIVEPATCH_BUILD_ID_LEN];
	struct sb_id depends;	 /* empty: the executable */
	struct sb_patch **below; /* it has addresses in these, each once */
	uint32_t n_below;
	bool is_cumulative; /* always replaces */
	bool is_asked;	    /* its prerevert hook agreed to a replacement that is not over yet */
	bool replaces;	    /* all others that are applied, when it is this time */
	bool pins;	    /* its code hands out pointers to itself */
	bool is_pinned;	    /* and has run */
	bool is_used;	    /* its data is no longer what the payload holds */
	/* Not to outlive this connection, unless it is applied; NULL: it may. */
	const void *transient_of;
	enum wire_state state;
	uint64_t since; /* CLOCK_REALTIME seconds */
	struct sb_func *funcs;
	uint32_t n_funcs;
	struct sb_code *code; /* the payload's text where it was placed */
	uint32_t n_code;
	uint64_t frames, frames_size; /* its .eh_frame, where it was placed; 0 without */
	struct sb_code *ranges;	      /* of the executable, beside the replaced functions */
	uint32_t n_ranges;
	struct sb_write *writes; /* the jumps in the order of funcs, then the tables */
	uint32_t n_writes;
	struct sb_hooks hooks[SB_N_HOOKS];
	struct sb_span spans[SB_N_AREAS];
	struct sb_unwinder unwinders[SB_N_UNWINDERS];
	struct sb_jit_entry jit;
	bool is_shown; /* jit is in the debugger's list */
};

struct sb_patches {
	struct sb_patch *oldest, *newest;
	uint32_t n;
};

/* In the window: only pointers change. */
void sb_patches_push(struct sb_patches *patches, struct sb_patch *patch);
void sb_patches_unlink(struct sb_patches *patches, struct sb_patch *patch);

/* KEY is a name or a whole build-id in hex. */
struct sb_patch *sb_patches_find(const struct sb_patches *patches, const char *key, size_t len);
struct sb_patch *sb_patches_find_id(const struct sb_patches *patches, const uint8_t *id);
struct sb_patch *sb_patches_find_name(const struct sb_patches *patches, const char *name);
/* The newest patch that replaces code or tables overlapping [ADDR, ADDR + SIZE), or NULL. */
struct sb_patch *sb_patches_covering(const struct sb_patches *patches, uint64_t addr,
				     uint64_t size);
/* The newest patch that must go before PATCH can, or NULL: it depends on PATCH, refers to it, or
 * replaces some of the same bytes. */
struct sb_patch *sb_patches_above(const struct sb_patches *patches, const struct sb_patch *patch);
/* One that has addresses in PATCH, or NULL. */
struct sb_patch *sb_patches_referring(const struct sb_patches *patches,
				      const struct sb_patch *patch);
/* Copies the LEN bytes that are at ADDR, wherever that is in the program. */
void sb_copy_running(uint8_t *out, uint64_t addr, size_t len);
/* Turns OUT, which holds the LEN bytes that are at ADDR, into what was there before any patch. */
void sb_patches_original(const struct sb_patches *patches, uint64_t addr, uint8_t *out, size_t len);
void sb_patch_describe(const struct sb_patch *patch, struct wire_patch *ret);

#endif
