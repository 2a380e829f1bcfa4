/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects that the target did not have: a diff adds a source file, and to the description of the
 * build that it is compiled. Everything in such an object is new, which is what its
 * comparison with an object of an empty file says.
 */
#ifndef LPBUILD_NEWOBJ_H
#define LPBUILD_NEWOBJ_H

#include "lpbuild/patched.h"

/*
 * Gives each pair whose original is not there one that is compiled from an empty file, by the
 * object's own command. PATHS are the files that the diffs touch; of these the new ones are
 * empty meanwhile. An object whose source the diff does
 * not bring is refused: it may have run in this program already, with other data.
 */
struct lp_err *lp_new_objects(struct lp_work *work, const struct lp_strs *paths,
			      const struct lp_outdir *out, struct lp_pairs *pairs) LP_MUST_CHECK;

#endif
