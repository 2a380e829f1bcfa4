/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The executable that runs, as an index: symbols by name, the blocks of symbols that came
 * from one source file, what the dynamic linker fills in (GOT slots, copies of library
 * data, PLT), and the bytes at a link-time address. Const after ep_target_load().
 */
#ifndef EP_TARGET_H
#define EP_TARGET_H

#include "extract-patch/debugfile.h"
#include "lib/diffobj.h"

/* Versions of the symbols of a .dynsym (versions.c). */
struct ep_versions {
	const struct lp_section *numbers; /* .gnu.version, NULL: there are no versions */
	LP_VEC(const char *) names;	  /* by number; NULL: none */
};
struct ep_versions ep_versions_read(struct lp_arena *arena, const struct lp_elf *elf);
/* That of symbol SYM, or NULL. Old versions, which are no default, are only for programs that were
 * linked with them. */
const char *ep_version_of(const struct ep_versions *versions, size_t sym, bool *ret_is_default);

/* What .dynsym and the dynamic relocations say about one name. Addresses are 0 when absent. */
struct ep_dyn {
	const char *name;
	const char *version; /* NULL for none */
	u64 value;	     /* st_value: own definition, canonical PLT entry or copy */
	u64 size;	     /* st_size */
	u64 glob_dat;	     /* GOT slot that holds the address from the start */
	u64 jump_slot; /* GOT slot of the PLT; holds the address from the start under BIND_NOW */
	u64 copy;      /* where the executable keeps its copy of library data */
	u8 type;       /* STT_* */
	bool is_weak;
	bool is_undefined; /* a library's, as far as .dynsym knows */
};

struct ep_dynrel {
	u64 addr;
	u32 type;
	u32 dyn; /* index in ep_target.dyns, 0 for none */
	s64 addend;
};

struct ep_flavour; /* flavour.h */

struct ep_target {
	struct lp_arena *arena;
	const struct ep_flavour *flavour;
	const struct lp_elf *elf;      /* the executable */
	const struct lp_elf *syms;     /* whose .symtab counts: the same, or the debug file */
	struct lp_map names;	       /* first symbol of each name */
	const u32 *next;	       /* beside syms->symbols: next one of the same name, or 0 */
	struct lp_map dyn_names;       /* index in dyns */
	LP_VEC(struct ep_dyn) dyns;    /* index 0 is unused */
	LP_VEC(struct ep_dynrel) rels; /* in the order of the file */
	bool has_relr;		       /* DT_RELR: packed relative relocations, not in rels */
	bool is_pie;
	bool bind_now;
	bool has_tls;
	u64 tls_size;  /* PT_TLS p_memsz rounded up to its alignment */
	u64 text_area; /* of the runtime, [text_area, text_area_end) */
	u64 text_area_end;
};

/*
 * When the executable has no symbol table of its own, DEBUG says where it is. Everything that makes
 * PATH unusable as a target is an error with code LP_TARGET.
 */
struct lp_err *ep_target_load(struct lp_arena *arena, const struct ep_flavour *flavour,
			      const char *path, const struct ep_debug *debug,
			      struct ep_target **ret) LP_MUST_CHECK;

/* LEN bytes of the file at a link-time address, or NULL when they are not all in one section
 * with contents. Before the dynamic linker has touched them. */
const u8 *ep_target_bytes(const struct ep_target *target, u64 addr, u64 len);
/* True if those bytes stay what they are in the file: not writable, nor relocated. */
bool ep_target_is_constant(const struct ep_target *target, u64 addr, u64 len);
/* Contents left in the section from ADDR on, 0 when ADDR is nowhere. */
u64 ep_target_room(const struct ep_target *target, u64 addr);

/* ---- symbols (symbols.c) ---- */

/* Fills names and next from syms. */
void ep_index_symbols(struct ep_target *target);

enum ep_match_kind {
	EP_MATCH_UNIQUE,   /* the only symbol of that name */
	EP_MATCH_BY_FILE,  /* one of several; the block of its source file decided */
	EP_MATCH_POSITION, /* one of several of its source file; the order in it decided */
};

/*
 * The local symbols that came from one object, [file + 1, end). bfd, gold and lld write those of an
 * object together and in its order, wherever they place its sections (tests/e2e/position.sh sorts
 * them). The order of the objects is another matter: bfd begins with those that have something in
 * the first section of the output, say a thread-local variable. Link-time optimisation makes
 * objects of its own, none of which is the one that was compared.
 */
struct ep_block {
	u32 file; /* its FILE symbol, of `ld -r` the first one; 0: not looked for yet */
	u32 end;
};

struct ep_match {
	u32 sym; /* index in syms->symbols */
	enum ep_match_kind kind;
	u32 position, of; /* k-th of n symbols of that name in the executable (EP_MATCH_POSITION:
			   * in the block), from 1 */
};

/* "unique", "by-file, 2 of 3", "position, 1 of 2" */
const char *ep_match_text(struct lp_arena *arena, const struct ep_match *match);

/* True if SYM is what a global symbol of an object became: GLOBAL, WEAK, or LOCAL because the
 * linker hid it (those come after the last FILE symbol, whose name is empty). */
bool ep_symbol_is_global(const struct ep_target *target, u32 sym);
/* The global NAME; *RET is 0 when there is none. Two of them are an error. */
struct lp_err *ep_find_global(const struct ep_target *target, const char *name,
			      struct ep_match *ret) LP_MUST_CHECK;
/* Can FILE, of a FILE symbol of the executable, be SOURCE, of an object's? Xen's build gives files
 * their path, `common/version.c`, where compilers give the base name. */
bool ep_is_source(const char *file, const char *source);
/* The block of the object INFO; none or several is an error.
 * EXACT false: the best overlap counts, for an object that was patched. */
struct lp_err *ep_find_block(const struct ep_target *target, const struct lp_info *info, bool exact,
			     struct ep_block *ret) LP_MUST_CHECK;
/* The local NAME of kind 'f', 'o' or 't' in BLOCK; ret->sym is 0 when there is none. */
struct lp_err *ep_find_local(const struct ep_target *target, struct ep_block block,
			     const char *name, struct ep_match *ret) LP_MUST_CHECK;
/* The same of the K-th (from 1) of several of that name in the object INFO; its block must have as
 * many. */
struct lp_err *ep_find_kth_local(const struct ep_target *target, struct ep_block block,
				 const struct lp_info *info, const char *name, u32 k,
				 struct ep_match *ret) LP_MUST_CHECK;
/* Bytes from ADDR to the next function, at least SIZE: what a jump may overwrite. */
u64 ep_room_at(const struct ep_target *target, u64 addr, u64 size);

/* ---- what the dynamic linker fills in (dynamic.c) ---- */

struct lp_err *ep_dynamic_load(struct ep_target *target) LP_MUST_CHECK;
/* Entry of NAME, or NULL. */
const struct ep_dyn *ep_find_dyn(const struct ep_target *target, const char *name);
/* The dynamic relocation that fills the 8 bytes at ADDR, or NULL. */
const struct ep_dynrel *ep_dynrel_at(const struct ep_target *target, u64 addr);
/* First dynamic relocation that touches [ADDR, ADDR + LEN), or NULL. */
const struct ep_dynrel *ep_dynrel_in(const struct ep_target *target, u64 addr, u64 len);
/* Name of the library function whose PLT entry is at ADDR, or NULL. */
const char *ep_plt_name(const struct ep_target *target, u64 addr);
/* Address of the PLT entry that leads to DYN, or 0. */
u64 ep_plt_entry(const struct ep_target *target, const struct ep_dyn *dyn);
/* The PLT entry by which the executable calls the indirect function of RESOLVER, or 0. */
u64 ep_ifunc_entry(const struct ep_target *target, u64 resolver);
/* Offset from the thread pointer of the TLS symbol SYM of the executable. */
s64 ep_tls_offset(const struct ep_target *target, const struct lp_symbol *sym);

/* ---- libraries (libraries.c) ---- */

/* A symbol of a library, as a linker would choose it. */
struct ep_library_symbol {
	const char *library; /* NULL: none defines it */
	const char *version; /* NULL for none */
	u8 type;	     /* STT_* */
	u64 value;	     /* in the library */
	u64 copy;	     /* data: where the executable keeps its copy, or 0 */
};

/* NAME in the DT_NEEDED libraries and those that they need. *RET_SEARCHED lists what was looked
 * into, for the message. */
struct lp_err *ep_find_in_libraries(const struct ep_target *target, const char *name,
				    struct ep_library_symbol *ret,
				    const char **ret_searched) LP_MUST_CHECK;

#endif
