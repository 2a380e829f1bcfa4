/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "runtime/signature.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>

#define OWNER_LEN sizeof(LIVEPATCH_SIGN_OWNER)

struct search {
	const uint8_t *file;
	size_t size;
	uint64_t headers, headers_end; /* of the sections */
	uint64_t found;		       /* offset of the descriptor, 0 for none */
	uint64_t left;		       /* bytes of notes that the file has room for */
	const char *why;
};

static uint64_t padded(uint32_t n)
{
	return ((uint64_t)n + 3) & ~UINT64_C(3);
}

static bool is_signature(const struct search *s, const Elf64_Nhdr *note, uint64_t off)
{
	return note->n_type == LIVEPATCH_SIGN_TYPE && note->n_namesz == OWNER_LEN &&
	       note->n_descsz == sizeof(struct livepatch_signature) &&
	       !memcmp(s->file + off, LIVEPATCH_SIGN_OWNER, OWNER_LEN);
}

/* What says where the signature lies must not lie in it: these bytes are not signed. */
static bool is_in_headers(const struct search *s, uint64_t off)
{
	uint64_t end = off + sizeof(struct livepatch_signature);

	return off < sizeof(Elf64_Ehdr) || (off < s->headers_end && end > s->headers);
}

/* The notes of one section, which lies in the file. False ends the search. */
static bool search_notes(struct search *s, uint64_t off, uint64_t size)
{
	while (size >= sizeof(Elf64_Nhdr)) {
		uint64_t name, desc, at = off + sizeof(Elf64_Nhdr);
		Elf64_Nhdr note;

		memcpy(&note, s->file + off, sizeof(note));
		size -= sizeof(note);
		name = padded(note.n_namesz);
		desc = padded(note.n_descsz);
		if (name > size || desc > size - name) /* of no use to anybody, nor signed */
			return true;
		if (is_signature(s, &note, at)) {
			s->why = s->found ? "it has two signatures" : NULL;
			s->found = at + name;
			if (!s->why && is_in_headers(s, s->found))
				s->why = "its signature overlaps its headers";
			if (s->why)
				return false;
		}
		off = at + name + desc;
		size -= name + desc;
	}
	return true;
}

static void search_sections(struct search *s, const Elf64_Ehdr *eh)
{
	for (uint32_t i = 0; i < eh->e_shnum; i++) {
		Elf64_Shdr sh;

		memcpy(&sh, s->file + s->headers + i * sizeof(sh), sizeof(sh));
		if (sh.sh_type != SHT_NOTE || sh.sh_offset > s->size ||
		    sh.sh_size > s->size - sh.sh_offset)
			continue;
		/* Else thousands of headers could have the same megabytes searched. */
		if (sh.sh_size > s->left) {
			s->why = "its notes overlap";
			return;
		}
		s->left -= sh.sh_size;
		if (!search_notes(s, sh.sh_offset, sh.sh_size))
			return;
	}
}

const char *sb_signature_find(const uint8_t *file, size_t size, uint64_t *ret_off)
{
	struct search s = { .file = file, .size = size, .left = size };
	Elf64_Ehdr eh;

	if (size < sizeof(eh) || memcmp(file, ELFMAG, SELFMAG))
		return "it is not an ELF file";
	memcpy(&eh, file, sizeof(eh));
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB ||
	    eh.e_shentsize != sizeof(Elf64_Shdr) || eh.e_shoff > size ||
	    eh.e_shnum > (size - eh.e_shoff) / sizeof(Elf64_Shdr))
		return "its ELF header is impossible";
	s.headers = eh.e_shoff;
	s.headers_end = s.headers + eh.e_shnum * sizeof(Elf64_Shdr);
	search_sections(&s, &eh);
	if (s.why)
		return s.why;
	if (!s.found)
		return "it has no place for a signature";
	*ret_off = s.found;
	return NULL;
}
