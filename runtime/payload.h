/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The payload file, NAME.raxlpxs: an ELF64 ET_REL for x86-64. extract-patch writes it,
 * the runtime loads it, raxlpxs and readelf look at it. docs/payload.md tells the same
 * as prose. No includes but stdint, so that every side can use it.
 *
 * Sections that the runtime places (SHF_ALLOC), by their flags, in this order of areas:
 *   SHF_EXECINSTR            -> text area
 *   neither W nor X          -> read-only area
 *   SHF_WRITE (also NOBITS)  -> data area
 * except the lists (.livepatch.funcs, .ranges, .tables, .below, .hooks.KIND) and the notes, which
 * the runtime reads and does not place. A payload has at least one function, table or hook, and no
 * empty list.
 *
 * A line replace=1 in .modinfo: the patch takes the place of all that are applied, in one stop.
 *
 * Symbols: defined in a section of the payload (in .livepatch.below: a place in another payload);
 * or SHN_ABS, which means an address in the executable before its load bias is added; or undefined
 * with a name, NAME or NAME@VERSION, which is looked up with dlsym() or dlvsym() before any thread
 * is stopped (imports of library symbols).
 *
 * Relocations (RELA, at most these): R_X86_64_64, R_X86_64_PC32, R_X86_64_PLT32 (as PC32),
 * R_X86_64_PC64, R_X86_64_NONE. Everything else was resolved when the payload was built.
 */
#ifndef SANDBOX_PAYLOAD_H
#define SANDBOX_PAYLOAD_H

#include <stdint.h>

#define LIVEPATCH_SEC_FUNCS    ".livepatch.funcs"
#define LIVEPATCH_SEC_RANGES   ".livepatch.ranges"
#define LIVEPATCH_SEC_TABLES   ".livepatch.tables"
#define LIVEPATCH_SEC_BELOW    ".livepatch.below"
#define LIVEPATCH_SEC_HOOKS    ".livepatch.hooks." /* and load, unload, preapply, ... */
#define LIVEPATCH_SEC_BUILD_ID ".note.gnu.build-id"
#define LIVEPATCH_SEC_DEPENDS  ".livepatch.depends"	   /* note: what it stacks on */
#define LIVEPATCH_SEC_TARGET   ".livepatch.target_depends" /* note: build-id of the executable */
#define LIVEPATCH_SEC_MODINFO  ".modinfo"		   /* NUL-separated key=value */
#define LIVEPATCH_SEC_MANIFEST ".livepatch.manifest"	   /* SHF_COMPRESSED, not loaded */
#define LIVEPATCH_SEC_DIFF     ".livepatch.diff"	   /* SHF_COMPRESSED, not loaded */
#define LIVEPATCH_SEC_SIGN     ".livepatch.signature"	   /* note, see below */

#define LIVEPATCH_VERSION      2
#define LIVEPATCH_OPAQUE_LEN   39
#define LIVEPATCH_EXPECT_LEN   31
#define LIVEPATCH_BUILD_ID_LEN 20	   /* of the payload: first 20 bytes of a SHA-256 */
#define LIVEPATCH_MAX_BUILD_ID 64	   /* of the executable, any linker's */
#define LIVEPATCH_MAX_SIZE     (16u << 20) /* of a payload file */
#define LIVEPATCH_MAX_TEXT     (8u << 20)  /* of manifest and diff together, inflated */
#define LIVEPATCH_MAX_FUNCS    4096
#define LIVEPATCH_MAX_RANGES   4096
#define LIVEPATCH_MAX_BELOW    4096
#define LIVEPATCH_MAX_TABLES   4096
#define LIVEPATCH_MAX_HOOKS    4096 /* load hooks, unload hooks; of the other kinds 1 */
#define LIVEPATCH_MAX_SECTIONS 4096
#define LIVEPATCH_MAX_NAME     128 /* of a patch, with its NUL */
#define LIVEPATCH_JUMP_LEN     5   /* jmp rel32 */

/* Bytes that must be at the entry before anything is written. Layout of Xen's
 * livepatch_expectation_t: enabled:1, len:5, rsv:2 in the first byte. */
struct livepatch_expect {
	uint8_t flags; /* bit 0: enabled; bits 1-5: number of bytes; bits 6-7: zero */
	uint8_t data[LIVEPATCH_EXPECT_LEN];
};

/* One entry of .livepatch.funcs: Xen's struct livepatch_func, payload version 2, 104 bytes.
 * name, new_addr and old_addr are filled by R_X86_64_64 relocations. */
struct livepatch_func {
	uint64_t name;	   /* NUL-terminated, in the payload's read-only data */
	uint64_t new_addr; /* in the payload's text */
	uint64_t old_addr; /* entry of the function in the executable */
	uint32_t new_size;
	uint32_t old_size; /* bytes from old_addr, padding not counted */
	uint8_t version;   /* LIVEPATCH_VERSION */
	uint8_t opaque[LIVEPATCH_OPAQUE_LEN];
	struct livepatch_expect expect; /* first bytes at old_addr */
};

/* One entry of .livepatch.ranges, which need not be there: further code of the executable that no
 * thread may be in before the jumps are written, such as the cold part of a replaced function. name
 * and addr are filled by R_X86_64_64 relocations. */
struct livepatch_range {
	uint64_t name; /* NUL-terminated, in the payload's read-only data */
	uint64_t addr; /* in the executable */
	uint64_t size;
};

/* One entry of .livepatch.tables: an object of the executable that is overwritten in place. The
 * pointers are filled by R_X86_64_64 relocations. old and new are images of `size` bytes in the
 * payload's read-only data; memory must hold old before new is written there. */
struct livepatch_table {
	uint64_t name; /* NUL-terminated, in the payload's read-only data */
	uint64_t addr; /* in the executable's data */
	uint64_t old_bytes;
	uint64_t new_bytes;
	uint32_t size;
	uint32_t pad; /* zero */
};

/* One entry of .livepatch.below: a place in a payload on which this one stacks, where the runtime
 * has put it. Symbols that are defined in this section, at the start of an entry, stand for it. The
 * offset is that in all sections of the area together: in the order of the file, each at its
 * alignment. */
struct livepatch_below {
	uint8_t build_id[LIVEPATCH_BUILD_ID_LEN];
	uint32_t area; /* 0 text, 1 read-only, 2 data */
	uint64_t off;
};

/* .livepatch.hooks.KIND is an array of 8-byte pointers, filled by R_X86_64_64 relocations, to
 * functions of the payload or of the executable; livepatch.h tells their types. */

/*
 * The signature is an ELF note with this owner and type, in a section of type SHT_NOTE; a payload
 * has at most one. All zero means that it is not signed. What is signed, with Ed25519, is
 * LIVEPATCH_SIGN_DOMAIN without its NUL, and behind it the whole file with the note's descriptor as
 * zeros. The build-id is made with these zeros, too: signing changes nothing else in the file.
 */
#define LIVEPATCH_SIGN_OWNER  "patchbox"
#define LIVEPATCH_SIGN_TYPE   1
#define LIVEPATCH_SIGN_DOMAIN "patchbox payload 1\n"
#define LIVEPATCH_KEY_ID_LEN  8 /* first bytes of the SHA-256 of the raw public key */

struct livepatch_signature { /* the descriptor */
	uint8_t key_id[LIVEPATCH_KEY_ID_LEN];
	uint8_t bytes[64];
};

_Static_assert(sizeof(struct livepatch_signature) == 72, "layout of the signature is ABI");
_Static_assert(sizeof(struct livepatch_func) == 104, "layout of .livepatch.funcs is ABI");
_Static_assert(sizeof(struct livepatch_range) == 24, "layout of .livepatch.ranges is ABI");
_Static_assert(sizeof(struct livepatch_below) == 32, "layout of .livepatch.below is ABI");
_Static_assert(sizeof(struct livepatch_table) == 40, "layout of .livepatch.tables is ABI");

#endif
