/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether all threads are stopped, asked of the kernel: of this very process, with a worker of
 * io_uring among them, and with one that a child stops.
 */
#include "tests/unit/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

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

static struct sb_watch watch;

static bool all_stopped_by(pid_t tracer, pid_t *ret)
{
	int fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool stopped = sb_all_stopped_quiet(fd, &watch, getpid(), tracer, ret);

	close(fd);
	return stopped;
}

static bool all_stopped(pid_t *ret)
{
	return all_stopped_by(getppid(), ret);
}

static void watch_all(void)
{
	int fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	sb_watch_open(&watch, fd, getpid());
	close(fd);
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
	/* A thread that was joined is listed for a moment. */
	for (unsigned i = 0; i < 5000 && !all_stopped(&who); i++)
		usleep(1000);
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

#ifndef __SANITIZE_THREAD__ /* which adds a thread of its own to the first that is made */
static pid_t tid;

static void *tell_and_block(void *arg)
{
	__atomic_store_n(&tid, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	return block(arg);
}

/* In a child: stops thread TID of its parent, says so, lets it go when asked to. */
static _Noreturn void trace(int say, int ask)
{
	char byte = 0;
	int status;

	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) || ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) ||
	    waitpid(tid, &status, __WALL) != tid || write(say, &byte, 1) != 1 ||
	    read(ask, &byte, 1) != 1 || ptrace(PTRACE_DETACH, tid, NULL, NULL))
		_exit(1);
	_exit(0);
}

/* Until thread TID, which was let go, has run and sleeps in read() again. */
static void wait_until_blocked(void)
{
	char path[64], state = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	for (unsigned i = 0; i < 5000 && state != 'S'; i++) {
		FILE *f = fopen(path, "r");

		assert_non_null(f);
		assert_int_equal(fscanf(f, "%*d (%*[^)]) %c", &state), 1);
		fclose(f);
		usleep(state == 'S' ? 0 : 1000);
	}
	assert_int_equal(state, 'S');
}

/* Were its files opened before it was stopped? */
enum watched { NOT_WATCHED, ONLY_STATUS, WATCHED };

static void check_stopped(enum watched watched)
{
	int say[2], ask[2], status;
	char byte = 0;
	pid_t who;

	assert_int_equal(pipe(say), 0);
	assert_int_equal(pipe(ask), 0);
	if (watched)
		watch_all();
	assert_int_equal(watch.n, watched ? 1 : 0);
	if (watched == ONLY_STATUS) { /* as where the kernel does not count */
		assert_int_equal(close(watch.items[0].schedstat_fd), 0);
		watch.items[0].schedstat_fd = -1;
	}
	pid_t child = fork();
	if (!child)
		trace(say[1], ask[0]);
	assert_int_equal(read(say[0], &byte, 1), 1);
	assert_int_equal(sb_look_ahead_quiet(&watch, child), watched != NOT_WATCHED);
	assert_false(sb_look_ahead_quiet(&watch, child));
	assert_int_equal(watch.items[0].tracer, watched == WATCHED ? child : 0);
	assert_true(all_stopped_by(child, &who));
	assert_false(all_stopped_by(child + 1, &who));
	assert_int_equal(who, tid);
	assert_true(all_stopped_by(child, &who));
	assert_int_equal(watch.items[0].tracer, watched == WATCHED ? child : 0);
	assert_int_equal(write(ask[1], &byte, 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	wait_until_blocked();
	assert_false(all_stopped_by(child, &who)); /* what was seen before is no proof */
	watch.next = 0;
	assert_int_equal(sb_look_ahead_quiet(&watch, child), watched != NOT_WATCHED);
	assert_int_equal(watch.items[0].tracer, 0);
	sb_watch_close(&watch);
	for (int i = 0; i < 2; i++) {
		close(say[i]);
		close(ask[i]);
	}
}

static void test_stopped_by_whom(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(pthread_create(&thread, NULL, tell_and_block, NULL), 0);
	while (!__atomic_load_n(&tid, __ATOMIC_ACQUIRE))
		usleep(100);
	check_stopped(WATCHED);
	check_stopped(ONLY_STATUS);
	check_stopped(NOT_WATCHED);
	assert_int_equal(write(fds[1], "a", 1), 1);
	pthread_join(thread, NULL);
}

/* A descriptor of a thread that has ended shows nothing of another one. */
static void test_watched_thread_ends(void **state)
{
	pthread_t thread;
	pid_t who;

	(void)state;
	tid = 0;
	assert_int_equal(pthread_create(&thread, NULL, tell_and_block, NULL), 0);
	while (!__atomic_load_n(&tid, __ATOMIC_ACQUIRE))
		usleep(100);
	watch_all();
	assert_int_equal(watch.n, 1);
	assert_int_equal(write(fds[1], "a", 1), 1);
	pthread_join(thread, NULL);
	while (!all_stopped(&who)) /* it is listed for a moment */
		usleep(100);
	watch.items[0].tid = tid = 0;
	assert_int_equal(pthread_create(&thread, NULL, tell_and_block, NULL), 0);
	while (!__atomic_load_n(&tid, __ATOMIC_ACQUIRE))
		usleep(100);
	watch.items[0].tid = tid; /* as if it had got the number */
	assert_false(all_stopped(&who));
	assert_int_equal(who, tid);
	assert_int_equal(write(fds[1], "a", 1), 1);
	pthread_join(thread, NULL);
	sb_watch_close(&watch);
}

#endif

/* Half of what the program may open is left to it. */
static void test_descriptors_are_left(void **state)
{
	struct rlimit before, few;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = (struct rlimit){ 6, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	watch_all();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(watch.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_flags),
#ifndef __SANITIZE_THREAD__
		TEST(test_stopped_by_whom),
		TEST(test_watched_thread_ends),
#endif
		TEST(test_descriptors_are_left),
		TEST(test_worker_of_the_kernel), /* which stays for some seconds */
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
