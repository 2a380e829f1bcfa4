/* SPDX-License-Identifier: GPL-2.0-or-later */
typedef struct {
	int n;
	int bytes;
} node_list[4];

int take(node_list *list)
{
	return (*list)[1].bytes++;
}
