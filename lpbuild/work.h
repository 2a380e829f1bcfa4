/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The work folder of one recipe and one source:
 *
 *	BUILD/download/			source packages, shared by all recipes
 *	BUILD/NAME-KEY/lock		held while lpbuild runs there; holds its pid
 *	              /src/		the tree that the compiler sees, for both builds
 *	              /1-original/	a copy of it, taken when the original was complete
 *	              /1-original.complete
 *	              /configured	stamp: src is unpacked and configured
 *	              /src.dirty	what in src differs from 1-original (lpbuild/reset.h)
 *	              /verified		that the executable is made of its objects
 *	              /deps		which object depends on which file (lpbuild/deps.h)
 *	              /commands		what compiles each object (lpbuild/commands.h)
 *	              /patched/		the build file for the objects that a diff changes
 *	              /runtime/		the archive that was linked in
 *	              /keys/ID/	the executable with the keys of --trust, what was linked
 *					into it, and `verified`; ID is a hash of the keys
 *	              /log/
 *
 * KEY is a hash of the source, the recipe and the compiler: another one gets a folder of its own,
 * so that nothing in here is ever out of date but by the stamps.
 */
#ifndef LPBUILD_WORK_H
#define LPBUILD_WORK_H

#include "lib/progress.h"
#include "lpbuild/recipe.h"

struct sb_keys;

struct lp_work {
	struct lp_arena *arena;
	const struct lp_recipe *recipe;
	struct lp_progress *progress;
	u32 jobs;
	bool is_verbose;
	const struct lp_strs *allow_layout;  /* types that may change */
	const struct lp_strs *allow_table;   /* objects to replace in place */
	const char *summary;		     /* of the patch; may be NULL */
	const struct lp_strs *references;    /* what the patch is about */
	struct lp_strs below;		     /* payloads that the patch is made on top of */
	bool wants_review;		     /* NAME.html, too */
	bool replaces;			     /* it takes the place of all that are applied */
	const struct lp_strs *allow_data;    /* patterns: data that may keep its contents */
	const struct lp_strs *allow_running; /* patterns: functions never left that may change */
	const struct sb_keys *keys;	     /* that the program will trust, or NULL */
	const char *sign_key;		     /* to sign payloads with, or NULL */
	const char *build;		     /* BUILD, from the root */
	const char *source;		     /* --source folder, or NULL */
	const char *dsc;		     /* of the package; NULL with a source folder */
	const char *runtime;		     /* the archive to link */
	const char *root;		     /* BUILD/NAME-KEY */
	const char *src;		     /* root/src */
	const char *original;		     /* root/1-original */
	const char *objects;		     /* root/src/DIRECTORY: where ninja runs */
	const char *original_objects;
	const char *linked_runtime; /* root/runtime/NAME.a */
	const char *complete;	    /* root/1-original.complete */
	const char *trusting;	    /* root/keys/ID, or NULL */
	const char *verified;	    /* stamp of the executable that is patched */
	const struct lp_var *vars;
	const char *const *env;
	int lock_fd;
};

/*
 * Finds the source and the work folder of RECIPE below BUILD, makes it and takes its lock. What
 * is NULL gets its default. If another lpbuild works there, the error has code LP_BUSY.
 */
struct lp_err *lp_work_open(struct lp_work *work, const char *build, const char *source,
			    const char *runtime) LP_MUST_CHECK;

/* A path in the work folder. */
const char *lp_work_path(const struct lp_work *work, const char *name);

/* Runs ARGV in CWD with the recipe's environment; output goes to log/LOG. */
struct lp_err *lp_work_run(struct lp_work *work, const char *const *argv, const char *cwd,
			   const char *log) LP_MUST_CHECK;

#endif
