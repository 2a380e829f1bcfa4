/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The program's own headers, as the dynamic linker shows them: no file is needed. */
#include "runtime/exe.h"

#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/mem.h"
#include "runtime/note.h"

static void read_segment(struct sb_exe *exe, const ElfW(Phdr) * ph)
{
	uint64_t start = exe->bias + ph->p_vaddr;

	if (ph->p_type == PT_LOAD) {
		exe->start = start < exe->start ? start : exe->start;
		exe->end = start + ph->p_memsz > exe->end ? start + ph->p_memsz : exe->end;
	}
	if (ph->p_type == PT_LOAD && (ph->p_flags & PF_X) && exe->n_text < SB_MAX_SEGMENTS) {
		exe->text[exe->n_text].start = start;
		exe->text[exe->n_text++].end = start + ph->p_memsz;
	}
	if (ph->p_type == PT_LOAD && (ph->p_flags & (PF_R | PF_X)) == PF_R &&
	    exe->n_data < SB_MAX_SEGMENTS) {
		exe->data[exe->n_data].start = start;
		exe->data[exe->n_data].end = start + ph->p_memsz;
		exe->data[exe->n_data++].prot =
			ph->p_flags & PF_W ? PROT_READ | PROT_WRITE : PROT_READ;
	}
	if (ph->p_type == PT_GNU_RELRO) { /* whole pages, rounded as the dynamic linker does */
		exe->relro = start & ~(uint64_t)(SB_PAGE - 1);
		exe->relro_end = (start + ph->p_memsz) & ~(uint64_t)(SB_PAGE - 1);
	}
	if (ph->p_type == PT_NOTE && !exe->build_id_len) {
		struct sb_id id;

		if (sb_note_find((const uint8_t *)(uintptr_t)start, ph->p_memsz, &id)) {
			memcpy(exe->build_id, id.bytes, id.len);
			exe->build_id_len = id.len;
		}
	}
}

/* The first object is the program itself; a positive result ends the walk. */
static int read_program(struct dl_phdr_info *info, size_t size, void *data)
{
	struct sb_exe *exe = data;

	(void)size;
	exe->bias = info->dlpi_addr;
	for (unsigned i = 0; i < info->dlpi_phnum; i++)
		read_segment(exe, &info->dlpi_phdr[i]);
	return 1;
}

void sb_exe_init(struct sb_exe *exe)
{
	ssize_t n = readlink("/proc/self/exe", exe->path, sizeof(exe->path) - 1);

	if (n <= 0) {
		exe->path[0] = '?';
		n = 1;
	}
	exe->path[n] = '\0';
	exe->start = UINT64_MAX;
	exe->end = 0;
	exe->n_text = exe->n_data = 0;
	exe->relro = exe->relro_end = 0;
	exe->build_id_len = 0;
	dl_iterate_phdr(read_program, exe);
}

bool sb_exe_has_text(const struct sb_exe *exe, uint64_t addr, uint64_t size)
{
	for (size_t i = 0; i < exe->n_text; i++)
		if (addr >= exe->text[i].start && addr < exe->text[i].end &&
		    size <= exe->text[i].end - addr)
			return true;
	return false;
}

bool sb_exe_data_prot(const struct sb_exe *exe, uint64_t addr, uint64_t size, int *ret)
{
	for (size_t i = 0; i < exe->n_data; i++) {
		if (addr < exe->data[i].start || addr >= exe->data[i].end ||
		    size > exe->data[i].end - addr)
			continue;
		*ret = exe->data[i].prot;
		if (addr >= exe->relro_end || addr + size <= exe->relro)
			return true;
		*ret = PROT_READ;
		return addr >= exe->relro && addr + size <= exe->relro_end;
	}
	return false;
}
