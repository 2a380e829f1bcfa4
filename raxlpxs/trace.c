/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/trace.h"

#include <inttypes.h>
#include <stdio.h>

#include "raxlpxs/clock.h"

static void write_note(const struct lp_trace *trace, const struct lp_trace_note *note)
{
	fprintf(stderr, "debug: %9.3f ms  %s %" PRIu64 "\n",
		(double)(note->when - trace->origin) / (double)LP_MS, note->what, note->value);
}

void lp_trace_init(struct lp_trace *trace, bool on)
{
	*trace = (struct lp_trace){ .on = on, .origin = lp_now() };
}

void lp_trace(struct lp_trace *trace, const char *what, u64 value)
{
	if (!trace || !trace->on)
		return;
	struct lp_trace_note note = { .when = lp_now(), .what = what, .value = value };
	if (!trace->held)
		write_note(trace, &note);
	else if (trace->n_notes < LP_TRACE_MAX)
		trace->notes[trace->n_notes++] = note;
	else
		trace->n_lost++;
}

void lp_trace_hold(struct lp_trace *trace)
{
	if (trace)
		trace->held = true;
}

void lp_trace_flush(struct lp_trace *trace)
{
	if (!trace)
		return;
	for (size_t i = 0; i < trace->n_notes; i++)
		write_note(trace, &trace->notes[i]);
	if (trace->n_lost)
		fprintf(stderr, "debug: %zu more steps were not kept\n", trace->n_lost);
	trace->n_notes = 0;
	trace->n_lost = 0;
	trace->held = false;
}
