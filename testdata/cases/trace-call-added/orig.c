/* SPDX-License-Identifier: GPL-2.0-or-later */
void trace_event(const char *name, int x);
double level(int x);

int busy(int x)
{
	return level(x) * 1.25 > 0.75;
}

int work(int x)
{
	return level(x) * 2.5 > 3.5;
}

int idle(int x)
{
	return level(x) * 7.25 > 0.125;
}
