# SPDX-License-Identifier: GPL-2.0-or-later
# file: nbd/client-connection.c
# A thread of its own waits in it for the server.
/^static void \*connect_thread_func(/,/^}/ {
	/^    qemu_mutex_lock(&conn->mutex);$/ {
		x
		s/^/x/
		/^x$/ {
			x
			i\
    fprintf(stderr, "new connect_thread_func\\n");
			b
		}
		x
	}
}
