/*
 * node/plan/former.h - rules that an item had: "2026-03-01 2026-03-20 FREQ=DAILY;BYHOUR=8", a line each, first and last day (-: not said), the newest first. So what was planned in the past stays as
 * it was planned then (README.md, "Former rules").
 *
 * Pure. Hostile text is fine: a line that is none is passed over.
 */
#ifndef NODE_PLAN_FORMER_H
#define NODE_PLAN_FORMER_H

#include "node/plan/recurrence.h"

enum { FORMER_RULES_MAX = 24, FORMER_BYTES_MAX = 4000 };

/* The next line of *rest that is one, with its first and last day in the rule. False: there is none any more. */
bool former_next(struct span *rest, struct recurrence *rule);

/* Put a rule that held from `first` (RECURRENCE_NEVER: not said) to `last` before `older`; the oldest give way to FORMER_RULES_MAX and FORMER_BYTES_MAX. */
void former_put(struct span rule, int64_t first, int64_t last, struct span older, struct buf *out);

#endif
