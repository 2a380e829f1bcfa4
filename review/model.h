/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that make the rows share. */
#ifndef RV_MODEL_H
#define RV_MODEL_H

#include "review/review.h"
#include "runtime/payload.h"

struct rv_func { /* an entry of a payload's .livepatch.funcs */
	const char *name;
	u64 old_addr, new_off;
	bool has_place; /* instead of an address: a payload below has brought it along */
	struct livepatch_below place;
	u32 old_size, new_size;
	u32 new_section;
	const u8 *expect;
	u32 expect_len;
};

struct rv_funcs {
	struct rv_func *items;
	size_t n;
	size_t cap;
};

struct rv_layer {		 /* a payload below, on which the patch stacks */
	const char *name, *path; /* of the patch; base name of the file; clean */
	const char *id;		 /* build-id */
	const struct lp_elf *elf;
	struct rv_funcs funcs;
};

/* Whose code runs now where a function is replaced. */
struct rv_old {
	enum rv_old_kind {
		RV_OLD_PROGRAM, /* the executable's, as far as is known */
		RV_OLD_LAYER,	/* that of a payload below */
		RV_OLD_UNKNOWN, /* that of a payload below which was not named */
	} kind;
	const struct rv_layer *layer;
	u32 section; /* of its payload */
	u64 off, size;
};

struct rv_hunk {
	const char *path; /* as the diff has it, without a/ or b/ */
	const char *text; /* from its "@@" on */
	size_t len;
	struct lp_strs touches; /* functions that it changes a line of, by the look of it */
	bool is_shown;
};

struct rv_maker {
	const struct rv_input *input;
	struct lp_arena *arena;
	struct rv_doc *doc;
	struct rv_funcs funcs;
	LP_VEC(struct rv_layer) layers; /* the lowest first */
	bool has_all_layers;		/* the lowest one stacks on none */
	LP_VEC(struct rv_hunk) hunks;
	struct lp_map slots; /* what the dynamic linker fills: index in target->rels */
	LP_VEC(struct rv_row) checks;
	u32 n_bad;	/* of them */
	u64 cells_left; /* of alignment: what a payload may cost in all */
};

/* True for payloads whose loader finds everything by name, FILE.c#NAME for locals: Xen's. */
bool rv_has_names_only(const struct rv_maker *m);
const struct ep_flavour *rv_flavour(const struct rv_maker *m);
/* The build-id in the note SECTION; the value of KEY in .modinfo. NULL: there is none. */
const char *rv_note_id(struct lp_arena *arena, const struct lp_elf *elf, const char *section);
const char *rv_modinfo(const struct lp_elf *elf, const char *key);

/* TEXT with everything that is not plainly visible escaped: control characters, bytes that are not
 * UTF-8, and what turns or hides text (U+202E and the like). NULL stays NULL. */
const char *rv_clean(struct lp_arena *arena, const char *text);
const char *rv_clean_n(struct lp_arena *arena, const char *text, size_t len);

/* Appends a row; cells are cleaned. Valid until the next one. */
struct rv_row *rv_row(struct rv_maker *m, enum rv_kind kind, enum rv_mark mark, const char *a,
		      const char *b);
void rv_section(struct rv_maker *m, const char *id, const char *question);
void rv_fact(struct rv_maker *m, const char *what, const char *value);
void rv_line(struct rv_maker *m, enum rv_kind kind, const char *a, const char *b, const char *c,
	     const char *d);

/* lists.c: the .livepatch.funcs of a payload. */
struct lp_err *rv_read_funcs(struct rv_maker *m, const struct lp_elf *elf,
			     struct rv_funcs *ret) LP_MUST_CHECK;
/* The entry of .livepatch.below that symbol SYM stands for; false when it stands for none. */
bool rv_place_of(const struct lp_elf *elf, u32 sym, struct livepatch_below *ret);
/* stack.c: fills layers; needs the document's identity. */
struct lp_err *rv_read_layers(struct rv_maker *m) LP_MUST_CHECK;
/* Compares what the manifest says of the payloads below with them. */
void rv_check_layers(struct rv_maker *m);
/* Is PLACE in a payload below, which the payload reaches as NAME, listed and of that name? */
void rv_check_place(struct rv_maker *m, const char *name, const struct livepatch_below *place);
/* What the payload replaces by F. */
struct rv_old rv_old_of(struct rv_maker *m, const struct lp_m_function *f);
/* check.c: compares manifest, payload and executable, as far as they are there: checks. */
struct lp_err *rv_check(struct rv_maker *m) LP_MUST_CHECK;
/* A row of checks. */
void rv_check_row(struct rv_maker *m, enum rv_mark mark, const char *fmt, ...) LP_PRINTF(3, 4);
/* identity.c: fills the document's identity, and compares signature and build-id with the rest. */
void rv_identify(struct rv_maker *m);
/* Who has signed, in words; NULL for a manifest. */
const char *rv_signer(const struct rv_maker *m);
/* The payload's entry for F, or NULL. */
const struct rv_func *rv_find_func(const struct rv_maker *m, const struct lp_m_function *f);

/* hunks.c */
void rv_read_hunks(struct rv_maker *m);
/* The hunks that belong to F. */
void rv_function_hunks(struct rv_maker *m, const struct lp_m_function *f);
/* Those that belong to no function. */
void rv_other_hunks(struct rv_maker *m);

/* code.c: the instructions of F, old (FROM) beside new; ID is what their ids begin with. */
void rv_function_code(struct rv_maker *m, const struct lp_m_function *f, const struct rv_old *from,
		      const char *id);

/* ---- names.c ---- */

struct rv_ref {		   /* what an instruction refers to */
	const char *shown; /* `g_free@plt`, `table+8`, `"text"` */
	const char *key;   /* equal on both sides when it means the same */
};

struct rv_side { /* a piece of code, old or new */
	const u8 *bytes;
	u64 size;
	u64 at; /* its address in the executable, its offset in the section of a payload */
	const struct lp_elf *elf; /* the payload; NULL for code of the executable */
	u32 section;		  /* of it */
};

/* Prepares for the following. */
void rv_names_init(struct rv_maker *m);
/* The relocation at OFF of SECTION of a payload, or NULL. */
const struct lp_reloc *rv_reloc_at(const struct lp_elf *elf, u32 section, u64 off);
/* True if the payload fills the field at OFF of SIDE. */
bool rv_has_reloc(const struct rv_side *side, u64 off);
/* What the field at OFF of SIDE refers to, which counts from END, the end of its instruction;
 * DISTANCE is what its bytes say, ACCESS how many bytes are read there (0: none). */
struct rv_ref rv_name_relative(struct rv_maker *m, const struct rv_side *side, u64 off, u64 end,
			       s64 distance, u32 access);
/* The same of a field that has a relocation and holds an address. */
struct rv_ref rv_name_absolute(struct rv_maker *m, const struct rv_side *side, u64 off);

/* ---- insns.c, align.c ---- */

struct rv_insn {
	u64 off;
	s64 jump; /* offset that it jumps to inside of the code, -1 for none */
	const char *text, *key;
	u32 id, kind; /* of key and of the mnemonic, for align.c */
	u32 twin;     /* index of the one aligned with it; RV_NO_TWIN */
};

#define RV_NO_TWIN UINT32_MAX

struct rv_code {
	struct rv_insn *items;
	size_t n;
	size_t cap;
};

/* The instructions of SIDE; false when there are too many to look at. */
bool rv_disassemble(struct rv_maker *m, const struct rv_side *side, struct rv_code *ret);
/* Finds for each one its twin. */
void rv_align(struct rv_maker *m, struct rv_code *old, struct rv_code *new);

#endif
