/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);

int work(int x)
{
	return use(x);
}

__asm__(".section .text.shared,\"axG\",@progbits,shared,comdat\n"
	".weak shared\n"
	".type shared,@function\n"
	"shared: xor %eax,%eax\n"
	"	ret\n"
	".size shared,.-shared\n"
	".previous");
