/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A patch in the making. Inputs and executable are const; the patch grows in one direction:
 *
 *   select   which functions and tables are replaced  -> funcs, tables
 *   prove    the executable has their original code   (nothing but errors)
 *   bind     pieces that they need, reference by reference -> pieces, fixes, refs
 *   layout   where each piece lies                    -> piece.out_off
 *   emit     payload, manifest
 *
 * A piece is a run of bytes of an input that is placed as a whole: a function, an object, one
 * string, one constant. A fix is one field of a piece that the payload has to fill.
 */
#ifndef EP_PATCH_H
#define EP_PATCH_H

#include "extract-patch/target.h"

enum ep_area {
	EP_TEXT,
	EP_RODATA,
	EP_FRAMES, /* read-only as well, a section of its own */
	EP_DATA,
	EP_BSS,
	EP_N_AREAS,
};

/* One object of the original build: a record block of .lp.info, or a FILE of a raw object. */
struct ep_unit {
	u32 input;
	u32 file; /* raw: its FILE symbol; diff objects: 0 */
	struct lp_info info;
	struct ep_block block; /* in the executable */
};

struct ep_input {
	const struct lp_elf *elf;
	bool is_raw;	     /* an object from the compiler, without .lp.info */
	struct lp_map names; /* defined symbols, by name */
};

#define EP_SYNTHETIC UINT32_MAX /* ep_piece.input: made here (stub, slot, name) */

struct ep_piece {
	u32 input, section; /* where it comes from */
	u64 off, size, align;
	enum ep_area area;
	const char *name; /* of its symbol in the payload, NULL for none */
	u8 type;	  /* STT_* of that symbol */
	bool is_new;	  /* a function or object that the executable does not have */
	u8 *bytes;	  /* own copy, instructions already rewritten; NULL for EP_BSS */
	u64 out_off;	  /* in the section of its area, by layout */
};

enum ep_to {
	EP_TO_PIECE,  /* of this payload */
	EP_TO_EXE,    /* an address of the executable */
	EP_TO_IMPORT, /* a library symbol, by name */
	EP_TO_BELOW,  /* a symbol of a patch below */
	EP_TO_TLS,    /* a thread-local variable of the executable */
};

/* What a symbol stands for: the S of a relocation. */
struct ep_place {
	enum ep_to to;
	u32 piece;
	s64 off;	     /* from the piece's start or from addr; may be negative */
	u64 addr;	     /* EP_TO_EXE: link-time address; EP_TO_BELOW: offset in the area */
	u32 below, area;     /* EP_TO_BELOW: index in ep_patch.below, area of the runtime */
	s64 tpoff;	     /* EP_TO_TLS */
	const char *name;    /* for symbols and messages */
	const char *version; /* EP_TO_IMPORT: of the library's symbol, or NULL */
	u8 type;	     /* STT_* */
	u64 size;
	u32 sym; /* of the executable (0: known by its address only), of the payload below */
	const char *match; /* how it was found, for the manifest */
};

struct ep_fix {
	u32 piece;
	u64 off;
	u32 type; /* R_X86_64_64, PC32, PC64 */
	struct ep_place to;
	s64 addend;
};

/* The unlikely part of a replaced function: who is in it is in the function. */
struct ep_cold {
	const char *name; /* NULL: there is none */
	u32 old_sym;	  /* lp.old!.. in the input; 0 for a raw object */
	u64 addr, size;	  /* in the executable */
	u32 name_piece;	  /* by ep_payload_names(), as in the structs below */
	bool is_below;	  /* it is a part of the code below */
	struct ep_place below;
};

struct ep_func { /* a function that is replaced */
	const char *name;
	const char *object;
	const char *why;
	u32 unit;
	u32 input;
	u32 new_sym; /* in the input */
	u32 old_sym; /* lp.old!.. in the input; 0 for a raw object */
	u32 piece;   /* the new code */
	u32 name_piece;
	u64 addr; /* in the executable */
	u64 old_size;
	u64 room; /* old_size and the padding behind it */
	struct ep_cold cold;
	bool endbr64; /* the old entry begins with it */
	/* The code that runs now is a patch's below: it has replaced the function at addr, or
	 * (then addr is 0) has brought it along. */
	bool is_below, is_new_below;
	struct ep_place below;
	bool is_proved; /* the executable's code was compared with the original's */
	struct ep_match match;
};

struct ep_table { /* an object of the executable that is overwritten in place */
	const char *name;
	const char *object;
	const char *why;
	u32 unit;
	u32 input;
	u32 new_sym, old_sym; /* lp.table!.., lp.old!.. in the input */
	u64 addr, size;	      /* in the executable */
	struct ep_match match;
	u32 new_piece; /* contents, in read-only data */
	u32 old_piece; /* what memory holds before */
	u32 name_piece;
};

struct ep_hook {  /* a function that runs when the patch goes in or out */
	u32 kind; /* index in ep_hook_kinds */
	const char *name;
	struct ep_place to;
};

#define EP_N_HOOK_KINDS 6
extern const char *const ep_hook_kinds[EP_N_HOOK_KINDS];

/* A line of the manifest's `references`. */
struct ep_ref {
	const char *symbol;
	const char *kind; /* function, object, tls, got-slot, copy, import */
	u64 addr;
	const char *match;
};

struct ep_below { /* a patch that this one is applied on top of */
	const u8 *build_id;
	size_t build_id_len;
	const struct lp_elf *payload; /* NULL when only the build-id was given */
};

struct ep_patch {
	struct lp_arena *arena;
	const struct ep_target *target;
	const char *name;	       /* of the patch */
	LP_VEC(struct ep_below) below; /* the lowest first; this patch depends on the last */
	LP_VEC(struct ep_input) inputs;
	LP_VEC(struct ep_unit) units;
	LP_VEC(struct ep_func) funcs;
	LP_VEC(struct ep_table) tables;
	LP_VEC(struct ep_hook) hooks; /* by kind; of one kind in the order of the inputs */
	LP_VEC(struct ep_piece) pieces;
	LP_VEC(struct ep_fix) fixes;
	LP_VEC(struct ep_ref) refs;
	struct lp_map piece_map;   /* (input, section, off) */
	struct lp_map content_map; /* contents of strings and constants */
	struct lp_map strings;	   /* of the executable's .rodata: address of each */
	struct lp_map slot_map;	   /* slots and stubs, by what they lead to */
	struct lp_map ref_map;	   /* "kind symbol address" */
	struct lp_map verdict_map; /* raw: (input, symbol) that was compared already */
	struct lp_map left_out;	   /* "OBJECT!NAME" and "NAME" of changed functions not selected */
	struct lp_map import_map;  /* names that were found in a library: index in imports */
	LP_VEC(struct ep_library_symbol) imports;
	u64 area_size[EP_N_AREAS];
	u64 area_align[EP_N_AREAS];
};

/* ---- inputs and selection (select.c) ---- */

struct lp_err *ep_add_input(struct ep_patch *patch, const char *path) LP_MUST_CHECK;
/* --depends BUILD-ID or PAYLOAD, in the order of the stack (below.c). */
struct lp_err *ep_add_below(struct ep_patch *patch, const char *text) LP_MUST_CHECK;
/* Were they made for the target? */
struct lp_err *ep_check_below(const struct ep_patch *patch) LP_MUST_CHECK;
/* The name of its patch, as .modinfo has it, or NULL. */
const char *ep_payload_patch_name(const struct lp_elf *payload);
/* Fills funcs and tables; NAMES (may be empty) restricts them. */
struct lp_err *ep_select(struct ep_patch *patch, const struct lp_strs *names) LP_MUST_CHECK;
/* Can a jump be written over the first bytes of FUNC? Fills endbr64 and room (site.c). */
struct lp_err *ep_check_site(const struct ep_patch *patch, struct ep_func *func) LP_MUST_CHECK;
struct lp_err *ep_check_cold(const struct ep_patch *patch,
			     const struct ep_func *func) LP_MUST_CHECK;
/* The bytes of the function that is replaced, as a file has them: of the executable, or of the
 * payload below that has brought it along. */
const u8 *ep_old_code(const struct ep_patch *patch, const struct ep_func *func);
/* Bytes from the entry to the end of the jump. */
u64 ep_site_end(const struct ep_func *func);
/* Finds each function in the executable: address, size. */
struct lp_err *ep_locate(struct ep_patch *patch) LP_MUST_CHECK; /* locate.c */
/* NAME, which the original object of UNIT defines, in the executable; sym 0 when it is not there.
 */
struct lp_err *ep_find_defined(struct ep_patch *patch, u32 unit, const char *name,
			       struct ep_match *ret) LP_MUST_CHECK;
/* The unit of OBJECT, or an error; and its block in the executable. */
struct lp_err *ep_find_unit(struct ep_patch *patch, const char *object, u32 *ret) LP_MUST_CHECK;
struct lp_err *ep_unit_block(struct ep_patch *patch, u32 unit, struct ep_block *ret) LP_MUST_CHECK;

/* ---- pieces (pieces.c) ---- */

/* The symbol SYM of INPUT, by which OFF of its section is meant: what the executable has of it when
 * it is a constant, else a piece. RET has name and type already. */
struct lp_err *ep_place_defined(struct ep_patch *patch, u32 input, const struct lp_symbol *sym,
				s64 off, struct ep_place *ret) LP_MUST_CHECK;

struct ep_range {
	u64 off, size, align;
	u32 sym; /* the symbol that covers it, or 0 */
};

/* The piece of SECTION that holds OFF: symbol, string, constant, or a nameless run that ends
 * where the next thing begins. */
struct lp_err *ep_range_at(const struct lp_elf *elf, u32 section, s64 off,
			   struct ep_range *ret) LP_MUST_CHECK;
/* Is it a name that compilers give to what has no identity: __func__.3? */
bool ep_is_function_name(const char *symbol);
/* Is the range read-only, without references, and no object of the programmer's? Equal ones may
 * be one (constants.c). */
bool ep_is_constant(const struct lp_elf *elf, u32 section, const struct ep_range *range);
/* Where the executable has the bytes of such a range: the start of its .rodata, and an offset. */
bool ep_find_constant(struct ep_patch *patch, u32 input, u32 section, const struct ep_range *range,
		      struct ep_place *ret);
/* The piece for it, new or known, and where in the section it begins (equal strings share one
 * piece). Pieces are appended, so that a caller can walk them. */
struct lp_err *ep_piece_at(struct ep_patch *patch, u32 input, u32 section, s64 off, u32 *ret,
			   u64 *ret_off) LP_MUST_CHECK;
/* A piece made here. BYTES are copied. */
u32 ep_piece_add(struct ep_patch *patch, enum ep_area area, const char *name, u8 type,
		 const void *bytes, u64 size, u64 align);
void ep_fix_add(struct ep_patch *patch, u32 piece, u64 off, u32 type, const struct ep_place *to,
		s64 addend);

/* ---- references (resolve.c, raw.c, bind.c) ---- */

/* What the undefined symbol SYM of INPUT stands for. Adds nothing to the patch, unless another
 * input defines it. */
struct lp_err *ep_resolve_name(struct ep_patch *patch, u32 input, u32 sym,
			       struct ep_place *ret) LP_MUST_CHECK;
/* What the symbol TARGET_SYM of the executable is as a place. */
struct ep_place ep_place_of(const struct ep_target *target, const struct ep_match *match);
/* The symbol SYM that the raw object INPUT defines, of whose section OFF is meant. */
struct lp_err *ep_resolve_raw(struct ep_patch *patch, u32 input, u32 sym, s64 off,
			      struct ep_place *ret) LP_MUST_CHECK;
/* Where the executable has the function or variable SYM of the raw object INPUT: sym 0 in *RET
 * when it has none. */
struct lp_err *ep_find_raw(struct ep_patch *patch, u32 input, u32 sym,
			   struct ep_match *ret) LP_MUST_CHECK;
/* Everything that the replaced functions need: fills pieces and fixes. */
struct lp_err *ep_bind(struct ep_patch *patch) LP_MUST_CHECK;
/* "NAME@VERSION", or the name alone: what the payload calls an import. */
const char *ep_import_name(struct lp_arena *arena, const struct ep_place *place);
void ep_note_ref(struct ep_patch *patch, const struct ep_place *place, const char *kind);

/* True for code, and for the copies of original code in .lp.old.*. */
bool ep_is_code(const struct lp_section *sec);
/* "foo.cold", "foo.constprop.0.cold", "foo.cold.3": the unlikely part of foo. */
bool ep_is_cold_part(const char *name);
/* What to add to S + A of a 4-byte field in code to get where it refers to. */
static inline s64 ep_reference_end(const struct lp_reloc *rel)
{
	return 4 + (s64)rel->tail;
}

/* A + B for numbers that come from a file: wraps, instead of being undefined. */
static inline s64 ep_sum(u64 a, s64 b)
{
	return (s64)(a + (u64)b);
}

/* ---- proof (prove.c) ---- */

/* The code of the function at [off, off+size) of SECTION, as the executable should have it at
 * ADDR. *RET_SAME says whether it has; if not, *RET_OFF where not and *RET_WHY (may be NULL). */
struct ep_claim {
	u32 input, section;
	u64 off, size;
	u64 addr;
};
struct lp_err *ep_compare(struct ep_patch *patch, const struct ep_claim *claim, bool *ret_same,
			  u64 *ret_off, const char **ret_why) LP_MUST_CHECK;
struct lp_err *ep_prove(struct ep_patch *patch) LP_MUST_CHECK;

/* ---- tables (tables.c) and hooks (hooks.c) ---- */

struct lp_err *ep_locate_tables(struct ep_patch *patch) LP_MUST_CHECK;
struct lp_err *ep_prove_tables(struct ep_patch *patch) LP_MUST_CHECK;
/* Adds the pieces of their contents; what they refer to is bound with the other pieces. */
struct lp_err *ep_add_tables(struct ep_patch *patch) LP_MUST_CHECK;
/* True if the field of REL, in the new contents of a table, leads to bytes that the running one
 * leads to as well: then *RET is the running one's pointer. */
bool ep_table_keeps(const struct ep_patch *patch, u32 piece, const struct lp_reloc *rel,
		    struct ep_place *ret);
/* The first offset at which a bound table changes; its size when none does. */
u64 ep_table_difference(const struct ep_patch *patch, const struct ep_table *table);
/* True for a hook that runs while all threads are stopped. */
bool ep_hook_is_stopped(const struct ep_hook *hook);
/* Fills hooks, and adds the pieces of their functions. */
struct lp_err *ep_add_hooks(struct ep_patch *patch) LP_MUST_CHECK;

/* ---- output ---- */

/* The .eh_frame of the pieces that are code (frames.c). */
void ep_add_frames(struct ep_patch *patch);
void ep_layout(struct ep_patch *patch);

#endif
