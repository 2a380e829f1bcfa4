/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and paths, as lpbuild needs them; and the few folder operations beyond lib/file.h. */
#ifndef LPBUILD_PATHS_H
#define LPBUILD_PATHS_H

#include "lib/err.h"
#include "lib/vec.h"

/* True for 1 to 100 of [A-Za-z0-9._+-], the first one a letter or digit: what may become the
 * name of a patch, of a folder and of a file. */
bool lp_is_name(const char *name);

/* PATH from the root, without symbolic links; it must exist. */
struct lp_err *lp_path_absolute(struct lp_arena *arena, const char *path,
				const char **ret) LP_MUST_CHECK;
/* PATH without its last component ("." when it has one only). */
const char *lp_path_dir(struct lp_arena *arena, const char *path);
/* The folder of the running program. */
struct lp_err *lp_program_dir(struct lp_arena *arena, const char **ret) LP_MUST_CHECK;

/* Removes PATH and what is below it; that it is not there is fine. Follows no link. */
struct lp_err *lp_remove_tree(const char *path) LP_MUST_CHECK;
/* Removes a file; that it is not there is fine. */
struct lp_err *lp_remove_file(const char *path) LP_MUST_CHECK;
/* Copies a file's bytes, by rename, making the folder that it is in. */
struct lp_err *lp_copy_file(const char *from, const char *to) LP_MUST_CHECK;
/* Sets *RET when both files hold the same bytes; false also when one is not there. */
struct lp_err *lp_same_file(const char *a, const char *b, bool *ret) LP_MUST_CHECK;

#endif
