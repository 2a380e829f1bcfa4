/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads until SIZE bytes are there or the file ends; the number of bytes, or -1. */
static ssize_t read_full(int fd, u8 *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, data + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static struct lp_err *read_fd(struct lp_arena *arena, const char *path, int fd, size_t max,
			      u8 **ret, size_t *ret_len)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return lp_err_errno("cannot read '%s'", path);
	if (!S_ISREG(st.st_mode))
		return lp_err(LP_FAILED, "cannot read '%s': not a regular file", path);
	if ((u64)st.st_size > max)
		return lp_err(LP_FAILED, "cannot read '%s': larger than %zu bytes", path, max);
	/* One byte more than stat said: a file that grew meanwhile is noticed. */
	size_t size = (size_t)st.st_size;
	u8 *data = lp_alloc(arena, size + 2);
	ssize_t n = read_full(fd, data, size + 1);

	if (n < 0)
		return lp_err_errno("cannot read '%s'", path);
	if ((size_t)n != size)
		return lp_err(LP_FAILED, "cannot read '%s': its size changed while reading", path);
	data[size] = 0;
	*ret = data;
	*ret_len = size;
	return NULL;
}

struct lp_err *lp_file_read(struct lp_arena *arena, const char *path, size_t max, u8 **ret,
			    size_t *ret_len)
{
	/* O_NONBLOCK: opening a fifo must not wait for its writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return lp_err_errno("cannot read '%s'", path);
	struct lp_err *err = read_fd(arena, path, fd, max, ret, ret_len);

	close(fd);
	return err;
}

/* Writes, gives the mode that open(2) would have given, and renames. 0, or -1 with errno. */
static int fill_and_rename(int fd, const char *tmp, const char *path, const u8 *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	mode_t mask = umask(0);

	umask(mask);
	if (fchmod(fd, 0666 & ~mask) < 0)
		return -1;
	return rename(tmp, path);
}

struct lp_err *lp_file_write(const char *path, const void *data, size_t len)
{
	char *tmp;

	/* mkostemp() makes the file with O_EXCL, and rename() replaces a link instead of
	 * following it: nobody can aim the write at another file. */
	if (asprintf(&tmp, "%s.XXXXXX", path) < 0)
		return lp_err(LP_FAILED, "cannot write '%s': out of memory", path);
	int fd = mkostemp(tmp, O_CLOEXEC);
	struct lp_err *err = NULL;

	if (fd < 0) {
		err = lp_err_errno("cannot write '%s'", path);
	} else {
		if (fill_and_rename(fd, tmp, path, data, len) < 0) {
			err = lp_err_errno("cannot write '%s'", path);
			unlink(tmp);
		}
		close(fd);
	}
	free(tmp);
	return err;
}

struct lp_err *lp_mkdir_p(const char *path)
{
	struct lp_err *err = NULL;
	char *copy = strdup(path);

	if (!copy)
		return lp_err(LP_FAILED, "cannot create folder '%s': out of memory", path);
	for (char *p = copy + 1; *copy && !err; p++) {
		bool at_end = !*p;

		if (!at_end && *p != '/')
			continue;
		*p = '\0';
		struct stat st;

		if ((mkdir(copy, 0777) < 0 && errno != EEXIST) || stat(copy, &st) < 0)
			err = lp_err_errno("cannot create folder '%s'", copy);
		else if (!S_ISDIR(st.st_mode))
			err = lp_err(LP_FAILED, "cannot create folder '%s': not a folder", copy);
		if (at_end)
			break;
		*p = '/';
	}
	free(copy);
	return err;
}

bool lp_file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

const char *lp_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *lp_hex(struct lp_arena *arena, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const u8 *p = data;
	char *hex = lp_alloc_array(arena, len + 1, 2);

	for (size_t i = 0; i < len; i++) {
		hex[2 * i] = digits[p[i] >> 4];
		hex[2 * i + 1] = digits[p[i] & 15];
	}
	return hex;
}
