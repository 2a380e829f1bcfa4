/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a stream of requests: every field of every whole frame is read. */
#include <string.h>

#include "lib/types.h"
#include "runtime/frame.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static volatile u64 sink;
	struct wire_header header;

	while (sb_frame_check(data, size, &header) == SB_FRAME_WHOLE) {
		struct sb_field fields[WIRE_MAX_FIELDS];
		size_t n = 0;

		if (header.length > size || header.length < sizeof(header))
			__builtin_trap();
		if (!sb_frame_fields(data, &header, fields, &n))
			n = 0;
		for (size_t i = 0; i < n; i++)
			for (u32 k = 0; k < fields[i].len; k++)
				sink = sink + fields[i].data[k];
		data += header.length;
		size -= header.length;
	}
	return 0;
}
