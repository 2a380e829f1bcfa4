/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands: one line in, one line out, "ok ..." or "error ...". README.md lists them. */
#include <stdlib.h>
#include <string.h>

#include "mini.h"

struct command {
	const char *name;
	bool (*run)(char *args, char *answer, size_t size); /* false: quit */
};

static struct coroutine *parked;
static struct transfer parked_transfer;

static bool run_version(char *args, char *answer, size_t size)
{
	(void)args;
	snprintf(answer, size, "ok %s", mini_version());
	return true;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int parse_hex(const char *hex, uint8_t *out, size_t size)
{
	size_t n = 0;

	for (; hex[0]; hex += 2) {
		if (n == size || hex_digit(hex[0]) < 0 || hex_digit(hex[1]) < 0)
			return -1;
		out[n++] = (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
	}
	return (int)n;
}

static bool run_write(char *args, char *answer, size_t size)
{
	uint8_t data[256];
	char *hex = strchr(args, ' ');
	struct device *dev;
	int n;

	if (hex)
		*hex++ = '\0';
	dev = device_find(args);
	n = parse_hex(hex ? hex : "", data, sizeof(data));
	if (!dev || n < 0)
		snprintf(answer, size, "error write DEVICE HEX");
	else if (device_write(dev, data, (size_t)n))
		snprintf(answer, size, "error %s: malformed", dev->name);
	else
		snprintf(answer, size, "ok %d", n);
	return true;
}

static bool run_device(char *args, char *answer, size_t size)
{
	struct device *dev = device_find(args);
	char text[128];

	if (!dev) {
		snprintf(answer, size, "error no device '%s'", args);
		return true;
	}
	device_describe(dev, text, sizeof(text));
	snprintf(answer, size, "ok %s", text);
	return true;
}

static bool run_reset(char *args, char *answer, size_t size)
{
	struct device *dev = device_find(args);

	if (dev)
		device_reset(dev);
	snprintf(answer, size, dev ? "ok" : "error no such device");
	return true;
}

static bool run_id(char *args, char *answer, size_t size)
{
	(void)args;
	snprintf(answer, size, "ok %u", device_next_id());
	return true;
}

/* `on`, `off`, or microseconds to sleep between two calls. */
static bool run_hammer(char *args, char *answer, size_t size)
{
	unsigned nap = (unsigned)strtoul(args, NULL, 10);

	if (!nap && strcmp(args, "on") != 0 && strcmp(args, "off") != 0) {
		snprintf(answer, size, "error hammer on|off|MICROSECONDS");
		return true;
	}
	workers_hammer(strcmp(args, "off") != 0, nap);
	snprintf(answer, size, "ok");
	return true;
}

static bool run_stats(char *args, char *answer, size_t size)
{
	struct worker_stats s = workers_stats();

	(void)args;
	snprintf(answer, size, "ok calls=%llu old=%llu new=%llu torn=%llu ops=%lu",
		 (unsigned long long)s.calls, (unsigned long long)s.old_results,
		 (unsigned long long)s.new_results, (unsigned long long)s.torn,
		 device_thread_ops());
	return true;
}

static bool run_sleep_in(char *args, char *answer, size_t size)
{
	(void)args;
	snprintf(answer, size, workers_sleep_in() ? "ok" : "error worker 0 is not free");
	return true;
}

static bool run_wake(char *args, char *answer, size_t size)
{
	unsigned result;

	(void)args;
	if (workers_wake(&result))
		snprintf(answer, size, "ok %u", result);
	else
		snprintf(answer, size, "error nobody sleeps");
	return true;
}

static void yield_parked(struct transfer *t)
{
	(void)t;
	coroutine_yield(parked);
}

static void transfer_entry(void *arg)
{
	mini_transfer(arg);
}

static bool run_park(char *args, char *answer, size_t size)
{
	(void)args;
	if (!parked) {
		parked_transfer = (struct transfer){ .wait = yield_parked, .size = 4 };
		parked = coroutine_create(transfer_entry, &parked_transfer);
		if (parked)
			coroutine_enter(parked);
		snprintf(answer, size, parked ? "ok" : "error out of memory");
	} else {
		snprintf(answer, size, "error it is parked");
	}
	return true;
}

static bool run_unpark(char *args, char *answer, size_t size)
{
	(void)args;
	if (!parked) {
		snprintf(answer, size, "error nothing is parked");
		return true;
	}
	coroutine_enter(parked);
	coroutine_destroy(parked);
	parked = NULL;
	snprintf(answer, size, "ok %u", parked_transfer.result);
	return true;
}

static bool run_quit(char *args, char *answer, size_t size)
{
	(void)args;
	snprintf(answer, size, "ok");
	return false;
}

static const struct command commands[] = {
	{ "version", run_version }, { "write", run_write },
	{ "device", run_device },   { "reset", run_reset },
	{ "id", run_id },	    { "hammer", run_hammer },
	{ "stats", run_stats },	    { "sleep-in", run_sleep_in },
	{ "wake", run_wake },	    { "park", run_park },
	{ "unpark", run_unpark },   { "quit", run_quit },
};

bool control_run(char *line, char *answer, size_t size)
{
	char *args = strchr(line, ' ');

	if (args)
		*args++ = '\0';
	else
		args = line + strlen(line);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(line, commands[i].name))
			return commands[i].run(args, answer, size);
	snprintf(answer, size, "error unknown command '%.32s'", line);
	return true;
}
