/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Writes spans before the stop, jumps and tables in the window; see text.h for the rules. */
#include "runtime/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/latch.h"
#include "runtime/mem.h"
#include "runtime/own.h"
#include "runtime/sys.h"

/* Compared and copied by hand: memcpy() of a static program could be on the page being written. */
static inline __attribute__((always_inline)) bool equal_quiet(uint64_t addr, const uint8_t *bytes,
							      uint32_t len)
{
	const volatile uint8_t *p = (const volatile uint8_t *)(uintptr_t)addr;

	for (uint32_t i = 0; i < len; i++)
		if (p[i] != bytes[i])
			return false;
	return true;
}

SB_QUIET static int write_mem_quiet(int fd, uint64_t addr, const uint8_t *bytes, uint64_t len)
{
	while (len) {
		long n = sb_sys(SYS_pwrite64, (uint64_t)fd, (uint64_t)(uintptr_t)bytes, len, addr);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n ? (int)n : -EIO;
		bytes += n;
		addr += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

/* Writable and then again what it was, which is never both; only while nobody else runs. */
SB_QUIET static int write_mprotect_quiet(uint64_t addr, const uint8_t *bytes, uint64_t len,
					 int prot)
{
	uint64_t page = addr & ~(uint64_t)(SB_PAGE - 1);
	uint64_t size = ((addr + len + SB_PAGE - 1) & ~(uint64_t)(SB_PAGE - 1)) - page;
	volatile uint8_t *p = (volatile uint8_t *)(uintptr_t)addr;
	int rc = (int)sb_sys(SYS_mprotect, page, size, PROT_READ | PROT_WRITE, 0);

	if (rc)
		return rc;
	for (uint64_t i = 0; i < len; i++)
		p[i] = bytes[i];
	return (int)sb_sys(SYS_mprotect, page, size, (uint64_t)prot, 0);
}

/* How many bytes at the beginning of W are not its own now. */
static inline __attribute__((always_inline)) uint32_t head_len(const struct sb_writer *writer,
							       const struct sb_write *w)
{
	return writer->heads_closed && (w->prot & PROT_EXEC) ? 1 : 0;
}

/* BYTES are the old or the new ones of W. */
SB_QUIET static int write_quiet(const struct sb_writer *writer, const struct sb_write *w,
				const uint8_t *bytes)
{
	uint32_t head = head_len(writer, w), len = w->len - head;
	uint64_t addr = w->addr + head;
	int rc;

	bytes += head;
	rc = writer->way == SB_WAY_MEM ? write_mem_quiet(writer->mem_fd, addr, bytes, len)
				       : write_mprotect_quiet(addr, bytes, len, w->prot);
	if (!rc && !equal_quiet(addr, bytes, len))
		rc = -EIO;
	return rc;
}

SB_QUIET int sb_check_quiet(const struct sb_writer *writer, const struct sb_patch *patch,
			    enum sb_exchange exchange, uint32_t *ret_at)
{
	for (*ret_at = 0; *ret_at < patch->n_writes; ++*ret_at) {
		const struct sb_write *w = &patch->writes[*ret_at];
		const uint8_t *bytes = exchange == SB_PUT_IN ? w->old : w->new;
		uint32_t head = head_len(writer, w);

		if (!equal_quiet(w->addr + head, bytes + head, w->len - head))
			return -ESTALE;
	}
	return 0;
}

SB_QUIET int sb_exchange_quiet(const struct sb_writer *writer, const struct sb_patch *patch,
			       enum sb_exchange exchange, uint32_t *ret_at)
{
	bool put_in = exchange == SB_PUT_IN;
	int rc = sb_check_quiet(writer, patch, exchange, ret_at);

	if (rc)
		return rc;
	for (uint32_t i = 0; i < patch->n_writes && !rc; i++) {
		const struct sb_write *w = &patch->writes[i];

		*ret_at = i;
		rc = write_quiet(writer, w, put_in ? w->new : w->old);
	}
	for (uint32_t i = 0; rc && i <= *ret_at; i++) {
		const struct sb_write *w = &patch->writes[i];

		(void)write_quiet(writer, w, put_in ? w->old : w->new);
	}
	sb_sync_cores_quiet();
	return rc;
}

/* Another byte, and then WAS again: a write may succeed and do nothing. */
static bool mem_works(int mem_fd, uint64_t page, uint8_t was)
{
	const uint8_t other = (uint8_t)~was;

	return mem_fd >= 0 && !write_mem_quiet(mem_fd, page, &other, 1) &&
	       equal_quiet(page, &other, 1) && !write_mem_quiet(mem_fd, page, &was, 1) &&
	       equal_quiet(page, &was, 1);
}

/* Tries on a page that nothing runs yet, because a page of the program that could be made writable,
 * but not executable again, would be the end of it. */
static enum sb_way find_way(struct sb_writer *writer, uint64_t page)
{
	const uint8_t was = *(const uint8_t *)(uintptr_t)page;

	if (mem_works(writer->mem_fd, page, was))
		return SB_WAY_MEM;
	if (writer->mem_fd >= 0)
		close(writer->mem_fd);
	writer->mem_fd = -1;
	return write_mprotect_quiet(page, &was, 1, PROT_READ | PROT_EXEC) ? SB_WAY_NONE
									  : SB_WAY_MPROTECT;
}

/* One that no patch has: some may be applied already, at the start or in the parent. 0: there is
 * none, so the way was found before. */
static uint64_t spare_page(const struct sb_area *area)
{
	for (size_t i = 0; i < area->n_pages; i++)
		if (!area->taken[i])
			return (uint64_t)(uintptr_t)(area->base + i * SB_PAGE);
	return 0;
}

void sb_writer_init(struct sb_writer *writer, const struct sb_area areas[SB_N_AREAS])
{
	uint64_t page = spare_page(&areas[SB_TEXT]);

	writer->mem_fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	if (page)
		writer->way = find_way(writer, page);
	mprotect(areas[SB_RODATA].base, areas[SB_RODATA].n_pages * SB_PAGE, PROT_READ);
	/* Without this the barrier in the window is refused; the kernel then also has no other way
	 * to make cores drop stale instructions than the return from their stop. */
	sb_sys(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0, 0);
}

static int protection(enum sb_area_id id)
{
	switch (id) {
	case SB_TEXT:
		return PROT_READ | PROT_EXEC;
	case SB_RODATA:
		return PROT_READ;
	case SB_DATA:
	case SB_N_AREAS:
		break;
	}
	return PROT_READ | PROT_WRITE;
}

bool sb_write_span(const struct sb_writer *writer, enum sb_area_id id, const struct sb_area *area,
		   const struct sb_span *span, const uint8_t *image, struct sb_error *err)
{
	uint64_t addr = sb_span_addr(area, span);
	void *p = area->base + span->first * SB_PAGE;
	int rc;

	if (writer->way == SB_WAY_NONE)
		return sb_fail(err, SB_FAILED,
			       "this process may not change its code: neither through "
			       "/proc/self/mem nor by mprotect()");
	if (!span->n)
		return true;
	if (id == SB_DATA) {
		memcpy(p, image, span->used);
		return true;
	}
	if (writer->way == SB_WAY_MEM) {
		rc = write_mem_quiet(writer->mem_fd, addr, image, span->used);
		return !rc || sb_fail(err, SB_FAILED, "writing the %s area failed: %s",
				      sb_area_name(id), strerror(-rc));
	}
	/* Nobody executes or reads these pages: they hold nothing but this patch. */
	if (mprotect(p, span->n * SB_PAGE, PROT_READ | PROT_WRITE))
		return sb_fail(err, SB_FAILED, "opening the %s area failed: %s", sb_area_name(id),
			       strerror(errno));
	memcpy(p, image, span->used);
	if (mprotect(p, span->n * SB_PAGE, protection(id)))
		return sb_fail(err, SB_FAILED, "closing the %s area failed: %s", sb_area_name(id),
			       strerror(errno));
	return true;
}

bool sb_clear_span(const struct sb_writer *writer, enum sb_area_id id, const struct sb_area *area,
		   const struct sb_span *span, struct sb_error *err)
{
	static const uint8_t zeros[SB_PAGE];
	uint8_t rets[SB_PAGE];

	memset(rets, SB_TEXT_FILL, sizeof(rets));
	for (size_t i = 0; i < span->n; i++) {
		struct sb_span page = { .first = span->first + i, .n = 1, .used = SB_PAGE };

		if (!sb_write_span(writer, id, area, &page, id == SB_TEXT ? rets : zeros, err))
			return false;
	}
	return true;
}

const char *sb_way_name(enum sb_way way)
{
	static const char *const names[] = { "mem", "mprotect", "none" };

	return names[way];
}

bool sb_text_is_blocked(const struct sb_writer *writer, const struct sb_write *write)
{
	uint64_t mask = SB_PAGE - 1;
	uint64_t start = (uint64_t)(uintptr_t)__start_sandbox_quiet & ~mask;
	uint64_t end = ((uint64_t)(uintptr_t)__stop_sandbox_quiet + mask) & ~mask;

	return writer->way == SB_WAY_MPROTECT && sb_touches(write->addr, write->len, start, end);
}
