/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The names and the layout of the interface are gdb's: "JIT Compilation Interface" in its manual.
 */
#include "runtime/debugger.h"

#include <string.h>

#define VERSION	 1u
#define MAX_NAME 512

enum action { NO_ACTION, REGISTER, UNREGISTER };

struct descriptor {
	uint32_t version;
	uint32_t action;
	struct sb_jit_entry *relevant, *first;
};

/* Weak: if the program has them, those are taken. */
#define SHARED __attribute__((weak, visibility("default")))
extern struct descriptor __jit_debug_descriptor;
SHARED struct descriptor __jit_debug_descriptor = { .version = VERSION };
extern void __jit_debug_register_code(void);
/* A debugger has a breakpoint here: on a page of the listener's code it would be lost (idle.h). */
SHARED __attribute__((noinline, section(".text.sandbox_jit"))) void __jit_debug_register_code(void)
{
	__asm__ volatile("" ::: "memory");
}

enum { NONE, TEXT, FRAMES, ABBREV, INFO, NAMES, N_SECTIONS };

static const char names[] = "\0.text\0.eh_frame\0.debug_abbrev\0.debug_info\0.shstrtab";

/* Debug information and no symbols: gdb takes a symbol from the file in which the section is that
 * it knows there, the program's text, which holds the areas. */
/* clang-format off */
static const uint8_t abbrev[] = {
	1, 0x11, 1,	/* compile unit, contains others: */
	0x03, 0x08,	/* name, text */
	0x13, 0x0b,	/* language, one byte */
	0x11, 0x01,	/* low pc, address */
	0x12, 0x07,	/* size, 8 bytes */
	0, 0,
	2, 0x2e, 0,	/* subprogram, contains none: */
	0x03, 0x08,	/* name */
	0x11, 0x01,	/* low pc */
	0x12, 0x07,	/* size */
	0, 0,
	0,
};
/* clang-format on */
#define LANGUAGE_C99 0x0c

struct __attribute__((packed)) unit { /* of .debug_info */
	uint32_t length;	      /* of what follows */
	uint16_t version;
	uint32_t abbrev;
	uint8_t address_size;
};

struct __attribute__((packed)) extent {
	uint64_t start, size;
};

struct image { /* the file, which begins with these */
	Elf64_Ehdr eh;
	Elf64_Shdr sections[N_SECTIONS];
	char names[sizeof(names)];
	uint8_t abbrev[sizeof(abbrev)];
};

static bool is_new_code(const struct sb_payload *p, const Elf64_Sym *sym)
{
	const struct sb_section *s;

	if (ELF64_ST_TYPE(sym->st_info) != STT_FUNC || sym->st_shndx == SHN_UNDEF ||
	    sym->st_shndx >= p->n_sections)
		return false;
	s = &p->sections[sym->st_shndx];
	return s->place == SB_IN_TEXT && sym->st_size &&
	       sym->st_size <= s->sh.sh_size - sym->st_value;
}

static void append(uint8_t **at, const void *bytes, size_t n)
{
	memcpy(*at, bytes, n);
	*at += n;
}

/* A long one is cut. */
static void append_name(uint8_t **at, const char *name)
{
	append(at, name, strnlen(name, MAX_NAME));
	append(at, "", 1);
}

/* No more than this, whatever the names are: each symbol has one. */
static uint64_t info_room(const struct sb_payload *p)
{
	uint64_t room = sizeof(struct unit) + MAX_NAME + 64;

	for (uint32_t i = 1; i < p->n_symbols; i++)
		if (is_new_code(p, &p->symbols[i]))
			room += 2 + sizeof(struct extent) +
				strnlen(p->strings + p->symbols[i].st_name, MAX_NAME);
	return room;
}

/* Returns its size. */
static uint64_t put_info(uint8_t *info, const struct sb_payload *p, const struct sb_layout *layout,
			 const struct sb_patch *patch)
{
	struct unit unit = { .version = 4, .address_size = 8 };
	struct extent extent = { layout->base[SB_TEXT], layout->size[SB_TEXT] };
	uint8_t *at = info + sizeof(unit);

	append(&at, "\1", 1);
	append(&at, patch->name, strlen(patch->name) + 1);
	append(&at, &(uint8_t){ LANGUAGE_C99 }, 1);
	append(&at, &extent, sizeof(extent));
	for (uint32_t i = 1; i < p->n_symbols; i++) {
		const Elf64_Sym *sym = &p->symbols[i];

		if (!is_new_code(p, sym))
			continue;
		extent.start =
			layout->base[SB_TEXT] + p->sections[sym->st_shndx].off + sym->st_value;
		extent.size = sym->st_size;
		append(&at, "\2", 1);
		append_name(&at, p->strings + sym->st_name);
		append(&at, &extent, sizeof(extent));
	}
	append(&at, "", 1); /* of what the unit contains */
	unit.length = (uint32_t)(at - info - (ptrdiff_t)sizeof(unit.length));
	memcpy(info, &unit, sizeof(unit));
	return (uint64_t)(at - info);
}

static void put_headers(struct image *image, const struct sb_layout *layout,
			const struct sb_patch *patch, uint64_t info_size)
{
	Elf64_Shdr *sh = image->sections;

	image->eh = (Elf64_Ehdr){ .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
					       ELFDATA2LSB, EV_CURRENT },
				  .e_type = ET_EXEC, /* its addresses are final */
				  .e_machine = EM_X86_64,
				  .e_version = EV_CURRENT,
				  .e_shoff = offsetof(struct image, sections),
				  .e_ehsize = sizeof(Elf64_Ehdr),
				  .e_shentsize = sizeof(Elf64_Shdr),
				  .e_shnum = N_SECTIONS,
				  .e_shstrndx = NAMES };
	sh[TEXT] = (Elf64_Shdr){ .sh_type = SHT_NOBITS,
				 .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
				 .sh_addr = layout->base[SB_TEXT],
				 .sh_size = layout->size[SB_TEXT] };
	sh[FRAMES] = (Elf64_Shdr){ .sh_type = SHT_PROGBITS,
				   .sh_flags = SHF_ALLOC,
				   .sh_addr = patch->frames,
				   .sh_offset = sizeof(*image),
				   .sh_size = patch->frames_size };
	sh[ABBREV] = (Elf64_Shdr){ .sh_type = SHT_PROGBITS,
				   .sh_offset = offsetof(struct image, abbrev),
				   .sh_size = sizeof(abbrev) };
	sh[INFO] = (Elf64_Shdr){ .sh_type = SHT_PROGBITS,
				 .sh_offset = sizeof(*image) + patch->frames_size,
				 .sh_size = info_size };
	sh[NAMES] = (Elf64_Shdr){ .sh_type = SHT_STRTAB,
				  .sh_offset = offsetof(struct image, names),
				  .sh_size = sizeof(names) };
	for (unsigned i = TEXT; i < N_SECTIONS; i++) {
		sh[i].sh_name =
			sh[i - 1].sh_name + (Elf64_Word)strlen(names + sh[i - 1].sh_name) + 1;
		sh[i].sh_addralign = 1;
	}
}

bool sb_debugger_describe(const struct sb_payload *p, const struct sb_layout *layout,
			  struct sb_patch *patch, struct sb_error *err)
{
	uint64_t room = sizeof(struct image) + patch->frames_size + info_room(p), size;
	struct image *image;
	uint8_t *frames;

	if (room > LIVEPATCH_MAX_SIZE)
		return sb_fail(err, SB_REFUSED, "the names of functions need %llu bytes",
			       (unsigned long long)room);
	image = sb_alloc(&patch->arena, room);
	if (!image)
		return sb_fail(err, SB_FAILED, "out of memory");
	frames = (uint8_t *)(image + 1);
	size = put_info(frames + patch->frames_size, p, layout, patch);
	put_headers(image, layout, patch, size);
	memcpy(image->names, names, sizeof(names));
	memcpy(image->abbrev, abbrev, sizeof(abbrev));
	if (patch->frames_size)
		memcpy(frames, layout->image[SB_RODATA] + (patch->frames - layout->base[SB_RODATA]),
		       patch->frames_size);
	patch->jit = (struct sb_jit_entry){ .file = (const uint8_t *)image,
					    .size = sizeof(*image) + patch->frames_size + size };
	return true;
}

static void tell(enum action action, struct sb_jit_entry *entry)
{
	__jit_debug_descriptor.action = action;
	__jit_debug_descriptor.relevant = entry;
	__jit_debug_register_code();
}

void sb_debugger_add(struct sb_patch *patch)
{
	struct sb_jit_entry *entry = &patch->jit;

	if (patch->is_shown || __jit_debug_descriptor.version != VERSION)
		return;
	patch->is_shown = true;
	entry->next = __jit_debug_descriptor.first;
	if (entry->next)
		entry->next->previous = entry;
	__jit_debug_descriptor.first = entry;
	tell(REGISTER, entry);
}

void sb_debugger_remove(struct sb_patch *patch)
{
	struct sb_jit_entry *entry = &patch->jit;

	if (!patch->is_shown)
		return;
	patch->is_shown = false;
	if (entry->next)
		entry->next->previous = entry->previous;
	if (entry->previous)
		entry->previous->next = entry->next;
	else if (__jit_debug_descriptor.first == entry) /* else the program has begun a new list */
		__jit_debug_descriptor.first = entry->next;
	tell(UNREGISTER, entry);
	/* gdb must not find it once its memory is gone. */
	__jit_debug_descriptor.relevant = NULL;
}
