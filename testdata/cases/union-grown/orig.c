/* SPDX-License-Identifier: GPL-2.0-or-later */
union value {
	int number;
	char text[8];
};

int step(union value *value)
{
	return value->text[7];
}
