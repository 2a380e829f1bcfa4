/* SPDX-License-Identifier: GPL-2.0-or-later */
struct vmstate {
	const char *name;
	int version;
};
int save(const struct vmstate *v);

const struct vmstate vmstate_a = { "a", 1 };

int save_all(int x)
{
	return save(&vmstate_a) + x;
}
