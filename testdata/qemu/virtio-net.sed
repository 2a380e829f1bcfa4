# SPDX-License-Identifier: GPL-2.0-or-later
# file: hw/net/virtio-net.c
# Each packet of a guest goes through one of them, and each to a guest through the other.
/^static int32_t virtio_net_flush_tx(VirtIONetQueue \*q)$/,/^}/ {
	/^    if (q->async_tx.elem) {/i\
    warn_report_once("new virtio_net_flush_tx");
}
/^static ssize_t virtio_net_receive_rcu(/,/^}/ {
	/^    if (!receive_filter(/i\
    warn_report_once("new virtio_net_receive_rcu");
}
