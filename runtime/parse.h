/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Reads a payload that may be hostile. After sb_parse() every section lies inside the file, every
 * alignment is a power of two, every name ends inside its table, every symbol and relocation
 * index is in range: load.c builds on that and checks only meanings.
 */
#ifndef SANDBOX_PARSE_H
#define SANDBOX_PARSE_H

#include <elf.h>
#include <stdbool.h>

#include "runtime/area.h"
#include "runtime/error.h"
#include "runtime/mem.h"
#include "runtime/note.h"
#include "runtime/patch.h"

/* Where the bytes of a section go. */
enum sb_place {
	SB_IN_TEXT = SB_TEXT,
	SB_IN_RODATA = SB_RODATA,
	SB_IN_DATA = SB_DATA,
	SB_IN_LIST, /* read, relocated in a copy */
	SB_NOT_PLACED,
};

/* The lists that a payload may have, each in a section of its own. */
enum sb_list {
	SB_FUNCS,
	SB_RANGES,
	SB_BELOW,
	SB_TABLES,
	SB_HOOKS, /* the first of SB_N_HOOKS, in the order of enum sb_hook */
	SB_N_LISTS = SB_HOOKS + SB_N_HOOKS,
};

struct sb_section {
	Elf64_Shdr sh;
	const char *name;
	enum sb_place place;
	enum sb_list list; /* for SB_IN_LIST */
	uint64_t off;	   /* in the image of its area */
};

struct sb_payload {
	const uint8_t *file;
	size_t size;
	struct sb_section *sections;
	uint32_t n_sections;
	const Elf64_Sym *symbols; /* a copy: the file need not be aligned */
	uint32_t n_symbols;
	const char *strings;	    /* of the symbols */
	uint32_t lists[SB_N_LISTS]; /* index of its section, 0 when there is none */
	struct sb_id build_id, depends, target;
	const char *modinfo; /* NUL-separated, ends with NUL; NULL when there is none */
	size_t modinfo_len;
};

/* FILE must outlive RET. Tables are allocated on ARENA. */
bool sb_parse(struct sb_arena *arena, const uint8_t *file, size_t size, struct sb_payload *ret,
	      struct sb_error *err);
/* Number of entries; at most the LIVEPATCH_MAX_... of the list. */
uint32_t sb_list_count(const struct sb_payload *payload, enum sb_list list);
/* Value of KEY in .modinfo, or NULL. */
const char *sb_modinfo(const struct sb_payload *payload, const char *key);

#endif
