/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * One connection: the bytes and the descriptor that came and are not served yet, the bytes of the
 * reply that are not sent yet. All that a client can make it hold is bounded.
 */
#ifndef SANDBOX_CONN_H
#define SANDBOX_CONN_H

#include "runtime/frame.h"
#include "runtime/peer.h"

#define SB_SECOND 1000000000ull

/* What one connection may take in all: more than a client needs that waits for a day, ten tries a
 * second, and uploads payloads of the greatest size meanwhile. */
#define SB_CONN_MESSAGES (4u << 20)
#define SB_CONN_BYTES	 (1ull << 30)
#define SB_CONN_TIME	 (90000 * SB_SECOND)
/* For a message to become whole, or a reply to be fetched. */
#define SB_CONN_DEADLINE (10 * SB_SECOND)

struct sb_conn {
	int fd; /* -1: free */
	struct sb_peer peer;
	bool is_trusted;
	bool is_ending; /* close once the reply is sent */
	bool is_paused; /* has used up its time, see budget.h */
	struct sb_buf in, out;
	size_t sent;	       /* bytes of out */
	int passed_fd;	       /* came with the bytes; -1: none */
	const char *complaint; /* what was wrong with what came, NULL: nothing */
	uint64_t n_messages, n_bytes;
	/* CLOCK_MONOTONIC ns: */
	uint64_t born, last; /* last: when bytes last came or went */
	uint64_t message;    /* when the message that is on its way began; 0: none is */
};

void sb_conn_open(struct sb_conn *c, int fd, const struct sb_peer *peer, uint64_t now);
void sb_conn_close(struct sb_conn *c);
/* Takes what has come, at most 64 KiB. False when the connection is of no more use. */
bool sb_conn_receive(struct sb_conn *c, uint64_t now);
/* Looks for a whole message at the start of what has come; begins or ends the time it may take. */
enum sb_frame sb_conn_next(struct sb_conn *c, uint64_t now, struct wire_header *ret);
/* The LEN bytes of a message were served: what came with it goes with it. */
void sb_conn_served(struct sb_conn *c, uint32_t len);
/* Sends what there is; false when the connection is of no more use. */
bool sb_conn_flush(struct sb_conn *c, uint64_t now);
/* Why it has to end for having had its share, or NULL. */
const char *sb_conn_excess(const struct sb_conn *c);
/* When it has to end unless something happens. */
uint64_t sb_conn_deadline(const struct sb_conn *c);

#endif
