/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "lib/file.h"
#include "lib/proc.h"
#include "tests/unit/test.h"

#define SH(script)                                                                                 \
	(const char *const[])                                                                      \
	{                                                                                          \
		"sh", "-c", (script), NULL                                                         \
	}

static void success_is_no_error(void **state)
{
	(void)state;
	struct lp_proc proc = { .argv = SH("exit 0") };

	assert_ok(lp_proc_run(&arena, &proc));
}

static void failure_names_program_and_status(void **state)
{
	(void)state;
	struct lp_proc proc = { .argv = SH("exit 7") };
	int status;

	assert_err(lp_proc_run(&arena, &proc), LP_FAILED, "'sh' failed with exit status 7");
	assert_ok(lp_proc_status(&arena, &proc, &status));
	assert_int_equal(status, 7);
	proc.argv = SH("kill -SEGV $$");
	assert_err(lp_proc_run(&arena, &proc), LP_FAILED, "'sh' was ended by signal 11");
	assert_ok(lp_proc_status(&arena, &proc, &status));
	assert_int_equal(status, 128 + SIGSEGV);
}

static void a_program_that_is_not_there_is_told_apart(void **state)
{
	(void)state;
	struct lp_proc proc = { .argv = (const char *const[]){ "no-such-program", NULL } };
	int status;

	assert_err(lp_proc_status(&arena, &proc, &status), LP_FAILED,
		   "cannot run 'no-such-program': No such file or directory");
	proc.argv = SH("exit 0");
	proc.cwd = "/no/such/folder";
	assert_err(lp_proc_run(&arena, &proc), LP_FAILED,
		   "cannot run 'sh' in folder '/no/such/folder'");
}

static void print_failure(void *arg)
{
	lp_err_finish(lp_proc_run(&arena, arg), false);
}

static void error_shows_the_last_lines(void **state)
{
	(void)state;
	struct lp_proc proc = {
		.argv = SH("i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo line$i; done;"
			   "printf 'a\\033[2Jb' >&2; exit 1")
	};
	const char *text = test_capture(2, print_failure, &proc);

	assert_non_null(strstr(text, "error: 'sh' failed with exit status 1\n"
				     "  line27\n  line28\n"));
	assert_non_null(strstr(text, "  line40\n  a?[2Jb\n"));
	assert_null(strstr(text, "line26"));
}

static void output_is_given_whole(void **state)
{
	(void)state;
	struct lp_proc proc = { .argv = SH("echo noise >&2; printf 'a\\nb'") };
	size_t len;
	char *out;

	assert_ok(lp_proc_output(&arena, &proc, &out, &len));
	assert_string_equal(out, "a\nb");
	assert_int_equal(len, 3);
	proc.argv = SH("head -c 3000000 /dev/zero");
	assert_ok(lp_proc_output(&arena, &proc, &out, &len));
	assert_int_equal(len, 3000000);
	proc.argv = SH("exit 0");
	assert_ok(lp_proc_output(&arena, &proc, &out, &len));
	assert_string_equal(out, "");
	proc.argv = SH("head -c 70000000 /dev/zero");
	assert_err(lp_proc_output(&arena, &proc, &out, &len), LP_FAILED, "more than 64 MiB");
}

static void env_cwd_and_stdin_are_set(void **state)
{
	(void)state;
	const char *in = test_path("in");
	const char *const env[] = { "LP_A=new", "LP_B=b=c", NULL };
	struct lp_proc proc = { .argv = SH("pwd; cat; echo $LP_A $LP_B $LP_C"),
				.cwd = "/usr",
				.env = env,
				.stdin_path = in };
	size_t len;
	char *out;

	setenv("LP_A", "old", 1);
	setenv("LP_C", "kept", 1);
	assert_ok(lp_file_write(in, "text\n", 5));
	assert_ok(lp_proc_output(&arena, &proc, &out, &len));
	assert_string_equal(out, "/usr\ntext\nnew b=c kept\n");
}

static void count_line(void *arg, const char *line)
{
	struct lp_strs *lines = arg;

	lp_vec_push(&arena, lines, lp_strdup(&arena, line));
}

static void log_and_lines_get_both_streams(void **state)
{
	(void)state;
	struct lp_strs lines = { 0 };
	struct lp_proc proc = { .argv = SH("echo one; echo two >&2; printf three"),
				.log = test_path("log"),
				.on_line = count_line,
				.arg = &lines };
	size_t len;
	u8 *log;

	assert_ok(lp_proc_run(&arena, &proc));
	assert_ok(lp_proc_run(&arena, &proc)); /* appended */
	assert_ok(lp_file_read(&arena, proc.log, 4096, &log, &len));
	assert_string_equal((const char *)log, "one\ntwo\nthreeone\ntwo\nthree");
	assert_int_equal(lines.n, 6);
	assert_string_equal(lines.items[2], "three");
	assert_string_equal(lines.items[4], "two");
}

/* `sleep` keeps the pipe open for longer than the test may take. */
static void a_grandchild_does_not_keep_us(void **state)
{
	(void)state;
	struct lp_proc proc = { .argv = SH("sleep 600 & echo $!") };
	size_t len;
	char *out;

	assert_ok(lp_proc_output(&arena, &proc, &out, &len));
	pid_t sleeper = (pid_t)strtol(out, NULL, 10);

	assert_true(sleeper > 1);
	assert_int_equal(kill(sleeper, SIGKILL), 0);
}

/* The child must not see what lp_proc opens for itself. */
static void no_descriptor_leaks(void **state)
{
	(void)state;
	/* What we were started with is no leak. */
	assert_int_equal(close_range(3, ~0u, CLOSE_RANGE_CLOEXEC), 0);
	struct lp_proc proc = { .argv = SH("ls /proc/self/fd | wc -l") };
	size_t len;
	char *out;

	assert_ok(lp_proc_output(&arena, &proc, &out, &len));
	assert_string_equal(out, "4\n"); /* 0, 1, 2, and the folder that ls reads */
}

static void child_dies_with_its_parent(void **state)
{
	(void)state;
	const char *path = test_path("pid");
	int fds[2];
	char c;

	/* Its orphan comes to us, so that we can wait for it. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	fflush(stdout);
	pid_t parent = fork();

	if (parent == 0) {
		char *script = lp_printf(&arena, "echo $$ >%s; echo; exec sleep 600", path);
		struct lp_proc proc = { .argv = SH(script),
					.log = lp_printf(&arena, "/proc/self/fd/%d", fds[1]) };

		_exit(lp_err_finish(lp_proc_run(&arena, &proc), false));
	}
	assert_int_equal(read(fds[0], &c, 1), 1); /* the child runs */
	assert_int_equal(kill(parent, SIGKILL), 0);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	int status;
	pid_t orphan = waitpid(-1, &status, 0);

	assert_true(orphan > 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
	close(fds[0]);
	close(fds[1]);
}

static void count_done(void *arg, size_t idx)
{
	size_t *seen = arg;

	seen[idx]++;
}

static void pool_runs_all_and_at_most_max(void **state)
{
	(void)state;
	struct lp_job jobs[9] = { 0 };
	size_t seen[9] = { 0 };
	/* mkdir is atomic: two jobs at once would meet in it. */
	char *script = lp_printf(&arena, "mkdir %s && rmdir %s && exit $JOB", test_path("lock"),
				 test_path("lock"));

	for (size_t i = 0; i < 9; i++) {
		const char **env = lp_new_array(&arena, 2, const char *);
		const char **argv = lp_new_array(&arena, 4, const char *);

		argv[0] = "sh";
		argv[1] = "-c";
		argv[2] = script;
		env[0] = lp_printf(&arena, "JOB=%zu", i);
		jobs[i].proc = (struct lp_proc){ .argv = argv, .env = env };
	}
	assert_ok(lp_proc_run_all(&arena, jobs, 9, 1, count_done, seen));
	for (size_t i = 0; i < 9; i++) {
		assert_int_equal(jobs[i].status, i);
		assert_int_equal(seen[i], 1);
	}
	assert_ok(lp_proc_run_all(&arena, jobs, 0, 4, NULL, NULL));
}

/* Each of the two waits for the other: they end only when both run at once. */
static void pool_runs_jobs_at_once(void **state)
{
	(void)state;
	const char *a = test_path("a"), *b = test_path("b");
	struct lp_job jobs[2] = { 0 };

	assert_ok(lp_proc_run(&arena, &(struct lp_proc){ .argv = (const char *const[]){
								 "mkfifo", a, b, NULL } }));
	jobs[0].proc.argv = SH(lp_printf(&arena, "echo >%s; cat %s", a, b));
	jobs[1].proc.argv = SH(lp_printf(&arena, "cat %s; echo >%s", a, b));
	assert_ok(lp_proc_run_all(&arena, jobs, 2, 2, NULL, NULL));
	assert_int_equal(jobs[0].status, 0);
	assert_int_equal(jobs[1].status, 0);
}

static void pool_ends_the_others_when_one_cannot_start(void **state)
{
	(void)state;
	struct lp_job jobs[2] = { 0 };

	jobs[0].proc.argv = (const char *const[]){ "sleep", "600", NULL };
	jobs[1].proc.argv = (const char *const[]){ "no-such-program", NULL };
	assert_err(lp_proc_run_all(&arena, jobs, 2, 2, NULL, NULL), LP_FAILED,
		   "cannot run 'no-such-program'");
	assert_int_equal(waitpid(-1, NULL, 0), -1); /* nobody is left */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(success_is_no_error),
		TEST(failure_names_program_and_status),
		TEST(a_program_that_is_not_there_is_told_apart),
		TEST(error_shows_the_last_lines),
		TEST(output_is_given_whole),
		TEST(env_cwd_and_stdin_are_set),
		TEST(log_and_lines_get_both_streams),
		TEST(a_grandchild_does_not_keep_us),
		TEST(no_descriptor_leaks),
		TEST(child_dies_with_its_parent),
		TEST(pool_runs_all_and_at_most_max),
		TEST(pool_runs_jobs_at_once),
		TEST(pool_ends_the_others_when_one_cannot_start),
	};

	return cmocka_run_group_tests_name("proc", tests, NULL, NULL);
}
