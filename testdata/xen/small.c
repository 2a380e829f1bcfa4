/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in the hypervisor of small.lds; with PATCHED the same and a changed work(). */
#pragma GCC visibility push(hidden)

#define INIT	  __attribute__((section(".init.text"), noinline))
#define INIT_DATA __attribute__((section(".init.data")))

int work(int x), boot(int x), nop(int x), with_alternative(int x), from_table(int x);
extern int boot_data, counter;
extern const int limits[2];

int counter = 1;
int boot_data INIT_DATA = 2;

#ifdef LONGER
const int limits[2] = { 1, 3 };
#else
const int limits[2] = { 1, 2 };
#endif

int work(int x)
{
#ifdef PATCHED
	x++;
#endif
	return counter += x;
}

int INIT boot(int x)
{
	return boot_data += x;
}

/* Where functions return to, as in Xen. */
__asm__(".pushsection .text\n"
	".globl __x86_return_thunk\n"
	".type __x86_return_thunk, @function\n"
	"__x86_return_thunk: ret; int3\n"
	".size __x86_return_thunk, . - __x86_return_thunk\n"
	".popsection");

/* No room for a jump. */
int __attribute__((naked)) nop(int x __attribute__((unused)))
{
	__asm__("ret");
}

/* Xen's table of alternatives: bytes 3 to 5 of this one are rewritten at boot. */
int with_alternative(int x)
{
	__asm__ volatile("mov %%eax, %%eax; .byte 0x90\n"
			 "661: .byte 0x0f, 0x1f, 0x00\n"
			 "662: .pushsection .altinstructions, \"a\"\n"
			 ".long 661b - ., 0\n"
			 ".word 1\n"
			 ".byte 3, 0, 0, 0\n"
			 ".popsection" ::
				 : "memory");
	return counter -= x;
}

int __attribute__((cf_check)) from_table(int x)
{
	return counter ^= x;
}

/* Called by its address in the table only: Xen takes its endbr64 away. */
int (*const __attribute__((section(".init.rodata.cf_clobber"), used))
     table[])(int) = { from_table };
