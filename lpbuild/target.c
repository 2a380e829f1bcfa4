/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/target.h"

#include "lpbuild/paths.h"

struct lp_err *lp_target_check(const struct lp_target *target)
{
	if (!target->path && (target->debug.file || target->debug.root))
		return lp_err(LP_USAGE, "--debug-file and --debug-root are nothing without "
					"--target");
	return NULL;
}

size_t lp_target_args(const struct lp_target *target, const char **argv, size_t n)
{
	if (target->debug.file) {
		argv[n++] = "--debug-file";
		argv[n++] = target->debug.file;
	}
	if (target->debug.root) {
		argv[n++] = "--debug-root";
		argv[n++] = target->debug.root;
	}
	argv[n++] = target->path;
	return n;
}

struct lp_err *lp_target_absolute(struct lp_arena *arena, struct lp_target *target)
{
	LP_TRY(lp_path_absolute(arena, target->path, &target->path));
	if (target->debug.file)
		LP_TRY(lp_path_absolute(arena, target->debug.file, &target->debug.file));
	if (target->debug.root)
		LP_TRY(lp_path_absolute(arena, target->debug.root, &target->debug.root));
	return NULL;
}
