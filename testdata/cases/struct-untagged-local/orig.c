/* SPDX-License-Identifier: GPL-2.0-or-later */
int take(void *opaque)
{
	struct {
		int n;
		int bytes;
	} *node = opaque;

	return node->bytes++;
}
