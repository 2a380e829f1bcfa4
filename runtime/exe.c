/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The program's own headers, as the dynamic linker shows them: no file is needed. */
#include "runtime/exe.h"

#include <elf.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

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
	exe->n_text = 0;
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
