/* SPDX-License-Identifier: GPL-2.0-or-later */
int work(int x)
{
	int *p;

	__asm__("lea .Lhidden(%%rip), %0" : "=r"(p));
	return *p += x;
}

__asm__(".section .data.nameless,\"aw\",@progbits\n"
	".Lhidden: .long 5\n"
	".previous");
