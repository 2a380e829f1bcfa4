# SPDX-License-Identifier: GPL-2.0-or-later
# file: block/nbd.c
# A coroutine waits in it for the server, which is asked what it has at a place.
/^static int coroutine_fn nbd_client_co_block_status(/,/^}/ {
	/^    if (!s->info.base_allocation) {/i\
    fprintf(stderr, "new nbd_client_co_block_status\\n");
}
