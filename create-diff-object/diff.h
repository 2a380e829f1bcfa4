/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The difference of two objects as a value. The two inputs never change; each phase
 * reads what the phases before it found and fills in its own fields:
 *
 *   items.c      cut the allocated sections into items (functions, objects, nameless data)
 *   resolve.c    say for each relocation what it really points at
 *   correlate.c  pair the items of both sides (fingerprint.c compares): funnel.c by name,
 *                statics.c by references, context.c and position.c within a function
 *   classify.c   same, changed, new or removed (lineonly.c: changed in line numbers only)
 *   author.c     what the author of the fix says: ignore, replace in place, hooks
 *   layout.c     compare the types that the debug information tells
 *   rules.c      refuse what can't be live-patched
 *   select.c     what the output must hold
 *   advice.c     what somebody should look at
 *   clone.c      write it, starting from an empty object
 */
#ifndef CDO_DIFF_H
#define CDO_DIFF_H

#include "lib/diffobj.h"
#include "lib/dwarf_lines.h"
#include "lib/dwarf_types.h"
#include "lib/elf.h"

#define CDO_NONE UINT32_MAX

enum cdo_kind {
	CDO_FUNC,    /* a function */
	CDO_COLD,    /* the unlikely part of one (`f.cold`): replaced together with it */
	CDO_DATA,    /* a named object, writable or not */
	CDO_CONTENT, /* read-only, made by the compiler or nameless: what counts is its contents */
	CDO_TLS,     /* a thread-local object */
	CDO_CTORS,   /* .init_array and its like */
	CDO_AUTHOR,  /* what a macro of livepatch.h has left, see author.h */
	CDO_ODD,     /* nameless code, nameless writable data, sections of unknown use */
};

/* A piece of an allocated section. Mergeable strings and constant pools have no items:
 * they are nothing but their contents. */
struct cdo_item {
	enum cdo_kind kind;
	u32 section;
	u64 off, size;	  /* in the section */
	u32 sym;	  /* its symbol (of several aliases the best), 0 for nameless items */
	const char *name; /* of the symbol, else of the section */
	const char *base; /* the name without the digits that the compiler appends */
	u32 rel_first;	  /* its relocations, an index into elf->rels */
	u32 n_rels;
	bool is_writable;  /* the running program may have changed it */
	bool is_known_use; /* false in a section whose name means nothing to us */
	u32 parent;	   /* CDO_COLD: the function that it belongs to */
	u32 cold;	   /* CDO_FUNC: its cold part, or CDO_NONE */
	u32 next_in_name;  /* next item of the same base name, or CDO_NONE */
};

enum cdo_ref {
	CDO_REF_NONE,  /* R_X86_64_NONE, or no symbol */
	CDO_REF_UNDEF, /* a symbol of another object (also common and absolute ones) */
	CDO_REF_ITEM,
	CDO_REF_STRING, /* a string of a mergeable section */
	CDO_REF_CONST,	/* an entry of a constant pool */
	CDO_REF_LOST,	/* a place that nothing names: compared by section, never cloned */
};

/* What a relocation points at: the value is start of the target + addend. */
struct cdo_target {
	enum cdo_ref kind;
	u32 idx;    /* symbol (UNDEF), item (ITEM), section (STRING, CONST, LOST) */
	u64 start;  /* offset of the string or constant in its section */
	u64 size;   /* of the string with its terminator, of the constant */
	s64 addend; /* relative to the start of the target */
	s64 place;  /* offset in the target that is meant: the addend without the -4 of code */
};

enum cdo_merge { CDO_PLAIN, CDO_STRINGS, CDO_POOL }; /* how a section is made of */

struct cdo_side {
	const struct lp_elf *elf;
	struct cdo_item *items;
	u32 n_items;
	u32 *item_of_sym;      /* item of each symbol, or CDO_NONE */
	u32 *position;	       /* original, per symbol: cdo_list_positions() */
	enum cdo_merge *merge; /* per section */
	u32 *first_item;       /* per section: its first item; items of a section are neighbours */
	struct cdo_target *targets;   /* one per elf->rels entry of an allocated section */
	u64 *content;		      /* per item: hash of its contents, 0 until asked for */
	u32 *twin;		      /* per item: the item of the other side, or CDO_NONE */
	struct lp_types *types;	      /* NULL without debug information */
	const struct lp_lines *lines; /* ask cdo_lines() */
	bool is_lines_read;
};

/* What made two items twins. */
enum cdo_how {
	CDO_HOW_NONE,
	CDO_HOW_NAME,	 /* nothing else has that name */
	CDO_HOW_NUMBER,	 /* the number of the clone (f.constprop.1) */
	CDO_HOW_SCOPE,	 /* of that name, the only local one or the only global one */
	CDO_HOW_FILE,	 /* of that name, the only one of its source file */
	CDO_HOW_CONTENT, /* of that name, the only one with these contents */
	CDO_HOW_PARENT,	 /* a part of functions that are twins */
	CDO_HOW_ALONE,	 /* the only static of that name that is left */
	CDO_HOW_WALK,	 /* twins refer to them */
	CDO_HOW_CONTEXT, /* twins refer to them beside the same things */
	CDO_HOW_ORDER,	 /* what is left, in the order of the file */
	CDO_N_HOW,
};

enum cdo_verdict { CDO_SAME, CDO_CHANGED, CDO_NEW };

/* One reason not to patch. */
struct cdo_finding {
	const char *rule; /* id, see rules.c */
	const char *text;
	const char *detail; /* a second line, or NULL */
	const char *advice;
};

struct cdo_fault { /* a directive of the author that can't be followed */
	const char *rule, *text;
};

struct cdo_layout {	    /* a type whose layout has changed */
	u32 orig, patched;  /* indices into the types of each side */
	const char *detail; /* the first member that differs, NULL when none does */
	u32 cause; /* of layouts: the type that it holds and got its change from, or CDO_NONE */
};

struct cdo_allowed { /* what a rule would refuse, but a person has allowed; or what is ignored */
	const char *rule;
	const char *name;
};

struct cdo_ambiguity { /* items that correlate.c could not pair for certain */
	u32 orig, patched;
	u32 orig_too, patched_too; /* a second candidate of that side, or CDO_NONE */
};

#define CDO_OTHER_BYTES "other bytes"

struct cdo_difference { /* where two items differ first, for people */
	u64 off;
	const char *what; /* NULL: they do not differ */
	bool is_cold;	  /* OFF is in the cold part */
	bool is_whole;	  /* it is no place inside, OFF means nothing */
};

struct cdo_options {		       /* what a person has decided */
	const char *object;	       /* name of the object in its build */
	struct lp_strs allow_layout;   /* types whose layout may change */
	struct lp_strs allow_table;    /* objects to replace in place */
	struct lp_strs allow_data;     /* patterns: objects that may keep their contents */
	struct lp_strs always_running; /* patterns: functions that are never left */
	struct lp_strs allow_running;  /* patterns: those of them that may change */
};

struct cdo_diff {
	struct lp_arena *arena;
	const struct cdo_options *options;
	const char *object; /* of the options */
	struct cdo_side orig, patched;
	enum cdo_how *how;	    /* per item of patched that has a twin */
	enum cdo_verdict *verdict;  /* per item of patched */
	struct cdo_difference *why; /* per item of patched: the first difference */
	bool *selected;		    /* per item of patched: goes into the output */
	u32 n_changed, n_new;	    /* functions and objects */
	LP_VEC(struct cdo_ambiguity) ambiguities;
	bool is_types_checked; /* there is new code, which must agree about types with the old */
	LP_VEC(struct cdo_layout) layouts;
	bool *is_table; /* per item of patched: replaced in place */
	LP_VEC(struct cdo_allowed) allowed;
	LP_VEC(struct cdo_allowed) ignored; /* differences that are none */
	LP_VEC(struct cdo_fault) faults;
	LP_VEC(struct lp_info_advice) advice; /* to who reads the manifest */
	struct lp_strs notes;		      /* to the author, no reasons to refuse */
	LP_VEC(struct cdo_finding) findings;
	LP_VEC(u32) listed; /* per change of the info: its item of patched, or CDO_NONE */
};

/* ---- names.c: what names of symbols and sections mean ---- */

/* NAME without compiler digits: `count.3` -> `count`, `f.constprop.0` -> `f.constprop`. */
const char *cdo_base_name(struct lp_arena *arena, const char *name);
bool cdo_is_cold_name(const char *name);
/* `__func__`, CSWTCH and others that the compiler makes and nobody names. */
bool cdo_is_compiler_object(const char *base);
/* A label of the assembler that got into the symbol table; executables do not have it. */
bool cdo_is_private(const struct lp_symbol *sym);
bool cdo_is_known_section(const char *name);
bool cdo_is_ignored_section(const struct lp_section *section);
bool cdo_is_relro_section(const char *name);
bool cdo_is_ctor_section(const struct lp_section *section);

/* ---- author_read.c: records of runtime/livepatch.h ---- */

bool cdo_is_author_section(const char *name);
/* True if NAME could be taken for one of them. */
bool cdo_has_author_name(const char *name);
/* "load" and so on for a hook's record, NULL for all else. */
const char *cdo_hook_kind(const struct cdo_side *side, u32 idx);
/* The function that a hook's record points to. */
const char *cdo_hook_name(const struct cdo_side *side, u32 idx);

/* ---- the phases ---- */

/* First relocation of SECTION at OFF or behind it, an index into elf->rels. */
u32 cdo_first_reloc(const struct lp_elf *elf, u32 section, u64 off);
void cdo_build_items(struct lp_arena *arena, struct cdo_side *side);
void cdo_resolve(struct lp_arena *arena, struct cdo_side *side);
/* A hash that is equal for items of equal contents, on either side. */
u64 cdo_content(struct cdo_side *side, u32 item);

enum cdo_match {
	CDO_BY_NAME, /* references are equal when their targets have the same base name */
	CDO_BY_TWIN, /* references are equal when their targets are twins */
};
struct cdo_difference cdo_compare(struct cdo_diff *diff, u32 orig, u32 patched,
				  enum cdo_match match);

/* Two relocations, indices into the rels of either side, mean the same. */
bool cdo_same_reference(struct cdo_diff *diff, u32 orig_rel, u32 patched_rel);
/* Are all references of two items of one size the same? */
bool cdo_same_references(struct cdo_diff *diff, u32 orig, u32 patched, enum cdo_match match);
/* Is it proved that two functions (with their cold parts), which are not the same, differ in
 * nothing but line numbers? */
bool cdo_is_line_only(struct cdo_diff *diff, u32 orig, u32 patched, enum cdo_match match);
/* The line table of a side, read when it is first asked for; NULL if there is none to be read. */
const struct lp_lines *cdo_lines(struct cdo_diff *diff, struct cdo_side *side);

void cdo_correlate(struct cdo_diff *diff);
void cdo_classify(struct cdo_diff *diff);
void cdo_obey_author(struct cdo_diff *diff);
void cdo_check_rules(struct cdo_diff *diff);
void cdo_select(struct cdo_diff *diff);
/* Rules that need to know what is selected. */
void cdo_check_selection(struct cdo_diff *diff);
/* What should be looked at, though it is no reason to refuse. */
void cdo_find_advice(struct cdo_diff *diff);
struct lp_err *cdo_clone(struct cdo_diff *diff, struct lp_out *out) LP_MUST_CHECK;
/* Writes the debug information of what is in the output into OUT, an object of its own. */
void cdo_put_companion(const struct cdo_diff *diff, struct lp_out *out);

/* ---- clone.c and its helpers ---- */

struct cdo_place { /* where an item went in the output */
	u32 section;
	u64 off;
	u32 sym; /* id of its symbol, 0 when the item is not in the output */
};

#define CDO_N_POOLS 8

struct cdo_output {
	struct cdo_diff *diff;
	struct lp_out *out;
	struct cdo_place *places; /* per item of patched */
	struct lp_map undefined;  /* name -> symbol id */
	struct lp_map constants;  /* bytes of a string or constant -> symbol id */
	u32 n_strings, n_constants;
	/* Sections of strings by log2 of their alignment, of constants by that of their size; 0:
	 * not made yet. */
	u32 strings[CDO_N_POOLS], pools[CDO_N_POOLS];
	u32 eh_frame;
	u32 *originals; /* per item of orig: symbol of its copy as evidence, 0: not made yet */
	u32 depth;	/* of originals that refer to nameless ones */
};

/* The undefined symbol by which the running program's ITEM of ORIG is reached. */
u32 cdo_running_symbol(struct cdo_output *o, u32 orig_item);
u32 cdo_undefined_symbol(struct cdo_output *o, const char *name, const struct lp_symbol *like);
/* A copy of the string or constant that a relocation of SIDE leads to. */
u32 cdo_constant_symbol(struct cdo_output *o, const struct cdo_side *side,
			const struct cdo_target *target);
/* The original bytes of ITEM, once; gives its symbol. */
u32 cdo_put_original(struct cdo_output *o, u32 orig_item);
/* FDEs of the functions that are in the output. */
struct lp_err *cdo_put_frames(struct cdo_output *o) LP_MUST_CHECK;

/* ---- results ---- */

/* The first string of .comment that is not empty, such as `GCC: (Debian 12.2.0-14) 12.2.0`, or
 * NULL. */
const char *cdo_compiler(const struct lp_elf *elf);
void cdo_make_info(struct cdo_diff *diff, struct lp_info *ret);
/* Numbers the locals that have a name in common, from 1, as the records of .lp.info count; 0 is for
 * all other symbols. */
void cdo_list_positions(struct lp_arena *arena, struct cdo_side *side);
/* New functions whose addresses are stored. */
void cdo_find_pins(const struct cdo_diff *diff, struct lp_info *ret);

#endif
