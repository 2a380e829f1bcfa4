/* SPDX-License-Identifier: GPL-2.0-or-later */
struct field {
	const char *name;
	int off;
};
struct vmstate {
	const char *name;
	int version;
	const struct field *fields;
};
int save(const struct vmstate *v);

static const struct vmstate vmstate_a = { "a", 1, (const struct field[]){ { "x", 0 }, { 0 } } };

int save_all(int x)
{
	return save(&vmstate_a) + x;
}
