/*
 * node/medication/medication.h - what a dossier's prescriptions, lines, stops, doses and reviews come to (README.md): intervals, states, alarms.
 *
 * Made from facts given in any order, then a function of them alone: every device comes to the same. States are asked for a day. Pure: no clock, no I/O.
 * Hostile facts are fine. Days are those of Paris, since 1970; MEDICATION_NEVER is after all of them. Threads: one per object.
 */
#ifndef NODE_MEDICATION_MEDICATION_H
#define NODE_MEDICATION_MEDICATION_H

#include "node/facts.h"
#include "node/medication/drug.h"
#include "node/medication/schedule.h"
#include "node/shorts.h"

#define MEDICATION_NEVER INT64_C(1000000)
#define MEDICATION_ALWAYS INT64_C(-1000000) /* before all of them */
#define MEDICATION_NONE UINT32_MAX

enum {
	MEDICATION_SOON_DAYS = 14, /* an end is told ahead: R31 */
	MEDICATION_NOW_DAYS = 7,
	MEDICATION_PAST_DAYS = 30, /* and for so long afterwards */
	MEDICATION_FOLLOW_UPS = 2,
	MEDICATION_APART_S = 3600, /* of a line without slots: two within an hour are one too many */
	MEDICATION_PAIRS_LINES =
	        500, /* the newest lines are compared with one another; a dossier has some tens */
};

extern const int64_t medication_follow_up_days[MEDICATION_FOLLOW_UPS]; /* 45, 90 */
extern const uint32_t medication_kinds[]; /* of the facts */
extern const uint32_t medication_kind_count;

enum medication_state {
	MEDICATION_FUTURE,
	MEDICATION_CURRENT,
	MEDICATION_ENDS, /* current, and within MEDICATION_SOON_DAYS not any more */
	MEDICATION_OVER,
	MEDICATION_STOPPED,
	MEDICATION_RENEWED, /* the same drug goes on under the prescription that renews this one */
	MEDICATION_VOID, /* entered by mistake */
	MEDICATION_WITHOUT, /* a line whose prescription is not here, or void */
	MEDICATION_STATES,
};

/* From the first to the last day, both included; `why` is what it is afterwards. Empty when last < first. */
struct medication_interval {
	int64_t first, last;
	enum medication_state why;
};

/* What each of the following begins with. */
struct medication_thing {
	struct fact_head head;
	struct fact_version version;
};

struct medication_prescription {
	struct fact_head head;
	struct fact_version version;
	struct span prescriber, care;
	struct span renews, scan; /* short ids; empty: none */
	int64_t date, valid_from, valid_until;
	bool is_mistaken;
	/* derived, at the root */
	struct medication_interval interval;
	uint32_t former; /* the one that it renews; NONE */
	uint32_t renewed_by; /* the first of those that do; NONE */
	uint32_t renewal_count;
	uint32_t line_count; /* that are not void */
	uint32_t chain; /* the first of all those that renew one another */
	uint32_t done[MEDICATION_FOLLOW_UPS]; /* at the chain's first: the review; NONE */
};

struct medication_line {
	struct fact_head head;
	struct fact_version version;
	struct span prescription; /* short id */
	struct span drug, cip13, dose, words;
	struct drug_name name; /* of the drug: what it is compared by */
	int64_t from, until; /* as the line says: ALWAYS and NEVER when not */
	uint32_t max_per_day; /* 0: none */
	bool if_needed, is_mistaken;
	struct schedule schedule;
	/* derived, at the root */
	uint32_t of; /* root of its prescription; NONE */
	struct medication_interval interval;
	uint32_t group; /* lines of the same drug have the same number */
};

struct medication_stop {
	struct fact_head head;
	struct fact_version version;
	struct span prescription, line; /* short ids; line empty: the whole */
	int64_t on;
	struct span by, why;
	bool is_mistaken;
};

enum medication_outcome { MEDICATION_GIVEN = 1, MEDICATION_REFUSED = 2, MEDICATION_OMITTED = 3 };

struct medication_dose {
	struct fact_head head;
	struct fact_version version;
	struct span line; /* short id */
	enum medication_outcome outcome;
	int64_t at_s, day; /* the moment, and the day at the place */
	uint32_t minute; /* of that day */
	uint32_t said_slot; /* enum schedule_name; NONE of it: not said */
	int64_t said_day; /* INT64_MIN: not said */
	bool is_mistaken;
	/* derived, at the root */
	uint32_t of; /* root of its line; NONE */
	int64_t slot_day;
	uint32_t slot_minute; /* NONE: of no slot */
};

struct medication_review {
	struct fact_head head;
	struct fact_version version;
	uint32_t about; /* 1 doses, 2 lines, 3 and 4 follow-ups */
	struct span words, doses, lines, prescription;
	int64_t at_s;
	bool is_mistaken;
};

enum medication_alarm_kind {
	MEDICATION_DOUBLE, /* one slot, given more than once */
	MEDICATION_OVER_MAX, /* more in a day than the maximum, or than the line says */
	MEDICATION_OUTSIDE, /* given before the line began, or after its end */
	MEDICATION_UNPLANNED, /* on a day that is not one of the line's */
	MEDICATION_ALARMS,
};

struct medication_alarm {
	enum medication_alarm_kind kind;
	uint32_t line; /* root */
	int64_t day;
	uint32_t minute; /* of the slot; NONE */
	uint32_t limit; /* OVER_MAX */
	enum medication_state why; /* OUTSIDE: what the line was */
	uint32_t first, count; /* its doses: places in `alarm_doses` */
	uint32_t settled; /* the review that cites them all; NONE */
};

/* Of which slot a dose is. */
struct medication_taken {
	uint32_t group; /* its line's */
	int64_t day;
	uint32_t minute; /* NONE: of no slot */
	uint32_t dose; /* root */
};

/* Two lines that hold on the same days. */
struct medication_pair {
	uint32_t a, b; /* roots */
	bool is_same; /* same CIP13 or same words; else they share a word */
	int64_t first, last; /* when both hold */
	uint32_t settled;
};

/* Items are in the order of fact_order(): versions; what is asked of a thing stands at its root, what it says in the version shown. */
struct medication {
	struct arena arena;
	struct medication_prescription *prescriptions;
	struct medication_line *lines;
	struct medication_stop *stops;
	struct medication_dose *doses;
	struct medication_review *reviews;
	uint32_t prescription_count, line_count, stop_count, dose_count, review_count;
	uint32_t prescription_room, line_room, stop_room, dose_room, review_room;
	struct medication_alarm *alarms;
	uint32_t alarm_count, alarm_room;
	uint32_t *alarm_doses; /* roots */
	uint32_t alarm_dose_count, alarm_dose_room;
	struct medication_pair *pairs;
	uint32_t pair_count, pair_room;
	/* once derived */
	struct shorts prescription_ids, line_ids, dose_ids; /* of every version, the root that it is of */
	struct grouped
	        lines_of; /* root of a prescription, or prescription_count for those without: roots of its lines */
	struct grouped renewals_of,
	        chain_of; /* root of a prescription: roots of those that renew it; of its chain, from its first */
	struct medication_taken *taken; /* doses of a line that is here, not mistaken; ascending */
	uint32_t taken_count;
};

/* Zero-initialized is empty and valid. Add all facts (a fact_taker; other kinds are passed over), then derive once. Owner closes. */
void medication_add(void *medication, const struct fact *fact);
void medication_derive(struct medication *medication);
void medication_close(struct medication *medication);

/* Add the facts of a document, of the doses the newest MEDICATION_DOSES_LOOKED: some 250 days of four a day. */
enum { MEDICATION_DOSES_LOOKED = 1000 };
void medication_look(struct medication *medication, const struct digest_source *source);

/* The version to go by of the thing with this root. */
const struct medication_prescription *medication_prescription(
        const struct medication *medication, uint32_t root);
const struct medication_line *medication_line(const struct medication *medication, uint32_t root);
const struct medication_dose *medication_dose(const struct medication *medication, uint32_t root);

/* The index-th of a list of things, each of `size` bytes. */
const struct medication_thing *medication_thing(const void *items, size_t size, uint32_t index);
bool medication_is_root(const struct fact_version *version, uint32_t index);

/* The doses of a slot, those of none with MEDICATION_NONE; borrowed. */
const struct medication_taken *medication_taken(
        const struct medication *medication, uint32_t group, int64_t day, uint32_t minute, uint32_t *count);

/* The state of an interval on a day. */
enum medication_state medication_state_on(const struct medication_interval *interval, int64_t day);
enum medication_state medication_prescription_on(
        const struct medication *medication, uint32_t root, int64_t day);
enum medication_state medication_line_on(const struct medication *medication, uint32_t root, int64_t day);

const char *medication_state_name(enum medication_state state); /* "current" */

/* ---- Steps of medication_derive(), by file ---- */
void medication_derive_lines(struct medication *medication);
void medication_derive_groups(struct medication *medication);
void medication_derive_renewals(struct medication *medication);
void medication_derive_pairs(struct medication *medication);
void medication_derive_doses(struct medication *medication);

#endif
