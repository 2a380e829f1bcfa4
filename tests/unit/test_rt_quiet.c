/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether all threads are stopped, asked of the kernel: of this very process, whose threads nobody
 * stops, with a worker of io_uring among them.
 */
#include "tests/unit/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>

#include "runtime/quiet.h"
#include "tests/lib/io_worker.h"

/* Flags 0x4208140, with and without those of io_uring's and of vhost's workers. */
#define STAT(name, flags) "4711 (" name ") S 1 4711 4711 0 -1 " flags " 100 0 0 0 1 2"

static void test_flags(void **state)
{
	(void)state;
	assert_false(sb_is_kernel_quiet(STAT("mini", "69239104")));
	assert_true(sb_is_kernel_quiet(STAT("iou-wrk-4711", "69239120")));
	assert_true(sb_is_kernel_quiet(STAT("vhost-4711", "69255488")));
	assert_true(sb_is_kernel_quiet(STAT("a) S 1 (b", "16")));
	assert_false(sb_is_kernel_quiet(STAT("a) S 1 1 1 1 1 16 (b", "0")));
	assert_false(sb_is_kernel_quiet("4711 (iou-wrk-4711) S 1 4711 4711 0 -1"));
	assert_false(sb_is_kernel_quiet("4711 (iou-wrk-4711) S 1 4711 4711 0 -1 "));
	assert_false(sb_is_kernel_quiet("4711"));
	assert_false(sb_is_kernel_quiet(""));
}

static int fds[2];

static void *block(void *arg)
{
	char byte;

	(void)arg;
	return read(fds[0], &byte, 1) == 1 ? fds : NULL;
}

static bool all_stopped(pid_t *ret)
{
	int fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool stopped = sb_all_stopped_quiet(fd, getpid(), getppid(), ret);

	close(fd);
	return stopped;
}

static bool has_worker(void)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n == 2 + 2; /* . and .. */
}

static void test_worker_of_the_kernel(void **state)
{
	struct io_worker worker = { .ring = -1 };
	pthread_t thread;
	pid_t who;
	char buf[2];
	int result;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_true(all_stopped(&who));
	if (io_worker_read(&worker, fds[0], buf, 1)) {
		print_message("io_uring is not permitted here\n");
		return;
	}
	for (unsigned i = 0; i < 5000 && !has_worker(); i++)
		usleep(1000);
	assert_true(has_worker());
	assert_true(all_stopped(&who));
	assert_int_equal(pthread_create(&thread, NULL, block, NULL), 0);
	assert_false(all_stopped(&who));
	assert_true(who > 0 && who != getpid());
	assert_int_equal(write(fds[1], "ab", 2), 2);
	pthread_join(thread, NULL);
	while (!io_worker_ended(&worker, &result))
		usleep(1000);
	assert_int_equal(result, 1);
	close(worker.ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_flags),
		TEST(test_worker_of_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
