/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <livepatch.h>

#include <stddef.h>

struct field {
	const char *name;
	int off;
	const struct vmstate *inner;
};
struct vmstate {
	const char *name;
	int version;
	const struct field *fields;
	const struct vmstate **subsections;
};

static const struct vmstate vmstate_x = { "x", 1, (const struct field[]){ { "z", 8 }, { NULL } } };
static const struct vmstate vmstate_y = { "y", 1, (const struct field[]){ { "y", 4 }, { NULL } } };

const struct vmstate vmstate_a = { "a", 1,
				   (const struct field[]){
					   { "x", 0 },
					   { NULL },
				   },
				   (const struct vmstate *[]){ &vmstate_x, NULL } };
const struct vmstate vmstate_b = { "b", 1, (const struct field[]){ { "z", 8 }, { NULL } } };

const struct vmstate *state(int i)
{
	return i ? &vmstate_a : &vmstate_y;
}
