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

/* Where the bytes of a section go. */
enum sb_place {
	SB_IN_TEXT = SB_TEXT,
	SB_IN_RODATA = SB_RODATA,
	SB_IN_DATA = SB_DATA,
	SB_IN_FUNCS,  /* .livepatch.funcs: read, relocated in a copy */
	SB_IN_RANGES, /* .livepatch.ranges: the same */
	SB_NOT_PLACED,
};

struct sb_section {
	Elf64_Shdr sh;
	const char *name;
	enum sb_place place;
	uint64_t off; /* in the image of its area */
};

struct sb_payload {
	const uint8_t *file;
	size_t size;
	struct sb_section *sections;
	uint32_t n_sections;
	const Elf64_Sym *symbols; /* a copy: the file need not be aligned */
	uint32_t n_symbols;
	const char *strings; /* of the symbols */
	uint32_t funcs;	     /* index of .livepatch.funcs */
	uint32_t ranges;     /* of .livepatch.ranges, 0 when there is none */
	struct sb_id build_id, depends, target;
	const char *modinfo; /* NUL-separated, ends with NUL; NULL when there is none */
	size_t modinfo_len;
};

/* FILE must outlive RET. Tables are allocated on ARENA. */
bool sb_parse(struct sb_arena *arena, const uint8_t *file, size_t size, struct sb_payload *ret,
	      struct sb_error *err);
/* Value of KEY in .modinfo, or NULL. */
const char *sb_modinfo(const struct sb_payload *payload, const char *key);

#endif
