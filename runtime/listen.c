/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Connections are served one message at a time: while a reply waits to be sent, nothing more is
 * read. A bad client costs its own connection: garbage ends it, a message that does not become
 * whole (or a reply that is not fetched) within ten seconds ends it; one that floods waits until it
 * may use the processor again (budget.h); and when all places are taken, the one that has been
 * silent for longest makes room for the next.
 */
#include "runtime/listen.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "runtime/budget.h"
#include "runtime/conn.h"
#include "runtime/idle.h"
#include "runtime/quiet.h"
#include "runtime/serve.h"
#include "runtime/states.h"
#include "runtime/sys.h"

#define RETRY (SB_SECOND / 10) /* after accept() failed for want of descriptors or memory */
/* A connection has its place for so long at least: of many that come at once each shall get to say
 * something before the next one wants the place. */
#define TENURE (SB_SECOND / 10)
/* While threads are stopped for a client it is not kept waiting. */
#define OWNER_LOAN (SB_BUDGET_FULL / 5)
/* Behind CONTEXTS a client that holds the threads searches their stacks and then sends COMMIT. To
 * be woken up for that takes longer (30 us, on another processor) than to look for it; and
 * meanwhile can be seen that the threads are stopped. */
#define LOOK_TIME (SB_SECOND / 2000)

struct listener {
	struct sb_core *core;
	struct sb_conn conns[SB_PLACES];
	struct sb_budget budget;
	uint64_t charged;   /* CPU time of this thread that was charged to somebody */
	uint64_t accept_at; /* not before that time */
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts = { 0 };

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * SB_SECOND + (uint64_t)ts.tv_nsec;
}

static uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static bool owns_txn(const struct listener *l, const struct sb_conn *c)
{
	return l->core->txn.state != SB_TXN_IDLE && l->core->txn.by.connection == c;
}

static unsigned place_of(const struct listener *l, const struct sb_conn *c)
{
	return (unsigned)(c - l->conns);
}

static int64_t loan_of(const struct listener *l, const struct sb_conn *c)
{
	return owns_txn(l, c) ? OWNER_LOAN : 0;
}

static bool is_spent(const struct listener *l, const struct sb_conn *c)
{
	return sb_budget_is_spent(&l->budget, place_of(l, c), loan_of(l, c));
}

/* All that this thread has used since the last time, waiting for C included. */
static void charge(struct listener *l, const struct sb_conn *c)
{
	uint64_t used = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	sb_budget_charge(&l->budget, place_of(l, c), used - l->charged);
	l->charged = used;
}

/* WHY is for the log when the client is to blame, else NULL. */
static void drop(struct listener *l, struct sb_conn *c, const char *why)
{
	struct sb_log *log = &l->core->log;

	sb_log_connection(log, why ? SB_LOG_MESSAGES : SB_LOG_DEBUG, &c->peer,
			  why ? why : "closed");
	if (owns_txn(l, c)) {
		sb_txn_abort(l->core);
		sb_txn_tidy(l->core);
	}
	sb_states_orphan(l->core, c);
	sb_states_sweep(l->core);
	sb_conn_close(c);
	l->accept_at = 0;
	if (l->core->txn.state == SB_TXN_IDLE)
		sb_log_flush(log);
}

static bool is_older(const struct sb_conn *c, const struct sb_conn *than)
{
	return !than || c->last < than->last;
}

/* Of the free places the one with the greatest balance; else the connection that has been silent
 * for longest makes room, if that is long enough. NULL: not now, but at l->accept_at. At most one
 * connection owns the transaction, so there are always others. */
static struct sb_conn *find_place(struct listener *l, uint64_t now)
{
	struct sb_conn *best = NULL, *oldest = NULL;

	for (unsigned i = 0; i < SB_PLACES; i++) {
		struct sb_conn *c = &l->conns[i];

		if (c->fd >= 0 && !owns_txn(l, c) && is_older(c, oldest))
			oldest = c;
		if (c->fd < 0 &&
		    (!best || l->budget.balance[i] > l->budget.balance[place_of(l, best)]))
			best = c;
	}
	if (best && is_spent(l, best)) {
		l->accept_at = now + sb_budget_wait(&l->budget, place_of(l, best), 0);
		return NULL;
	}
	if (best)
		return best;
	if (oldest->last + TENURE > now) {
		l->accept_at = oldest->last + TENURE;
		return NULL;
	}
	drop(l, oldest, "closed: the place was needed for another one");
	return oldest;
}

static void accept_one(struct listener *l, uint64_t now)
{
	struct sb_conn *c = find_place(l, now);
	struct sb_peer peer;
	int fd;

	if (!c)
		return;
	fd = accept4(l->core->socket.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			l->accept_at = now + RETRY;
		return;
	}
	if (sb_peer_read(fd, l->core->task_fd, &peer)) {
		sb_conn_open(c, fd, &peer, now);
		sb_log_connection(&l->core->log, SB_LOG_DEBUG, &peer, "opened");
	} else {
		close(fd);
	}
	charge(l, c);
}

static void refuse(struct listener *l, struct sb_conn *c, const struct wire_header *header,
		   enum sb_status status, const char *text)
{
	sb_serve_error(l->core, &c->peer, header, status, text, &c->out);
	c->is_ending = true;
}

static void refuse_version(struct listener *l, struct sb_conn *c, const struct wire_header *header)
{
	char text[80];

	snprintf(text, sizeof(text), "this runtime speaks protocol version %u, not %u",
		 (unsigned)WIRE_VERSION, (unsigned)header->version);
	refuse(l, c, header, SB_USAGE, text);
}

static void serve_whole(struct listener *l, struct sb_conn *c, const struct wire_header *header)
{
	const char *excess = sb_conn_excess(c);

	if (excess)
		refuse(l, c, header, SB_USAGE, excess);
	else if (!sb_serve(l->core, c, &c->peer, c->in.data, header, c->passed_fd, &c->out))
		c->is_ending = true;
	sb_conn_served(c, header->length);
}

/* Serves one message if a whole one is there; false when there is none (yet). */
static bool serve_next(struct listener *l, struct sb_conn *c, uint64_t now)
{
	struct wire_header header = { .version = WIRE_VERSION };
	enum sb_frame state = sb_conn_next(c, now, &header);

	if (state == SB_FRAME_BAD)
		refuse(l, c, &header, SB_USAGE, "this is not a message of the protocol");
	else if (!c->is_trusted && c->in.len >= sizeof(header))
		refuse(l, c, &header, SB_TRUST, "only root may use this socket");
	else if (state == SB_FRAME_OTHER)
		refuse_version(l, c, &header);
	else if (c->complaint)
		refuse(l, c, &header, SB_USAGE, c->complaint);
	else if (state == SB_FRAME_PART)
		return false;
	else
		serve_whole(l, c, &header);
	return true;
}

/* Serves and sends until a reply has to wait, the messages are used up, or the time is. */
static bool advance(struct listener *l, struct sb_conn *c)
{
	for (;;) {
		uint64_t now = now_ns();
		bool more;

		if (c->out.failed || !sb_conn_flush(c, now))
			return false;
		/* Only now: what was stopped for a commit goes on while we clean up. */
		if (l->core->txn.state == SB_TXN_IDLE) {
			sb_txn_tidy(l->core);
			sb_states_sweep(l->core);
			sb_log_flush(&l->core->log);
		}
		if (c->out.len)
			return true;
		c->is_paused = is_spent(l, c);
		if (c->is_paused)
			return true;
		more = serve_next(l, c, now);
		charge(l, c);
		if (!more)
			return true;
	}
}

static void handle(struct listener *l, struct sb_conn *c, short revents)
{
	bool ok = true;

	if (revents & POLLOUT)
		ok = advance(l, c);
	else if (revents & (POLLIN | POLLHUP | POLLERR))
		ok = c->out.len ? !(revents & POLLERR)
				: sb_conn_receive(c, now_ns()) && advance(l, c);
	if (!ok)
		drop(l, c, NULL);
	charge(l, c);
}

/* Ends what is overdue, goes on with who may use the processor again; gives the time at which there
 * is something to do without a client doing anything. */
static uint64_t look_after(struct listener *l, struct sb_conn *c, uint64_t now)
{
	uint64_t deadline = sb_conn_deadline(c), wait;

	if (deadline <= now) {
		drop(l, c, "closed: its message or its reader was too slow");
		return UINT64_MAX;
	}
	if (!c->is_paused)
		return deadline;
	if (is_spent(l, c)) {
		wait = sb_budget_wait(&l->budget, place_of(l, c), loan_of(l, c));
		return now + wait < deadline ? now + wait : deadline;
	}
	c->is_paused = false;
	if (c->message)
		c->message = now; /* it was us who made it wait */
	if (!advance(l, c)) {
		drop(l, c, NULL);
		return UINT64_MAX;
	}
	return now; /* once more: it may be paused again */
}

/* For poll(): -1 when nothing is under way, so that an idle program is never woken. */
static int timeout_of(struct listener *l, uint64_t now)
{
	uint64_t next = l->accept_at > now ? l->accept_at : UINT64_MAX;

	sb_budget_refill(&l->budget, now);
	for (unsigned i = 0; i < SB_PLACES; i++) {
		uint64_t at = l->conns[i].fd < 0 ? UINT64_MAX : look_after(l, &l->conns[i], now);

		if (at < next)
			next = at;
	}
	if (next == UINT64_MAX)
		return -1;
	return next <= now ? 0 : (int)((next - now + 999999) / 1000000);
}

static void make_pollfds(const struct listener *l, uint64_t now, struct pollfd fds[1 + SB_PLACES])
{
	fds[0] = (struct pollfd){
		.fd = l->accept_at > now ? -1 : l->core->socket.fd,
		.events = POLLIN,
	};
	for (unsigned i = 0; i < SB_PLACES; i++) {
		const struct sb_conn *c = &l->conns[i];

		/* A paused one is left out: its end would be told again and again. */
		fds[1 + i] = (struct pollfd){
			.fd = c->is_paused && !c->out.len ? -1 : c->fd,
			.events = c->out.len ? POLLOUT : POLLIN,
		};
	}
}

static bool is_connected(const struct listener *l)
{
	for (unsigned i = 0; i < SB_PLACES; i++)
		if (l->conns[i].fd >= 0)
			return true;
	return false;
}

static int await(const struct listener *l, struct pollfd fds[1 + SB_PLACES], int timeout)
{
	const struct sb_txn *txn = &l->core->txn;
	uint64_t until = txn->state == SB_TXN_IDLE ? 0 : txn->rest_ns + LOOK_TIME;

	while (now_ns() < until) {
		int n = poll(fds, 1 + SB_PLACES, 0);

		if (n)
			return n;
		if (!sb_look_ahead_quiet(&l->core->watch, txn->by.pid))
			(void)sb_sys(SYS_sched_yield, 0, 0, 0, 0); /* it may need this processor */
	}
	if (timeout < 0 && !is_connected(l))
		return sb_idle_poll(fds, 1 + SB_PLACES);
	return poll(fds, 1 + SB_PLACES, timeout);
}

void sb_listen(struct sb_core *core, const atomic_bool *stop)
{
	struct listener l = { .core = core };

	for (unsigned i = 0; i < SB_PLACES; i++)
		l.conns[i].fd = -1;
	sb_budget_init(&l.budget, now_ns());
	l.charged = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	while (!atomic_load(stop)) {
		uint64_t now = now_ns();
		int timeout = timeout_of(&l, now);
		struct pollfd fds[1 + SB_PLACES];

		make_pollfds(&l, now, fds);
		if (await(&l, fds, timeout) <= 0)
			continue;
		sb_budget_refill(&l.budget, now_ns());
		for (unsigned i = 0; i < SB_PLACES; i++)
			if (fds[1 + i].revents)
				handle(&l, &l.conns[i], fds[1 + i].revents);
		if (fds[0].revents)
			accept_one(&l, now_ns());
	}
	for (unsigned i = 0; i < SB_PLACES; i++)
		if (l.conns[i].fd >= 0)
			drop(&l, &l.conns[i], NULL);
}
