/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/client.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/printable.h"
#include "raxlpxs/clock.h"

#define END_TIME 500 /* ms */

void lp_client_init(struct lp_client *client, struct lp_arena *arena, int fd, pid_t pid,
		    const char *name, struct lp_trace *trace)
{
	*client = (struct lp_client){
		.fd = fd,
		.pid = pid,
		.name = name,
		.trace = trace,
		.passed = -1,
		.buf = lp_alloc(arena, WIRE_MAX_REPLY),
	};
}

void lp_client_deinit(struct lp_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
}

/* A reply to what is asked while threads are stopped takes some ten microseconds, and to be woken
 * up takes twice that when the other end runs on another processor: for so long it is looked for.
 */
#define LOOK_TIME (200 * LP_US)

/* Waits until the socket is ready for EVENTS. */
static enum lp_io await(int fd, short events, u64 deadline)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	for (;;) {
		u64 left = lp_left(deadline);
		struct timespec ts = { .tv_sec = (time_t)(left / LP_S),
				       .tv_nsec = (long)(left % LP_S) };
		int n = ppoll(&pfd, 1, &ts, NULL);

		if (n > 0)
			return LP_IO_OK;
		if (n == 0 || left == 0)
			return LP_IO_TIMEOUT;
		if (errno != EINTR)
			return LP_IO_BROKEN;
	}
}

/* Like send(), with a descriptor. */
static ssize_t send_passing(int fd, const void *data, size_t len, int passed)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr header;
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
				  .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS } };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	const struct msghdr msg = { .msg_iov = &iov,
				    .msg_iovlen = 1,
				    .msg_control = control.bytes,
				    .msg_controllen = sizeof(control.bytes) };

	memcpy(CMSG_DATA(&control.header), &passed, sizeof(passed));
	return sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static enum lp_io send_all(int fd, const void *data, size_t len, u64 deadline)
{
	const u8 *p = data;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0) {
			p += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			enum lp_io io = await(fd, POLLOUT, deadline);
			if (io != LP_IO_OK)
				return io;
		} else if (errno != EINTR) {
			return errno == EPIPE || errno == ECONNRESET ? LP_IO_CLOSED : LP_IO_BROKEN;
		}
	}
	return LP_IO_OK;
}

/* The header; a descriptor goes with its first bytes. Nothing waits to be read at the other end, so
 * there is room for them. */
static enum lp_io send_header(struct lp_client *client, const struct wire_header *header,
			      u64 deadline)
{
	size_t at = 0;

	if (client->passed >= 0) {
		ssize_t n = send_passing(client->fd, header, sizeof(*header), client->passed);

		if (n < 0)
			return errno == EPIPE || errno == ECONNRESET ? LP_IO_CLOSED : LP_IO_BROKEN;
		at = (size_t)n;
	}
	return send_all(client->fd, (const u8 *)header + at, sizeof(*header) - at, deadline);
}

enum lp_io lp_client_send_quiet(struct lp_client *client, u16 id, const struct lp_field *fields,
				size_t n, u64 deadline)
{
	struct wire_header header = { .magic = WIRE_MAGIC, .version = WIRE_VERSION, .id = id };
	size_t length = sizeof(header);
	enum lp_io io;

	for (size_t i = 0; i < n; i++)
		length += sizeof(fields[i].len) + (size_t)fields[i].len;
	if (length > WIRE_MAX_REQUEST || client->awaited)
		return LP_IO_BROKEN;
	header.length = (u32)length;
	client->awaited = id;
	client->have = 0;
	lp_trace(client->trace, "sent: message", id);
	io = send_header(client, &header, deadline);
	for (size_t i = 0; i < n && io == LP_IO_OK; i++) {
		io = send_all(client->fd, &fields[i].len, sizeof(fields[i].len), deadline);
		if (io == LP_IO_OK)
			io = send_all(client->fd, fields[i].data, fields[i].len, deadline);
	}
	/* Who is turned away gets its reply before it has sent everything: go and read that. */
	return io == LP_IO_CLOSED ? LP_IO_OK : io;
}

void lp_client_leave_quiet(struct lp_client *client)
{
	(void)shutdown(client->fd, SHUT_WR);
}

/* Receives until WANT bytes are in the buffer. */
static enum lp_io fill(struct lp_client *client, size_t want, u64 deadline)
{
	u64 until = client->hurries ? lp_now() + LOOK_TIME : 0;

	while (client->have < want) {
		ssize_t n = recv(client->fd, client->buf + client->have, want - client->have,
				 MSG_DONTWAIT);

		if (n > 0) {
			client->have += (size_t)n;
		} else if (n == 0 || errno == ECONNRESET || errno == EPIPE) {
			return LP_IO_CLOSED;
		} else if (errno == EAGAIN && lp_left(until)) {
			sched_yield(); /* the other end may want this processor */
		} else if (errno == EAGAIN) {
			enum lp_io io = await(client->fd, POLLIN, deadline);
			if (io != LP_IO_OK)
				return io;
		} else if (errno != EINTR) {
			return LP_IO_BROKEN;
		}
	}
	return LP_IO_OK;
}

static bool parse_header(const u8 *buf, u16 id, struct wire_header *ret)
{
	memcpy(ret, buf, sizeof(*ret));
	return ret->magic == WIRE_MAGIC && ret->id == (id | WIRE_REPLY) &&
	       ret->length >= sizeof(*ret) && ret->length <= WIRE_MAX_REPLY;
}

/* The next field of [*OFF, LEN). */
static bool next_field(const u8 *buf, size_t len, size_t *off, struct lp_field *ret)
{
	if (!lp_in_range(*off, sizeof(ret->len), len))
		return false;
	memcpy(&ret->len, buf + *off, sizeof(ret->len));
	*off += sizeof(ret->len);
	if (!lp_in_range(*off, ret->len, len))
		return false;
	ret->data = buf + *off;
	*off += ret->len;
	return true;
}

bool lp_reply_parse(const u8 *buf, size_t len, u16 id, struct lp_reply *ret)
{
	struct wire_header header;
	struct lp_field status, text;
	size_t off = sizeof(header);

	if (len < sizeof(header) || !parse_header(buf, id, &header) || header.length != len)
		return false;
	if (!next_field(buf, len, &off, &status) || status.len != sizeof(ret->status) ||
	    !next_field(buf, len, &off, &text) || text.len > WIRE_MAX_TEXT)
		return false;
	memcpy(&ret->status, status.data, sizeof(ret->status));
	memcpy(ret->text, text.data, text.len);
	ret->text[text.len] = '\0';
	lp_printable(ret->text);
	ret->version = header.version;
	/* Only a refusal may be of another version. */
	if (ret->version != WIRE_VERSION && ret->status != LP_USAGE)
		return false;
	for (ret->n_fields = 0; off < len; ret->n_fields++) {
		if (ret->n_fields == WIRE_MAX_FIELDS ||
		    !next_field(buf, len, &off, &ret->fields[ret->n_fields]))
			return false;
	}
	return true;
}

enum lp_io lp_client_recv_quiet(struct lp_client *client, u64 deadline, struct lp_reply *ret)
{
	struct wire_header header;
	u16 id = client->awaited;
	enum lp_io io = fill(client, sizeof(header), deadline);

	if (io != LP_IO_OK)
		return io;
	if (!parse_header(client->buf, id, &header))
		return LP_IO_BROKEN;
	io = fill(client, header.length, deadline);
	if (io != LP_IO_OK)
		return io;
	client->awaited = 0;
	if (!lp_reply_parse(client->buf, client->have, id, ret))
		return LP_IO_BROKEN;
	lp_trace(client->trace, "received: status", ret->status);
	return LP_IO_OK;
}

/* The connection ends a little before the process does. */
static bool has_ended(pid_t pid)
{
	struct pollfd fd = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };

	if (fd.fd < 0)
		return errno == ESRCH;
	bool ended = poll(&fd, 1, END_TIME) > 0;
	close(fd.fd);
	return ended;
}

struct lp_err *lp_client_error(const struct lp_client *client, enum lp_io io)
{
	switch (io) {
	case LP_IO_TIMEOUT:
		return lp_err_advice(
			lp_err(LP_FAILED, "process %d does not answer on '%s'", client->pid,
			       client->name),
			"is it stopped, or on a very busy host? see State in /proc/%d/status",
			client->pid);
	case LP_IO_CLOSED:
		if (has_ended(client->pid))
			return lp_err(LP_NOTHING, "process %d has ended", client->pid);
		return lp_err_advice(lp_err(LP_FAILED,
					    "process %d has closed the connection on '%s'",
					    client->pid, client->name),
				     "does it still run? the log of its sandbox says why");
	case LP_IO_BROKEN:
	case LP_IO_OK:
		break;
	}
	return lp_err_advice(lp_err(LP_FAILED, "process %d gave a malformed reply on '%s'",
				    client->pid, client->name),
			     "is it the socket of a sandbox? its log says more");
}

/* Which versions a runtime speaks that refuses ours: it says so in a field, or those of the first
 * version in the header. */
static void spoken(const struct lp_reply *reply, u16 *ret_lowest, u16 *ret_highest)
{
	*ret_lowest = *ret_highest = reply->version;
	if (!reply->n_fields)
		return;
	for (size_t at = 0; at + sizeof(u16) <= reply->fields[0].len; at += sizeof(u16)) {
		u16 v;

		memcpy(&v, (const u8 *)reply->fields[0].data + at, sizeof(v));
		if (!at || v < *ret_lowest)
			*ret_lowest = v;
		if (!at || v > *ret_highest)
			*ret_highest = v;
	}
}

/* NULL when the versions are the same. */
static struct lp_err *version_error(const struct lp_client *client, const struct lp_reply *reply)
{
	u16 lowest, highest;

	if (reply->status != LP_USAGE)
		return NULL;
	spoken(reply, &lowest, &highest);
	if (lowest <= WIRE_VERSION && highest >= WIRE_VERSION)
		return NULL;
	struct lp_err *err = lp_err(LP_FAILED,
				    "the runtime in process %d speaks version %u of the "
				    "protocol, this raxlpxs %u",
				    client->pid, highest, WIRE_VERSION);
	return lowest > WIRE_VERSION
		       ? lp_err_advice(err, "the program is newer: use a newer raxlpxs")
		       : lp_err_advice(err, "the program is older: use the raxlpxs that came "
					    "with it");
}

struct lp_err *lp_reply_error(const struct lp_client *client, const struct lp_reply *reply)
{
	bool known = reply->status <= LP_TRUST;
	struct lp_err *err = version_error(client, reply);

	if (err)
		return err;
	return lp_err(known ? (enum lp_code)reply->status : LP_FAILED, "%s",
		      reply->text[0] ? reply->text : "the target refuses and does not say why");
}

struct lp_err *lp_client_call(struct lp_client *client, u16 id, const struct lp_field *fields,
			      size_t n, u64 timeout, struct lp_reply *ret)
{
	u64 deadline = lp_now() + timeout;
	enum lp_io io = LP_IO_OK;

	if (client->awaited) /* a reply that was late for its stop */
		io = lp_client_recv_quiet(client, deadline, ret);
	if (io == LP_IO_OK)
		io = lp_client_send_quiet(client, id, fields, n, deadline);
	if (io == LP_IO_OK)
		io = lp_client_recv_quiet(client, deadline, ret);
	if (io != LP_IO_OK)
		return lp_client_error(client, io);
	return ret->status ? lp_reply_error(client, ret) : NULL;
}

struct lp_err *lp_reply_u32(const struct lp_client *client, const struct lp_reply *reply,
			    size_t idx, u32 *ret)
{
	if (idx >= reply->n_fields || reply->fields[idx].len != sizeof(*ret))
		return lp_client_error(client, LP_IO_BROKEN);
	memcpy(ret, reply->fields[idx].data, sizeof(*ret));
	return NULL;
}

struct lp_err *lp_reply_array(const struct lp_client *client, struct lp_arena *arena,
			      const struct lp_reply *reply, size_t idx, size_t size, void **ret,
			      size_t *ret_n)
{
	if (idx >= reply->n_fields || reply->fields[idx].len % size)
		return lp_client_error(client, LP_IO_BROKEN);
	*ret = lp_memdup(arena, reply->fields[idx].data, reply->fields[idx].len);
	*ret_n = reply->fields[idx].len / size;
	return NULL;
}
