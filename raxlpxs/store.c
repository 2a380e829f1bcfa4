/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/file.h"
#include "raxlpxs/clock.h"
#include "raxlpxs/payload.h"
#include "runtime/stored.h"
#include "runtime/whole.h"

#define LOCK_WAIT  (10 * LP_S)
#define MAX_READ   ((size_t)64 << 20)
#define UNFINISHED ".new" /* only who has the lock writes it */

static struct lp_err *of(const struct sb_error *err, const struct lp_store_place *place)
{
	struct lp_err *e = lp_err((enum lp_code)err->status, "%s", err->text);

	return lp_err_context(e, "in the state directory '%s'", place->state);
}

/* Enters NAME in *DIR, which is closed; made before if need be. */
static struct lp_err *enter(const struct lp_store_place *place, int *dir, const char *name,
			    bool make)
{
	struct sb_error err;
	int next;
	bool ok = sb_stored_enter(*dir, name, place->owner, &next, &err);

	if (!ok && make && err.status == SB_NOTHING) {
		mode_t mask = umask(022);
		int rc = mkdirat(*dir, name, 0755);
		umask(mask);
		if (rc && errno != EEXIST) /* another client was faster */
			return lp_err_errno("cannot make the directory '%s'", name);
		ok = sb_stored_enter(*dir, name, place->owner, &next, &err);
	}
	if (!ok)
		return of(&err, place);
	close(*dir);
	*dir = next;
	return NULL;
}

static struct lp_err *make_folders(const struct lp_store_place *place, int *ret)
{
	const char *base = lp_basename(place->state);
	struct sb_error error;

	if (place->state[0] != '/' || !*base || !strcmp(base, ".") || !strcmp(base, ".."))
		return lp_err(LP_USAGE, "'%s' is no absolute name of a state directory",
			      place->state);
	if (!sb_stored_walk(place->root, place->state, (size_t)(base - place->state), place->owner,
			    ret, &error))
		return of(&error, place);
	struct lp_err *err = enter(place, ret, base, true);
	if (!err)
		err = enter(place, ret, place->id, true);
	if (err)
		close(*ret);
	return err;
}

/* *RET is -1 when there is none. */
static struct lp_err *open_folder(const struct lp_store_place *place, bool make, int *ret)
{
	struct sb_error err;
	int folder;

	*ret = -1;
	if (make) {
		LP_TRY(make_folders(place, &folder));
	} else if (!sb_stored_open(place->root, place->state, place->id, place->owner, &folder,
				   &err)) {
		return err.status == SB_NOTHING ? NULL : of(&err, place);
	}
	*ret = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int saved = errno;
	close(folder);
	errno = saved;
	return *ret < 0 ? lp_err_errno("cannot open the state directory") : NULL;
}

/* Whoever may open the folder could hold the lock for ever. */
static struct lp_err *lock(int dir)
{
	u64 deadline = lp_now() + LOCK_WAIT;

	while (flock(dir, LOCK_EX | LOCK_NB)) {
		struct timespec ts = { .tv_nsec = 10 * LP_MS };

		if (errno != EWOULDBLOCK && errno != EINTR)
			return lp_err_errno("cannot lock the state directory");
		if (!lp_left(deadline))
			return lp_err_advice(
				lp_err(LP_BUSY, "another process has the state directory locked"),
				"try again");
		nanosleep(&ts, NULL);
	}
	return NULL;
}

/* A file that can't be read, or is no payload, is listed all the same: it can be forgotten. N_READ
 * is what all files before had. */
static void read_item(struct lp_arena *arena, const struct lp_store *store, struct lp_stored *item,
		      size_t *n_read)
{
	struct sb_error error;
	size_t size;
	int fd;

	if (!sb_stored_open_file(store->dir, item->file, store->place.owner, &fd, &size, &error))
		return;
	item->size = size;
	*n_read += size;
	if (*n_read <= MAX_READ) {
		u8 *image = lp_alloc(arena, size);
		const char *id = NULL;

		if (!sb_read_whole(fd, image, size)) {
			item->image = image;
			lp_err_destroy(lp_payload_note(arena, item->file, image, size,
						       LIVEPATCH_SEC_BUILD_ID, &id));
		}
		if (id)
			item->id = id;
	}
	close(fd);
}

static struct lp_err *list(struct lp_arena *arena, struct lp_store *store)
{
	struct sb_stored *found = lp_new(arena, struct sb_stored);
	struct sb_error err;
	size_t n_read = 0;

	if (!sb_stored_list(store->dir, found, &err))
		return of(&err, &store->place);
	store->items = lp_new_array(arena, found->n, struct lp_stored);
	store->n = found->n;
	for (size_t i = 0; i < store->n; i++) {
		struct lp_stored *item = &store->items[i];
		char *name = lp_alloc(arena, LIVEPATCH_MAX_NAME);

		*item = (struct lp_stored){ .file = found->files[i], .id = "?" };
		item->number = sb_stored_number(item->file, name);
		item->name = name;
		read_item(arena, store, item, &n_read);
	}
	return NULL;
}

struct lp_err *lp_store_open(struct lp_arena *arena, const struct lp_store_place *place,
			     enum lp_store_mode mode, struct lp_store *ret)
{
	*ret = (struct lp_store){ .place = *place, .own = (uid_t)setfsuid(place->owner) };
	struct lp_err *err = open_folder(place, mode == LP_STORE_MAKE, &ret->dir);
	if (!err && ret->dir >= 0 && mode != LP_STORE_READ)
		err = lock(ret->dir);
	if (!err && ret->dir >= 0)
		err = list(arena, ret);
	if (err)
		lp_store_close(ret);
	return err;
}

void lp_store_close(struct lp_store *store)
{
	if (store->dir >= 0)
		close(store->dir); /* and the lock goes */
	store->dir = -1;
	setfsuid(store->own);
}

static struct lp_err *write_bytes(int fd, const u8 *image, size_t len)
{
	while (len) {
		ssize_t n = write(fd, image, len);

		if (n < 0 && errno != EINTR)
			return lp_err_errno("cannot write");
		image += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return NULL;
}

static struct lp_err *write_file(const struct lp_store *store, const char *file, const u8 *image,
				 size_t len)
{
	unlinkat(store->dir, UNFINISHED, 0); /* of one that was killed */
	int fd = openat(store->dir, UNFINISHED,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return lp_err_errno("cannot write '%s'", file);
	struct lp_err *err = write_bytes(fd, image, len);
	if (!err && (fchmod(fd, 0644) || fsync(fd)))
		err = lp_err_errno("cannot write");
	if (close(fd) && !err)
		err = lp_err_errno("cannot write");
	if (!err && (renameat(store->dir, UNFINISHED, store->dir, file) || fsync(store->dir)))
		err = lp_err_errno("cannot write");
	if (err)
		unlinkat(store->dir, UNFINISHED, 0);
	return lp_err_context(err, "while writing '%s'", file);
}

struct lp_err *lp_store_add(struct lp_arena *arena, struct lp_store *store, const char *name,
			    const u8 *image, size_t len, bool *ret)
{
	const struct lp_stored *same = NULL;
	u32 last = 0;

	for (size_t i = 0; i < store->n; i++) {
		const struct lp_stored *item = &store->items[i];

		if (!strcmp(item->name, name))
			same = item;
		last = item->number > last ? item->number : last;
	}
	*ret = !same || !same->image || same->size != len || memcmp(same->image, image, len) != 0;
	if (!*ret)
		return NULL;
	if (strchr(name, '/'))
		return lp_err(LP_FAILED, "name '%s' can't be that of a file", name);
	if (last >= SB_STORED_LAST || (store->n >= SB_STORED_MAX && !same))
		return lp_err_advice(lp_err(LP_FAILED,
					    "%zu patches are stored already, the last as number %u",
					    store->n, last),
				     "--forget those that are not needed");
	const char *file =
		lp_printf(arena, "%0*u-%s" SB_STORED_SUFFIX, SB_STORED_DIGITS, last + 1, name);
	LP_TRY(write_file(store, file, image, len));
	return same ? lp_store_remove(store, same) : NULL;
}

struct lp_err *lp_store_remove(struct lp_store *store, const struct lp_stored *item)
{
	if (unlinkat(store->dir, item->file, 0) || fsync(store->dir))
		return lp_err_errno("cannot remove the stored '%s'", item->file);
	return NULL;
}

struct lp_err *lp_store_find(const struct lp_store *store, const char *key,
			     const struct lp_stored **ret)
{
	size_t n = 0;

	for (size_t i = 0; i < store->n; i++) {
		const struct lp_stored *item = &store->items[i];

		if (!strcmp(item->name, key)) {
			*ret = item;
			return NULL;
		}
		if (*key && !strncmp(item->id, key, strlen(key))) {
			*ret = item;
			n++;
		}
	}
	if (n == 1)
		return NULL;
	return lp_err_advice(lp_err(n ? LP_FAILED : LP_NOTHING, "%s '%s' is stored for build-id %s",
				    n ? "more than one" : "no patch", key, store->place.id),
			     "--stored shows what is");
}
