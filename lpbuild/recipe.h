/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recipes: one YAML file for each program that can be patched, which says where its source
 * comes from and how it is built with the runtime. docs/recipes.md describes the keys. A recipe
 * is const once read.
 */
#ifndef LPBUILD_RECIPE_H
#define LPBUILD_RECIPE_H

#include "lib/err.h"
#include "lib/vec.h"
#include "lib/yaml.h"

struct lp_recipe_source {
	const char *package;	/* Debian source package, or NULL */
	const char *version;	/* its upstream version */
	const char *base;	/* "pristine": upstream + `patches`; "patched": all of Debian's */
	struct lp_strs patches; /* names in debian/patches that a pristine tree needs */
	const char *dir;	/* a folder relative to the recipe, instead of a package */
	struct lp_strs exclude; /* paths in such a folder that are not source */
};

struct lp_recipe_step { /* a command that follows the build */
	const char *name;
	const char *needs; /* file in the source without which it is left out, or NULL */
	const char *dir;   /* where it runs, relative to `directory`; made; NULL: there */
	struct lp_strs argv;
};

struct lp_recipe {
	const char *name;
	const char *based_on; /* recipe beside this one whose values fill what this leaves out */
	const char *summary;
	struct lp_recipe_source source;
	const char *compiler;
	struct lp_strs programs; /* that must be there before anything is tried */
	struct lp_strs packages; /* Debian packages that have them and the libraries */
	struct lp_strs env;	 /* NAME=VALUE for every command */
	struct lp_strs cflags, ldflags;
	const char *runtime;	   /* file name of the archive that is linked in */
	const char *directory;	   /* where ninja runs, relative to the source; object names too */
	struct lp_strs configure;  /* command, run there; none: there is a build.ninja already */
	const char *target;	   /* the executable that is patched, relative to `directory` */
	struct lp_strs tools;	   /* further executables to build */
	struct lp_seq finish;	   /* struct lp_recipe_step: after the build */
	struct lp_strs allow_data; /* patterns: data that may keep its contents in every fix */
	struct lp_strs always_running; /* patterns: functions that the program never leaves */
	const char *path;	       /* where it was read; not in the file */
	const char *key;	       /* hash of its text and that of what it is based on; ditto */
};

/* Reads the recipe NAME_OR_FILE: a file when it has a '/' or ends in ".yaml", else
 * NAME.yaml in the folder that lp_recipe_dir() finds. */
struct lp_err *lp_recipe_load(struct lp_arena *arena, const char *name_or_file,
			      struct lp_recipe *ret) LP_MUST_CHECK;

/* The folder of the recipes that belong to this program: LPBUILD_RECIPES, else `recipes` in a
 * folder above the program, else PREFIX/share/patchbox/recipes. */
struct lp_err *lp_recipe_dir(struct lp_arena *arena, const char **ret) LP_MUST_CHECK;

struct lp_var {
	const char *name, *value;
};

/* TEXT with each ${NAME} replaced; an unknown name is an error. VARS ends with a NULL name. */
struct lp_err *lp_recipe_expand(struct lp_arena *arena, const char *text, const struct lp_var *vars,
				const char **ret) LP_MUST_CHECK;
/* The same for a list; the result ends with NULL, as exec wants it. */
struct lp_err *lp_recipe_expand_all(struct lp_arena *arena, const struct lp_strs *list,
				    const struct lp_var *vars,
				    const char *const **ret) LP_MUST_CHECK;

#endif
