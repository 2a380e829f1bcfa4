/* SPDX-License-Identifier: GPL-2.0-or-later */
void fill(void *pair);

int take(void)
{
	struct {
		int n;
		int bytes;
	} pair;

	fill(&pair);
	return pair.bytes;
}
