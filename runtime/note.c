/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A note: u32 namesz, descsz, type; name and desc, each padded to 4. Sizes are not trusted. */
#include "runtime/note.h"

#include <elf.h>
#include <string.h>

bool sb_note_find(const uint8_t *data, size_t size, struct sb_id *ret)
{
	Elf64_Nhdr note;

	while (size >= sizeof(note)) {
		uint64_t name, desc;
		const uint8_t *body;

		memcpy(&note, data, sizeof(note));
		name = ((uint64_t)note.n_namesz + 3) & ~UINT64_C(3);
		desc = ((uint64_t)note.n_descsz + 3) & ~UINT64_C(3);
		body = data + sizeof(note);
		if (name > size - sizeof(note) || note.n_descsz > size - sizeof(note) - name)
			return false;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    !memcmp(body, "GNU", 4) && note.n_descsz > 0 &&
		    note.n_descsz <= sizeof(ret->bytes)) {
			ret->len = note.n_descsz;
			memcpy(ret->bytes, body + name, ret->len);
			return true;
		}
		if (desc > size - sizeof(note) - name)
			return false;
		data += sizeof(note) + name + desc;
		size -= sizeof(note) + name + desc;
	}
	return false;
}

bool sb_id_equal(const struct sb_id *id, const uint8_t *bytes, size_t len)
{
	return id->len == len && !memcmp(id->bytes, bytes, len);
}

void sb_hex(const uint8_t *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
}
