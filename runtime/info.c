/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What this process runs and how much room it has. */
#include "runtime/info.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "runtime/contexts.h"
#include "runtime/shadow.h"
#include "version.h"

#ifndef SANDBOX_CFLAGS
#define SANDBOX_CFLAGS "?"
#endif

__attribute__((format(printf, 2, 3))) static void line(struct sb_buf *out, const char *fmt, ...)
{
	char text[4400];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text) - 1, fmt, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n > sizeof(text) - 2)
		n = sizeof(text) - 2;
	for (int i = 0; i < n; i++) /* a path may hold anything */
		if ((unsigned char)text[i] < ' ')
			text[i] = '?';
	text[n++] = '\n';
	sb_buf_append(out, text, (size_t)n);
}

static const char *log_level(enum sb_log_level level)
{
	switch (level) {
	case SB_LOG_MESSAGES:
		return "on";
	case SB_LOG_DEBUG:
		return "debug";
	case SB_LOG_OFF:
		break;
	}
	return "off";
}

static const char *log_targets(uint32_t targets)
{
	static const char *const names[] = { "none", "file", "syslog", "file,syslog" };

	return names[targets & (WIRE_LOG_FILE | WIRE_LOG_SYSLOG)];
}

void sb_info_append(const struct sb_core *core, struct sb_buf *out)
{
	char id[2 * LIVEPATCH_MAX_BUILD_ID + 1], keys[SB_KEY_IDS_LEN];
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	sb_hex(core->exe.build_id, core->exe.build_id_len, id);
	line(out, "version=%s", LP_VERSION);
	line(out, "git=%s", LP_GIT);
	line(out, "built=%s", LP_BUILT);
	line(out, "cflags=%s", SANDBOX_CFLAGS);
	line(out, "compiler=%s", __VERSION__);
	line(out, "build-id=%s", id);
	line(out, "exe=%s", core->exe.path);
	line(out, "pid=%d", (int)getpid());
	line(out, "protocol=%u", WIRE_VERSION);
	for (unsigned a = 0; a < SB_N_AREAS; a++) {
		struct sb_usage usage = sb_area_usage(&core->areas[a]);
		const char *name = sb_area_name(a);

		line(out, "%s-total=%zu", name, usage.total);
		line(out, "%s-free=%zu", name, usage.free);
		line(out, "%s-largest=%zu", name, usage.largest);
	}
	line(out, "patches=%u", core->patches.n + core->checked.n);
	line(out, "applied=%u", core->patches.n);
	line(out, "kept=%u", core->kept.n);
	line(out, "contexts=%zu", sb_context_count());
	line(out, "shadow-values=%zu", sb_shadow_count());
	line(out, "writer=%s", sb_way_name(core->writer.way));
	sb_trust_ids(&sb_keys, keys);
	line(out, "trust-policy=%s", sb_policy_name(core->trust.policy));
	line(out, "trusted-keys=%s", keys);
	line(out, "log=%s", log_level(core->log.level));
	line(out, "log-targets=%s", log_targets(core->log.sink.targets));
	line(out, "log-lost=%llu", (unsigned long long)core->log.sink.n_lost);
	line(out, "start-state=%s", core->restored.state[0] ? core->restored.state : "never asked");
	line(out, "start-applied=%u", core->restored.n_applied);
	line(out, "start-skipped=%u", core->restored.n_skipped);
	if (core->restored.n_skipped)
		line(out, "start-reason=%s", core->restored.reason);
	line(out, "uptime-seconds=%llu",
	     (unsigned long long)((uint64_t)now.tv_sec - core->started));
}
