/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As Xen's BUG() does it: a table beside the code tells what the instruction there means. */
int work(int x)
{
	__asm__ volatile("1: nop\n"
			 ".pushsection .bug_frames.0, \"a\"\n"
			 ".long 1b - .\n"
			 ".popsection");
	return x + 1;
}
