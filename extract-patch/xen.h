/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What xen-syms and Xen's objects say about code that Xen itself changes. */
#ifndef EP_XEN_H
#define EP_XEN_H

#include "extract-patch/patch.h"

/* Address of the global NAME of xen-syms, which has it. */
u64 ep_xen_address(const struct ep_target *target, const char *name);
/* How many of the LEN bytes at ADDR, from the first on, the running Xen has as the file does. */
u64 ep_xen_unchanged(const struct ep_target *target, u64 addr, u64 len);
/* Refuses code that needs entries in tables which no payload of ours carries. */
struct lp_err *ep_xen_check_sections(const struct ep_patch *patch) LP_MUST_CHECK;

#endif
