/* SPDX-License-Identifier: GPL-2.0-or-later */
int fill(void *to, unsigned long size);

int first(int n)
{
	struct frame {
		int id, todo;
	} frame;

	return fill(&frame, sizeof(frame)) ? n : frame.id + frame.todo;
}

int second(int n)
{
	struct frame {
		long size;
		char name[16];
	} frame;

	return fill(&frame, sizeof(frame)) ? n : frame.name[n];
}
