/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/log.h"

#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "raxlpxs/clock.h"

#define ANSWER_TIMEOUT (10 * LP_S)

static const char *const levels[] = { "off", "on", "debug" };
static const char *const targets[] = { "file", "syslog" }; /* in the order of their bits */
static const char *const target_sets[] = { "none", "file", "syslog", "file,syslog" };

/* The index of the LEN bytes at WORD in NAMES, or N. */
static u32 find(const char *word, size_t len, const char *const *names, u32 n)
{
	u32 i = 0;

	while (i < n && (strlen(names[i]) != len || strncmp(word, names[i], len) != 0))
		i++;
	return i;
}

static struct lp_err *parse(const char *what, u32 *ret_level, u32 *ret_targets)
{
	size_t len = strcspn(what, ",");
	bool ok;

	*ret_level = find(what, len, levels, LP_ARRAY_SIZE(levels));
	ok = *ret_level < LP_ARRAY_SIZE(levels);
	for (*ret_targets = 0, what += len; ok && *what; what += len) {
		what++;
		len = strcspn(what, ",");
		u32 at = find(what, len, targets, LP_ARRAY_SIZE(targets));
		ok = at < LP_ARRAY_SIZE(targets);
		*ret_targets |= 1u << at;
	}
	if (ok)
		return NULL;
	return lp_err_advice(lp_err(LP_USAGE,
				    "--log takes off, on or debug, and behind it ,file or ,syslog "
				    "or both"),
			     "see 'raxlpxs --help'");
}

static void show(const char *level, const char *previous, const char *previous_targets, bool json)
{
	struct lp_json out;

	if (!json) {
		printf("log level is %s, was %s\n", level, previous);
		return;
	}
	lp_json_init(&out, stdout);
	lp_json_object(&out, NULL);
	lp_json_str(&out, "log", level);
	lp_json_str(&out, "previous", previous);
	lp_json_str(&out, "previous-targets", previous_targets);
	lp_json_end(&out);
	lp_json_finish(&out);
}

struct lp_err *lp_log_set(struct lp_client *client, const char *what, bool json)
{
	struct lp_reply reply;
	u32 level, to, previous, previous_to;

	LP_TRY(parse(what, &level, &to));
	const struct lp_field fields[] = { { &level, sizeof(level) }, { &to, sizeof(to) } };
	LP_TRY(lp_client_call(client, WIRE_LOG, fields, LP_ARRAY_SIZE(fields), ANSWER_TIMEOUT,
			      &reply));
	LP_TRY(lp_reply_u32(client, &reply, 0, &previous));
	LP_TRY(lp_reply_u32(client, &reply, 1, &previous_to));
	show(levels[level], previous < LP_ARRAY_SIZE(levels) ? levels[previous] : "?",
	     previous_to < LP_ARRAY_SIZE(target_sets) ? target_sets[previous_to] : "?", json);
	return NULL;
}
