/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One function for each kind of reference; tests/e2e/relocs.sh says which relocations come of
 * it. FIX makes all of them refer to b instead of a and nothing else. The pieces between the
 * cuts can be put into any order.
 */
#ifdef FIX
#define PICK(a, b) b
#define NAME	   "b"
#else
#define PICK(a, b) a
#define NAME	   "a"
#endif
extern int far_a, far_b;
extern int weak_a __attribute__((weak)), weak_b __attribute__((weak));
extern __thread int far_thread_a, far_thread_b;
int call_a(int x), call_b(int x), use(int x), use_text(const char *text);
int use_pointer(const volatile void *pointer);
static volatile int near_a = 1, near_b = 2, table_a[8] = { 3 }, table_b[8] = { 4 };
static volatile __thread int near_thread_a = 1, near_thread_b = 2;
/* ---- cut ---- */
int near(void)
{
	return near_a + near_b + table_a[0] + table_b[0] + near_thread_a + near_thread_b;
}
/* ---- cut ---- */
int data(void)
{
	return PICK(near_a, near_b);
}
/* ---- cut ---- */
int store(void)
{
	PICK(near_a, near_b) = 77;
	return 0;
}
/* ---- cut ---- */
int calls(int x)
{
	return PICK(call_a, call_b)(x) + 1;
}
/* ---- cut ---- */
int text(void)
{
	return use_text(PICK("this is a", "this is b")) + 1;
}
/* ---- cut ---- */
int indexed(long i)
{
	return PICK(table_a, table_b)[i];
}
/* ---- cut ---- */
const void *weak(void)
{
	return &PICK(weak_a, weak_b);
}
/* ---- cut ---- */
int far_thread(void)
{
	return PICK(far_thread_a, far_thread_b);
}
/* ---- cut ---- */
int near_thread(int x)
{
	PICK(near_thread_a, near_thread_b) = x;
	return near_thread_a + near_thread_b;
}
/* ---- cut ---- */
double number(double x)
{
	return x * PICK(1.25, 1.75);
}
/* ---- cut ---- */
int jumps(int x)
{
	switch (x) {
	case 0:
		return use(10);
	case PICK(1, 2):
		near_a = 5;
		return 3;
	case PICK(2, 1):
		return use_text("two");
	case 3:
		return use_pointer(&near_b) + 9;
	case 4:
		return call_a(call_b(8));
	case 5:
		return x + use(55);
	default:
		return use(0) * 3;
	}
}
/* ---- cut ---- */
__asm__(".pushsection .text.wide, \"ax\", @progbits\n"
	".globl wide\n"
	".type wide, @function\n"
	"wide:\n"
	"	leaq 1f(%rip), %rax\n"
	"	ret\n"
	"1:	.quad far_" NAME " - .\n"
	"	.quad near_thread_" NAME "@dtpoff\n"
	".size wide, . - wide\n"
	".popsection\n");
/* ---- cut ---- */
__asm__(".pushsection .text.slot, \"ax\", @progbits\n"
	".globl slot\n"
	".type slot, @function\n"
	"slot:\n"
	"	movq far_" NAME "@GOTPCREL(%rip), %xmm0\n"
	"	ret\n"
	".size slot, . - slot\n"
	".popsection\n");
/* ---- end ---- */
