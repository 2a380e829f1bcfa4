/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command that compiles each object of the target, kept in a file. When it is known which
 * objects a diff changes, ninja is given a build file with just those: reading QEMU's own, of
 * 16 MiB, takes ninja longer than the compiler needs for an object.
 */
#ifndef LPBUILD_COMMANDS_H
#define LPBUILD_COMMANDS_H

#include "lpbuild/work.h"

/* Writes the file `commands` of the work folder for OBJECTS. */
struct lp_err *lp_commands_make(struct lp_work *work, const struct lp_strs *objects) LP_MUST_CHECK;

/*
 * Writes a build file that compiles OBJECTS: all of them, whatever their state is, if IS_FIRST,
 * else those that it has not compiled since or of which a source has changed. *RET is its path, or
 * NULL when the command of one of them is not known.
 */
struct lp_err *lp_commands_build_file(struct lp_work *work, const struct lp_strs *objects,
				      bool is_first, const char **ret) LP_MUST_CHECK;

#endif
