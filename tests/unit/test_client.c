/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client's end of the wire against a server that is a thread at the other end of a socket
 * pair and sends prepared bytes, most of them hostile.
 */
#include "tests/unit/test.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "raxlpxs/client.h"
#include "raxlpxs/clock.h"
#include "raxlpxs/find.h"
#include "raxlpxs/ids.h"

struct server {
	int fd;
	const u8 *reply;
	size_t reply_len;
	size_t split;	/* send this much, then the rest in single bytes */
	size_t request; /* bytes to receive before answering */
	bool keep_open;
	u8 got[256];
	pthread_t thread;
};

static void *serve(void *arg)
{
	struct server *s = arg;
	size_t have = 0;

	while (have < s->request) {
		ssize_t n = recv(s->fd, s->got + have, sizeof(s->got) - have, 0);
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	size_t first = s->split && s->split < s->reply_len ? s->split : s->reply_len;
	(void)!send(s->fd, s->reply, first, MSG_NOSIGNAL);
	for (size_t i = first; i < s->reply_len; i++)
		(void)!send(s->fd, s->reply + i, 1, MSG_NOSIGNAL);
	if (!s->keep_open)
		shutdown(s->fd, SHUT_RDWR);
	return NULL;
}

static void start(struct server *s, struct lp_client *client)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	s->fd = fds[1];
	/* No process, so that nobody waits for its end. */
	lp_client_init(client, &arena, fds[0], -1, "test-socket", NULL);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void stop(struct server *s, struct lp_client *client)
{
	lp_client_deinit(client);
	pthread_join(s->thread, NULL);
	close(s->fd);
}

/* A frame under construction. */
struct frame {
	u8 bytes[8192];
	size_t len;
};

static void put(struct frame *f, const void *data, size_t len)
{
	assert_true(f->len + len <= sizeof(f->bytes));
	memcpy(f->bytes + f->len, data, len);
	f->len += len;
}

static void put_u32(struct frame *f, u32 value)
{
	put(f, &value, sizeof(value));
}

static void put_field(struct frame *f, const void *data, size_t len)
{
	put_u32(f, (u32)len);
	put(f, data, len);
}

static void begin(struct frame *f, u16 id, u32 status, const char *text)
{
	struct wire_header header = { WIRE_MAGIC, WIRE_VERSION, id | WIRE_REPLY, 0 };

	f->len = 0;
	put(f, &header, sizeof(header));
	put_field(f, &status, sizeof(status));
	put_field(f, text, strlen(text));
}

static void set_length(struct frame *f, u32 length)
{
	memcpy(f->bytes + 8, &length, sizeof(length));
}

static struct lp_err *call_with(struct frame *f, u16 id, struct lp_reply *reply)
{
	struct server s = { .reply = f->bytes, .reply_len = f->len, .request = 12 };
	struct lp_client client;

	start(&s, &client);
	struct lp_err *err = lp_client_call(&client, id, NULL, 0, 5 * LP_S, reply);
	stop(&s, &client);
	return err;
}

static void test_request_bytes(void **state)
{
	static const u8 want[] = { 'S', 'A', 'N', 'D', 2,   0, 3, 0, 27, 0, 0, 0, 3, 0,
				   0,	0,   'a', 'b', 'c', 4, 0, 0, 0,	 2, 0, 0, 0 };
	const u32 flags = WIRE_REPLACE;
	const struct lp_field fields[] = { { "abc", 3 }, { &flags, sizeof(flags) } };
	struct frame f;
	struct lp_reply reply;
	struct lp_client client;

	(void)state;
	begin(&f, WIRE_APPLY, 0, "");
	set_length(&f, (u32)f.len);
	struct server s = { .reply = f.bytes, .reply_len = f.len, .request = sizeof(want) };
	start(&s, &client);
	assert_ok(lp_client_call(&client, WIRE_APPLY, fields, 2, 5 * LP_S, &reply));
	stop(&s, &client);
	assert_memory_equal(s.got, want, sizeof(want));
}

static void test_fields(void **state)
{
	struct frame f;
	struct lp_reply reply;
	struct lp_client client;
	u32 value;
	void *array;
	size_t n;

	(void)state;
	begin(&f, WIRE_APPLY, 0, "");
	put_field(&f, (const u32[]){ 42 }, 4);
	put_field(&f, "xyz", 3); /* what follows is not aligned */
	put_field(&f, (const u64[]){ 1, 2, 3 }, 24);
	set_length(&f, (u32)f.len);
	struct server s = { .reply = f.bytes, .reply_len = f.len, .request = 12, .split = 13 };
	start(&s, &client);
	assert_ok(lp_client_call(&client, WIRE_APPLY, NULL, 0, 5 * LP_S, &reply));
	assert_int_equal(reply.n_fields, 3);
	assert_ok(lp_reply_u32(&client, &reply, 0, &value));
	assert_int_equal(value, 42);
	assert_ok(lp_reply_array(&client, &arena, &reply, 2, 8, &array, &n));
	assert_int_equal(n, 3);
	assert_int_equal(((const u64 *)array)[2], 3);
	assert_err(lp_reply_u32(&client, &reply, 1, &value), LP_FAILED, "malformed");
	assert_err(lp_reply_u32(&client, &reply, 3, &value), LP_FAILED, "malformed");
	assert_err(lp_reply_array(&client, &arena, &reply, 1, 8, &array, &n), LP_FAILED,
		   "malformed");
	stop(&s, &client);
}

static void test_status_becomes_error(void **state)
{
	struct frame f;
	struct lp_reply reply;

	(void)state;
	begin(&f, WIRE_INFO, LP_TARGET, "made for \x1b[31manother\n");
	set_length(&f, (u32)f.len);
	assert_err(call_with(&f, WIRE_INFO, &reply), LP_TARGET, "made for ?[31manother?");
	begin(&f, WIRE_INFO, 99, "");
	set_length(&f, (u32)f.len);
	assert_err(call_with(&f, WIRE_INFO, &reply), LP_FAILED, "does not say why");
}

static void test_short_replies(void **state)
{
	struct frame f;
	struct lp_reply reply;

	(void)state;
	begin(&f, WIRE_INFO, 0, "text");
	set_length(&f, (u32)f.len);
	size_t whole = f.len;
	for (f.len = 0; f.len < whole; f.len++)
		assert_err(call_with(&f, WIRE_INFO, &reply), LP_FAILED, "closed the connection");
}

static void test_the_end_of_the_process(void **state)
{
	struct lp_client client = { .fd = -1, .name = "test-socket", .pid = fork() };

	(void)state;
	if (!client.pid)
		_exit(0);
	assert_err(lp_client_error(&client, LP_IO_CLOSED), LP_NOTHING, "has ended");
	assert_int_equal(waitpid(client.pid, NULL, 0), client.pid);
	assert_err(lp_client_error(&client, LP_IO_CLOSED), LP_NOTHING, "has ended");
	client.pid = getpid();
	assert_err(lp_client_error(&client, LP_IO_CLOSED), LP_FAILED, "closed the connection");
}

static void test_wrong_headers(void **state)
{
	static const struct {
		size_t at;
		u8 value;
	} cases[] = { { 0, 'X' }, { 4, 1 }, { 6, WIRE_LIST }, { 7, 0 } };
	struct lp_reply reply;
	struct frame f;

	(void)state;
	for (size_t i = 0; i < LP_ARRAY_SIZE(cases); i++) {
		begin(&f, WIRE_INFO, 0, "");
		set_length(&f, (u32)f.len);
		f.bytes[cases[i].at] = cases[i].value;
		assert_err(call_with(&f, WIRE_INFO, &reply), LP_FAILED, "malformed");
	}
}

/* A refusal of our version is understood, whatever the runtime speaks. */
static void test_other_versions(void **state)
{
	static const u16 newer[] = { 3, 4 }, around[] = { 1, 2, 3 };
	struct lp_reply reply;
	struct frame f;

	(void)state;
	begin(&f, WIRE_INFO, LP_USAGE, "old"); /* the first version tells it in the header */
	set_length(&f, (u32)f.len);
	f.bytes[4] = 1;
	assert_err(call_with(&f, WIRE_INFO, &reply), LP_FAILED,
		   "speaks version 1 of the protocol, this raxlpxs 2");
	begin(&f, WIRE_INFO, LP_USAGE, "new");
	put_field(&f, newer, sizeof(newer));
	set_length(&f, (u32)f.len);
	assert_err(call_with(&f, WIRE_INFO, &reply), LP_FAILED, "speaks version 4 of the protocol");
	begin(&f, WIRE_INFO, LP_USAGE, "something else");
	put_field(&f, around, sizeof(around));
	set_length(&f, (u32)f.len);
	assert_err(call_with(&f, WIRE_INFO, &reply), LP_FAILED, "something else");
	begin(&f, WIRE_INFO, LP_USAGE, "half a number");
	put_field(&f, newer, 3);
	set_length(&f, (u32)f.len);
	assert_err(call_with(&f, WIRE_INFO, &reply), LP_FAILED, "speaks version 3 of the protocol");
}

static void test_wrong_lengths(void **state)
{
	static const u32 lengths[] = {
		0, 11, 12, 16, 23, WIRE_MAX_REPLY + 1, 0x7fffffff, UINT32_MAX
	};
	struct lp_reply reply;
	struct frame f;

	(void)state;
	for (size_t i = 0; i < LP_ARRAY_SIZE(lengths); i++) {
		begin(&f, WIRE_INFO, 0, "");
		set_length(&f, lengths[i]);
		assert_err(call_with(&f, WIRE_INFO, &reply), LP_FAILED, "malformed");
	}
}

static void test_wrong_fields(void **state)
{
	static char long_text[WIRE_MAX_TEXT + 2];
	struct lp_reply reply;
	struct frame f;

	(void)state;
	begin(&f, WIRE_INFO, 0, ""); /* a field that is longer than the frame */
	put_u32(&f, UINT32_MAX);
	set_length(&f, (u32)f.len);
	assert_err(call_with(&f, WIRE_INFO, &reply), LP_FAILED, "malformed");
	begin(&f, WIRE_INFO, 0, ""); /* half a field length */
	put(&f, "\1\0", 2);
	set_length(&f, (u32)f.len);
	assert_err(call_with(&f, WIRE_INFO, &reply), LP_FAILED, "malformed");
	begin(&f, WIRE_INFO, 0, ""); /* one field too many */
	for (u32 i = 0; i <= WIRE_MAX_FIELDS; i++)
		put_field(&f, "", 0);
	set_length(&f, (u32)f.len);
	assert_err(call_with(&f, WIRE_INFO, &reply), LP_FAILED, "malformed");
	memset(long_text, 'x', sizeof(long_text) - 1);
	begin(&f, WIRE_INFO, 1, long_text);
	set_length(&f, (u32)f.len);
	assert_err(call_with(&f, WIRE_INFO, &reply), LP_FAILED, "malformed");
}

/* The answer to one request may come in the time of the next. */
static void test_late_reply_is_not_the_next_one(void **state)
{
	struct frame f, g;
	struct lp_client client;
	struct lp_reply reply;

	(void)state;
	begin(&f, WIRE_CONTEXTS, 0, "late");
	set_length(&f, (u32)f.len);
	begin(&g, WIRE_LIST, 0, "right");
	set_length(&g, (u32)g.len);
	put(&f, g.bytes, g.len);
	struct server s = { .reply = f.bytes, .reply_len = f.len, .request = 24 };
	start(&s, &client);
	u64 soon = lp_now() + 20 * LP_MS;
	assert_int_equal(lp_client_send_quiet(&client, WIRE_CONTEXTS, NULL, 0, soon), LP_IO_OK);
	assert_int_equal(lp_client_recv_quiet(&client, soon, &reply), LP_IO_TIMEOUT);
	assert_int_equal(lp_client_send_quiet(&client, WIRE_LIST, NULL, 0, soon), LP_IO_BROKEN);
	/* The server answers both only after it has seen both; recv() must read no further than
	 * the first. */
	assert_int_equal(send(client.fd, f.bytes, 12, MSG_NOSIGNAL), 12);
	assert_int_equal(lp_client_recv_quiet(&client, lp_now() + 5 * LP_S, &reply), LP_IO_OK);
	assert_string_equal(reply.text, "late");
	client.awaited = WIRE_LIST;
	client.have = 0;
	assert_int_equal(lp_client_recv_quiet(&client, lp_now() + 5 * LP_S, &reply), LP_IO_OK);
	assert_string_equal(reply.text, "right");
	stop(&s, &client);
}

static void test_silence(void **state)
{
	struct server s = { .request = 24, .keep_open = true };
	struct lp_client client;
	struct lp_reply reply;

	(void)state;
	start(&s, &client);
	assert_err(lp_client_call(&client, WIRE_INFO, NULL, 0, 20 * LP_MS, &reply), LP_FAILED,
		   "does not answer");
	stop(&s, &client);
}

/* Who is turned away while it still sends gets to read why. */
static void test_refused_in_the_middle(void **state)
{
	static u8 big[1 << 20];
	const struct lp_field field = { big, sizeof(big) };
	struct frame f;
	struct lp_client client;
	struct lp_reply reply;

	(void)state;
	begin(&f, WIRE_UPLOAD, LP_TRUST, "root only");
	set_length(&f, (u32)f.len);
	struct server s = { .reply = f.bytes, .reply_len = f.len, .request = 12 };
	start(&s, &client);
	assert_err(lp_client_call(&client, WIRE_UPLOAD, &field, 1, 5 * LP_S, &reply), LP_TRUST,
		   "root only");
	stop(&s, &client);
}

static void test_socket_names(void **state)
{
	(void)state;
	assert_int_equal(lp_find_socket_pid("/run/sandbox/sandbox-sock4711"), 4711);
	assert_int_equal(lp_find_socket_pid("sandbox-sock1"), 1);
	assert_int_equal(lp_find_socket_pid("sandbox-sock"), 0);
	assert_int_equal(lp_find_socket_pid("sandbox-sock12x"), 0);
	assert_int_equal(lp_find_socket_pid("sandbox-sock-12"), 0);
	assert_int_equal(lp_find_socket_pid("sandbox-sock99999999999999999999"), 0);
	assert_int_equal(lp_find_socket_pid("other"), 0);
}

static void test_environment(void **state)
{
	static const char env[] = "XSANDBOX_DIR=/no\0SANDBOX_DIRS=/no\0SANDBOX_DIR=/yes\0LAST=1";

	(void)state;
	assert_string_equal(lp_find_env(env, sizeof(env) - 1, "SANDBOX_DIR"), "/yes");
	assert_string_equal(lp_find_env(env, sizeof(env) - 1, "LAST"), "1");
	assert_null(lp_find_env(env, sizeof(env) - 1, "LAS"));
	assert_null(lp_find_env("", 0, "LAS"));
}

static void test_ids(void **state)
{
	static const struct wire_patch patches[] = {
		{ .name = "first", .build_id = { 0xab, 0xcd } },
		{ .name = "second", .build_id = { 0xab, 0xce } },
		{ .name = "ab", .build_id = { 0x12 } },
	};
	size_t at;

	(void)state;
	assert_ok(lp_ids_resolve(&arena, patches, 3, "second", &at));
	assert_int_equal(at, 1);
	assert_ok(lp_ids_resolve(&arena, patches, 3, "ABCE", &at));
	assert_int_equal(at, 1);
	assert_ok(lp_ids_resolve(&arena, patches, 3, "1", &at));
	assert_int_equal(at, 2);
	assert_ok(lp_ids_resolve(&arena, patches, 3, "ab", &at)); /* a name wins */
	assert_int_equal(at, 2);
	assert_err(lp_ids_resolve(&arena, patches, 3, "abc", &at), LP_FAILED, "ambiguous");
	assert_err(lp_ids_resolve(&arena, patches, 3, "firs", &at), LP_NOTHING, "firs");
	assert_err(lp_ids_resolve(&arena, patches, 3, "", &at), LP_NOTHING, "''");
	assert_err(lp_ids_resolve(&arena, patches, 0, "a", &at), LP_NOTHING, "'a'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_request_bytes),
		TEST(test_fields),
		TEST(test_status_becomes_error),
		TEST(test_short_replies),
		TEST(test_the_end_of_the_process),
		TEST(test_wrong_headers),
		TEST(test_other_versions),
		TEST(test_wrong_lengths),
		TEST(test_wrong_fields),
		TEST(test_late_reply_is_not_the_next_one),
		TEST(test_silence),
		TEST(test_refused_in_the_middle),
		TEST(test_socket_names),
		TEST(test_environment),
		TEST(test_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
