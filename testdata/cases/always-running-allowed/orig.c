/* SPDX-License-Identifier: GPL-2.0-or-later */
void thread_create(void *(*start)(void *), void *arg);
int take_job(void *queue, int how);
void run(int job);

static void __attribute__((noinline)) run_twice(int job)
{
	run(job);
	run(job + 1);
}

static void __attribute__((noinline)) work_loop(void *queue, int how)
{
	for (;;)
		run_twice(take_job(queue, how));
}

static void *worker(void *arg)
{
	work_loop(arg, take_job(arg, 0));
	run(0);
	return 0;
}

void start(void *queue)
{
	thread_create(worker, queue);
}
