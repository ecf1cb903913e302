/*
 * node/indicators/facts.h - what indicators are made of: a dossier's plain facts, as the bytes of a digest's part (README.md, section 4), and the team's.
 *
 * Pure. Documents and bytes are hostile. Days count from 1970-01-01 and are those of the event's own place; minutes likewise. No name, no text that
 * somebody wrote, no id of a record is among them.
 */
#ifndef NODE_INDICATORS_FACTS_H
#define NODE_INDICATORS_FACTS_H

#include "crdt/base/arena.h"
#include "node/digest/digest.h"
#include "node/practice/practice.h"

enum {
	FACTS_FEED_BYTES = 16, /* the first ones of a feed's id */
	FACTS_READERS_MAX = 4, /* of one transmission: feeds that read it first */
	FACTS_FEEDS_MAX = 200,
	FACTS_NURSES_MAX = 200, /* of one dossier */
	FACTS_CATEGORIES = 4,
	FACTS_ITEMS_MAX = 100000, /* of one sort in one dossier */
};
#define FACTS_NO_DAY INT32_MIN

/* A visit that took place. */
struct facts_visit {
	int64_t start_minute; /* by the clock of the place */
	uint32_t minutes; /* as they are billed: start and end cut to their minute */
	uint32_t nurse; /* place in the file's list */
	uint32_t place; /* as the schema numbers it */
	uint32_t done[FACTS_CATEGORIES]; /* interventions of each category */
};

struct facts_problem {
	uint32_t code;
	bool is_closed;
};

struct facts_rating {
	uint32_t problem; /* place in the file's list */
	int64_t minute;
	uint8_t scores[3]; /* K, B, S */
};

struct facts_contact {
	int32_t day;
	bool is_doctor, is_letter;
};

struct facts_transmission {
	int32_t day; /* of which it is */
	uint64_t saved_ms;
	uint32_t author; /* feeds by their place in the file's list */
	uint32_t reader_count;
	struct {
		uint32_t feed;
		uint64_t read_ms;
	} readers[FACTS_READERS_MAX];
};

enum facts_outcome_type { /* as the schema numbers them */
	FACTS_HOSPITALIZATION = 1,
	FACTS_EMERGENCY = 2,
	FACTS_FALL = 3,
	FACTS_WOUND_HEALED = 4,
	FACTS_DEATH = 5,
};

struct facts_outcome {
	int32_t day;
	uint32_t type;
	bool is_home;
};

struct facts_planned {
	int32_t day;
	bool is_claimed;
};

struct facts_survey {
	int32_t day;
	int8_t satisfaction, recommends, autonomous; /* -1: not said */
};

/* One dossier. Lists are in order of time. */
struct facts_file {
	struct record_id id; /* set by whoever gathers: whose patient it is */
	bool has_referent, is_ald, has_conflict;
	uint8_t referent[SCHEMA_SHORT_BYTES];
	int32_t birth_day, ald_from, ald_until, archived_day, deceased_day; /* FACTS_NO_DAY: not said */
	uint8_t (*nurses)[SCHEMA_SHORT_BYTES];
	uint8_t (*feeds)[FACTS_FEED_BYTES];
	uint32_t *
	        feed_people; /* beside each feed: a number for the person who writes it; set by whoever gathers */
	struct facts_visit *visits;
	struct facts_problem *problems;
	struct facts_rating *ratings;
	struct facts_contact *contacts;
	struct facts_transmission *transmissions;
	struct facts_outcome *outcomes;
	struct facts_planned *planned;
	struct facts_survey *surveys;
	uint32_t nurse_count, feed_count, visit_count, problem_count, rating_count, contact_count,
	        transmission_count, outcome_count, planned_count, survey_count;
};

#define FACTS_NOTHING \
	{ \
		.birth_day = FACTS_NO_DAY, .ald_from = FACTS_NO_DAY, .ald_until = FACTS_NO_DAY, \
		.archived_day = FACTS_NO_DAY, .deceased_day = FACTS_NO_DAY \
	}

/* The facts of a document, copied into the arena. */
void indicator_facts_of(const struct digest_source *source, struct arena *arena, struct facts_file *out);

void indicator_facts_put(const struct facts_file *file, struct buf *out);
/* ERR_MALFORMED, ERR_TRUNCATED, ERR_TOOBIG, ERR_VERSION. Copies into the arena. */
int indicator_facts_get(struct span bytes, struct arena *arena, struct facts_file *out);

/* The part of the digest (DIGEST_INDICATORS): one MessagePack bin. */
void indicator_facts_part_make(const struct digest_source *source, struct buf *out);
int indicator_facts_part_get(struct span part, struct arena *arena, struct facts_file *out);

/* ---- The team's ---- */

/* What lots bill of one patient for one month (calendar.h), net of credits. */
struct facts_bill {
	struct record_id patient;
	int32_t month;
	int64_t visits, minutes, cents, amo_cents;
	uint32_t territory; /* place in the team's list */
};

/* A credit line of a lot of that month, or a reject of that day's month. */
struct facts_return {
	struct record_id patient; /* zero: not said */
	int32_t month;
};

struct facts_time {
	int32_t day;
	uint32_t minutes;
};

struct facts_marks {
	int32_t day;
	int8_t work_life, conditions; /* -1: not said */
};

/* What a campaign of questionnaires gave: sums that are nobody's (node/survey). */
enum { FACTS_ANSWERS_FIRST = 87, FACTS_ANSWERS = 13 };
struct facts_campaign {
	int32_t day; /* the last one, as announced */
	bool is_shown; /* facilitators are shown its result, and of these very answers */
	int64_t answers[FACTS_ANSWERS]; /* numerators by the indicator's number, from the first one on */
};

struct survey_sum;
/* The answers of a sum; the rest stays as it is. False: no indicator is made of its questions, or this program does not know them. */
bool facts_campaign_answers(const struct survey_sum *sum, struct facts_campaign *out);

struct facts_observed {
	bool is_known;
	int64_t oldest_data_hours, only_here, devices;
};

enum { FACTS_TERRITORIES_MAX = 16 }; /* whose rates a team billed by; more are the last one's */

struct facts_team {
	struct span territories[FACTS_TERRITORIES_MAX];
	uint32_t territory_count;
	struct facts_file *files; /* ascending by id */
	struct facts_bill *bills; /* ascending by patient, then month */
	struct facts_return *credits, *rejects;
	struct facts_time *times;
	struct facts_marks *marks;
	struct facts_campaign *campaigns;
	struct practice_event *practice; /* by day */
	uint32_t file_count, bill_count, credit_count, reject_count, time_count, mark_count, campaign_count,
	        practice_count;
	struct facts_observed observed;
};

#endif
