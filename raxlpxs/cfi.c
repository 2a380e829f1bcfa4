/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/cfi.h"

#include <dwarf.h>
#include <elf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

#include "raxlpxs/scan.h"

#define MAX_FRAMES_SIZE (UINT64_C(16) << 20) /* no payload file is larger */
#define FRAMES_AT	256		     /* in the image */

/* libdw reads call frame information from an ELF file only, so one is made around it:
 *
 *	header | names | sections: none, .eh_frame, .shstrtab | at FRAMES_AT the bytes
 */
static const char section_names[] = "\0.eh_frame\0.shstrtab";

struct image_head {
	Elf64_Ehdr header;
	char names[sizeof(section_names)];
};

struct lp_cfi {
	pid_t pid;
	struct wire_code code;
	char *image;
	Elf *elf;
	Dwarf_CFI *cfi;
};

static void write_image(struct lp_cfi *cfi, size_t size)
{
	const Elf64_Shdr sections[] = {
		{ .sh_type = SHT_NULL },
		{ .sh_name = 1,
		  .sh_type = SHT_PROGBITS,
		  .sh_flags = SHF_ALLOC,
		  .sh_addr = cfi->code.frames,
		  .sh_offset = FRAMES_AT,
		  .sh_size = cfi->code.frames_size,
		  .sh_addralign = 8 },
		{ .sh_name = sizeof("\0.eh_frame"),
		  .sh_type = SHT_STRTAB,
		  .sh_offset = offsetof(struct image_head, names),
		  .sh_size = sizeof(section_names),
		  .sh_addralign = 1 },
	};
	struct image_head head = {
		.header = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
					 ELFDATA2LSB, EV_CURRENT },
			    .e_type = ET_DYN,
			    .e_machine = EM_X86_64,
			    .e_version = EV_CURRENT,
			    .e_shoff = size - sizeof(sections),
			    .e_ehsize = sizeof(Elf64_Ehdr),
			    .e_shentsize = sizeof(Elf64_Shdr),
			    .e_shnum = LP_ARRAY_SIZE(sections),
			    .e_shstrndx = 2 },
	};

	_Static_assert(sizeof(head) <= FRAMES_AT, "the bytes lie behind the header");
	memcpy(head.names, section_names, sizeof(section_names));
	memcpy(cfi->image, &head, sizeof(head));
	memcpy(cfi->image + size - sizeof(sections), sections, sizeof(sections));
}

struct lp_cfi *lp_cfi_create(pid_t pid, const struct wire_code *code)
{
	struct lp_cfi *cfi;
	Dwarf_Frame *frame;

	if (!code->frames_size || code->frames_size > MAX_FRAMES_SIZE)
		return NULL;
	size_t frames_size = (size_t)(code->frames_size + 7) & ~(size_t)7;
	size_t size = FRAMES_AT + frames_size + 3 * sizeof(Elf64_Shdr);
	cfi = calloc(1, sizeof(*cfi));
	if (!cfi)
		return NULL;
	*cfi = (struct lp_cfi){ .pid = pid, .code = *code, .image = calloc(1, size) };
	if (cfi->image && lp_scan_read_quiet(pid, code->frames, cfi->image + FRAMES_AT,
					     (size_t)code->frames_size) == code->frames_size) {
		write_image(cfi, size);
		elf_version(EV_CURRENT);
		cfi->elf = elf_memory(cfi->image, size);
	}
	cfi->cfi = cfi->elf ? dwarf_getcfi_elf(cfi->elf) : NULL;
	if (!cfi->cfi) {
		lp_cfi_destroy(cfi);
		return NULL;
	}
	/* All of it is read now, not while threads are stopped. */
	if (!dwarf_cfi_addrframe(cfi->cfi, UINT64_MAX, &frame))
		free(frame);
	return cfi;
}

void lp_cfi_destroy(struct lp_cfi *cfi)
{
	if (!cfi)
		return;
	if (cfi->cfi)
		dwarf_cfi_end(cfi->cfi);
	if (cfi->elf)
		elf_end(cfi->elf);
	free(cfi->image);
	free(cfi);
}

const struct wire_code *lp_cfi_code(const struct lp_cfi *cfi)
{
	return &cfi->code;
}

/* The canonical frame address: register and offset. */
static bool find_cfa(Dwarf_Frame *frame, const struct lp_regs *regs, u64 *ret)
{
	Dwarf_Op *ops;
	size_t n;

	if (dwarf_frame_cfa(frame, &ops, &n) || n != 1 || ops->atom != DW_OP_bregx ||
	    ops->number >= LP_REGS || !(regs->known & 1u << ops->number))
		return false;
	*ret = regs->value[ops->number] + ops->number2;
	return true;
}

/* What register I of the caller is: as it was, or kept in memory at an offset from the CFA. */
static bool find_register(const struct lp_cfi *cfi, Dwarf_Frame *frame, int i, u64 cfa,
			  const struct lp_regs *regs, u64 *ret)
{
	Dwarf_Op mem[3], *ops;
	size_t n;

	if (dwarf_frame_register(frame, i, mem, &ops, &n))
		return false;
	if (!n) {
		*ret = regs->value[i];
		return !ops && regs->known & 1u << i;
	}
	if (n > 2 || ops[0].atom != DW_OP_call_frame_cfa ||
	    (n == 2 && ops[1].atom != DW_OP_plus_uconst))
		return false;
	u64 at = cfa + (n == 2 ? ops[1].number : 0);
	return lp_scan_read_quiet(cfi->pid, at, ret, sizeof(*ret)) == sizeof(*ret);
}

bool lp_cfi_step_quiet(const struct lp_cfi *cfi, struct lp_regs *regs)
{
	static const int kept[] = { 3, 6, 12, 13, 14, 15 }; /* rbx, rbp, r12-r15 */
	struct lp_regs caller = { .known = 1u << LP_REG_RSP | 1u << LP_REG_RIP };
	Dwarf_Frame *frame;
	u64 cfa, ret;

	if (dwarf_cfi_addrframe(cfi->cfi, regs->value[LP_REG_RIP], &frame))
		return false;
	bool ok = find_cfa(frame, regs, &cfa) && cfa > regs->value[LP_REG_RSP] &&
		  find_register(cfi, frame, LP_REG_RIP, cfa, regs, &ret) && ret;
	for (size_t i = 0; i < LP_ARRAY_SIZE(kept) && ok; i++) {
		int r = kept[i];

		if (find_register(cfi, frame, r, cfa, regs, &caller.value[r]))
			caller.known |= 1u << r;
	}
	free(frame);
	if (!ok)
		return false;
	caller.value[LP_REG_RSP] = cfa;
	caller.value[LP_REG_RIP] = ret - 1;
	*regs = caller;
	return true;
}
