/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Checks that can be made at any time in a running program, without stopping anything. */
#include "runtime/selftest.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void report(struct sb_buf *out, const char *name, const char *why)
{
	char line[256];
	int n = why ? snprintf(line, sizeof(line), "not ok %s: %s\n", name, why)
		    : snprintf(line, sizeof(line), "ok %s\n", name);

	sb_buf_append(out, line, (size_t)n);
}

/* One line of /proc/self/maps: "start-end perms ..." */
struct mapping {
	uint64_t start, end;
	char perms[8];
};

struct map_check {
	const struct sb_core *core;
	bool writable_code;
	uint64_t covered[SB_N_AREAS]; /* bytes of each area with the right protection */
};

static void check_mapping(struct map_check *check, const struct mapping *m)
{
	static const char *const want[SB_N_AREAS] = { "r-x", "r--", "rw-" };

	/* Only the program's own image: a just-in-time compiler, such as QEMU's TCG, maps memory
	 * that is both, elsewhere. */
	if (m->perms[1] == 'w' && m->perms[2] == 'x' && m->start < check->core->exe.end &&
	    check->core->exe.start < m->end)
		check->writable_code = true;
	for (unsigned a = 0; a < SB_N_AREAS; a++) {
		uint64_t lo = (uint64_t)(uintptr_t)check->core->areas[a].base;
		uint64_t hi = lo + check->core->areas[a].n_pages * SB_PAGE;

		lo = m->start > lo ? m->start : lo;
		hi = m->end < hi ? m->end : hi;
		if (lo < hi && !strncmp(m->perms, want[a], 3))
			check->covered[a] += hi - lo;
	}
}

static bool read_maps(struct map_check *check)
{
	struct sb_buf text = { 0 };
	/* Through a descriptor of /proc/self/task, because of -chroot and the like. */
	int fd = openat(check->core->task_fd, "../maps", O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	if (fd < 0)
		return false;
	while (sb_buf_reserve(&text, text.len + SB_PAGE + 1) &&
	       (n = read(fd, text.data + text.len, SB_PAGE)) > 0)
		text.len += (size_t)n;
	close(fd);
	if (text.failed || n < 0) {
		sb_buf_deinit(&text);
		return false;
	}
	text.data[text.len] = '\0';
	for (char *line = (char *)text.data; line && *line;) {
		struct mapping m;

		if (sscanf(line, "%lx-%lx %7s", &m.start, &m.end, m.perms) == 3)
			check_mapping(check, &m);
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	sb_buf_deinit(&text);
	return true;
}

static void check_maps(const struct sb_core *core, struct sb_buf *out)
{
	struct map_check check = { .core = core };
	bool readable = read_maps(&check);
	char name[32];

	report(out, "no-writable-code",
	       !readable	     ? "/proc/self/maps can't be read"
	       : check.writable_code ? "a page of the program is writable and executable"
				     : NULL);
	for (unsigned a = 0; a < SB_N_AREAS; a++) {
		snprintf(name, sizeof(name), "%s-protection", sb_area_name(a));
		report(out, name,
		       check.covered[a] == core->areas[a].n_pages * SB_PAGE
			       ? NULL
			       : "part of the area has another protection");
	}
}

static bool is_filled(const struct sb_area *area, uint8_t fill)
{
	for (size_t page = 0; page < area->n_pages; page++) {
		const uint8_t *p = area->base + page * SB_PAGE;

		if (area->taken[page])
			continue;
		for (size_t i = 0; i < SB_PAGE; i++)
			if (p[i] != fill)
				return false;
	}
	return true;
}

static void check_free_space(const struct sb_core *core, struct sb_buf *out)
{
	char name[32];

	for (unsigned a = 0; a < SB_N_AREAS; a++) {
		snprintf(name, sizeof(name), "%s-free-space", sb_area_name(a));
		report(out, name,
		       is_filled(&core->areas[a], a == SB_TEXT ? SB_TEXT_FILL : 0)
			       ? NULL
			       : "free bytes have been written to");
	}
}

static const char *check_patch(const struct sb_core *core, const struct sb_patch *patch)
{
	for (uint32_t i = 0; i < patch->n_writes; i++) {
		const struct sb_write *w = &patch->writes[i];
		bool is_top = sb_patches_covering(&core->patches, w->addr, w->len) == patch;

		if (is_top && memcmp((const void *)(uintptr_t)w->addr, w->new, w->len) != 0)
			return i < patch->n_funcs
				       ? "the entry of a replaced function holds other bytes"
				       : "a replaced table holds other bytes";
	}
	return NULL;
}

/* Adds up the pages of LIST. */
static const char *check_list(const struct sb_core *core, const struct sb_patches *list,
			      enum wire_state state, size_t pages[SB_N_AREAS])
{
	const char *why = NULL;
	uint32_t n = 0;

	for (const struct sb_patch *p = list->oldest; p; p = p->newer) {
		n++;
		if (!why)
			why = p->state != state	      ? "a patch is in the wrong list"
			      : state == WIRE_APPLIED ? check_patch(core, p)
						      : NULL;
		for (unsigned a = 0; a < SB_N_AREAS; a++)
			pages[a] += p->spans[a].n;
	}
	return n != list->n ? "the count of patches is wrong" : why;
}

static void check_registry(const struct sb_core *core, struct sb_buf *out)
{
	size_t pages[SB_N_AREAS] = { 0 };
	const char *why = check_list(core, &core->patches, WIRE_APPLIED, pages);
	const char *other = check_list(core, &core->checked, WIRE_CHECKED, pages);
	const char *kept = check_list(core, &core->kept, WIRE_KEPT, pages);

	for (unsigned a = 0; a < SB_N_AREAS; a++) {
		struct sb_usage usage = sb_area_usage(&core->areas[a]);

		if (usage.total - usage.free != pages[a] * SB_PAGE)
			other = "the patches and the pages taken do not add up";
	}
	report(out, "registry", why ? why : other ? other : kept);
}

static void check_writer(const struct sb_core *core, struct sb_buf *out)
{
	uint8_t byte = 0;
	const char *why = NULL;

	if (core->writer.way == SB_WAY_NONE)
		why = "this process may not change its code";
	else if (core->writer.way == SB_WAY_MEM &&
		 pread(core->writer.mem_fd, &byte, 1,
		       (off_t)(uintptr_t)core->areas[SB_TEXT].base) != 1)
		why = "/proc/self/mem can't be read";
	report(out, "writer", why);
}

void sb_selftest_append(const struct sb_core *core, struct sb_buf *out)
{
	check_writer(core, out);
	check_maps(core, out);
	check_free_space(core, out);
	check_registry(core, out);
}
