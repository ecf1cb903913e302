/*
 * node/api_running.h - the visit that runs on this device (visit/README.md, section 3). Threads: one.
 */
#ifndef NODE_API_RUNNING_H
#define NODE_API_RUNNING_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct api_call;
struct api_node;

/* Part of struct api_node: what is known of it between two turns. Zeroed before the first. */
struct api_running {
	uint64_t looked; /* api_drafts_moved() then, and 1 */
	bool is_running;
	int64_t start_s;
	uint32_t told; /* the stage (visit/running.h) that was told last */
};

/* Tell followers, as an event "visit", when it is time: after each turn. */
void api_running_turned(struct api_node *app);

/* {"start", "minutes", "long", "overMidnight", "fr", "en"} of the visit that runs, nothing of whose; null: none. Owner decrefs. */
json_t *api_running_json(struct api_node *app);

/* The times of a visit that stops: its end, unless `visit` gives one ("10:55" is one), and what they rest on. False: replied. */
bool api_visit_times(struct api_call *call, const json_t *draft, json_t *visit);

#endif
