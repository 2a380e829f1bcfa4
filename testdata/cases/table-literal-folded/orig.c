/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <livepatch.h>

struct field {
	const char *name;
	int off;
};
struct vmstate {
	const char *name;
	struct field *fields;
};
const struct vmstate vmstate_a = { "a", (struct field[]){ { "x", 3 }, { 0 } } };

struct field *first(void)
{
	return vmstate_a.fields;
}
