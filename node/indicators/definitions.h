/*
 * node/indicators/definitions.h - what is counted: one row for each indicator (README.md, section 2).
 *
 * Numbers stand in what was written for others: they are never reused. Whenever another number would come of the same records, the row's
 * version moves. A row comes after those that it is made from.
 *
 * Static and read-only: any thread.
 */
#ifndef NODE_INDICATORS_DEFINITIONS_H
#define NODE_INDICATORS_DEFINITIONS_H

#include "node/schema/schema.h"

enum indicator_form {
	INDICATOR_COUNT = 1, /* numerator: so many */
	INDICATOR_SHARE = 2, /* so many of as many as the denominator says, of the same things */
	INDICATOR_MEAN = 3, /* a sum over as many things as the denominator says */
	INDICATOR_RATIO = 4, /* of two sums */
};

/* What hides a number from whoever gives no care (suppress.h). */
enum indicator_class {
	INDICATOR_PEOPLE = 1, /* tells of people who are cared for, or who answered: hidden when few */
	INDICATOR_TEAM = 2, /* of the team's meetings and hours, which facilitators read anyway */
	INDICATOR_OBSERVED =
	        3, /* of devices, as one of them saw it when it was written: not to be computed again */
};

enum indicator_group {
	INDICATOR_ACTIVITY = 1,
	INDICATOR_CLINICAL,
	INDICATOR_CONTINUITY,
	INDICATOR_OUTCOMES,
	INDICATOR_COORDINATION,
	INDICATOR_ECONOMIC,
	INDICATOR_PRACTICE,
	INDICATOR_EXPERIENCE,
	INDICATOR_SYNCHRONIZATION,
	INDICATOR_GROUPS,
};

/* Periods in months; bits of `written`. */
enum { INDICATOR_MONTH = 1, INDICATOR_QUARTER = 3, INDICATOR_YEAR = 12 };

enum indicator_number {
	INDICATOR_PATIENTS = 1,
	INDICATOR_PATIENTS_NEW = 2,
	INDICATOR_PATIENTS_CLOSED = 3,
	INDICATOR_VISITS = 4,
	INDICATOR_MINUTES = 5,
	INDICATOR_VISITS_HOME = 6,
	INDICATOR_VISITS_AWAY = 7,
	INDICATOR_VISITS_PRACTICE = 8,
	INDICATOR_VISITS_NIGHT = 9,
	INDICATOR_ASSESSED_FIRST = 20,
	INDICATOR_RATED = 21,
	INDICATOR_REASSESSED = 22,
	INDICATOR_FOLLOWED = 23,
	INDICATOR_KNOWLEDGE = 24,
	INDICATOR_BEHAVIOUR = 25,
	INDICATOR_STATUS = 26,
	INDICATOR_IMPROVED = 27,
	INDICATOR_STABLE = 28,
	INDICATOR_WORSE = 29,
	INDICATOR_PROBLEM = 30,
	INDICATOR_INTERVENTIONS = 31,
	INDICATOR_TEACHING = 32,
	INDICATOR_TREATMENT = 33,
	INDICATOR_CASE_MANAGEMENT = 34,
	INDICATOR_SURVEILLANCE = 35,
	INDICATOR_NURSES_PER_PATIENT = 40,
	INDICATOR_WITH_REFERENT = 41,
	INDICATOR_BY_REFERENT = 42,
	INDICATOR_PLANNED = 43,
	INDICATOR_UNCLAIMED = 44,
	INDICATOR_TRANSMISSIONS = 45,
	INDICATOR_UNREAD = 46,
	INDICATOR_HOSPITALIZATIONS = 50,
	INDICATOR_EMERGENCIES = 51,
	INDICATOR_FALLS = 52,
	INDICATOR_WOUNDS_HEALED = 53,
	INDICATOR_DEATHS = 54,
	INDICATOR_DEATHS_HOME = 55,
	INDICATOR_CONTACTS = 60,
	INDICATOR_CONTACTS_DOCTOR = 61,
	INDICATOR_LETTERS = 62,
	INDICATOR_BILLED = 70,
	INDICATOR_CENTS = 71,
	INDICATOR_AMO = 72,
	INDICATOR_PATIENT_TIME = 73,
	INDICATOR_CREDITS = 74,
	INDICATOR_REJECTS = 75,
	INDICATOR_MINUTES_BILLED = 76,
	INDICATOR_SHARING_DAYS = 80,
	INDICATOR_SHARINGS = 81,
	INDICATOR_FACILITATION = 82,
	INDICATOR_TRAINING = 83,
	INDICATOR_PEER_VISITS = 84,
	INDICATOR_INTER_TEAMS = 85,
	INDICATOR_NURSES = 86,
	INDICATOR_NURSE_ANSWERS = 87, /* 97 until version 1: of those that marked both */
	INDICATOR_MARKED_WORK_LIFE = 88,
	INDICATOR_MARKED_CONDITIONS = 89,
	INDICATOR_ANSWERS = 90,
	INDICATOR_RATED_CARE = 91,
	INDICATOR_SATISFACTION = 92,
	INDICATOR_SAID_RECOMMENDS = 93,
	INDICATOR_RECOMMENDS = 94,
	INDICATOR_SAID_AUTONOMOUS = 95,
	INDICATOR_AUTONOMOUS = 96,
	INDICATOR_WORK_LIFE = 98,
	INDICATOR_CONDITIONS = 99,
	INDICATOR_OLDEST_DATA = 100,
	INDICATOR_CONFLICTS = 101,
	INDICATOR_ONLY_HERE = 102,
	INDICATOR_DEVICES = 103,
	INDICATOR_NUMBER_MAX = 127,
};

/* Case mixes that an indicator is told by, beside "all". */
enum { INDICATOR_BY_AGE = 1, INDICATOR_BY_ALD = 2, INDICATOR_BY_PROBLEM = 4, INDICATOR_BY_TERRITORY = 8 };

struct indicator {
	enum indicator_number number;
	const char *id;
	uint32_t version;
	enum indicator_group group;
	enum indicator_form form;
	enum indicator_class class;
	uint32_t
	        written; /* the one period that it is written for others by: INDICATOR_MONTH or _YEAR; TEAM's: both */
	uint32_t mixes; /* INDICATOR_BY_... */
	enum indicator_number
	        base; /* whose numerator the denominator is; of a COUNT what it is a part of; 0: none */
	uint32_t
	        table; /* indicators of one table are parts that add up to their base; 0: it and what is left of its base are */
	bool is_whole_shown; /* a share of all is shown: it tells of the team's work, not of anybody's health */
	enum indicator_number beside; /* shown only where this one is shown by ALD; 0: none */
	const char *unit;
	const char *reads; /* kinds of records, by name */
	struct schema_label name, numerator, denominator, definition;
};

extern const struct indicator indicators_table[];
extern const uint32_t indicators_count;
const struct indicator *indicator_numbered(uint32_t number); /* NULL: none */
const struct indicator *indicator_named(const char *id); /* NULL: none */
const char *indicator_group_name(enum indicator_group group);

/* Is it written for others by periods of so many months? */
bool indicator_is_written(const struct indicator *indicator, uint32_t months);

#endif
