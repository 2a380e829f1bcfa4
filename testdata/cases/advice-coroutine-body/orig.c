/* SPDX-License-Identifier: GPL-2.0-or-later */
struct coroutine;
struct coroutine *qemu_coroutine_create(void (*entry)(void *), void *arg);
void qemu_coroutine_enter(struct coroutine *co);
int receive(void *client);
void drop(void *client);

static int __attribute__((noinline)) serve(void *client)
{
	int n = 0;

	while (receive(client) > 0)
		n++;
	return n;
}

static void client_entry(void *client)
{
	if (serve(client) < 2)
		drop(client);
}

void accept_client(void *client)
{
	qemu_coroutine_enter(qemu_coroutine_create(client_entry, client));
}
