/* SPDX-License-Identifier: GPL-2.0-or-later */
static struct {
	int n;
	int bytes;
} *const *volatile head;

void set(void *to)
{
	head = to;
}

int take(void)
{
	return (*head)->bytes++;
}
