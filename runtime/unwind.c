/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A record of .eh_frame is a length, then a CIE (0, what functions have in common) or an FDE (how
 * far back its CIE is, then the function's address and size). The section ends with a length of 0.
 */
#include "runtime/unwind.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

#define SECTION ".eh_frame"
#define LIBRARY "libgcc_s.so.1"

/* Of libgcc. In the program when it is C++ or was linked with libgcc_eh; else nowhere, or in a
 * library that glibc loads when the first thread ends or backtrace() is called. */
typedef void add_func(const void *frames, void *object);
typedef void *remove_func(const void *frames);
extern add_func __register_frame_info __attribute__((weak));
extern remove_func __deregister_frame_info __attribute__((weak));
/* Weak as well: a static program has none, and the linker would warn of it. */
#pragma weak dlopen

static uint32_t get_u32(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* The size of the record at OFF, 4 at the end mark, 0 when it does not fit. */
static uint64_t record_size(const uint8_t *bytes, uint64_t size, uint64_t off)
{
	uint64_t len;

	if (off > size || size - off < 4)
		return 0;
	len = get_u32(bytes + off);
	return len <= size - off - 4 ? len + 4 : 0;
}

static bool skip_leb128(const uint8_t *bytes, uint64_t end, uint64_t *at)
{
	while (*at < end)
		if (!(bytes[(*at)++] & 0x80))
			return true;
	return false;
}

/* Version 1, augmentation "zR" and addresses as 32 bits relative to themselves: what gcc and clang
 * write for C, or "zRS" for the frame of a signal. The unwinder aborts when it does not know
 * something else. */
static bool is_cie(const uint8_t *bytes, uint64_t size, uint64_t off)
{
	static const uint8_t one_byte_pcrel_sdata4[] = { 1, 0x1b };
	uint64_t len = record_size(bytes, size, off), end = off + len, at = off + 9;

	if (len < 16 || get_u32(bytes + off + 4) || bytes[off + 8] != 1 ||
	    memcmp(bytes + at, "zR", 2) != 0)
		return false;
	at += bytes[at + 2] == 'S' ? 3 : 2;
	return !bytes[at++] && skip_leb128(bytes, end, &at) && skip_leb128(bytes, end, &at) &&
	       at < end && end - ++at >= sizeof(one_byte_pcrel_sdata4) &&
	       !memcmp(bytes + at, one_byte_pcrel_sdata4, sizeof(one_byte_pcrel_sdata4));
}

/* ADDR is where BYTES will be. */
static bool is_fde(const struct sb_layout *layout, const uint8_t *bytes, uint64_t size,
		   uint64_t addr, uint64_t off)
{
	uint32_t back = get_u32(bytes + off + 4);
	uint64_t start, n;

	if (record_size(bytes, size, off) < 17 || back > off + 4 ||
	    !is_cie(bytes, size, off + 4 - back))
		return false;
	start = addr + off + 8 + (uint64_t)(int64_t)(int32_t)get_u32(bytes + off + 8);
	n = get_u32(bytes + off + 12);
	return n && sb_layout_bytes(layout, SB_TEXT, start, n);
}

static bool check(const struct sb_layout *layout, const struct sb_section *s, struct sb_error *err)
{
	const uint8_t *bytes = layout->image[SB_RODATA] + s->off;
	uint64_t addr = layout->base[SB_RODATA] + s->off, size = s->sh.sh_size, n;

	for (uint64_t off = 0; (n = record_size(bytes, size, off)); off += n) {
		if (n == 4 && off + n == size)
			return true;
		if (n < 8 || !(get_u32(bytes + off + 4) ? is_fde(layout, bytes, size, addr, off)
							: is_cie(bytes, size, off)))
			return sb_fail(err, SB_REFUSED, "'%s'+0x%llx is no record for new code",
				       SECTION, (unsigned long long)off);
	}
	return sb_fail(err, SB_REFUSED, "section '%s' has no end mark", SECTION);
}

bool sb_unwind_check(const struct sb_payload *p, const struct sb_layout *layout,
		     struct sb_patch *patch, struct sb_error *err)
{
	for (uint32_t i = 1; i < p->n_sections; i++) {
		const struct sb_section *s = &p->sections[i];

		if (strcmp(s->name, SECTION) != 0)
			continue;
		if (patch->frames || s->place != SB_IN_RODATA)
			return sb_fail(err, SB_REFUSED, "payload has no usable '%s'", SECTION);
		if (!check(layout, s, err))
			return false;
		patch->frames = layout->base[SB_RODATA] + s->off;
		patch->frames_size = s->sh.sh_size;
	}
	return true;
}

static int find_library(struct dl_phdr_info *info, size_t size, void *ret)
{
	const char *base = strrchr(info->dlpi_name, '/');

	(void)size;
	if (strcmp(base ? base + 1 : info->dlpi_name, LIBRARY) != 0)
		return 0;
	*(const char **)ret = info->dlpi_name;
	return 1;
}

/* glibc loads it so that RTLD_DEFAULT does not show it. Nothing is loaded here: a lookup by the
 * very path opens no file; NODELETE, because it must outlive the frames that it knows. */
static void *loaded_library(void)
{
	const char *path = NULL;

	if (!dlopen || !dl_iterate_phdr(find_library, &path))
		return NULL;
	return dlopen(path, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

static void add(struct sb_patch *patch, add_func *add_to, remove_func *remove_from)
{
	struct sb_unwinder *u = patch->unwinders;

	if (!add_to || !remove_from)
		return;
	for (; u < patch->unwinders + SB_N_UNWINDERS; u++) {
		if (u->remove == remove_from)
			return;
		if (u->remove)
			continue;
		u->remove = remove_from;
		add_to((const void *)(uintptr_t)patch->frames, u->object);
		return;
	}
}

void sb_unwind_add(struct sb_patch *patch)
{
	void *library;

	if (!patch->frames)
		return;
	add(patch, __register_frame_info, __deregister_frame_info);
	library = loaded_library();
	if (library)
		add(patch, (add_func *)(uintptr_t)dlsym(library, "__register_frame_info"),
		    (remove_func *)(uintptr_t)dlsym(library, "__deregister_frame_info"));
}

void sb_unwind_remove(struct sb_patch *patch)
{
	for (unsigned i = 0; i < SB_N_UNWINDERS; i++) {
		struct sb_unwinder *u = &patch->unwinders[i];

		if (u->remove)
			(void)u->remove((const void *)(uintptr_t)patch->frames);
		u->remove = NULL;
	}
}
