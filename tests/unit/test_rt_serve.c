/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real listener thread of this process, and clients of all kinds. Also run under TSan. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "runtime/sandbox.h"
#include "runtime/wire.h"
#include "tests/unit/test.h"

static char sock_path[512];

static int dial(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = 20 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_true(strlen(sock_path) < sizeof(addr.sun_path));
	memcpy(addr.sun_path, sock_path, strlen(sock_path));
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	return fd;
}

static bool get(int fd, void *data, size_t len)
{
	u8 *p = data;

	while (len) {
		ssize_t n = recv(fd, p, len, 0);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* The reply to what was sent: its status, -1 when the connection ended. The fields of the reply go
 * to BODY, cut to SIZE. */
static int hear(int fd, u16 id, void *body, size_t size)
{
	struct wire_header header;
	u8 reply[1 << 16];
	u32 status;

	if (!get(fd, &header, sizeof(header)))
		return -1;
	assert_int_equal(header.id, id | WIRE_REPLY);
	assert_true(header.length <= sizeof(reply) + sizeof(header));
	if (!get(fd, reply, header.length - sizeof(header)))
		return -1;
	if (body)
		memcpy(body, reply, size);
	memcpy(&status, reply + 4, 4);
	return (int)status;
}

static bool put(int fd, const void *data, size_t len)
{
	return send(fd, data, len, MSG_NOSIGNAL) >= 0;
}

/* Sends a message with at most one field. */
static int talk(int fd, u16 id, const void *field, u32 len, void *body, size_t size)
{
	struct wire_header header = {
		.magic = WIRE_MAGIC,
		.version = WIRE_VERSION,
		.id = id,
		.length = (u32)sizeof(header) + (field ? 4 + len : 0),
	};

	if (!put(fd, &header, sizeof(header)) ||
	    (field && (!put(fd, &len, 4) || !put(fd, field, len))))
		return -1;
	return hear(fd, id, body, size);
}

/* The same with two fields, the second of them flags of FLAGS_LEN bytes. */
static int talk_two(int fd, u16 id, const void *field, u32 len, u64 flags, u32 flags_len,
		    void *body, size_t size)
{
	struct wire_header header = {
		.magic = WIRE_MAGIC,
		.version = WIRE_VERSION,
		.id = id,
		.length = (u32)sizeof(header) + 4 + len + 4 + flags_len,
	};

	if (!put(fd, &header, sizeof(header)) || !put(fd, &len, 4) || !put(fd, field, len) ||
	    !put(fd, &flags_len, 4) || !put(fd, &flags, flags_len))
		return -1;
	return hear(fd, id, body, size);
}

static int talk_flags(int fd, u16 id, const void *field, u32 len, u64 flags, u32 flags_len)
{
	return talk_two(fd, id, field, len, flags, flags_len, NULL, 0);
}

static int ask(u16 id)
{
	int fd = dial();
	int status = talk(fd, id, NULL, 0, NULL, 0);

	close(fd);
	return status;
}

static int setup(void **state)
{
	char dir[256];

	(void)state;
	snprintf(dir, sizeof(dir), "%s", test_path("x"));
	*strrchr(dir, '/') = '\0';
	setenv("SANDBOX_DIR", dir, 1);
	setenv("SANDBOX_LOG", test_path("log"), 1);
	snprintf(sock_path, sizeof(sock_path), "%s/sandbox-sock%d", dir, getpid());
	return sandbox_init() || sandbox_init() || sandbox_start() || sandbox_start();
}

static void socket_is_for_the_owner_only(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(lstat(sock_path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void messages_are_answered(void **state)
{
	char reply[400];

	(void)state;
	assert_int_equal(ask(WIRE_LIST), 0);
	assert_int_equal(ask(WIRE_CONTEXTS), 0);
	assert_int_equal(ask(WIRE_CODE), 0);
	assert_int_equal(ask(WIRE_COMMIT), 64);
	assert_int_equal(ask(WIRE_ABORT), 64);
	assert_int_equal(ask(0x777), 64);
	assert_int_equal(ask(WIRE_APPLY), 64); /* without a payload */
	int fd = dial();

	assert_int_equal(talk(fd, WIRE_INFO, NULL, 0, reply, sizeof(reply)), 0);
	reply[sizeof(reply) - 1] = '\0';
	assert_non_null(strstr(reply + 16, "version="));
	assert_non_null(strstr(reply + 16, "\ngit="));
	assert_int_equal(talk_flags(fd, WIRE_REMOVE, "x", 1, WIRE_FORCE, 4), 3);
	assert_int_equal(talk_flags(fd, WIRE_UPLOAD, "\177ELF", 4, 0, 4), 2);
	assert_int_equal(talk_flags(fd, WIRE_UPLOAD, "\177ELF", 4, WIRE_TRANSIENT, 4), 2);
	assert_int_equal(talk_flags(fd, WIRE_UPLOAD, "\177ELF", 4, 1, 4), 64);
	assert_int_equal(talk_flags(fd, WIRE_APPLY, "x", 1, WIRE_NODEPS | WIRE_REPLACE, 4), 3);
	assert_int_equal(talk_flags(fd, WIRE_APPLY, "x", 1, 4, 4), 64); /* no such flag */
	assert_int_equal(talk_flags(fd, WIRE_APPLY, "x", 1, 0, 3), 64);
	assert_int_equal(talk_flags(fd, WIRE_APPLY, "x", 1, 0, 8), 64);
	assert_int_equal(talk_flags(fd, WIRE_REVERT, "x", 1, WIRE_NODEPS, 4), 3);
	assert_int_equal(talk_flags(fd, WIRE_REVERT, "x", 1, WIRE_REPLACE, 4), 64);
	assert_int_equal(talk_flags(fd, WIRE_REMOVE, "x", 1, WIRE_NODEPS, 4), 64);
	assert_int_equal(talk(fd, WIRE_APPLY, "x", 1, NULL, 0), 64); /* without flags */
	assert_int_equal(talk(fd, WIRE_UPLOAD, "x", 1, NULL, 0), 64);
	assert_int_equal(talk(fd, WIRE_INFO, "x", 1, NULL, 0), 64);
	assert_int_equal(talk(fd, WIRE_INFO, NULL, 0, NULL, 0), 0); /* the same connection */
	close(fd);
}

static int set_log(int fd, u32 level, u32 targets, u32 *ret_level, u32 *ret_targets)
{
	u8 reply[32];
	int status = talk_two(fd, WIRE_LOG, &level, sizeof(level), targets, sizeof(targets), reply,
			      sizeof(reply));

	if (!status) {
		memcpy(ret_level, reply + 16, 4);
		memcpy(ret_targets, reply + 24, 4);
	}
	return status;
}

static void log_level_is_changed(void **state)
{
	u32 level = 0, targets = 0;
	int fd = dial();

	(void)state;
	assert_int_equal(set_log(fd, 2, 0, &level, &targets), 0);
	assert_int_equal(level, 1);
	assert_int_equal(targets, WIRE_LOG_FILE);
	assert_int_equal(set_log(fd, 3, 0, &level, &targets), 64);
	assert_int_equal(set_log(fd, 1, 4, &level, &targets), 64);
	level = 1;
	assert_int_equal(talk_flags(fd, WIRE_LOG, &level, 3, 0, 4), 64);
	assert_int_equal(talk_flags(fd, WIRE_LOG, &level, 4, 0, 3), 64);
	assert_int_equal(talk(fd, WIRE_LOG, &level, sizeof(level), NULL, 0), 64);
	assert_int_equal(set_log(fd, 0, WIRE_LOG_SYSLOG, &level, &targets), 0);
	assert_int_equal(level, 2);
	assert_int_equal(set_log(fd, 1, WIRE_LOG_FILE, &level, &targets), 0);
	assert_int_equal(targets, WIRE_LOG_SYSLOG);
	close(fd);
}

/* A frame that can't be one ends its connection at once, and no other. */
static void garbage_ends_its_connection_only(void **state)
{
	static const char *const bad[] = { "GET / HTTP/1.0\r\n\r\n", "SANX",
					   "SAND\1\0\1\0\14\0\0\0", "SAND\2\0\1\0\4\0\0\0",
					   "SAND\2\0\1\0\377\377\377\377" };
	static const size_t len[] = { 18, 4, 12, 12, 12 };
	int good = dial();

	(void)state;
	for (size_t i = 0; i < LP_ARRAY_SIZE(bad); i++) {
		int fd = dial();
		u8 reply[256];
		ssize_t n;

		assert_int_equal(send(fd, bad[i], len[i], MSG_NOSIGNAL), len[i]);
		/* A refusal, then the end. */
		n = recv(fd, reply, sizeof(reply), 0);
		assert_true(n > 20 && reply[16] == 64);
		while (n > 0)
			n = recv(fd, reply, sizeof(reply), 0);
		assert_true(n == 0 || errno == ECONNRESET);
		close(fd);
	}
	assert_int_equal(talk(good, WIRE_INFO, NULL, 0, NULL, 0), 0);
	close(good);
}

/* In a frame of the version that was asked in, and with those that are spoken. */
static void other_version_is_told_so(void **state)
{
	static const char *const asked[] = { "SAND\1\0\2\0\14\0\0\0", "SAND\3\1\2\0\14\0\0\0" };
	static const char text[] = "this runtime speaks protocol version 2, not";

	(void)state;
	for (size_t i = 0; i < LP_ARRAY_SIZE(asked); i++) {
		int fd = dial();
		u8 reply[256];
		ssize_t n;

		assert_true(put(fd, asked[i], 12));
		n = recv(fd, reply, sizeof(reply), MSG_WAITALL);
		assert_true(n > 30);
		assert_memory_equal(reply, asked[i], 6);
		assert_memory_equal(reply + 6, "\2\x80", 2);
		assert_int_equal(reply[8], n);
		assert_int_equal(reply[16], 64);
		assert_memory_equal(reply + 24, text, sizeof(text) - 1);
		assert_memory_equal(reply + n - 6, "\2\0\0\0\2\0", 6);
		assert_int_equal(recv(fd, reply, sizeof(reply), 0), 0);
		close(fd);
	}
}

static void message_may_come_in_single_bytes(void **state)
{
	static const char frame[] = "SAND\2\0\2\0\14\0\0\0";
	struct wire_header header;
	int fd = dial();

	(void)state;
	for (size_t i = 0; i < 12; i++)
		assert_int_equal(send(fd, frame + i, 1, MSG_NOSIGNAL), 1);
	assert_true(get(fd, &header, sizeof(header)));
	assert_int_equal(header.id, WIRE_LIST | WIRE_REPLY);
	close(fd);
}

static void messages_may_come_in_one_piece(void **state)
{
	static const char frames[] =
		"SAND\2\0\2\0\14\0\0\0SAND\2\0\5\0\14\0\0\0SAND\2\0\1\0\14\0\0";
	static const u16 ids[] = { WIRE_LIST, WIRE_CONTEXTS, WIRE_INFO };
	int fd = dial();

	(void)state;
	assert_int_equal(send(fd, frames, 36, MSG_NOSIGNAL), 36);
	for (size_t i = 0; i < 3; i++) {
		struct wire_header header;
		u8 body[4096];

		assert_true(get(fd, &header, sizeof(header)));
		assert_int_equal(header.id, ids[i] | WIRE_REPLY);
		assert_true(get(fd, body, header.length - sizeof(header)));
	}
	close(fd);
}

/* Silent connections take all places: the next one is served all the same. */
static void silent_clients_make_room(void **state)
{
	int silent[20];

	(void)state;
	for (size_t i = 0; i < LP_ARRAY_SIZE(silent); i++)
		silent[i] = dial();
	for (size_t i = 0; i < LP_ARRAY_SIZE(silent); i += 2) /* half of them begin to speak */
		(void)send(silent[i], "SAND", 4, MSG_NOSIGNAL);
	assert_int_equal(ask(WIRE_INFO), 0);
	for (size_t i = 0; i < LP_ARRAY_SIZE(silent); i++)
		close(silent[i]);
	assert_int_equal(ask(WIRE_INFO), 0);
}

static void a_thousand_connections(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		close(dial());
	for (int i = 0; i < 1000; i++)
		assert_int_equal(ask(WIRE_LIST), 0);
}

static void half_a_payload_is_forgotten(void **state)
{
	static const char head[] = "SAND\2\0\12\0\0\0\x80\0\xf0\xff\x7f\0";
	static u8 part[100000];

	(void)state;
	for (int i = 0; i < 20; i++) {
		int fd = dial();

		assert_int_equal(send(fd, head, 16, MSG_NOSIGNAL), 16);
		(void)send(fd, part, sizeof(part), MSG_NOSIGNAL);
		close(fd);
	}
	assert_int_equal(ask(WIRE_INFO), 0);
}

/* The registry of coroutines changes while the listener reads it. */
static void *churn(void *arg)
{
	static u8 objects[64][64];
	u8 stack[256];

	for (unsigned i = 0; i < 20000; i++) {
		sandbox_context_add(objects[i % 64], stack, sizeof(stack), NULL, 64);
		sandbox_context_remove(objects[i % 64]);
	}
	return arg;
}

static void contexts_change_meanwhile(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, churn, NULL), 0);
	for (int i = 0; i < 200; i++)
		assert_int_equal(ask(WIRE_CONTEXTS), 0);
	assert_int_equal(ask(WIRE_CODE), 0);
	pthread_join(thread, NULL);
}

/* A forked child serves nobody, and does not take its parent's socket away when it ends. */
static void child_leaves_the_socket_alone(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		bool refused = sandbox_start() != 0;

		sandbox_stop();
		_exit(refused ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(ask(WIRE_INFO), 0);
}

static void log_has_a_line_for_each_message(void **state)
{
	char text[4096];
	FILE *f = fopen(test_path("log"), "r");
	unsigned n_in = 0, n_out = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(text, sizeof(text), f)) {
		n_in += strstr(text, " in ") != NULL;
		n_out += strstr(text, " out ") != NULL;
	}
	fclose(f);
	assert_true(n_in > 1000);
	assert_true(n_out >= n_in);
}

static void stop_takes_the_socket_away(void **state)
{
	struct stat st;

	(void)state;
	sandbox_stop();
	assert_int_equal(lstat(sock_path, &st), -1);
	sandbox_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(socket_is_for_the_owner_only),
		TEST(messages_are_answered),
		TEST(log_level_is_changed),
		TEST(garbage_ends_its_connection_only),
		TEST(other_version_is_told_so),
		TEST(message_may_come_in_single_bytes),
		TEST(messages_may_come_in_one_piece),
		TEST(silent_clients_make_room),
		TEST(a_thousand_connections),
		TEST(half_a_payload_is_forgotten),
		TEST(contexts_change_meanwhile),
		TEST(child_leaves_the_socket_alone),
		TEST(log_has_a_line_for_each_message),
		TEST(stop_takes_the_socket_away),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
