/* SPDX-License-Identifier: GPL-2.0-or-later */
int next(void);
void run(int job);

void serve(void)
{
	for (;;)
		run(next());
}
