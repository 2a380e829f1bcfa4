/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a client may use up: processor time, messages, bytes, seconds, descriptors. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/budget.h"
#include "runtime/conn.h"
#include "runtime/passed.h"
#include "runtime/payload.h"
#include "tests/unit/test.h"

#define MS (SB_SECOND / 1000)

/* Uses up what PLACE has until it is spent, in messages of 1 ms: how many there were. */
static unsigned flood(struct sb_budget *b, unsigned place)
{
	unsigned n = 0;

	for (; !sb_budget_is_spent(b, place, 0); n++)
		sb_budget_charge(b, place, MS);
	return n;
}

static void one_that_floods_gets_an_eighth(void **state)
{
	struct sb_budget b;
	unsigned first;

	(void)state;
	sb_budget_init(&b, 0);
	first = flood(&b, 3);
	assert_int_equal(first, SB_BUDGET_FULL / (long long)MS);
	assert_false(sb_budget_is_spent(&b, 3, MS)); /* with a loan */
	assert_false(sb_budget_is_spent(&b, 2, 0));
	sb_budget_refill(&b, 800 * MS);
	assert_int_equal(flood(&b, 3), 100);
}

static void all_together_get_an_eighth(void **state)
{
	struct sb_budget b;
	unsigned n = 0;

	(void)state;
	sb_budget_init(&b, 0);
	for (unsigned i = 0; i < SB_PLACES; i++)
		flood(&b, i);
	for (u64 t = 1; t <= 1000; t++) {
		sb_budget_refill(&b, t * 10 * MS);
		for (unsigned i = 0; i < SB_PLACES; i++)
			n += flood(&b, i);
	}
	assert_in_range(n, 1200, 1260); /* ms of 10 s */
}

static void time_that_is_waited_is_enough(void **state)
{
	struct sb_budget b;

	(void)state;
	sb_budget_init(&b, 0);
	flood(&b, 0);
	flood(&b, 1);
	sb_budget_charge(&b, 0, 5 * MS);
	sb_budget_refill(&b, sb_budget_wait(&b, 0, 0));
	assert_false(sb_budget_is_spent(&b, 0, 0));
}

/* One that takes a minute costs its client seconds; a clock that jumps gives nobody more than all.
 */
static void balances_are_bounded(void **state)
{
	struct sb_budget b;

	(void)state;
	sb_budget_init(&b, 0);
	sb_budget_charge(&b, 0, 60 * SB_SECOND);
	sb_budget_charge(&b, 0, UINT64_MAX);
	assert_true(sb_budget_wait(&b, 0, 0) < 5 * SB_SECOND);
	sb_budget_refill(&b, UINT64_MAX / 2);
	for (unsigned i = 0; i < SB_PLACES; i++)
		assert_true(b.balance[i] == SB_BUDGET_FULL);
}

struct ends {
	struct sb_conn conn;
	int client;
	int file;	 /* to pass */
	unsigned n_open; /* descriptors, before any was passed */
};

static unsigned count_open(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void dial(struct ends *e)
{
	static const struct sb_peer peer = { .pid = 1 };
	int pair[2];

	e->file = memfd_create("test", MFD_CLOEXEC);
	assert_true(e->file >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	sb_conn_open(&e->conn, pair[0], &peer, 1);
	e->client = pair[1];
	e->n_open = count_open();
}

static void hang_up(struct ends *e)
{
	assert_int_equal(count_open(), e->n_open); /* nothing is left over */
	close(e->client);
	sb_conn_close(&e->conn);
	close(e->file);
}

static void pass(const struct ends *e, const void *data, size_t len, unsigned n)
{
	union {
		char bytes[CMSG_SPACE(8 * sizeof(int))];
		struct cmsghdr header;
	} control = { .header = { .cmsg_len = CMSG_LEN(n * sizeof(int)),
				  .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS } };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	const struct msghdr msg = { .msg_iov = &iov,
				    .msg_iovlen = 1,
				    .msg_control = n ? control.bytes : NULL,
				    .msg_controllen = n ? CMSG_SPACE(n * sizeof(int)) : 0 };

	for (unsigned i = 0; i < n; i++)
		memcpy(CMSG_DATA(&control.header) + i * sizeof(int), &e->file, sizeof(int));
	assert_int_equal(sendmsg(e->client, &msg, MSG_NOSIGNAL), len);
}

static const char list[] = "SAND\2\0\2\0\14\0\0\0";

static void descriptor_goes_with_its_message(void **state)
{
	struct wire_header header;
	struct ends e;

	(void)state;
	dial(&e);
	pass(&e, list, 5, 1);
	assert_true(sb_conn_receive(&e.conn, 2));
	assert_int_equal(sb_conn_next(&e.conn, 2, &header), SB_FRAME_PART);
	pass(&e, list + 5, 7, 0);
	assert_true(sb_conn_receive(&e.conn, 3));
	assert_int_equal(sb_conn_next(&e.conn, 3, &header), SB_FRAME_WHOLE);
	assert_null(e.conn.complaint);
	assert_true(e.conn.passed_fd >= 0);
	assert_int_equal(fcntl(e.conn.passed_fd, F_GETFD), FD_CLOEXEC);
	sb_conn_served(&e.conn, header.length);
	assert_int_equal(e.conn.passed_fd, -1);
	hang_up(&e);
}

static void only_one_descriptor_is_taken(void **state)
{
	struct ends e;

	(void)state;
	for (unsigned n = 2; n <= 8; n++) {
		dial(&e);
		pass(&e, list, 12, n);
		assert_true(sb_conn_receive(&e.conn, 2));
		assert_non_null(e.conn.complaint);
		sb_conn_served(&e.conn, 12);
		hang_up(&e);
	}
	dial(&e); /* one after the other with the same message */
	for (unsigned i = 0; i < 3; i++) {
		pass(&e, list + i, 1, 1);
		assert_true(sb_conn_receive(&e.conn, 2));
		assert_int_equal(e.conn.complaint != NULL, i > 0);
	}
	sb_conn_served(&e.conn, 3);
	hang_up(&e);
}

static void connection_has_its_share(void **state)
{
	struct ends e;

	(void)state;
	dial(&e);
	assert_true(sb_conn_deadline(&e.conn) == 1 + SB_CONN_TIME);
	assert_null(sb_conn_excess(&e.conn));
	e.conn.n_messages = SB_CONN_MESSAGES - 1;
	assert_null(sb_conn_excess(&e.conn));
	sb_conn_served(&e.conn, 0);
	assert_non_null(sb_conn_excess(&e.conn));
	e.conn.n_messages = 0;
	e.conn.n_bytes = SB_CONN_BYTES - 12;
	assert_null(sb_conn_excess(&e.conn));
	pass(&e, list, 12, 0);
	assert_true(sb_conn_receive(&e.conn, 2));
	assert_non_null(sb_conn_excess(&e.conn));
	hang_up(&e);
}

static void part_of_a_message_has_a_deadline(void **state)
{
	struct wire_header header;
	struct ends e;

	(void)state;
	dial(&e);
	pass(&e, list, 1, 0);
	assert_true(sb_conn_receive(&e.conn, 100));
	(void)sb_conn_next(&e.conn, 100, &header);
	pass(&e, list + 1, 1, 0);
	assert_true(sb_conn_receive(&e.conn, 200));
	(void)sb_conn_next(&e.conn, 200, &header); /* a byte now and then gains nothing */
	assert_true(sb_conn_deadline(&e.conn) == 100 + SB_CONN_DEADLINE);
	e.conn.is_paused = true; /* by us */
	assert_true(sb_conn_deadline(&e.conn) == 1 + SB_CONN_TIME);
	hang_up(&e);
}

static bool copies(int fd, size_t *ret_size, struct sb_error *err)
{
	struct sb_arena copy = { 0 };
	u8 *data;
	bool ok = sb_passed_copy(fd, &copy, &data, ret_size, err);

	if (ok && *ret_size)
		assert_int_equal(data[*ret_size - 1], 'x');
	sb_arena_deinit(&copy);
	return ok;
}

static void file_in_memory_is_copied(void **state)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct sb_error err = { 0 };
	size_t size;

	(void)state;
	assert_true(copies(fd, &size, &err));
	assert_int_equal(size, 0);
	assert_int_equal(ftruncate(fd, LIVEPATCH_MAX_SIZE), 0);
	assert_int_equal(pwrite(fd, "x", 1, LIVEPATCH_MAX_SIZE - 1), 1);
	assert_int_equal(lseek(fd, 100, SEEK_SET),
			 100); /* where its owner has got to is no matter */
	assert_true(copies(fd, &size, &err));
	assert_int_equal(size, LIVEPATCH_MAX_SIZE);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK), 0);
	assert_true(copies(fd, &size, &err));
	close(fd);
}

static void other_files_are_refused(void **state)
{
	int disk = open("/proc/self/exe", O_RDONLY), zero = open("/dev/zero", O_RDONLY);
	int large = memfd_create("test", MFD_CLOEXEC), pipes[2];
	struct sb_error err = { 0 };
	size_t size;

	(void)state;
	assert_int_equal(pipe(pipes), 0); /* reading it would wait for ever */
	const int fds[] = { disk, zero, pipes[0], large };
	assert_int_equal(ftruncate(large, LIVEPATCH_MAX_SIZE + 1), 0);
	for (size_t i = 0; i < LP_ARRAY_SIZE(fds); i++) {
		assert_false(copies(fds[i], &size, &err));
		assert_int_equal(err.status, fds[i] == large ? SB_REFUSED : SB_USAGE);
		close(fds[i]);
	}
	close(pipes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_that_floods_gets_an_eighth),	TEST(all_together_get_an_eighth),
		TEST(time_that_is_waited_is_enough),	TEST(balances_are_bounded),
		TEST(descriptor_goes_with_its_message), TEST(only_one_descriptor_is_taken),
		TEST(connection_has_its_share),		TEST(part_of_a_message_has_a_deadline),
		TEST(file_in_memory_is_copied),		TEST(other_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
