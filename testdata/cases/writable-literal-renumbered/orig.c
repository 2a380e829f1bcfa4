/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>

struct field {
	const char *name;
	int off;
};
struct vmstate {
	const char *name;
	struct field *fields;
};
int save(const struct vmstate *v);

const struct vmstate vmstate_a = { "a", (struct field[]){ { "x", 0 }, { "y", 4 }, { NULL, 0 } } };
const struct vmstate vmstate_b = { "b", (struct field[]){ { "z", 8 }, { NULL, 0 } } };

int save_all(int x)
{
	return save(&vmstate_a) + save(&vmstate_b) + x;
}
