/* SPDX-License-Identifier: GPL-2.0-or-later */
__asm__(".section .text.shared,\"axG\",@progbits,shared,comdat\n"
	".weak shared\n.type shared,@function\nshared: ret\n.size shared, .-shared\n"
	".text");

int step(int x)
{
	return x + 1;
}
