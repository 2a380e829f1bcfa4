/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/packages.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/proc.h"

/* PATH as the recipe sets it, else ours. */
static const char *search_path(const struct lp_work *work)
{
	for (const char *const *env = work->env; *env; env++)
		if (!strncmp(*env, "PATH=", 5))
			return *env + 5;
	const char *path = getenv("PATH");

	return path ? path : "/usr/bin:/bin";
}

static bool is_in_path(struct lp_work *work, const char *program)
{
	for (const char *dir = search_path(work); *dir;) {
		size_t len = strcspn(dir, ":");

		if (!access(lp_printf(work->arena, "%.*s/%s", (int)len, dir, program), X_OK))
			return true;
		dir += len + (dir[len] == ':');
	}
	return false;
}

struct installed {
	struct lp_arena *arena;
	struct lp_strs names;
};

/* "ii  gcc": wanted and installed. */
static void take_package(void *arg, const char *line)
{
	struct installed *installed = arg;

	if (!strncmp(line, "ii ", 3)) {
		const char *name = line + strspn(line, "i ");

		lp_vec_push(installed->arena, &installed->names, lp_strdup(installed->arena, name));
	}
}

static bool has(const struct lp_strs *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->items[i], name))
			return true;
	return false;
}

/* The packages of the recipe that dpkg does not know as installed; all of them without dpkg. */
static const char *missing_packages(struct lp_work *work)
{
	const struct lp_strs *packages = &work->recipe->packages;
	const char **argv = lp_new_array(work->arena, packages->n + 4, const char *);
	struct installed installed = { .arena = work->arena };
	const char *missing = "";
	size_t n = 0;
	int status;

	argv[n++] = "dpkg-query";
	argv[n++] = "-W";
	argv[n++] = "-f${db:Status-Abbrev} ${Package}\\n";
	for (size_t i = 0; i < packages->n; i++)
		argv[n++] = packages->items[i];
	const struct lp_proc proc = {
		.argv = argv, .env = work->env, .on_line = take_package, .arg = &installed
	};

	lp_err_destroy(lp_proc_status(work->arena, &proc, &status));
	for (size_t i = 0; i < packages->n; i++)
		if (!has(&installed.names, packages->items[i]))
			missing = lp_printf(work->arena, "%s %s", missing, packages->items[i]);
	return missing;
}

struct lp_err *lp_packages_advise(struct lp_work *work, struct lp_err *err)
{
	if (!err || !work->recipe->packages.n)
		return err;
	const char *missing = missing_packages(work);

	if (!*missing)
		return err;
	return lp_err_advice(err, "apt-get install --no-install-recommends%s", missing);
}

struct lp_err *lp_packages_check(struct lp_work *work)
{
	const struct lp_strs *programs = &work->recipe->programs;
	const char *missing = "";

	for (size_t i = 0; i < programs->n; i++)
		if (!is_in_path(work, programs->items[i]))
			missing = lp_printf(work->arena, "%s%s'%s'", missing, *missing ? ", " : "",
					    programs->items[i]);
	if (!*missing)
		return NULL;
	return lp_packages_advise(
		work, lp_err(LP_FAILED, "recipe '%s' needs %s", work->recipe->name, missing));
}
