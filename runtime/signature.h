/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Where the signature is in a payload that may be hostile. The tools that sign use this, too. */
#ifndef SANDBOX_SIGNATURE_H
#define SANDBOX_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/payload.h"

/*
 * NULL, and the offset of the struct livepatch_signature in *RET_OFF; or why there is none, as the
 * end of a sentence about the payload. Looks at the ELF header, the section headers and the notes,
 * and at nothing else.
 */
const char *sb_signature_find(const uint8_t *file, size_t size, uint64_t *ret_off);

#endif
