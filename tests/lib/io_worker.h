/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread that the kernel runs inside this process: a read that blocks, given to io_uring with
 * IOSQE_ASYNC, keeps one worker (iou-wrk-TID) for as long as nothing comes. Without liburing.
 */
#ifndef IO_WORKER_H
#define IO_WORKER_H

#include <linux/io_uring.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct io_worker {
	int ring;
	const struct io_uring_cqe *cqe;
	const uint32_t *cq_tail; /* 1 once the read is over */
};

/* Reads LEN bytes from FD into BUF; returns 0, or -1 where io_uring is not permitted. */
static int io_worker_read(struct io_worker *w, int fd, void *buf, unsigned len)
{
	struct io_uring_params p = { 0 };
	long ring = syscall(SYS_io_uring_setup, 1, &p);

	if (ring < 0)
		return -1;
	w->ring = (int)ring;
	char *sq = mmap(NULL, p.sq_off.array + p.sq_entries * sizeof(uint32_t),
			PROT_READ | PROT_WRITE, MAP_SHARED, w->ring, IORING_OFF_SQ_RING);
	char *cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe),
			PROT_READ | PROT_WRITE, MAP_SHARED, w->ring, IORING_OFF_CQ_RING);
	struct io_uring_sqe *sqe = mmap(NULL, sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED,
					w->ring, IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || sqe == MAP_FAILED)
		return -1;
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_READ;
	sqe->flags = IOSQE_ASYNC;
	sqe->fd = fd;
	sqe->addr = (uintptr_t)buf;
	sqe->len = len;
	w->cqe = (const void *)(cq + p.cq_off.cqes);
	w->cq_tail = (const void *)(cq + p.cq_off.tail);
	memset(sq + p.sq_off.array, 0, sizeof(uint32_t));
	__atomic_store_n((uint32_t *)(void *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	return syscall(SYS_io_uring_enter, w->ring, 1, 0, 0, NULL, 0) == 1 ? 0 : -1;
}

/* Whether the read has ended, and with what. */
static inline int io_worker_ended(const struct io_worker *w, int *ret)
{
	if (!__atomic_load_n(w->cq_tail, __ATOMIC_ACQUIRE))
		return 0;
	*ret = w->cqe->res;
	return 1;
}

#endif
