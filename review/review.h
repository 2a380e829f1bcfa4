/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A finished patch for the person who decides about it. One model, a list of rows, is made from the
 * manifest, the payload and the executable (rows.c, check.c, code.c); `lpbuild show`, `lpbuild
 * review` and `raxlpxs --info FILE` print the same rows as text, as a page and as data (text.c,
 * html.c, json.c), so that they can't disagree. Nothing here believes the file: whatever it says is
 * bounded, escaped and, where that can be done, compared with the bytes.
 */
#ifndef RV_REVIEW_H
#define RV_REVIEW_H

#include <stdio.h>

#include "extract-patch/target.h"
#include "lib/key.h"
#include "lib/manifest.h"

#define RV_CELLS 4

enum rv_mark { /* how a row is to be taken; glyph and colour of both printers */
	       RV_PLAIN,
	       RV_GOOD,
	       RV_LOOK, /* a person should think about it */
	       RV_BAD,	/* the file contradicts itself or the executable */
	       RV_ADDED,
	       RV_REMOVED,
	       RV_DIFFERS,
	       RV_AT, /* where a hunk is */
};

enum rv_kind {
	RV_TITLE,    /* name of the patch, summary */
	RV_VERDICT,  /* a word, what it means, the executable, its build-id */
	RV_SECTION,  /* a question */
	RV_FUNCTION, /* name, change: a part of the section */
	RV_FACT,     /* what, value */
	RV_POINT,    /* text, detail: something checked, or to think about */
	RV_RULE,     /* id of a refusal rule that was not met, tool that has checked it */
	RV_HEAD,     /* titles of the lines below */
	RV_LINE,
	RV_FILE, /* of the hunks below */
	RV_HUNK, /* a line of a source diff */
	RV_PART, /* of the instructions below: name, what is on the left, on the right */
	RV_CODE, /* old offset and instruction, new ones; NULL for one that is not there */
	RV_FOLD, /* text; the `folded` rows below can be left out */
};

struct rv_row {
	enum rv_kind kind;
	enum rv_mark mark;
	u32 folded;
	const char *id;		    /* to refer to it; NULL for most */
	const char *cell[RV_CELLS]; /* clean (rv_clean()), NULL behind the last one */
};

enum rv_signed {
	RV_SIGNED_NO,	     /* or no place for a signature */
	RV_SIGNED_UNCHECKED, /* by somebody; nobody gave a key */
	RV_SIGNED_GOOD,
	RV_SIGNED_BAD, /* a key was given, and is not one that has signed */
};

struct rv_identity {	      /* of the payload; all hex */
	const char *build_id; /* NULL: it has none */
	const char *target;   /* whose build-id it asks for, NULL: nobody's */
	const char *depends;  /* of the patch that it stacks on; NULL: of none */
	bool replaces;	      /* all patches that are applied */
	const char *key_id;   /* who says to have signed it, or NULL */
	enum rv_signed is_signed;
};

struct rv_doc {
	LP_VEC(struct rv_row) rows;
	struct rv_identity identity;
	const char *wrong; /* the first contradiction, NULL: there is none */
};

struct rv_below { /* a payload on which the patch stacks */
	const char *path;
	const struct lp_elf *elf;
};

struct rv_input {
	struct lp_arena *arena;
	const char *path;
	struct lp_manifest manifest;
	const struct lp_elf *payload;	/* NULL: FILE is a manifest */
	const struct ep_target *target; /* NULL: none was named */
	const char *diff;		/* NUL-terminated; NULL: none is carried */
	size_t diff_len;
	LP_VEC(struct rv_below) below;	  /* the lowest first */
	const struct lp_public_key *keys; /* who may have signed it; set by the caller */
	size_t n_keys;
	enum rv_beside { RV_BESIDE_NONE, RV_BESIDE_SAME, RV_BESIDE_OTHER } beside; /* NAME.yaml */
};

/* Loads PATH, a payload or a manifest. TARGET_PATH, the executable, may be NULL, and then DEBUG,
 * where its symbols are; one with another build-id is an error (LP_TARGET). */
struct lp_err *rv_open(struct lp_arena *arena, const char *path, const char *target_path,
		       const struct ep_debug *debug, struct rv_input *ret) LP_MUST_CHECK;
/* The same from memory, which must outlive RET; NAME is for messages. */
struct lp_err *rv_open_mem(struct lp_arena *arena, const char *name, const u8 *image, size_t size,
			   struct rv_input *ret) LP_MUST_CHECK;
/* Names the payload PATH as one that the patch stacks on; the lowest first. One that is not below
 * it is an error of rv_make() (LP_TARGET). */
struct lp_err *rv_open_below(struct rv_input *input, const char *path) LP_MUST_CHECK;
struct lp_err *rv_make(const struct rv_input *input, struct rv_doc *ret) LP_MUST_CHECK;

void rv_print_text(const struct rv_doc *doc, FILE *out);
void rv_print_html(const struct rv_doc *doc, FILE *out);
/* One document: what the payload is, the manifest, and the rows. */
void rv_print_json(const struct rv_input *input, const struct rv_doc *doc, FILE *out);

#endif
