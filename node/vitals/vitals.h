/*
 * node/vitals/vitals.h - a patient's measures over time: from visits, their amendments, and outside of visits; opinions about them, limits (README.md).
 *
 * Made from facts in any order and the dossier's limits, then a function of them alone. Pure: no clock, no I/O. Hostile facts are fine. Days are those of
 * Paris, since 1970. Threads: one per object.
 */
#ifndef NODE_VITALS_VITALS_H
#define NODE_VITALS_VITALS_H

#include "node/facts.h"

enum { VITALS_COUNT = 64, VITALS_NONE = -1 }; /* numbers of vitals are below */

extern const uint32_t vitals_kinds[]; /* of the facts */
extern const uint32_t vitals_kind_count;

enum vitals_opinion { VITALS_UNJUDGED, VITALS_SUSPECT, VITALS_CONFIRMED };

struct vitals_value {
	int64_t at_s, day;
	uint32_t vital;
	int32_t value;
	struct record_id source; /* the visit, or the first version of the measures */
	uint32_t measures; /* their place among the measures; of a visit UINT32_MAX */
	bool is_visit;
	bool is_unusual; /* outside of what a person alive usually has */
	enum vitals_opinion opinion; /* the last one of this very value */
	struct span why; /* of that opinion */
	struct span context;
};

/* For one vital, of all limits in force. Where several say something else the narrower ones hold. */
struct vitals_limit {
	bool has_low, has_high;
	bool is_disputed; /* several values live, or several limits differ */
	int32_t low, high;
};

struct vitals_visit;
struct vitals_measures;
struct vitals_doubt;

struct vitals {
	struct arena arena;
	struct vitals_visit *visits; /* and amendments */
	struct vitals_measures *measures;
	struct vitals_doubt *doubts;
	uint32_t visit_count, measures_count, doubt_count, visit_room, measures_room, doubt_room;
	struct vitals_value *values; /* once derived: ascending by (vital, moment, source) */
	uint32_t value_count, value_room;
	struct vitals_limit limits[VITALS_COUNT];
};

/* Zero-initialized is empty and valid. Add all facts (a fact_taker) and the limits that stand in the document, then derive once. Owner closes. */
void vitals_add(void *vitals, const struct fact *fact);
void vitals_take_limits(struct vitals *vitals, const struct crdt_doc *doc);
void vitals_derive(struct vitals *vitals);
void vitals_close(struct vitals *vitals);

/* The values of a vital; borrowed. */
const struct vitals_value *vitals_of(const struct vitals *vitals, uint32_t vital, uint32_t *count);

/* How it went from one day to another, both included. What a nurse called suspect does not count. Indices into vitals_of(); NONE: there is no such. */
struct vitals_trend {
	uint32_t count;
	int32_t first, last, previous, lowest,
	        highest; /* indices: `previous` is before `last`, also before the window */
};
void vitals_trend(
        const struct vitals *vitals, uint32_t vital, int64_t from, int64_t to, struct vitals_trend *out);

/* -1 below the low limit, 1 above the high one, 0. */
int vitals_beyond(const struct vitals_limit *limit, int32_t value);

/* What wants attention of a vital: its last value. */
struct vitals_item {
	uint32_t vital;
	const struct vitals_value *value;
	int beyond; /* the patient's limits; 0: it is unusual, and nobody confirmed it */
};
enum { VITALS_TOLD_DAYS = 14 }; /* from its day on; a later value, or an opinion, ends it */
uint32_t vitals_items(const struct vitals *vitals, struct vitals_item out[VITALS_COUNT]);
void vitals_item_words(
        const struct vitals_item *item, const struct vitals *vitals, bool is_french, struct buf *out);

#endif
