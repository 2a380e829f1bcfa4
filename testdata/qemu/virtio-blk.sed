# SPDX-License-Identifier: GPL-2.0-or-later
# file: hw/block/virtio-blk.c
# Each request of a guest to its disk goes through it.
/^static int virtio_blk_handle_request(/,/^}/ {
	/^    if (req->elem.out_num < 1 /i\
    warn_report_once("new virtio_blk_handle_request");
}
