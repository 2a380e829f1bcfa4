/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two kinds of program load the payloads that are made here: one that links the runtime (QEMU,
 * the embedded example), and the hypervisor Xen, which has a loader of its own. Layout and
 * emitter are the same; what differs is in this struct, and nowhere else.
 */
#ifndef EP_FLAVOUR_H
#define EP_FLAVOUR_H

#include "extract-patch/patch.h"

struct ep_flavour {
	const char *suffix;	    /* of the names of payload files */
	const char *target_section; /* the note with the build-id of the program */
	u64 modinfo_flags;	    /* of .modinfo */
	u64 max_size;		    /* of a payload file */
	bool looks_up_names;	    /* symbol_name() has an answer for all of the target */
	bool has_ranges;	    /* the loader looks at .livepatch.ranges */
	const char *data_says;	    /* what a person should know about new writable data */
	bool data_applies_once;	    /* writable data keeps a patch from being applied again */
	bool shares_constants;	    /* new code may use the program's own strings */
	bool places_below;	    /* loaded code of patches below goes by place, not by name */
	bool has_frames;	    /* .eh_frame is loaded */
	bool uses_padding;	    /* a jump may reach into the padding behind a function */
	/* Is the rule one that is looked at? */
	bool (*has_rule)(const char *rule);
	/* Is the file fit as a target? */
	struct lp_err *(*check_target)(struct ep_target *target);
	/* Can the loader take the whole of it, once everything is bound? */
	struct lp_err *(*check_patch)(const struct ep_patch *patch);
	/* Can FUNC, which was found in the target, be replaced? */
	struct lp_err *(*check_func)(const struct ep_patch *patch, const struct ep_func *func);
	/* Can the field at WHERE, of relocation TYPE, refer to TO? */
	struct lp_err *(*check_reference)(const struct ep_patch *patch, const char *where, u32 type,
					  const struct ep_place *to);
	/* Has a patch below replaced the function SYM of the target? The topmost one's new code. */
	bool (*is_replaced_below)(const struct ep_patch *patch, u32 sym, struct ep_place *ret);
	/* Where NAME, of which the target knows nothing, is in the patches below; all zero (no
	 * `match`) if it is not. */
	struct lp_err *(*find_below)(const struct ep_patch *patch, const char *name,
				     struct ep_place *ret);
	/* The name by which the loader finds the symbol SYM of the target; NULL: it gets the
	 * address instead. */
	const char *(*symbol_name)(const struct ep_patch *patch, u32 sym);
	/* The name of piece IDX, which has one, in the payload's symbol table. */
	const char *(*piece_name)(const struct ep_patch *patch, u32 idx);
	/* How many of the first LEN bytes of FUNC memory holds as the file does. */
	u64 (*unchanged)(const struct ep_patch *patch, const struct ep_func *func, u64 len);
};

#define EP_RECIPE_XEN "xen" /* what manifests call --xen */

/* That of a program which was built by RECIPE (NULL: unknown). */
const struct ep_flavour *ep_flavour_of(const char *recipe);

extern const struct ep_flavour ep_flavour_runtime; /* flavour_runtime.c */
extern const struct ep_flavour ep_flavour_xen;	   /* flavour_xen.c */

#endif
