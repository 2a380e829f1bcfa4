/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event loop: clients of the control socket, and the end of standard input if asked to. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "mini.h"

#define MAX_CLIENTS 8

struct client {
	int fd;
	size_t len;
	char line[1024];
};

static struct client clients[MAX_CLIENTS];

static int listen_on(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(addr.sun_path, path, strlen(path));
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 16))
		return -1;
	return fd;
}

static void accept_client(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	for (unsigned i = 0; i < MAX_CLIENTS && fd >= 0; i++) {
		if (clients[i].fd >= 0)
			continue;
		clients[i].fd = fd;
		clients[i].len = 0;
		return;
	}
	if (fd >= 0)
		close(fd);
}

static void drop(struct client *c)
{
	close(c->fd);
	c->fd = -1;
}

/* Runs the whole lines that have come. False: quit. */
static bool run_lines(struct client *c)
{
	char answer[512];
	char *end;

	while (c->fd >= 0 && (end = memchr(c->line, '\n', c->len))) {
		size_t n = (size_t)(end - c->line) + 1;
		size_t len;
		bool go_on;

		*end = '\0';
		go_on = control_run(c->line, answer, sizeof(answer) - 1);
		len = strlen(answer);
		answer[len++] = '\n';
		if (send(c->fd, answer, len, MSG_NOSIGNAL) < 0)
			drop(c);
		c->len -= n;
		memmove(c->line, c->line + n, c->len);
		if (!go_on)
			return false;
	}
	return true;
}

static bool serve_client(struct client *c)
{
	ssize_t n = recv(c->fd, c->line + c->len, sizeof(c->line) - c->len, 0);

	if (n <= 0) {
		if (!n || errno != EINTR)
			drop(c);
		return true;
	}
	c->len += (size_t)n;
	if (!run_lines(c))
		return false;
	if (c->len == sizeof(c->line))
		drop(c);
	return true;
}

static bool stdin_ended(void)
{
	char buf[64];

	return read(STDIN_FILENO, buf, sizeof(buf)) == 0;
}

static void loop(int listener, bool until_eof)
{
	for (;;) {
		struct pollfd fds[2 + MAX_CLIENTS];

		fds[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = until_eof ? STDIN_FILENO : -1, .events = POLLIN };
		for (unsigned i = 0; i < MAX_CLIENTS; i++)
			fds[2 + i] = (struct pollfd){ .fd = clients[i].fd, .events = POLLIN };
		if (poll(fds, 2 + MAX_CLIENTS, -1) < 0)
			continue;
		for (unsigned i = 0; i < MAX_CLIENTS; i++)
			if (fds[2 + i].revents && !serve_client(&clients[i]))
				return;
		if (fds[1].revents && stdin_ended())
			return;
		if (fds[0].revents)
			accept_client(listener);
	}
}

static void usage(FILE *to)
{
	fprintf(to, "usage: mini [-w WORKERS] [-e] SOCKET\n"
		    "  -w N  worker threads (4)\n"
		    "  -e    end when standard input ends, or the parent\n");
}

int main(int argc, char **argv)
{
	unsigned n_workers = 4;
	bool until_eof = false;
	int listener, opt;

	sandbox_restore(); /* there is one thread now */
	while ((opt = getopt(argc, argv, "w:eh")) != -1) {
		if (opt == 'w') {
			n_workers = (unsigned)atoi(optarg);
		} else if (opt == 'e') {
			until_eof = true;
		} else {
			usage(opt == 'h' ? stdout : stderr);
			return opt == 'h' ? 0 : 64;
		}
	}
	if (optind + 1 != argc) {
		usage(stderr);
		return 64;
	}
	if (until_eof) /* also while the event loop hangs, which is what fix-loop.patch is about */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (sandbox_init() || sandbox_start())
		perror("mini: goes on without the runtime");
	for (unsigned i = 0; i < MAX_CLIENTS; i++)
		clients[i].fd = -1;
	devices_init();
	listener = listen_on(argv[optind]);
	if (listener < 0 || workers_start(n_workers)) {
		perror("mini");
		return 1;
	}
	loop(listener, until_eof);
	workers_stop();
	unlink(argv[optind]);
	return 0;
}
