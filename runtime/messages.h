/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The messages, one function each: it appends a whole reply, or fills RQ->err and returns false.
 * All of them may be called while a client keeps the other threads stopped, so none takes a lock,
 * and memory comes from the kernel; what is slow or may need libc's locks (UPLOAD, APPLY, REVERT,
 * REMOVE, TEST, LOG) is refused or not reached while a transaction is open.
 */
#ifndef SANDBOX_MESSAGES_H
#define SANDBOX_MESSAGES_H

#include "runtime/request.h"

bool sb_serve_info(struct sb_request *rq);
bool sb_serve_list(struct sb_request *rq);
bool sb_serve_code(struct sb_request *rq);
bool sb_serve_test(struct sb_request *rq);
bool sb_serve_log(struct sb_request *rq);
bool sb_serve_upload(struct sb_request *rq);
bool sb_serve_apply(struct sb_request *rq);
bool sb_serve_revert(struct sb_request *rq);
bool sb_serve_remove(struct sb_request *rq);
bool sb_serve_contexts(struct sb_request *rq);
bool sb_serve_commit(struct sb_request *rq);
bool sb_serve_abort(struct sb_request *rq);

#endif
