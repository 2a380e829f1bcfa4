/* SPDX-License-Identifier: GPL-2.0-or-later */
void qemu_thread_create(void *thread, const char *name, void *(*start)(void *), void *arg);
int take_job(void *queue);
void run(int job);

static int __attribute__((noinline)) work_loop(void *queue)
{
	int job;

	while ((job = take_job(queue)) >= 0)
		run(job);
	return job;
}

static void *worker(void *arg)
{
	while (work_loop(arg) == -1)
		run(0);
	return 0;
}

void start(void *thread, void *queue)
{
	qemu_thread_create(thread, "worker", worker, queue);
}
