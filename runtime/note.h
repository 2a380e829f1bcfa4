/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Build-ids in ELF notes, of the program and of payloads. */
#ifndef SANDBOX_NOTE_H
#define SANDBOX_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/payload.h"

struct sb_id {
	uint8_t bytes[LIVEPATCH_MAX_BUILD_ID];
	size_t len;
};

/* The first NT_GNU_BUILD_ID among the notes at DATA; false when there is none that is whole. */
bool sb_note_find(const uint8_t *data, size_t size, struct sb_id *ret);
bool sb_id_equal(const struct sb_id *id, const uint8_t *bytes, size_t len);
/* Lower-case hex with a NUL; OUT holds 2 * LEN + 1. */
void sb_hex(const uint8_t *bytes, size_t len, char *out);

#endif
