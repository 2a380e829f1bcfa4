/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What may become of a patch, one function a message:
 *
 *	- --upload--> CHECKED --apply--> APPLIED --revert--> CHECKED --remove--> - or KEPT
 *
 * Upload and remove do it; apply and revert open a transaction (txn.h), whose commit does it.
 * Whatever is refused leaves everything as it was. docs/states.md has the whole table.
 */
#ifndef SANDBOX_STATES_H
#define SANDBOX_STATES_H

#include "runtime/core.h"

struct sb_which { /* a name or a build-id in hex */
	const char *text;
	size_t len;
};

struct sb_result {
	struct sb_patch *patch;
	bool already; /* there was nothing to do, and no transaction is open */
	/* Of an upload: why the payload is not trusted, where that is no reason to refuse it; else
	 * its text is empty. */
	struct sb_error warning;
};

/* False while another transaction is open; else the post hook of the last one comes before anything
 * new. */
bool sb_states_begin(struct sb_core *core, struct sb_error *err);
/* Gives back the space and the memory of a patch that is in no list. */
void sb_bury(struct sb_core *core, struct sb_patch *patch);

/* Makes all checks that don't depend on what is applied, places the payload and relocates it.
 * TRANSIENT_OF is the connection that it must not outlive when it is not applied, or NULL. */
bool sb_upload(struct sb_core *core, const void *transient_of, const uint8_t *file, size_t size,
	       struct sb_result *ret, struct sb_error *err);
/* CONNECTION is gone. What it leaves behind goes with sb_states_sweep(), between transactions. */
void sb_states_orphan(struct sb_core *core, const void *connection);
void sb_states_sweep(struct sb_core *core);
/* Makes the other checks and asks the preapply hook. FLAGS are those of the message. */
bool sb_apply(struct sb_core *core, const struct sb_client *by, const struct sb_which *which,
	      uint32_t flags, struct sb_result *ret, struct sb_error *err);
bool sb_revert(struct sb_core *core, const struct sb_client *by, const struct sb_which *which,
	       uint32_t flags, struct sb_result *ret, struct sb_error *err);
/* Frees a patch that is not applied; RET is how it was. One that may have left pointers to its code
 * is KEPT instead, unless FORCE says that it has not. */
bool sb_remove(struct sb_core *core, const struct sb_which *which, bool force,
	       struct wire_patch *ret, struct sb_error *err);

#endif
