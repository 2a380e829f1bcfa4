/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that make the rows share. */
#ifndef RV_MODEL_H
#define RV_MODEL_H

#include "review/review.h"

struct rv_func { /* an entry of the payload's .livepatch.funcs */
	const char *name;
	u64 old_addr, new_off;
	u32 old_size, new_size;
	u32 new_section;
	const u8 *expect;
	u32 expect_len;
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
	LP_VEC(struct rv_func) funcs;
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

/* lists.c: fills funcs. */
struct lp_err *rv_read_funcs(struct rv_maker *m) LP_MUST_CHECK;
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

/* code.c: the instructions of F, old beside new; ID is what their ids begin with. */
void rv_function_code(struct rv_maker *m, const struct lp_m_function *f, const char *id);

/* ---- names.c ---- */

struct rv_ref {		   /* what an instruction refers to */
	const char *shown; /* `g_free@plt`, `table+8`, `"text"` */
	const char *key;   /* equal on both sides when it means the same */
};

struct rv_side { /* a piece of code, old or new */
	const u8 *bytes;
	u64 size;
	u64 at;	     /* old: its address; new: its offset in the section */
	u32 section; /* of the payload; 0 for code of the executable */
};

/* Prepares for the following. */
void rv_names_init(struct rv_maker *m);
/* True if the payload fills the field at OFF of SIDE. */
bool rv_has_reloc(const struct rv_maker *m, const struct rv_side *side, u64 off);
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
