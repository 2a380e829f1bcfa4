/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What goes over sandbox-sock<pid>, a UNIX stream socket. docs/protocol.md says the
 * same with an example in hex. All numbers are little-endian.
 *
 *   0   4   magic 'SAND' (bytes 53 41 4e 44)
 *   4   2   protocol version, WIRE_VERSION
 *   6   2   message id; a reply has WIRE_REPLY added
 *   8   4   total length: header and fields
 *   12      fields: u32 length, then that many bytes; in the order given below
 *
 * Every reply starts with two fields: status (u32, an exit code of raxlpxs) and text (what
 * went wrong, without a newline; empty when nothing did; after an UPLOAD with status 0 it may warn
 * of the signature). After a status other than 0 there are no more fields. A frame that breaks
 * these rules ends the connection, and nothing else.
 *
 * All of that is the same in every version. A request of another version is answered in a frame of
 * that version, with status LP_USAGE (64) and a third field: u16[], the versions that are spoken.
 *
 * message   request                       reply, after status and text
 * INFO      -                             lines "key=value\n", see below
 * LIST      -                             struct wire_patch[] in one field: the applied ones from
 *                                         the bottom of the stack up, the others, oldest first,
 *                                         and those of which something is kept
 * UPLOAD    payload file,                 flags u32 (WIRE_ALREADY), struct wire_patch
 *           flags u32 (WIRE_TRANSIENT,
 *           WIRE_PASSED)
 * APPLY     key, flags u32 (WIRE_NODEPS,  flags u32 (WIRE_ALREADY), listener tid u32,
 *           WIRE_REPLACE)                 struct wire_patch, struct wire_range[]
 * REVERT    key, flags u32 (WIRE_NODEPS)  the same four
 * REMOVE    key, flags u32 (WIRE_FORCE)   struct wire_patch, as it was; or now KEPT
 * CONTEXTS  -                             struct wire_context[]: all coroutines
 * COMMIT    -
 * ABORT     -
 * TEST      -                             lines "ok NAME\n" or "not ok NAME: why\n"
 * LOG       level u32 (0 off 1 on 2 debug), previous level u32, previous targets u32
 *           targets u32 (WIRE_LOG_..., 0: as before)
 * CODE      -                             struct wire_code[]: where the code of patches lies
 *
 * A key is a name or a build-id in hex.
 *
 *	- --UPLOAD--> CHECKED --APPLY, COMMIT--> APPLIED --REVERT, COMMIT--> CHECKED --REMOVE--> -
 *
 * A patch that may have left pointers to its code somewhere becomes KEPT by REMOVE: its space stays
 * taken, its name and build-id are free. With WIRE_FORCE it goes, and so does one that is KEPT.
 *
 * UPLOAD makes all checks that don't depend on what is applied, places and relocates. APPLY and
 * REVERT open a transaction: everything that can fail or take time is done, no code
 * that runs has changed. The client stops the threads (all but the listener), makes sure that no
 * thread or suspended context is inside one of the ranges, and says COMMIT; ABORT, or the end of
 * the connection, forgets the transaction. There is one transaction at a time: who wants to change
 * something meanwhile gets status LP_BUSY (5). What is so already (UPLOAD of a build-id that is
 * there, APPLY of what is applied, REVERT of what is not) is answered with status 0 and
 * WIRE_ALREADY, and opens no transaction. COMMIT answers BUSY if a thread other than the listener
 * is not in tracing stop by this client; the transaction stays open and COMMIT can be said again.
 */
#ifndef SANDBOX_WIRE_H
#define SANDBOX_WIRE_H

#include <stdint.h>

#define WIRE_MAGIC	 0x444e4153u /* 'SAND' as a little-endian u32 */
#define WIRE_VERSION	 2
#define WIRE_REPLY	 0x8000u
#define WIRE_MAX_REQUEST ((16u << 20) + 4096u) /* header, one payload, change */
#define WIRE_MAX_REPLY	 (4u << 20)
#define WIRE_MAX_TEXT	 1024u /* of an error text, without NUL */
#define WIRE_MAX_FIELDS	 16u
#define WIRE_MAX_PATCHES 256u /* uploaded, applied or not */

enum wire_id {
	WIRE_INFO = 1,
	WIRE_LIST = 2,
	WIRE_APPLY = 3,
	WIRE_REMOVE = 4,
	WIRE_CONTEXTS = 5,
	WIRE_COMMIT = 6,
	WIRE_ABORT = 7,
	WIRE_TEST = 8,
	WIRE_LOG = 9,
	WIRE_UPLOAD = 10,
	WIRE_REVERT = 11,
	WIRE_CODE = 12,
};

/* Flags of replies. */
#define WIRE_ALREADY 1u /* the request was fulfilled before it came */
/* Flags of requests. */
#define WIRE_NODEPS    1u  /* APPLY: don't ask for what it stacks on; REVERT: also below the top */
#define WIRE_REPLACE   2u  /* APPLY: revert all others in the same stop */
#define WIRE_TRANSIENT 4u  /* UPLOAD: forget it when the connection ends, unless it was applied */
#define WIRE_PASSED    8u  /* UPLOAD: no bytes, but a descriptor of a file in memory */
#define WIRE_FORCE     16u /* REMOVE: nobody has a pointer to its code */

/* Targets of LOG. */
#define WIRE_LOG_FILE	1u /* SANDBOX_LOG of the environment, or sandbox-log<pid> */
#define WIRE_LOG_SYSLOG 2u

struct wire_header {
	uint32_t magic;
	uint16_t version;
	uint16_t id;
	uint32_t length;
};

enum wire_state { WIRE_CHECKED = 1, WIRE_APPLIED = 2, WIRE_KEPT = 3 };

struct wire_patch {
	char name[128]; /* NUL-terminated */
	uint8_t build_id[20];
	uint32_t state; /* enum wire_state */
	uint64_t since; /* CLOCK_REALTIME seconds of the last change of state */
	uint32_t n_funcs;
	uint32_t text_size; /* bytes used in each area */
	uint32_t rodata_size;
	uint32_t data_size;
	uint16_t n_tables;   /* replaced in place; like n_hooks 0 from runtimes that know none */
	uint16_t n_hooks;    /* of all kinds */
	uint32_t flags;	     /* WIRE_PATCH_... */
	uint8_t depends[20]; /* build-id of the patch that it stacks on; zeros: the executable */
};
#define WIRE_PATCH_CUMULATIVE 1u /* is always applied in the place of all others */
#define WIRE_PATCH_USED	      2u /* its data was used: can't be applied again */
#define WIRE_PATCH_OPEN	      4u /* in a transaction */
#define WIRE_PATCH_PINNED     8u /* pointers to its code may be left: REMOVE keeps it */

struct wire_range { /* run-time addresses that no thread may be in or return to */
	uint64_t start;
	uint64_t size;
	char name[64]; /* of the function, cut, NUL-terminated: for the person who waits */
};

/* A coroutine, with the registers of its last suspension. One that runs (a stopped thread's rsp
 * lies in its stack) has old registers: its thread is what counts. */
struct wire_context {
	uint64_t id;		     /* address of the coroutine */
	uint64_t stack_lo, stack_hi; /* its stack: [lo, hi) */
	uint64_t rip, rsp, rbp, rbx, r12, r13, r14, r15;
	uint32_t tid;	/* thread whose own stack this is (a leader), or 0 */
	uint32_t flags; /* WIRE_CONTEXT_UNKNOWN */
};
#define WIRE_CONTEXT_UNKNOWN 1u /* the registers could not be found: never safe */

struct wire_code { /* the code of one patch */
	uint64_t text, text_size;
	uint64_t frames, frames_size; /* its .eh_frame, relocated; 0, 0 when it has none */
	char name[64];		      /* of the patch, cut, NUL-terminated */
};

/* Keys of INFO: version, git, built (date and time), cflags, compiler, build-id (of the
 * executable), exe, pid, protocol, text-total text-free text-largest (bytes; the same for rodata-
 * and data-), patches, applied, kept, contexts, shadow-values, writer (mem, mprotect or none),
 * trust-policy (off, warn or enforce), trusted-keys (ids in hex with commas, or none), log
 * (off, on, debug), log-targets (file,syslog or none), log-lost (lines), uptime-seconds. */

_Static_assert(sizeof(struct wire_header) == 12, "wire format");
_Static_assert(sizeof(struct wire_patch) == 208, "wire format");
_Static_assert(sizeof(struct wire_range) == 80, "wire format");
_Static_assert(sizeof(struct wire_context) == 96, "wire format");
_Static_assert(sizeof(struct wire_code) == 96, "wire format");

#endif
