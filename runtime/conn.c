/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "runtime/conn.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE (64u << 10)

void sb_conn_open(struct sb_conn *c, int fd, const struct sb_peer *peer, uint64_t now)
{
	*c = (struct sb_conn){
		.fd = fd,
		.peer = *peer,
		.is_trusted = sb_peer_is_trusted(peer),
		.passed_fd = -1,
		.born = now,
		.last = now,
	};
	/* Who is not trusted gets a refusal as reply to the first header, and no time to waste. */
	if (!c->is_trusted)
		c->message = now;
}

static void close_passed(struct sb_conn *c)
{
	if (c->passed_fd >= 0)
		close(c->passed_fd);
	c->passed_fd = -1;
}

void sb_conn_close(struct sb_conn *c)
{
	close(c->fd);
	close_passed(c);
	sb_buf_deinit(&c->in);
	sb_buf_deinit(&c->out);
	c->fd = -1;
}

/* There is room for one descriptor: the kernel closes others, and says so. */
static void keep_passed(struct sb_conn *c, struct msghdr *msg)
{
	const struct cmsghdr *cm = CMSG_FIRSTHDR(msg);
	int fd = -1;

	if (cm && cm->cmsg_level == SOL_SOCKET && cm->cmsg_type == SCM_RIGHTS &&
	    cm->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(cm), sizeof(fd));
	if (msg->msg_flags & MSG_CTRUNC)
		c->complaint = "more than one descriptor, or none was free for it";
	if (fd < 0)
		return;
	if (c->passed_fd >= 0) {
		c->complaint = "a message takes at most one descriptor";
		close(fd);
		return;
	}
	c->passed_fd = fd;
}

static ssize_t receive(struct sb_conn *c, size_t room)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { c->in.data + c->in.len, room };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_LEN(sizeof(int)),
	};
	ssize_t n = recvmsg(c->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n >= 0)
		keep_passed(c, &msg);
	return n;
}

bool sb_conn_receive(struct sb_conn *c, uint64_t now)
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
	n = receive(c, room);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (!n)
		return false;
	c->in.len += (size_t)n;
	c->n_bytes += (size_t)n;
	c->last = now;
	return true;
}

enum sb_frame sb_conn_next(struct sb_conn *c, uint64_t now, struct wire_header *ret)
{
	enum sb_frame state = sb_frame_check(c->in.data, c->in.len, ret);

	if (state != SB_FRAME_PART)
		return state;
	if (!c->in.len)
		c->message = c->is_trusted ? 0 : c->message;
	else if (!c->message)
		c->message = now;
	return state;
}

void sb_conn_served(struct sb_conn *c, uint32_t len)
{
	close_passed(c);
	sb_buf_consume(&c->in, len);
	if (!c->in.len)
		sb_buf_reset(&c->in);
	c->message = 0;
	c->n_messages++;
}

bool sb_conn_flush(struct sb_conn *c, uint64_t now)
{
	while (c->sent < c->out.len) {
		ssize_t n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		c->sent += (size_t)n;
		c->last = now;
	}
	c->sent = 0;
	sb_buf_reset(&c->out);
	return !c->is_ending;
}

const char *sb_conn_excess(const struct sb_conn *c)
{
	if (c->n_messages >= SB_CONN_MESSAGES)
		return "this connection has sent all the messages that it may; open another one";
	if (c->n_bytes >= SB_CONN_BYTES)
		return "this connection has sent all the bytes that it may; open another one";
	return NULL;
}

uint64_t sb_conn_deadline(const struct sb_conn *c)
{
	uint64_t end = c->born + SB_CONN_TIME;
	uint64_t part = c->out.len ? c->last : c->message;

	if (!part || (c->is_paused && !c->out.len) || part + SB_CONN_DEADLINE > end)
		return end;
	return part + SB_CONN_DEADLINE;
}
