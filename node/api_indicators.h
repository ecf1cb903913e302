/*
 * node/api_indicators.h - what the requests about indicators share: periods, what was written of one.
 *
 * Threads: one.
 */
#ifndef NODE_API_INDICATORS_H
#define NODE_API_INDICATORS_H

#include "node/api_node.h"
#include "node/indicators/published.h"

struct api_period {
	int32_t month; /* calendar.h: the first */
	uint32_t months;
};

/* "2026-10" or "2025". False: replied. */
bool api_period_or_reply(struct api_call *call, const char *text, struct api_period *out);
/* Is it over, in Paris? */
bool api_period_is_over(const struct api_node *app, const struct api_period *period);

struct record_id api_indicators_document(struct api_node *app);
struct record_id api_aggregate_id(const struct api_period *period);

/* What was written of a period, as far as it holds to the rule (suppress.h); *why is what it breaks, else NULL. Several values that live together were counted apart, and
 * the one shown counts: *is_disputed. ERR_NOTFOUND: nothing. From the arena. */
int api_published(struct api_node *app, const struct api_period *period, struct arena *arena,
        struct published *out, const struct schema_label **why, bool *is_disputed);

#endif
