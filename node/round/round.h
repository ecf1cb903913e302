/*
 * node/round/round.h - the visits of a day: what the plan gives, with what was written about it laid over (README.md, sections 1 to 3).
 *
 * Pure: the same facts give the same visits, in whatever order they were written. Days count from 1970-01-01, in Paris.
 */
#ifndef NODE_ROUND_ROUND_H
#define NODE_ROUND_ROUND_H

#include "node/round/round_facts.h"

/* ---- Parts of the day ---- */

enum round_part {
	ROUND_SMALL_HOURS,
	ROUND_MORNING,
	ROUND_MIDDAY,
	ROUND_AFTERNOON,
	ROUND_EVENING,
	ROUND_NIGHT,
	ROUND_PARTS
};

enum { ROUND_SLOT_PART = 16, /* slot = 16 x part + number */ ROUND_SLOT_MAX = 95, ROUND_NO_SLOT = 255 };

enum round_part round_part_of_hour(uint32_t hour);
const char *round_part_name(enum round_part part); /* in JSON: "morning" */
bool round_part_named(const char *name, enum round_part *out); /* NULL is allowed */
struct schema_label round_part_label(enum round_part part);

/* The id of an occurrence of the plan. */
struct record_id round_occurrence_id(const struct record_id *patient, int64_t day, uint32_t slot);

/* Is it the beginning of the id of an occurrence of that day, or of one beside it? There need be no record of it. */
bool round_is_occurrence(const struct record_id *patient, int64_t day, struct span prefix);

/* ---- Who is away ---- */

struct round_absence {
	struct record_id id;
	struct round_person person;
	int64_t from, until; /* both included; until RECURRENCE_FOREVER: not said */
	int64_t highest; /* `until` of this one and of those before it of the same person */
};

/* Those that hold, of the document of planning (NULL: none), in `arena`: by person, then first day. */
struct round_absence *round_absences(const struct crdt_doc *doc, struct arena *arena, uint32_t *count);
/* Into that order, with `highest`: what round_is_absent() needs. */
void round_absences_sort(struct round_absence *absences, uint32_t count);
bool round_is_absent(
        const struct round_absence *absences, uint32_t count, const struct round_person *person, int64_t day);

/* ---- Visits ---- */

enum round_state { ROUND_PLANNED, ROUND_MOVED, ROUND_CANCELLED, ROUND_AWAY, ROUND_DONE };

enum round_mark {
	ROUND_UNCLAIMED = 1, /* of a planned one: nobody who is there has it */
	ROUND_TWICE = 2, /* two have it */
	ROUND_DIFFERING = 4, /* two states, or rules, live that differ */
	ROUND_UNACCEPTED = 8, /* handed over, and not accepted yet */
	ROUND_UNPLANNED = 16, /* the plan does not give it any more */
	ROUND_BY_HAND = 32,
	ROUND_WRITTEN = 64, /* there is a record of it */
	ROUND_LOUD = ROUND_UNCLAIMED | ROUND_TWICE | ROUND_DIFFERING,
};

enum {
	ROUND_TWINS_MAX = 3
}; /* more records of one visit than files that somebody claimed it in are shown beside it */

struct round_due {
	struct round_person id; /* the first bytes of the item's */
	uint32_t hour;
};

/* A record of the same visit, in another file of the patient. */
struct round_twin {
	struct record_id dossier, id;
};

struct round_visit {
	struct record_id patient; /* whose it is: the first of her files */
	struct record_id dossier; /* the file that its record stands in, or will */
	struct record_id id; /* of its record, whether there is one or not */
	int64_t day; /* of the plan */
	uint32_t slot; /* ROUND_NO_SLOT: added by hand */
	int64_t start_s; /* when it is planned for now */
	uint32_t minutes; /* 0: not said */
	int64_t order; /* README.md, "Order" */
	enum round_state state;
	uint32_t marks; /* enum round_mark */
	int64_t moved_to; /* ROUND_MOVED: the day */
	struct round_people owners, absent; /* absent: those of the owners */
	bool has_handed, has_cabinet;
	struct round_person handed_by;
	struct record_id cabinet;
	struct round_due items[ROUND_ITEMS_MAX]; /* what is to be done */
	uint32_t item_count;
	struct round_twin twins[ROUND_TWINS_MAX]; /* said of it in other files, before they were joined */
	uint32_t twin_count, states; /* states: as in round_written, of all of them */
	bool is_said; /* whose it is was said of the visit itself, not of the plan alone */
	bool is_taken; /* round_match.h: a visit that took place was laid over it */
	uint32_t taken; /* its place in that list */
};

/* Zero-initialized is empty; owner calls round_visits_close(). */
struct round_visits {
	struct round_visit *items;
	uint32_t count, capacity;
};

void round_visits_close(struct round_visits *visits);
struct round_visit *round_visits_add(struct round_visits *visits); /* zeroed */

/* Append the visits of a day of one patient. `facts` are those of that day, of all her files: what several of them plan for one part of the day is one visit. `patient` is
 * the first of her files. */
void round_of_day(const struct round_facts *facts, const struct record_id *patient, int64_t day,
        const struct round_absence *absences, uint32_t absence_count, struct round_visits *out);

/* When the plan has it, on its own day: the earliest hour of what is to be done; of one that the plan gives no more the beginning of its part of the day; of one
 * that was added by hand its start. */
int64_t round_planned_s(const struct round_visit *visit);

/* By their order, then their moment, then their id. */
void round_sort(struct round_visits *visits);

bool round_is_of(const struct round_visit *visit, const struct round_person *person);

/* A place between two neighbours (0: there is none). 0: no room, they have to be placed anew. */
int64_t round_order_between(int64_t before, int64_t after);

#endif
