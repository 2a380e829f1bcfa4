/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The object that create-diff-object writes and extract-patch reads: an ordinary
 * ET_REL file that `ld -r` can merge with others. What the two tools tell each other
 * is carried by symbol names and by one text section, so that merging keeps it.
 *
 * OBJECT is the name of the object in its build (`libcommon.fa.p/ui_vnc-clipboard.c.o`).
 *
 *   symbol                     meaning
 *   NAME (undefined)           global symbol of the executable, of a library, or of another
 *                              object of this patch
 *   lp.ref!OBJECT!NAME (undef) a local symbol of the executable that came from OBJECT
 *   lp.ref!OBJECT!NAME!K (un.) the K-th of several of that name, counted over the `local` records,
 *                              as an OBJECT has them that `ld -r` has merged
 *   lp.new!OBJECT!NAME (local) the replacement of function NAME of OBJECT
 *   lp.old!OBJECT!NAME (local) the original bytes of that function, in a section
 *                              `.lp.old.NAME` without SHF_ALLOC, with their relocations; the
 *                              same of its cold part (`NAME.cold`), if it had one
 *   old.N (local)              a nameless constant or jump table of the original that one of
 *                              those refers to, in such a section as well
 *   lp.table!OBJECT!NAME (loc) the new contents of object NAME of OBJECT, which is to be
 *                              overwritten in place, in a section `.lp.table.NAME` without
 *                              SHF_ALLOC, with relocations; beside it lp.old!OBJECT!NAME, the
 *                              original contents, of the same size
 *   NAME (local or global)     new function, new data, copied strings and constants
 *
 * Every reference to a replaced function goes to the running one (NAME or lp.ref!..): its
 * first bytes jump to the new code, so that addresses compare equal and stay valid after
 * the patch is removed.
 *
 * Sections `.livepatch.hooks.KIND` (SHF_ALLOC; KIND load, unload, preapply, postapply, prerevert
 * or postrevert) are arrays of 8-byte pointers to the author's hooks, see runtime/livepatch.h.
 *
 * Section `.lp.info` (no SHF_ALLOC) holds lines of text, one record each, words separated by
 * one blank, the last one to the end of the line:
 *
 *   object OBJECT
 *   source FILE                       name of the STT_FILE symbol; of an object that `ld -r` has
 *                                     merged one record for each, in their order
 *   compiler TEXT                     from .comment
 *   passed RULE                       a refusal rule that was checked and not met
 *   local f|o|t SIZE NAME             each local function/object/TLS symbol of the ORIGINAL, in
 *                                     its order: tells its block in the executable's symbols
 *   global f|o|t SIZE NAME            each global symbol that the original object defines
 *   changed OLDSIZE NEWSIZE NAME      a replaced function
 *   cold OLDSIZE NAME                 cold part of the original of the `changed` line above
 *   why TEXT                          reason, for the line above it
 *   added SIZE NAME                   a new function
 *   data SIZE NAME                    a new object (static, string pool entries not listed)
 *   table SIZE NAME                   an object whose contents are replaced in place
 *   hook KIND NAME                    a function that runs when the patch goes in or out
 *   ignored RULE NAME                 a difference judged harmless, and the rule that said so
 *   advice RULE NAME TEXT             what a person should look at about the changed function NAME
 *   pins NAME HOLDER                  HOLDER, which is new or replaced, keeps the address of the
 *                                     new function NAME: where it copies it to, nobody knows
 */
#ifndef LP_DIFFOBJ_H
#define LP_DIFFOBJ_H

#include "lib/elf.h"

#define LP_SEC_INFO  ".lp.info"
#define LP_SEC_OLD   ".lp.old."
#define LP_SEC_TABLE ".lp.table."
#define LP_SEC_HOOKS ".livepatch.hooks."

/* Copies of single strings and constants, in sections by their alignment: local symbols with a
 * number behind the name. They have no identity, so that equal ones may be one. */
#define LP_SEC_STRINGS	 ".rodata.str1."
#define LP_SEC_CONSTANTS ".rodata.cst."
#define LP_STRING_NAME	 "str."
#define LP_CONSTANT_NAME "const."

enum lp_mark {
	LP_MARK_NONE, /* an ordinary symbol */
	LP_MARK_REF,
	LP_MARK_NEW,
	LP_MARK_OLD,
	LP_MARK_TABLE,
};

/* "lp.ref!OBJECT!NAME" and so on. */
char *lp_mark_name(struct lp_arena *arena, enum lp_mark mark, const char *object, const char *name);
/* Takes such a name apart; for an ordinary name gives LP_MARK_NONE and *RET_NAME = SYMBOL. */
enum lp_mark lp_mark_parse(struct lp_arena *arena, const char *symbol, const char **ret_object,
			   const char **ret_name);

/* Of "NAME!3": cuts the position off *NAME and returns it; 0 when it has none. */
u32 lp_mark_position(struct lp_arena *arena, const char **name);

struct lp_info_symbol {
	char kind; /* 'f', 'o' or 't' */
	bool is_local;
	u64 size;
	const char *name;
};

struct lp_info_change {
	enum { LP_CHANGED, LP_ADDED, LP_DATA, LP_TABLE, LP_HOOK, LP_IGNORED } kind;
	u64 old_size, new_size; /* LP_TABLE: both the same */
	const char *name;
	const char *hook; /* for LP_HOOK: its kind */
	const char *why;  /* NULL when none was given */
	const char *rule; /* for LP_IGNORED */
	const char *cold; /* LP_CHANGED: cold part of the original, or NULL */
	u64 cold_size;
};

struct lp_info_pin { /* a pointer to a new function */
	const char *name;
	const char *holder;
};

struct lp_info_advice {
	const char *rule; /* id, see docs/rules.md */
	const char *name; /* of the function */
	const char *says;
};

struct lp_info { /* one per `object` record */
	const char *object, *source, *compiler;
	struct lp_strs more_sources; /* behind the first */
	struct lp_strs passed;	     /* rules */
	LP_VEC(struct lp_info_symbol) symbols;
	LP_VEC(struct lp_info_change) changes;
	LP_VEC(struct lp_info_pin) pins;
	LP_VEC(struct lp_info_advice) advice;
};

struct lp_info_list {
	struct lp_info *items;
	size_t n;
	size_t cap;
};

/* 'f', 'o' or 't' as in the records; 0 for a symbol that is none of these. */
char lp_info_kind(const struct lp_symbol *sym);
/* The text of one record block, for create-diff-object. */
char *lp_info_format(struct lp_arena *arena, const struct lp_info *info);
/* Reads all records of the section; ELF without it gives an empty list. */
struct lp_err *lp_info_parse(struct lp_arena *arena, const struct lp_elf *elf,
			     struct lp_info_list *ret) LP_MUST_CHECK;

#endif
