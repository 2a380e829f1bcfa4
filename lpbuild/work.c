/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/work.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/hash.h"
#include "lib/proc.h"
#include "lpbuild/paths.h"
#include "lpbuild/source.h"
#include "runtime/keys.h"

#define KEY_DIGITS    12
#define DYING_WAIT_MS 10000 /* for the children of a killed lpbuild */
#define DYING_POLL_MS 20

const char *lp_work_path(const struct lp_work *work, const char *name)
{
	return lp_printf(work->arena, "%s/%s", work->root, name);
}

struct lp_err *lp_work_run(struct lp_work *work, const char *const *argv, const char *cwd,
			   const char *log)
{
	if (work->is_verbose) {
		lp_progress_end(work->progress);
		for (const char *const *word = argv; *word; word++)
			fprintf(stderr, "%s%s", word == argv ? "+ " : " ", *word);
		fputc('\n', stderr);
	}
	const struct lp_proc proc = {
		.argv = argv,
		.cwd = cwd,
		.env = work->env,
		.log = lp_printf(work->arena, "%s/log/%s", work->root, log),
	};

	return lp_proc_run(work->arena, &proc);
}

static struct lp_err *default_build(struct lp_arena *arena, const char **ret)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (cache && *cache == '/')
		*ret = lp_printf(arena, "%s/patchbox", cache);
	else if (home && *home == '/')
		*ret = lp_printf(arena, "%s/.cache/patchbox", home);
	else
		return lp_err_advice(lp_err(LP_USAGE, "there is no HOME to keep the build in"),
				     "say where with --build FOLDER");
	return NULL;
}

/* In the build tree the archives lie beside bin/, installed in lib/patchbox. */
static struct lp_err *find_runtime(struct lp_work *work, const char *runtime)
{
	const char *name = work->recipe->runtime, *program;
	static const char *const folders[] = { "..", "../lib/patchbox" };

	if (runtime)
		return lp_path_absolute(work->arena, runtime, &work->runtime);
	LP_TRY(lp_program_dir(work->arena, &program));
	for (size_t i = 0; i < LP_ARRAY_SIZE(folders); i++) {
		const char *path = lp_printf(work->arena, "%s/%s/%s", program, folders[i], name);

		if (lp_file_exists(path))
			return lp_path_absolute(work->arena, path, &work->runtime);
	}
	return lp_err_advice(
		lp_err(LP_FAILED, "cannot find the runtime '%s'", name),
		"build it with 'make runtime', or say where it is with --runtime FILE");
}

/* "gcc (Debian 12.2.0-14+deb12u1) 12.2.0", and what is different for it. */
static struct lp_err *compiler_version(struct lp_work *work, const char **ret)
{
	const char *const argv[] = { work->recipe->compiler, "--version", NULL };
	size_t len;
	char *out;

	LP_TRY(lp_err_advice(lp_proc_output(work->arena,
					    &(struct lp_proc){ .argv = argv, .env = work->env },
					    &out, &len),
			     "apt-get install %s", work->recipe->compiler));
	out[strcspn(out, "\n")] = '\0';
	*ret = out;
	return NULL;
}

/* Where the executable with the keys is. */
static void find_trusting(struct lp_work *work)
{
	struct lp_sha256 sha;
	u8 hash[LP_SHA256_LEN];

	lp_sha256_init(&sha);
	lp_sha256_update(&sha, work->keys, sizeof(*work->keys));
	lp_sha256_final(&sha, hash);
	work->trusting = lp_printf(work->arena, "%s/keys/%.*s", work->root, KEY_DIGITS,
				   lp_hex(work->arena, hash, sizeof(hash)));
	work->verified = lp_printf(work->arena, "%s/verified", work->trusting);
}

static struct lp_err *find_root(struct lp_work *work)
{
	const char *source, *compiler;
	struct lp_sha256 sha;
	u8 hash[LP_SHA256_LEN];

	LP_TRY(lp_source_identify(work, &source));
	LP_TRY(compiler_version(work, &compiler));
	lp_sha256_init(&sha);
	lp_sha256_update(&sha, source, strlen(source) + 1);
	lp_sha256_update(&sha, work->recipe->key, strlen(work->recipe->key) + 1);
	lp_sha256_update(&sha, compiler, strlen(compiler) + 1);
	lp_sha256_final(&sha, hash);
	work->root = lp_printf(work->arena, "%s/%s-%.*s", work->build, work->recipe->name,
			       KEY_DIGITS, lp_hex(work->arena, hash, sizeof(hash)));
	work->src = lp_work_path(work, "src");
	work->original = lp_work_path(work, "1-original");
	work->complete = lp_work_path(work, "1-original.complete");
	work->verified = lp_work_path(work, "verified");
	work->objects = lp_printf(work->arena, "%s/%s", work->src, work->recipe->directory);
	work->original_objects =
		lp_printf(work->arena, "%s/%s", work->original, work->recipe->directory);
	work->linked_runtime =
		lp_printf(work->arena, "%s/runtime/%s", work->root, work->recipe->runtime);
	if (work->keys)
		find_trusting(work);
	return lp_mkdir_p(lp_work_path(work, "log"));
}

static const char *join(struct lp_arena *arena, const char *const *words)
{
	const char *text = "";

	for (; *words; words++)
		text = lp_printf(arena, "%s%s%s", text, *text ? " " : "", *words);
	return text;
}

/* What recipes may say ${...} for. */
static struct lp_err *make_vars(struct lp_work *work)
{
	struct lp_arena *arena = work->arena;
	struct lp_var *vars = lp_new_array(arena, 6, struct lp_var);
	const char *const *cflags, *const *ldflags;

	vars[0] = (struct lp_var){ "SRC", work->src };
	vars[1] = (struct lp_var){ "RUNTIME", work->linked_runtime };
	vars[2] = (struct lp_var){ "JOBS", lp_printf(arena, "%u", work->jobs) };
	LP_TRY(lp_recipe_expand_all(arena, &work->recipe->cflags, vars, &cflags));
	LP_TRY(lp_recipe_expand_all(arena, &work->recipe->ldflags, vars, &ldflags));
	vars[3] = (struct lp_var){ "CFLAGS", join(arena, cflags) };
	vars[4] = (struct lp_var){ "LDFLAGS", join(arena, ldflags) };
	work->vars = vars;
	return NULL;
}

/* Expands the recipe's environment; without VARS only what needs none (PATH). */
static struct lp_err *make_env(struct lp_work *work)
{
	struct lp_strs env = { 0 };
	const struct lp_strs *own = &work->recipe->env;

	for (size_t i = 0; i < own->n; i++)
		if (work->vars || !strstr(own->items[i], "${"))
			lp_vec_push(work->arena, &env, own->items[i]);
	/* The progress line is read from what ninja prints. */
	lp_vec_push(work->arena, &env, "NINJA_STATUS=[%f/%t] ");
	const struct lp_var none = { NULL, NULL };

	return lp_recipe_expand_all(work->arena, &env, work->vars ? work->vars : &none, &work->env);
}

/* The pid in the lock file, or 0. */
static u32 lock_owner(struct lp_work *work, const char *path)
{
	u8 *text;
	size_t len;
	struct lp_err *err = lp_file_read(work->arena, path, 64, &text, &len);

	if (err) {
		lp_err_destroy(err);
		return 0;
	}
	return (u32)strtoul((const char *)text, NULL, 10);
}

/*
 * The lock is a flock that the children inherit: when lpbuild is killed they hold it until the
 * last compiler is gone, so that nobody works in a tree where one still writes.
 */
static struct lp_err *take_lock(struct lp_work *work)
{
	const char *path = lp_work_path(work, "lock");
	int waited = 0;

	work->lock_fd = open(path, O_RDWR | O_CREAT, 0666);
	if (work->lock_fd < 0)
		return lp_err_errno("cannot open '%s'", path);
	while (flock(work->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		u32 owner = lock_owner(work, path);

		if (errno != EWOULDBLOCK && errno != EINTR)
			return lp_err_errno("cannot lock '%s'", path);
		bool is_dying = owner && kill((pid_t)owner, 0) < 0 && errno == ESRCH;

		if (!is_dying || waited >= DYING_WAIT_MS)
			return lp_err_advice(lp_err(LP_BUSY,
						    "'%s' is in use by another lpbuild (pid %u)",
						    work->root, owner),
					     "wait for it to end, or use another --build folder");
		waited += DYING_POLL_MS;
		poll(NULL, 0, DYING_POLL_MS);
	}
	if (ftruncate(work->lock_fd, 0) < 0 || dprintf(work->lock_fd, "%d\n", getpid()) < 0)
		return lp_err_errno("cannot write '%s'", path);
	return NULL;
}

struct lp_err *lp_work_open(struct lp_work *work, const char *build, const char *source,
			    const char *runtime)
{
	if (!build)
		LP_TRY(default_build(work->arena, &build));
	LP_TRY(lp_mkdir_p(build));
	LP_TRY(lp_path_absolute(work->arena, build, &work->build));
	LP_TRY(find_runtime(work, runtime));
	LP_TRY(make_env(work));
	work->source = source;
	LP_TRY(find_root(work));
	LP_TRY(make_vars(work));
	LP_TRY(make_env(work));
	return take_lock(work);
}
