/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of Xen's common/version.c as its symbols and code show: the same local symbols, and
 * functions that compile to the same bytes. EXTRA comes from the version of the package. Each macro
 * makes one patched version of it; what dom0 sees of them is /sys/hypervisor/version/extra.
 */
#pragma GCC visibility push(hidden)

#ifdef HOOKS
#include "runtime/livepatch.h"
#endif

#define READ_MOSTLY __attribute__((section(".data.read_mostly")))

static const char build_info[] = "debug=n";
static unsigned int build_id_len READ_MOSTLY;
static const void *build_id_p READ_MOSTLY;

unsigned int xen_minor_version(void);
const char *xen_extra_version(void);
const char *xen_build_info(void);
int xen_build_id(const void **p, unsigned int *len);
void set_build_id(const void *p, unsigned int len);

const char *xen_build_info(void)
{
	return build_info;
}

int xen_build_id(const void **p, unsigned int *len)
{
	if (!build_id_len)
		return -61;
	*len = build_id_len;
	*p = build_id_p;
	return 0;
}

void set_build_id(const void *p, unsigned int len)
{
	build_id_p = p;
	build_id_len = len;
}

#ifdef BASE /* what the patch of the macro STACKED lies on */
extern int base_uses;
const char *base_text(void);
int base_uses = 2;

__attribute__((noinline)) const char *base_text(void)
{
	base_uses++;
	return EXTRA "-base";
}
#endif

__attribute__((noipa)) unsigned int xen_minor_version(void)
{
#ifdef STACKED
	return base_text() && base_uses > 2 ? 217 : 0;
#else
	return 17;
#endif
}

#ifdef ADDED
static const char *const texts[] = { EXTRA "-zero", EXTRA "-added", EXTRA "-other" };

static __attribute__((noinline)) const char *pick(unsigned int minor)
{
	return texts[minor == 0 ? 0 : minor == 17 ? 1 : 2];
}
#endif

#ifdef DATA
static char text[] = EXTRA "-data0";
static unsigned int zeros[4];
#endif

#ifdef HOOKS
static char hooked[] = EXTRA "-hook0";

static void on_load(void)
{
	hooked[sizeof(hooked) - 2] = 'L';
}

LIVEPATCH_LOAD_HOOK(on_load);
#endif

#ifdef LOWER /* UPPER lies on it, over the same function, and TOP on both */
static unsigned int asked;

static __attribute__((noinline)) const char *lower_text(void)
{
	asked++;
#ifdef TOP
	return asked > 2 ? EXTRA "-top" : EXTRA "-new";
#else
	return EXTRA "-lower";
#endif
}
#endif

#ifdef UPPER
static __attribute__((noinline)) const char *upper_text(void)
{
	return asked ? EXTRA "-upper" : EXTRA "-other";
}
#endif

const char *xen_extra_version(void)
{
#if defined(REPLACED)
	return EXTRA "-fixed";
#elif defined(ADDED)
	return pick(xen_minor_version());
#elif defined(DATA)
	text[sizeof(text) - 2] = (char)('0' + ++zeros[1]);
	return text;
#elif defined(LOCAL)
	return build_info;
#elif defined(HOOKS)
	return hooked;
#elif defined(BASE)
	return base_text();
#elif defined(TOP)
	return asked ? lower_text() : upper_text();
#elif defined(UPPER)
	return asked ? upper_text() : lower_text();
#elif defined(LOWER)
	return asked < 1000 ? lower_text() : EXTRA "-never";
#else
	return EXTRA;
#endif
}
