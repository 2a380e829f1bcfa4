/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Brings the runtime up, and takes its socket away again. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "runtime/core.h"
#include "runtime/listen.h"
#include "runtime/note.h"
#include "runtime/restore.h"
#include "runtime/sandbox.h"
#include "runtime/stored.h"

/* Enough for libc, for dlsym() and for the thread-local storage of the program, which glibc takes
 * from the stack; only what is touched costs memory. */
#define STACK_SIZE (1u << 20)

/* The interface has no handle: there is one runtime in a process. */
static struct sb_core core;
static atomic_bool stop;
static pid_t owner; /* the process that called sandbox_init(); a forked child is another */
static bool is_listening;
static bool is_known; /* core's descriptors are closed or open, no longer 0 */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A child of fork() has copies of descriptors that mean its parent, whose memory it must not touch.
 * The patches that are in its memory stay. */
static void close_all(void)
{
	if (!is_known) {
		core.writer.mem_fd = core.task_fd = core.socket.fd = core.socket.dir_fd = -1;
		sb_log_init(&core.log);
		is_known = true;
	}
	close_fd(&core.writer.mem_fd);
	close_fd(&core.task_fd);
	close_fd(&core.socket.fd);
	close_fd(&core.socket.dir_fd);
	sb_watch_close(&core.watch);
	sb_sink_close(&core.log.sink);
	sb_log_init(&core.log);
	is_listening = false;
	atomic_store(&stop, false);
}

/* SANDBOX_LOG=FILE and SANDBOX_SYSLOG=on turn the log on from the start. The system's log is opened
 * in any case, because later it may be out of reach; SANDBOX_SYSLOG may also name its socket. */
static void open_log(void)
{
	const char *path = secure_getenv("SANDBOX_LOG");
	const char *syslog = secure_getenv("SANDBOX_SYSLOG");
	struct sb_sink *sink = &core.log.sink;
	struct sb_error err;

	sb_sink_open_syslog(sink, syslog && syslog[0] == '/' ? syslog : "/dev/log");
	if (syslog && syslog[0])
		sink->targets |= WIRE_LOG_SYSLOG;
	if (path && path[0]) {
		if (sb_sink_open_file(sink, AT_FDCWD, path, &err))
			sink->targets |= WIRE_LOG_FILE;
		else
			sb_log_text(&core.log, SB_LOG_OFF, err.text);
	}
	if (sink->targets)
		core.log.level = SB_LOG_MESSAGES;
}

/* SANDBOX_DIR, else the directory of the executable. */
static bool open_socket(struct sb_error *err)
{
	const char *dir = secure_getenv("SANDBOX_DIR");
	char exe[sizeof(core.exe.path)];
	char *slash;

	if (dir && dir[0])
		return sb_socket_open(&core.socket, dir, err);
	memcpy(exe, core.exe.path, sizeof(exe));
	slash = strrchr(exe, '/');
	if (!slash) {
		errno = ENOENT;
		return sb_fail(err, SB_FAILED, "the executable is not known; set SANDBOX_DIR");
	}
	slash[slash == exe] = '\0';
	return sb_socket_open(&core.socket, exe, err);
}

static void start_clock(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	core.started = (uint64_t)now.tv_sec;
}

static int fail(const char *text)
{
	int saved = errno;

	sb_log_text(&core.log, SB_LOG_OFF, text);
	errno = saved;
	return -1;
}

static void say_started(void)
{
	char id[2 * LIVEPATCH_MAX_BUILD_ID + 1];
	char text[sizeof(core.socket.path) + sizeof(id) + 40];

	sb_hex(core.exe.build_id, core.exe.build_id_len, id);
	snprintf(text, sizeof(text), "started: build-id %s, socket %s", id, core.socket.path);
	sb_log_text(&core.log, SB_LOG_MESSAGES, text);
}

/* All that changing code needs. */
static int open_all(void)
{
	close_all();
	sb_exe_init(&core.exe);
	open_log();
	sb_areas_init(core.areas);
	sb_writer_init(&core.writer, core.areas);
	/* SANDBOX_TRUST=warn|enforce is stricter than what the program was linked with. */
	core.trust = sb_trust_make(&sb_keys, secure_getenv("SANDBOX_TRUST"));
	core.task_fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (core.task_fd < 0)
		return fail("/proc/self/task can't be opened");
	return 0;
}

/* The program goes on for a while, and may fork: nothing stays open. */
void sandbox_restore(void)
{
	const char *state = secure_getenv("SANDBOX_STATE");

	if (core.restored.state[0] || owner)
		return;
	if (state && !strcmp(state, "off")) {
		memcpy(core.restored.state, state, sizeof("off"));
		return;
	}
	if (!open_all())
		sb_restore(&core, state && state[0] ? state : SB_STORED_STATE);
	close_all();
}

int sandbox_init(void)
{
	bool is_first = !owner;
	struct sb_error err;

	if (owner == getpid())
		return 0;
	owner = 0;
	if (open_all())
		return -1;
	if (!open_socket(&err))
		return fail(err.text);
	start_clock();
	owner = getpid();
	say_started();
	if (is_first)
		atexit(sandbox_stop);
	return 0;
}

static void *run(void *arg)
{
	(void)arg;
	prctl(PR_SET_NAME, "sandbox");
	core.listener = (pid_t)syscall(SYS_gettid);
	sb_listen(&core, &stop);
	return NULL;
}

/* All signals stay with the program's own threads: a new thread inherits the mask. */
static int create_thread(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	int rc = pthread_attr_init(&attr);

	if (rc)
		return rc;
	sigfillset(&all);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&thread, &attr, run, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return rc;
}

int sandbox_start(void)
{
	int rc;

	if (owner != getpid() || atomic_load(&stop)) {
		errno = EINVAL;
		return fail("sandbox_start() needs a sandbox_init() in the same process");
	}
	if (is_listening)
		return 0;
	rc = create_thread();
	if (rc) {
		errno = rc;
		return fail("the listener thread can't be created");
	}
	is_listening = true;
	return 0;
}

void sandbox_stop(void)
{
	if (owner != getpid() || atomic_exchange(&stop, true))
		return;
	sb_socket_unlink(&core.socket);
	sb_log_text(&core.log, SB_LOG_MESSAGES, "stopped");
	/* Wakes the listener, which then ends. */
	shutdown(core.socket.fd, SHUT_RDWR);
}
