/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client's end of the wire (runtime/wire.h): frames out, replies in. A reply is
 * input like any other: its length is bounded before it is read and its fields are
 * checked before they are used. Functions whose names end in _quiet may be called while
 * the threads of the target are stopped: they don't allocate, print or make errors.
 */
#ifndef LP_CLIENT_H
#define LP_CLIENT_H

#include <sys/types.h>

#include "lib/err.h"
#include "lib/vec.h"
#include "raxlpxs/trace.h"
#include "runtime/wire.h"

struct lp_client {
	int fd;
	pid_t pid;	  /* the process that listens, as the kernel says */
	u64 since;	  /* lp_now() before it was connected */
	uid_t root;	  /* our id for the root of its user namespace */
	const char *name; /* of the socket, for messages */
	struct lp_trace *trace;
	bool hurries; /* threads are stopped: replies are looked for before they are waited for */
	int passed;   /* a descriptor that goes with each request; -1: none */
	u16 awaited;  /* id of the request whose reply has not been read, or 0 */
	u8 *buf;      /* WIRE_MAX_REPLY bytes: the reply as far as it was received */
	size_t have;  /* bytes in buf */
};

struct lp_field {
	const void *data; /* of a reply: not aligned; inside the client's buffer */
	u32 len;
};

struct lp_reply {
	u16 version;
	u32 status;		      /* an exit code */
	char text[WIRE_MAX_TEXT + 1]; /* printable */
	struct lp_field fields[WIRE_MAX_FIELDS];
	size_t n_fields; /* behind status and text */
};

enum lp_io {
	LP_IO_OK,
	LP_IO_CLOSED,  /* the other side has ended the connection */
	LP_IO_TIMEOUT, /* the reply may still come */
	LP_IO_BROKEN,  /* what came is not a reply to the request */
};

/* Wraps the connected socket FD, which is closed by lp_client_deinit(). */
void lp_client_init(struct lp_client *client, struct lp_arena *arena, int fd, pid_t pid,
		    const char *name, struct lp_trace *trace);
void lp_client_deinit(struct lp_client *client);

/* Takes a frame apart; fields point into BUF. False if it breaks a rule of the wire. */
bool lp_reply_parse(const u8 *buf, size_t len, u16 id, struct lp_reply *ret);

/* Sends request ID with N fields. */
enum lp_io lp_client_send_quiet(struct lp_client *client, u16 id, const struct lp_field *fields,
				size_t n, u64 deadline);
/* Tells the runtime that from now on nobody holds the threads (docs/protocol.md); the reply that is
 * awaited still comes, and is the last. */
void lp_client_leave_quiet(struct lp_client *client);
/* Receives the reply that is awaited; after LP_IO_TIMEOUT it can be called again. */
enum lp_io lp_client_recv_quiet(struct lp_client *client, u64 deadline, struct lp_reply *ret);

/*
 * Request and reply within TIMEOUT ns. A status other than 0 becomes an error with that code
 * and the text of the reply; the fields are valid until the next call.
 */
struct lp_err *lp_client_call(struct lp_client *client, u16 id, const struct lp_field *fields,
			      size_t n, u64 timeout, struct lp_reply *ret) LP_MUST_CHECK;
/* An error for IO, which is not LP_IO_OK. */
struct lp_err *lp_client_error(const struct lp_client *client, enum lp_io io);
/* The error for a status that is not 0. */
struct lp_err *lp_reply_error(const struct lp_client *client, const struct lp_reply *reply);

/* A u32 field; the other ways to have it wrong are an error. */
struct lp_err *lp_reply_u32(const struct lp_client *client, const struct lp_reply *reply,
			    size_t idx, u32 *ret) LP_MUST_CHECK;
/* Field IDX as an aligned copy of an array of elements of SIZE bytes. */
struct lp_err *lp_reply_array(const struct lp_client *client, struct lp_arena *arena,
			      const struct lp_reply *reply, size_t idx, size_t size, void **ret,
			      size_t *ret_n) LP_MUST_CHECK;

#endif
