/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two local symbols of Xen's arch/x86/livepatch.c: a function that begins with endbr64. */
#define FROM_TABLES __attribute__((cf_check, noinline))

static int (*saved_nmi_callback)(const void *, int);

extern int (*nmi_callback)(const void *, int);
void mask(void);
void unmask(void);

static int FROM_TABLES mask_nmi_callback(const void *regs, int cpu)
{
	(void)regs;
#ifdef PATCHED
	return cpu >= 0;
#else
	(void)cpu;
	return 1;
#endif
}

void mask(void)
{
	saved_nmi_callback = nmi_callback;
	nmi_callback = mask_nmi_callback;
}

void unmask(void)
{
	nmi_callback = saved_nmi_callback;
}
