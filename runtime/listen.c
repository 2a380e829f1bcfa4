/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Connections are served one message at a time: while a reply waits to be sent, nothing more is
 * read. A bad client costs its own connection: garbage ends it, a message that does not become
 * whole (or a reply that is not fetched) within ten seconds ends it, and when all places are taken,
 * the one that has been silent for longest makes room for the next.
 */
#include "runtime/listen.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "runtime/serve.h"
#include "runtime/states.h"

#define MAX_CONNS   8
#define DEADLINE_MS 10000
#define RETRY_MS    100 /* after accept() failed for want of descriptors or memory */
#define READ_SIZE   (64u << 10)

struct conn {
	int fd; /* -1: free place */
	struct sb_peer peer;
	bool is_trusted;
	bool is_ending; /* close once the reply is sent */
	struct sb_buf in;
	struct sb_buf out;
	size_t sent;	     /* bytes of out */
	uint64_t last_ms;    /* when bytes last came or went */
	uint64_t message_ms; /* when the message that is on its way began; 0: none is */
};

struct listener {
	struct sb_core *core;
	struct conn conns[MAX_CONNS];
	uint64_t paused_ms; /* don't accept before that time */
};

static uint64_t now_ms(void)
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static bool owns_txn(const struct listener *l, const struct conn *c)
{
	return l->core->txn.state != SB_TXN_IDLE && l->core->txn.by.connection == c;
}

static void drop(struct listener *l, struct conn *c)
{
	if (owns_txn(l, c)) {
		sb_txn_abort(l->core);
		sb_txn_tidy(l->core);
		sb_log_flush(&l->core->log);
	}
	sb_states_orphan(l->core, c);
	sb_states_sweep(l->core);
	close(c->fd);
	sb_buf_deinit(&c->in);
	sb_buf_deinit(&c->out);
	c->fd = -1;
}

/* Root, or with SANDBOX_ALLOW_OWNER the user that the process runs as. */
static bool is_trusted(uint32_t uid)
{
#ifdef SANDBOX_ALLOW_OWNER
	if (uid == geteuid())
		return true;
#endif
	return uid == 0;
}

static struct conn *find_place(struct listener *l)
{
	struct conn *oldest = NULL;

	for (unsigned i = 0; i < MAX_CONNS; i++) {
		struct conn *c = &l->conns[i];

		if (c->fd < 0)
			return c;
		if (!owns_txn(l, c) && (!oldest || c->last_ms < oldest->last_ms))
			oldest = c;
	}
	drop(l, oldest); /* at most one connection owns the transaction */
	return oldest;
}

static void accept_one(struct listener *l)
{
	int fd = accept4(l->core->socket.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred cred;
	socklen_t len = sizeof(cred);
	struct conn *c;

	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			l->paused_ms = now_ms() + RETRY_MS;
		return;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len)) {
		close(fd);
		return;
	}
	c = find_place(l);
	*c = (struct conn){
		.fd = fd,
		.peer = { .pid = cred.pid, .uid = cred.uid, .fd = fd },
		.is_trusted = is_trusted(cred.uid),
		.last_ms = now_ms(),
	};
	/* Who is not trusted gets a refusal as reply to the first header, and no time to waste. */
	if (!c->is_trusted)
		c->message_ms = c->last_ms;
}

/* Sends what there is; false when the connection is of no more use. */
static bool flush(struct conn *c)
{
	while (c->sent < c->out.len) {
		ssize_t n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		c->sent += (size_t)n;
		c->last_ms = now_ms();
	}
	c->sent = 0;
	sb_buf_reset(&c->out);
	return !c->is_ending;
}

static void refuse_frame(struct listener *l, struct conn *c, const struct wire_header *header,
			 enum sb_status status, const char *text)
{
	sb_serve_error(l->core, &c->peer, header, status, text, &c->out);
	c->is_ending = true;
}

static void refuse_version(struct listener *l, struct conn *c, const struct wire_header *header)
{
	char text[80];

	snprintf(text, sizeof(text), "this runtime speaks protocol version %u, not %u",
		 (unsigned)WIRE_VERSION, (unsigned)header->version);
	refuse_frame(l, c, header, SB_USAGE, text);
}

/* Serves one message if a whole one is there; false when there is none (yet). */
static bool serve_next(struct listener *l, struct conn *c)
{
	struct wire_header header = { .version = WIRE_VERSION };
	enum sb_frame state = sb_frame_check(c->in.data, c->in.len, &header);

	if (state == SB_FRAME_BAD) {
		refuse_frame(l, c, &header, SB_USAGE, "this is not a message of the protocol");
		return true;
	}
	if (!c->is_trusted && c->in.len >= sizeof(header)) {
		refuse_frame(l, c, &header, SB_TRUST, "only root may use this socket");
		return true;
	}
	if (state == SB_FRAME_OTHER) {
		refuse_version(l, c, &header);
		return true;
	}
	if (state == SB_FRAME_PART) {
		if (!c->in.len)
			c->message_ms = c->is_trusted ? 0 : c->message_ms;
		else if (!c->message_ms)
			c->message_ms = now_ms();
		return false;
	}
	if (!sb_serve(l->core, c, &c->peer, c->in.data, &header, &c->out))
		c->is_ending = true;
	sb_buf_consume(&c->in, header.length);
	if (!c->in.len)
		sb_buf_reset(&c->in);
	c->message_ms = 0;
	return true;
}

/* Serves and sends until a reply has to wait or the messages are used up. */
static bool advance(struct listener *l, struct conn *c)
{
	for (;;) {
		if (c->out.failed || !flush(c))
			return false;
		/* Only now: what was stopped for a commit goes on while we clean up. */
		if (l->core->txn.state == SB_TXN_IDLE) {
			sb_txn_tidy(l->core);
			sb_states_sweep(l->core);
			sb_log_flush(&l->core->log);
		}
		if (c->out.len || !serve_next(l, c))
			return true;
	}
}

static bool receive(struct listener *l, struct conn *c)
{
	struct wire_header header;
	size_t room = READ_SIZE;
	ssize_t n;

	/* The buffer grows with what really came, not with what the header announces. */
	if (c->in.len >= sizeof(header) &&
	    sb_frame_check(c->in.data, c->in.len, &header) == SB_FRAME_PART &&
	    header.length - c->in.len < room)
		room = header.length - c->in.len;
	if (!sb_buf_reserve(&c->in, c->in.len + room))
		return false;
	n = recv(c->fd, c->in.data + c->in.len, room, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (!n)
		return false;
	c->in.len += (size_t)n;
	c->last_ms = now_ms();
	return advance(l, c);
}

static uint64_t deadline_of(const struct conn *c)
{
	if (c->out.len)
		return c->last_ms + DEADLINE_MS;
	return c->message_ms ? c->message_ms + DEADLINE_MS : UINT64_MAX;
}

/* Drops what is overdue; gives the time to sleep for poll(). */
static int expire(struct listener *l)
{
	uint64_t now = now_ms();
	uint64_t next = l->paused_ms > now ? l->paused_ms : UINT64_MAX;

	for (unsigned i = 0; i < MAX_CONNS; i++) {
		struct conn *c = &l->conns[i];
		uint64_t deadline = c->fd < 0 ? UINT64_MAX : deadline_of(c);

		if (c->fd >= 0 && deadline <= now)
			drop(l, c);
		else if (deadline < next)
			next = deadline;
	}
	return next == UINT64_MAX ? -1 : (int)(next - now);
}

static void handle(struct listener *l, struct conn *c, short revents)
{
	bool ok = true;

	if (revents & POLLOUT)
		ok = advance(l, c);
	else if (revents & (POLLIN | POLLHUP | POLLERR))
		ok = c->out.len ? !(revents & POLLERR) : receive(l, c);
	if (!ok)
		drop(l, c);
}

void sb_listen(struct sb_core *core, const atomic_bool *stop)
{
	struct listener l = { .core = core };

	for (unsigned i = 0; i < MAX_CONNS; i++)
		l.conns[i].fd = -1;
	while (!atomic_load(stop)) {
		int timeout = expire(&l);
		struct pollfd fds[1 + MAX_CONNS];

		fds[0] = (struct pollfd){
			.fd = l.paused_ms > now_ms() ? -1 : core->socket.fd,
			.events = POLLIN,
		};
		for (unsigned i = 0; i < MAX_CONNS; i++)
			fds[1 + i] = (struct pollfd){
				.fd = l.conns[i].fd,
				.events = l.conns[i].out.len ? POLLOUT : POLLIN,
			};
		if (poll(fds, 1 + MAX_CONNS, timeout) <= 0)
			continue;
		for (unsigned i = 0; i < MAX_CONNS; i++)
			if (fds[1 + i].revents)
				handle(&l, &l.conns[i], fds[1 + i].revents);
		if (fds[0].revents)
			accept_one(&l);
	}
	for (unsigned i = 0; i < MAX_CONNS; i++)
		if (l.conns[i].fd >= 0)
			drop(&l, &l.conns[i]);
}
