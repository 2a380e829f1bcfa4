/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/unwind.h"

#include <dirent.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/printable.h"
#include "raxlpxs/cfi.h"
#include "raxlpxs/client.h"
#include "raxlpxs/maps.h"

#define PAGE	   UINT64_C(4096)
#define MAX_FRAMES 4096 /* a stack that is deeper counts as not unwound */

struct lp_unwind {
	pid_t pid;
	struct lp_arena arena;
	struct lp_maps maps; /* before dwfl looked at them */
	Dwfl *dwfl;
	struct lp_cfi **payloads;
	size_t n_payloads;
	struct lp_regs regs; /* where unwinding begins, or goes on */
	u64 page;	     /* address of what is in cache, UINT64_MAX when nothing is */
	u8 cache[PAGE];
	const struct lp_ranges *ranges;
	u32 n_frames;		  /* that were understood */
	bool is_outermost;	  /* the last one */
	bool is_stuck;		  /* no file describes the frame in regs */
	struct lp_unwound result; /* sp: of the frame that was looked at last */
};

/*
 * Opens the file that is mapped at BASE, through the kernel: the path may mean another file by
 * now (libc was upgraded under a running QEMU), or in another mount namespace.
 */
static int find_elf(Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr base,
		    char **file_name, Elf **elf)
{
	struct lp_unwind *u = NULL;
	char path[64], prefix[24];
	struct dirent *d;
	int fd = -1;

	if (*name != '/')
		return dwfl_linux_proc_find_elf(mod, userdata, name, base, file_name, elf);
	u = *userdata;
	if (!lp_maps_has_code(&u->maps, base))
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/map_files", u->pid);
	snprintf(prefix, sizeof(prefix), "%" PRIx64 "-", (u64)base);
	DIR *dir = opendir(path);
	while (dir && fd < 0 && (d = readdir(dir))) {
		if (!strncmp(d->d_name, prefix, strlen(prefix)))
			fd = openat(dirfd(dir), d->d_name, O_RDONLY | O_CLOEXEC);
	}
	if (dir)
		closedir(dir);
	if (fd >= 0)
		*file_name = strdup(name);
	return fd;
}

/* Call frame information is in the mapped file; nobody goes to look for debug files, which may
 * even be asked for over the network. */
static int find_debuginfo(Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr base,
			  const char *file_name, const char *link, GElf_Word crc,
			  char **debuginfo_name)
{
	(void)mod;
	(void)userdata;
	(void)name;
	(void)base;
	(void)file_name;
	(void)link;
	(void)crc;
	(void)debuginfo_name;
	return -1;
}

static pid_t next_thread(Dwfl *dwfl, void *arg, void **thread_arg)
{
	(void)dwfl;
	(void)arg;
	(void)thread_arg;
	return 0; /* threads are only asked for by number */
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *arg, void **thread_arg)
{
	(void)dwfl;
	(void)tid;
	*thread_arg = arg;
	return true;
}

static bool memory_read(Dwfl *dwfl, Dwarf_Addr addr, Dwarf_Word *result, void *arg)
{
	struct lp_unwind *u = arg;
	u64 page = addr & ~(PAGE - 1);

	(void)dwfl;
	if (addr - page > PAGE - sizeof(*result)) /* crosses a page */
		return lp_scan_read_quiet(u->pid, addr, result, sizeof(*result)) == sizeof(*result);
	if (u->page != page) {
		u->page = UINT64_MAX;
		if (lp_scan_read_quiet(u->pid, page, u->cache, PAGE) != PAGE)
			return false;
		u->page = page;
	}
	memcpy(result, u->cache + (addr - page), sizeof(*result));
	return true;
}

static bool set_initial_registers(Dwfl_Thread *thread, void *arg)
{
	const struct lp_unwind *u = arg;

	for (int i = 0; i < LP_REGS; i++) {
		Dwarf_Word value = u->regs.value[i];

		if (u->regs.known & 1u << i && !dwfl_thread_state_registers(thread, i, 1, &value))
			return false;
	}
	return true;
}

static const Dwfl_Callbacks module_callbacks = {
	.find_elf = find_elf,
	.find_debuginfo = find_debuginfo,
};

static const Dwfl_Thread_Callbacks thread_callbacks = {
	.next_thread = next_thread,
	.get_thread = get_thread,
	.memory_read = memory_read,
	.set_initial_registers = set_initial_registers,
};

static int set_userdata(Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr start,
			void *arg)
{
	(void)mod;
	(void)name;
	(void)start;
	*userdata = arg;
	return DWARF_CB_OK;
}

/* Opens the file and its table now. A module without one just can't be unwound through. */
static int load_cfi(Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr start,
		    void *arg)
{
	GElf_Addr bias;

	(void)userdata;
	(void)name;
	(void)start;
	(void)arg;
	if (dwfl_module_getelf(mod, &bias))
		(void)dwfl_module_eh_cfi(mod, &bias);
	return DWARF_CB_OK;
}

struct lp_unwind *lp_unwind_create(pid_t pid)
{
	struct lp_unwind *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->pid = pid;
	u->maps = lp_maps_read(&u->arena, pid);
	u->dwfl = dwfl_begin(&module_callbacks);
	if (u->dwfl && !dwfl_linux_proc_report(u->dwfl, pid) &&
	    !dwfl_report_end(u->dwfl, NULL, NULL) &&
	    dwfl_getmodules(u->dwfl, set_userdata, u, 0) == 0 &&
	    dwfl_getmodules(u->dwfl, load_cfi, NULL, 0) == 0 &&
	    dwfl_attach_state(u->dwfl, NULL, pid, &thread_callbacks, u))
		return u;
	lp_unwind_destroy(u);
	return NULL;
}

void lp_unwind_add(struct lp_unwind *unwind, const struct wire_code *code, size_t n)
{
	struct lp_cfi **grown =
		reallocarray(unwind->payloads, unwind->n_payloads + n, sizeof(struct lp_cfi *));

	if (!grown)
		return;
	unwind->payloads = grown;
	for (size_t i = 0; i < n; i++) {
		struct lp_cfi *cfi = lp_cfi_create(unwind->pid, &code[i]);

		if (cfi)
			grown[unwind->n_payloads++] = cfi;
	}
}

void lp_unwind_destroy(struct lp_unwind *unwind)
{
	if (!unwind)
		return;
	for (size_t i = 0; i < unwind->n_payloads; i++)
		lp_cfi_destroy(unwind->payloads[i]);
	free(unwind->payloads);
	if (unwind->dwfl)
		dwfl_end(unwind->dwfl);
	lp_arena_deinit(&unwind->arena);
	free(unwind);
}

/*
 * Looks up what describes the code at PC. Without this libdwfl would go on by guessing from rbp
 * where nothing does, and would take a return address that it can't work out for the end of the
 * stack; only a rule that says "undefined" means that (_start, clone3).
 */
static bool find_cfi(struct lp_unwind *u, Dwarf_Addr pc)
{
	Dwfl_Module *mod = dwfl_addrmodule(u->dwfl, pc);
	Dwarf_Addr bias;
	Dwarf_CFI *cfi = mod ? dwfl_module_eh_cfi(mod, &bias) : NULL;
	Dwarf_Frame *frame = NULL;
	Dwarf_Op mem[3], *ops = NULL;
	size_t n_ops = 1;

	u->is_outermost = false;
	if (!cfi || dwarf_cfi_addrframe(cfi, pc - bias, &frame))
		return false;
	u->is_outermost =
		!dwarf_frame_register(frame, LP_REG_RIP, mem, &ops, &n_ops) && !n_ops && ops == mem;
	free(frame);
	return true;
}

/* No file describes the frame at PC; one of the payloads may. */
static int give_up(struct lp_unwind *u, Dwfl_Frame *state, u64 pc)
{
	u->regs.known = 1u << LP_REG_RIP;
	u->regs.value[LP_REG_RIP] = pc;
	for (int i = 0; i < LP_REG_RIP; i++) {
		Dwarf_Word value;

		if (dwfl_frame_reg(state, (unsigned)i, &value))
			continue;
		u->regs.value[i] = value;
		u->regs.known |= 1u << i;
	}
	u->is_stuck = true;
	return DWARF_CB_ABORT;
}

static int on_frame(Dwfl_Frame *state, void *arg)
{
	struct lp_unwind *u = arg;
	struct lp_unwound *r = &u->result;
	bool is_inside = r->end == LP_UNWOUND_INSIDE;
	Dwarf_Addr pc;
	Dwarf_Word sp;
	bool is_activation;

	/* A stack grows down: callers lie above, or this is no stack. */
	if (!dwfl_frame_pc(state, &pc, &is_activation) || dwfl_frame_reg(state, LP_REG_RSP, &sp) ||
	    sp < r->sp)
		return DWARF_CB_ABORT;
	pc -= !is_activation; /* a return address points behind its call */
	if (r->trail.n < LP_TRAIL_MAX)
		r->trail.pc[r->trail.n++] = pc;
	if (!is_inside) {
		r->sp = sp;
		r->range = lp_ranges_at(u->ranges, pc);
		if (r->range < u->ranges->n) {
			r->end = LP_UNWOUND_INSIDE;
			is_inside = true;
		}
	}
	/* Who called it is for the person who reads, and for a short backtrace only. */
	if (is_inside && r->trail.n == LP_TRAIL_MAX)
		return DWARF_CB_ABORT;
	if (u->n_frames++ == MAX_FRAMES)
		return DWARF_CB_ABORT;
	return find_cfi(u, pc) ? DWARF_CB_OK : give_up(u, state, pc);
}

/* Whether a payload describes the frame in regs, which then are those of its caller. */
static bool step_payload(struct lp_unwind *u)
{
	for (size_t i = 0; i < u->n_payloads; i++) {
		const struct wire_code *code = lp_cfi_code(u->payloads[i]);

		if (u->regs.value[LP_REG_RIP] - code->text < code->text_size)
			return lp_cfi_step_quiet(u->payloads[i], &u->regs);
	}
	return false;
}

static struct lp_unwound unwind(struct lp_unwind *u, const struct lp_ranges *ranges)
{
	u->page = UINT64_MAX;
	u->ranges = ranges;
	u->n_frames = 0;
	u->result = (struct lp_unwound){ .end = LP_UNWOUND_PARTLY };
	do {
		u->is_outermost = false;
		u->is_stuck = false;
		if (dwfl_getthread_frames(u->dwfl, 1, on_frame, u) == 0 && u->is_outermost &&
		    u->result.end == LP_UNWOUND_PARTLY)
			u->result.end = LP_UNWOUND_CLEAR;
	} while (u->is_stuck && step_payload(u));
	return u->result;
}

struct lp_unwound lp_unwind_thread_quiet(struct lp_unwind *u, const struct user_regs_struct *r,
					 const struct lp_ranges *ranges)
{
	u->regs = (struct lp_regs){
		.value = { r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi, r->rbp, r->rsp, r->r8,
			   r->r9, r->r10, r->r11, r->r12, r->r13, r->r14, r->r15, r->rip },
		.known = (1u << LP_REGS) - 1,
	};
	return unwind(u, ranges);
}

struct lp_unwound lp_unwind_context_quiet(struct lp_unwind *u, const struct wire_context *ctx,
					  const struct lp_ranges *ranges)
{
	u->regs = (struct lp_regs){
		.value = { [3] = ctx->rbx,
			   [6] = ctx->rbp,
			   [7] = ctx->rsp,
			   [12] = ctx->r12,
			   [13] = ctx->r13,
			   [14] = ctx->r14,
			   [15] = ctx->r15,
			   [16] = ctx->rip },
		.known = 1u << 3 | 1u << 6 | 1u << 7 | 0x1fu << 12,
	};
	return unwind(u, ranges);
}

struct lp_unwound lp_unwind_sp_quiet(struct lp_unwind *u, u64 rsp, u64 rip,
				     const struct lp_ranges *ranges)
{
	u->regs = (struct lp_regs){
		.value = { [LP_REG_RSP] = rsp, [LP_REG_RIP] = rip },
		.known = 1u << LP_REG_RSP | 1u << LP_REG_RIP,
	};
	return unwind(u, ranges);
}

const char *lp_unwind_name(struct lp_unwind *u, struct lp_arena *arena, u64 pc)
{
	Dwfl_Module *mod = dwfl_addrmodule(u->dwfl, pc);
	char *text = lp_printf(arena, "0x%" PRIx64, pc);
	Dwarf_Addr start;
	const char *name = NULL;
	GElf_Off off;
	GElf_Sym sym;

	for (size_t i = 0; i < u->n_payloads; i++) {
		const struct wire_code *code = lp_cfi_code(u->payloads[i]);

		if (pc - code->text >= code->text_size)
			continue;
		text = lp_printf(arena, "patch %.*s+0x%" PRIx64, (int)sizeof(code->name),
				 code->name, pc - code->text);
		lp_printable(text);
		return text;
	}
	if (mod)
		name = dwfl_module_addrinfo(mod, pc, &off, &sym, NULL, NULL, NULL);
	if (name) {
		text = lp_printf(arena, "%s+0x%" PRIx64, name, (u64)off);
	} else if (mod) {
		name = dwfl_module_info(mod, NULL, &start, NULL, NULL, NULL, NULL, NULL);
		text = lp_printf(arena, "%s+0x%" PRIx64, lp_basename(name), pc - start);
	}
	lp_printable(text);
	return text;
}
