/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of the log, and where they go. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/line.h"
#include "tests/unit/test.h"

static void is_line(const struct sb_log_line *from, const char *wanted)
{
	struct sb_line line;

	sb_line_make(&line, from);
	assert_int_equal(line.text[line.len - 1], '\n');
	line.text[line.len - 1] = '\0';
	assert_string_equal(line.text + line.plain, wanted);
	assert_memory_equal(line.text, "2026-03-01T00:00:01.000002Z ", line.plain);
}

static struct sb_log_line make(enum sb_log_kind kind, const char *comm, const char *text)
{
	struct sb_log_line line = { .kind = kind,
				    .ns = 1772323201000002000,
				    .id = WIRE_COMMIT,
				    .len = 24,
				    .peer = { .pid = 4711, .uid = 0 } };

	snprintf(line.peer.comm, sizeof(line.peer.comm), "%s", comm);
	snprintf(line.text, sizeof(line.text), "%s", text);
	return line;
}

static void lines_are_words_and_pairs(void **state)
{
	struct sb_log_line line = make(SB_LINE_IN, "raxlpxs", "");

	(void)state;
	is_line(&line, "pid=4711 uid=0 comm=raxlpxs in COMMIT len=24");
	line.kind = SB_LINE_OUT;
	line.about = (struct sb_about){ .name = "fix", .has_stop = true, .stop_us = 312 };
	memset(line.about.build_id, 0xab, sizeof(line.about.build_id));
	is_line(&line, "pid=4711 uid=0 comm=raxlpxs out COMMIT len=24 status=0 name=fix "
		       "build-id=abababababababababababababababababababab stop-us=312");
	line = make(SB_LINE_CHANGE, "", "removed");
	is_line(&line, "pid=4711 uid=0 comm=? removed");
	line.peer.uid = UINT32_MAX;
	is_line(&line, "by=runtime removed");
}

/* The name of a process and the text of an error are what somebody made them. */
static void nothing_forges_a_line(void **state)
{
	struct sb_log_line line = make(SB_LINE_OUT, "x uid=0\n\"\\\x1b\xff", "there is no \"\n=x");

	(void)state;
	line.status = 3;
	is_line(&line,
		"pid=4711 uid=0 comm=x\\x20uid\\x3d0\\x0a\\x22\\x5c\\x1b\\xff out COMMIT len=24 "
		"status=3 text=\"there is no \\x22\\x0a=x\"");
}

static void long_values_are_cut(void **state)
{
	struct sb_log_line from = make(SB_LINE_OUT, "", "");
	struct sb_line line;

	(void)state;
	memset(from.text, 1, sizeof(from.text) - 1);
	memset(from.about.name, 2, sizeof(from.about.name) - 1);
	memset(from.peer.comm, 3, sizeof(from.peer.comm) - 1);
	sb_line_make(&line, &from);
	assert_true(line.len <= sizeof(line.text));
	assert_int_equal(line.text[line.len - 1], '\n');
	char text[6000];
	memset(text, '"', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	sb_line_make_note(&line, 0, text);
	assert_int_equal(line.len, sizeof(line.text));
	assert_int_equal(line.text[line.len - 1], '\n');
}

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : st.st_size;
}

static void put(struct sb_sink *sink, const char *line)
{
	sb_sink_put(sink, sink->targets, SB_INFO, line, strlen(line), 0);
}

static void open_file(struct sb_sink *sink, const char *path)
{
	struct sb_error err;

	sb_sink_init(sink);
	assert_true(sb_sink_open_file(sink, AT_FDCWD, path, &err));
	sink->targets = WIRE_LOG_FILE;
}

/* No more than 1 MiB and the 1 MiB before it, no line in two pieces, none lost in between. */
static void file_begins_anew_when_it_is_full(void **state)
{
	char path[400], old[410], line[1024], text[1025];
	struct sb_sink sink;
	unsigned n = 0, at;

	(void)state;
	snprintf(path, sizeof(path), "%s", test_path("log"));
	snprintf(old, sizeof(old), "%s.1", path);
	open_file(&sink, path);
	assert_int_equal(size_of(old), 0);
	for (; n < 2500; n++) {
		snprintf(line, sizeof(line), "%06u %01014u\n", n, 0);
		put(&sink, line);
		assert_true(size_of(path) <= 1 << 20);
		assert_true(size_of(old) <= 1 << 20);
	}
	assert_int_equal(sink.n_lost, 0);
	sb_sink_close(&sink);
	const char *const paths[] = { old, path };
	at = n - (unsigned)(size_of(old) + size_of(path)) / 1022;
	assert_true(at > 0 && at < n - 1024);
	for (size_t i = 0; i < 2; i++) {
		FILE *f = fopen(paths[i], "r");

		assert_non_null(f);
		for (; fgets(text, sizeof(text), f); at++)
			assert_int_equal(strtoul(text, NULL, 10), at);
		fclose(f);
	}
	assert_int_equal(at, n);
}

static void full_disk_loses_lines_only(void **state)
{
	struct sb_sink sink;

	(void)state;
	open_file(&sink, "/dev/full");
	for (unsigned i = 0; i < 5; i++)
		put(&sink, "a line\n");
	assert_int_equal(sink.n_lost, 5);
	assert_int_equal(sink.file.n_gap, 5);
	sb_sink_close(&sink);
}

static void gap_is_told(void **state)
{
	char text[100] = "";
	struct sb_sink sink;
	FILE *f;

	(void)state;
	open_file(&sink, test_path("gap"));
	sb_sink_lose(&sink, 3);
	put(&sink, "after\n");
	assert_int_equal(sink.n_lost, 3);
	sb_sink_close(&sink);
	f = fopen(test_path("gap"), "r");
	assert_non_null(f);
	assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
	fclose(f);
	assert_string_equal(text, "by=runtime lines-lost=3\nafter\n");
}

static bool opens(const char *path)
{
	struct sb_sink sink;
	struct sb_error err;
	bool ok;

	sb_sink_init(&sink);
	ok = sb_sink_open_file(&sink, AT_FDCWD, path, &err);
	sb_sink_close(&sink);
	return ok;
}

static void file_must_be_ours(void **state)
{
	char path[400], other[400];

	(void)state;
	snprintf(path, sizeof(path), "%s", test_path("mine"));
	snprintf(other, sizeof(other), "%s", test_path("other"));
	assert_true(opens(path));
	assert_int_equal(link(path, other), 0);
	assert_false(opens(path));
	assert_int_equal(unlink(other), 0);
	assert_int_equal(symlink(path, other), 0);
	assert_false(opens(other));
	assert_int_equal(unlink(other), 0);
	assert_int_equal(mkfifo(other, 0600), 0);
	assert_false(opens(other)); /* and does not wait for who reads it */
	assert_int_equal(unlink(other), 0);
	assert_false(opens("/nonexistent/log"));
	if (!geteuid()) {
		assert_int_equal(chown(path, 65534, 65534), 0);
		assert_false(opens(path));
	}
}

static int listen_as_syslog(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0 && strlen(path) < sizeof(addr.sun_path));
	memcpy(addr.sun_path, path, strlen(path));
	unlink(path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static void syslog_is_never_waited_for(void **state)
{
	char path[400], text[2048], wanted[100];
	struct sb_sink sink;
	ssize_t n;
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s", test_path("s"));
	sb_sink_init(&sink);
	sink.targets = WIRE_LOG_SYSLOG;
	sb_sink_open_syslog(&sink, path);
	put(&sink, "nobody is there\n");
	assert_int_equal(sink.n_lost, 1);
	fd = listen_as_syslog(path);
	put(&sink, "somebody came\n"); /* it is found */
	n = recv(fd, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	snprintf(wanted, sizeof(wanted), "<84>sandbox[%d]: by=runtime lines-lost=1\n", getpid());
	assert_string_equal(text, wanted);
	n = recv(fd, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	snprintf(wanted, sizeof(wanted), "<86>sandbox[%d]: somebody came\n", getpid());
	assert_string_equal(text, wanted);
	for (unsigned i = 0; i < 10000; i++) /* who does not read is not waited for */
		put(&sink, "more\n");
	assert_true(sink.n_lost > 5000);
	close(fd);
	fd = listen_as_syslog(path); /* started anew */
	put(&sink, "again\n");
	assert_true(recv(fd, text, sizeof(text), 0) > 0);
	assert_true(recv(fd, text, sizeof(text), 0) > 0);
	assert_memory_equal(strchr(text, ' '), " again\n", 7);
	close(fd);
	sb_sink_close(&sink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_are_words_and_pairs),  TEST(nothing_forges_a_line),
		TEST(long_values_are_cut),	  TEST(file_begins_anew_when_it_is_full),
		TEST(full_disk_loses_lines_only), TEST(gap_is_told),
		TEST(file_must_be_ours),	  TEST(syslog_is_never_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
