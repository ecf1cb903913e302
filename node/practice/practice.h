/*
 * node/practice/practice.h - what a team did in a year beside its visits, and what is due (README.md, section 1).
 *
 * Pure. Days since 1970-01-01.
 */
#ifndef NODE_PRACTICE_PRACTICE_H
#define NODE_PRACTICE_PRACTICE_H

#include "node/work/work.h"

enum practice_type { /* as the schema numbers them */
	PRACTICE_SHARING = 1,
	PRACTICE_FACILITATION = 2,
	PRACTICE_TRAINING = 3,
	PRACTICE_PEER_VISIT = 4,
	PRACTICE_INTER_TEAM = 5,
	PRACTICE_TEAM_MEETING = 6,
	PRACTICE_SELF_EVALUATION = 7,
	PRACTICE_TYPES = 8,
};

enum practice_subject { PRACTICE_OMAHA = 1, PRACTICE_SELF_ORGANIZATION = 2, PRACTICE_OTHER = 3 };

enum {
	PRACTICE_SHARING_DAYS = 14,
	PRACTICE_FACILITATION_DAYS = 7,
	PRACTICE_FACILITATION_MINUTES = 120, /* a week */
	PRACTICE_OMAHA_MINUTES = 3 * 7 * 60,
	PRACTICE_SELF_ORGANIZATION_MINUTES = 8 * 60,
	PRACTICE_PEER_VISITS = 1, /* a year */
	PRACTICE_INTER_TEAMS = 2,
	PRACTICE_PEOPLE_MAX = 64,
	PRACTICE_EVENTS_MAX = 20000, /* of a document: thirty years of a busy team; the newest ones */
};
#define PRACTICE_NO_DAY INT32_MIN

struct practice_event {
	struct record_id id;
	enum practice_type type; /* 0: of a later version */
	enum practice_subject subject; /* 0: not said */
	int32_t day, minutes;
	uint8_t attendees[PRACTICE_PEOPLE_MAX * SCHEMA_SHORT_BYTES];
	uint32_t attendee_count;
};

/* Those that count, by day. Owner frees with mem_free(). */
struct practice_event *practice_events(const struct digest_source *document, uint32_t *count);

struct practice_person {
	uint8_t id[SCHEMA_SHORT_BYTES];
	uint32_t sharings, peer_visits, inter_teams;
	int32_t training_minutes, omaha_minutes, self_organization_minutes;
};

struct practice_year {
	struct {
		uint32_t count;
		int32_t minutes, person_minutes, last_day; /* last_day: PRACTICE_NO_DAY */
	} types[PRACTICE_TYPES];
	int32_t last_sharing_day; /* of all years, not after today */
	int32_t longest_gap_days; /* between two sharings; 0: none was shared in the year or before */
	int32_t weeks; /* of the year, that have begun by today */
	struct practice_person people[PRACTICE_PEOPLE_MAX];
	uint32_t person_count;
};

void practice_of(const struct practice_event *events, uint32_t count, int32_t year, int32_t today,
        struct practice_year *out);

/* The sources of what is due (work.h). */
void practice_facts(const struct digest_source *document, uint32_t source, struct work_facts *out);

#endif
