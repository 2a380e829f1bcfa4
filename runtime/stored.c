/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "runtime/stored.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/sys.h"

#define MAX_READS 64 /* of 4 KiB: some thousand names */
#define MAX_STATE 3800
#define FOLDER	  (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

uint32_t sb_stored_number(const char *file, char ret_name[LIVEPATCH_MAX_NAME])
{
	const char *name = file + SB_STORED_DIGITS + 1;
	size_t len = strlen(file), end = sizeof(SB_STORED_SUFFIX) - 1;
	uint32_t number = 0;

	if (len <= SB_STORED_DIGITS + 1 + end || len >= SB_STORED_NAME ||
	    file[SB_STORED_DIGITS] != '-' || strcmp(file + len - end, SB_STORED_SUFFIX) != 0)
		return 0;
	for (unsigned i = 0; i < SB_STORED_DIGITS; i++) {
		if (file[i] < '0' || file[i] > '9')
			return 0;
		number = number * 10 + (uint32_t)(file[i] - '0');
	}
	len -= SB_STORED_DIGITS + 1 + end;
	if (len >= LIVEPATCH_MAX_NAME)
		return 0;
	for (size_t i = 0; i < len; i++) /* as in a payload: some things go to a terminal */
		if (name[i] <= ' ' || name[i] == 0x7f)
			return 0;
	memcpy(ret_name, name, len);
	ret_name[len] = '\0';
	return number;
}

static bool check_owner(const struct stat *st, const char *name, uint32_t owner, bool sticky_is_ok,
			struct sb_error *err)
{
	if (st->st_uid != owner)
		return sb_fail(err, SB_TRUST, "'%s' belongs to user %u, not to user %u", name,
			       st->st_uid, owner);
	if ((st->st_mode & 022) && !(sticky_is_ok && (st->st_mode & S_ISVTX)))
		return sb_fail(err, SB_TRUST, "'%s' has mode %04o: others may write to it", name,
			       st->st_mode & 07777);
	return true;
}

static bool enter(int dir_fd, const char *name, uint32_t owner, bool sticky_is_ok, int *ret,
		  struct sb_error *err)
{
	struct stat st;

	*ret = openat(dir_fd, name[0] == '/' ? "." : name, FOLDER); /* it may not be our root */
	if (*ret < 0 && errno == ENOENT)
		return sb_fail(err, SB_NOTHING, "there is no directory '%s'", name);
	if (*ret < 0 && errno == ENOTDIR)
		return sb_fail(err, SB_TRUST, "'%s' is not a directory", name);
	if (*ret < 0 || fstatat(*ret, "", &st, AT_EMPTY_PATH))
		sb_error_set(err, SB_FAILED, "opening the directory '%s' failed: %s", name,
			     strerror(errno));
	else if (check_owner(&st, name, owner, sticky_is_ok, err))
		return true;
	if (*ret >= 0)
		close(*ret);
	*ret = -1;
	return false;
}

bool sb_stored_enter(int dir_fd, const char *name, uint32_t owner, int *ret, struct sb_error *err)
{
	return enter(dir_fd, name, owner, false, ret, err);
}

bool sb_stored_walk(int root_fd, const char *path, size_t len, uint32_t owner, int *ret,
		    struct sb_error *err)
{
	char name[256];
	int fd;

	*ret = -1;
	if (path[0] != '/' || len > MAX_STATE)
		return sb_fail(err, SB_USAGE, "the state directory has no absolute name");
	if (!enter(root_fd, "/", owner, true, &fd, err))
		return false;
	for (size_t at = 0, n; at < len; at += n) {
		int next;

		if (path[at] == '/') {
			n = 1;
			continue;
		}
		for (n = 0; at + n < len && path[at + n] != '/'; n++)
			;
		snprintf(name, sizeof(name), "%.*s", (int)n, path + at);
		if (n >= sizeof(name) || !strcmp(name, ".") || !strcmp(name, "..")) {
			close(fd);
			return sb_fail(err, SB_USAGE, "'%s' can't be part of the state directory",
				       name);
		}
		if (!enter(fd, name, owner, true, &next, err)) {
			close(fd);
			return false;
		}
		close(fd);
		fd = next;
	}
	*ret = fd;
	return true;
}

/* In a path that is a symbolic link on the way somebody else may have stored nothing, too: that is
 * no reason to complain at every start. */
static bool is_there(int root_fd, const char *state, const char *id)
{
	char path[MAX_STATE + 2 * LIVEPATCH_MAX_BUILD_ID + 2];
	struct stat st;
	int n;

	while (*state == '/')
		state++;
	n = snprintf(path, sizeof(path), "%s/%s", state, id);
	return n < 0 || (size_t)n >= sizeof(path) || !fstatat(root_fd, path, &st, 0) ||
	       errno != ENOENT;
}

bool sb_stored_open(int root_fd, const char *state, const char *id, uint32_t owner, int *ret,
		    struct sb_error *err)
{
	const char *slash = strrchr(state, '/');
	int parent, dir;
	bool ok;

	*ret = -1;
	if (!slash || !slash[1])
		return sb_fail(err, SB_USAGE, "the state directory has no absolute name");
	if (!is_there(root_fd, state, id))
		return sb_fail(err, SB_NOTHING, "nothing is stored for build-id %s", id);
	if (!sb_stored_walk(root_fd, state, (size_t)(slash - state), owner, &parent, err))
		return false;
	ok = sb_stored_enter(parent, slash + 1, owner, &dir, err);
	close(parent);
	if (!ok)
		return false;
	ok = sb_stored_enter(dir, id, owner, ret, err);
	close(dir);
	return ok;
}

/* Into the sorted list, out of which the last one falls when it is full. */
static void insert(struct sb_stored *list, const char *file)
{
	uint32_t at = list->n, last;

	/* Four digits first: that is the order of the numbers. */
	while (at && strcmp(list->files[at - 1], file) > 0)
		at--;
	if (list->n == SB_STORED_MAX)
		list->n_more++;
	else
		list->n++;
	last = list->n - 1;
	if (at > last)
		return;
	memmove(list->files[at + 1], list->files[at], (last - at) * sizeof(list->files[0]));
	memcpy(list->files[at], file, strlen(file) + 1);
}

static void add(struct sb_stored *list, const char *file)
{
	char name[LIVEPATCH_MAX_NAME];

	if (file[0] == '.')
		return;
	if (sb_stored_number(file, name)) {
		insert(list, file);
		return;
	}
	if (!list->n_other++)
		snprintf(list->other, sizeof(list->other), "%s", file);
}

bool sb_stored_list(int dir_fd, struct sb_stored *ret, struct sb_error *err)
{
	char buf[4096] __attribute__((aligned(8))) = { 0 };
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long n = 1;

	ret->n = ret->n_more = ret->n_other = 0;
	if (fd < 0)
		return sb_fail(err, SB_FAILED, "opening the directory failed: %s", strerror(errno));
	for (unsigned i = 0; i < MAX_READS && n > 0; i++) {
		n = sb_sys(SYS_getdents64, (uint64_t)fd, (uint64_t)(uintptr_t)buf, sizeof(buf), 0);
		for (long at = 0; at < n;) {
			const struct sb_dirent *e = (const struct sb_dirent *)(buf + at);

			add(ret, e->name);
			at += e->reclen;
		}
	}
	close(fd);
	if (n > 0) /* the lowest number may be behind what was read */
		return sb_fail(err, SB_REFUSED, "the directory has too many names");
	return !n || sb_fail(err, SB_FAILED, "reading the directory failed: %s", strerror((int)-n));
}

bool sb_stored_open_file(int dir_fd, const char *file, uint32_t owner, int *ret, size_t *ret_size,
			 struct sb_error *err)
{
	struct stat st;

	*ret = openat(dir_fd, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (*ret < 0)
		return sb_fail(err, SB_FAILED, "opening it failed: %s", strerror(errno));
	if (fstatat(*ret, "", &st, AT_EMPTY_PATH))
		sb_error_set(err, SB_FAILED, "looking at it failed: %s", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		sb_error_set(err, SB_TRUST, "it is not a regular file");
	else if (st.st_size <= 0 || st.st_size > LIVEPATCH_MAX_SIZE)
		sb_error_set(err, SB_REFUSED, "it has %lld bytes, not 1 to %u",
			     (long long)st.st_size, LIVEPATCH_MAX_SIZE);
	else if (check_owner(&st, file, owner, false, err)) {
		*ret_size = (size_t)st.st_size;
		return true;
	}
	close(*ret);
	*ret = -1;
	return false;
}
