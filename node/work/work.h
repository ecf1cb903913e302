/*
 * node/work/work.h - what wants a person's attention: facts of documents, and the items that they make on a day (README.md).
 *
 * Pure: no I/O and no clock; documents in, facts and items out. Threads: one. Facts and items borrow from the struct work_facts that made them.
 */
#ifndef NODE_WORK_WORK_H
#define NODE_WORK_WORK_H

#include "node/digest/digest.h"

enum {
	WORK_ID_BYTES = 16,
	WORK_KEY_BYTES_MAX = 48, /* two record ids, a field's number, and some more */
	WORK_RECORDS_MAX = 4,
	WORK_WORDS_BYTES_MAX = 240, /* one line of a screen, twice */
	WORK_FACTS_MAX =
	        64, /* of one source in one document: more than that nobody works through; it is counted */
	WORK_FACTS_ALL_MAX = 600, /* of all sources: their bytes stay within LIMIT_MPACK_NODES */
	WORK_FACTS_LEAST =
	        16, /* of a source, however many others have: no source is pushed out by what another says. Of such a dossier the part is cut */
	WORK_PEOPLE_MAX = 64, /* of one fact: a team has 12 */
	WORK_FEED_BYTES = 16, /* the first ones of a feed's id */
	WORK_NEVER_SEEN = 0, /* in place of a day */
	WORK_REST_DAYS = 92, /* longer than between two injections that are given each quarter */
};

/* Days since 1970-01-01. */
#define WORK_ALWAYS INT32_MIN
#define WORK_NEVER INT32_MAX
#define WORK_NO_DAY INT32_MAX

enum work_urgency { WORK_NOW = 1, WORK_SOON = 2, WORK_NOTE = 3 };
enum work_whose { WORK_TEAM = 0, WORK_REFERENT = 1, WORK_PERSON = 2, WORK_AUTHOR = 3 };

/* What a source says of one document, whatever the day (README.md, section 1). */
struct work_fact {
	uint32_t source;
	struct span key;
	struct span records; /* ids of 16 bytes, one after the other */
	int32_t note, soon, now, until, day;
	enum work_whose whose;
	struct span
	        person; /* WORK_PERSON: SCHEMA_SHORT_BYTES of a person's id. WORK_AUTHOR: work_feed() of what she wrote */
	struct span done_by; /* work_feed() of whoever said that it is done, one after the other */
	struct span fr, en;
};

/* The facts of one document. Zero-initialized is empty; owner calls work_facts_close(). */
struct work_facts {
	struct arena arena;
	struct span referents; /* of a dossier: SCHEMA_SHORT_BYTES each */
	struct work_fact *items;
	uint32_t count, capacity;
	uint32_t left_out;
	/* Of a dossier: the newest day on which somebody saw the patient, of the visits that long_visit_facts() looked at. */
	int32_t seen;
};

void work_facts_close(struct work_facts *facts);

/* Another fact of `source`: always a note, of no day, the team's. Fill it in; spans have to live as long as `facts`: work_keep(), work_words(). NULL: WORK_FACTS_MAX of this
 * source are there, or WORK_FACTS_ALL_MAX in all and WORK_FACTS_LEAST of this one; it was counted. A source says first what may least be left out. */
struct work_fact *work_add(struct work_facts *facts, uint32_t source);
struct span work_keep(struct work_facts *facts, struct span bytes);
/* A feed as a fact names it. */
struct span work_feed(struct work_facts *facts, const struct feed_id *feed);
/* A sentence, cut behind a whole letter where it is too long. */
struct span work_words(struct work_facts *facts, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* The référents of a dossier, SCHEMA_SHORT_BYTES each: several, where they were named apart. */
struct span work_referents(const struct crdt_doc *doc, struct arena *arena);

/* ---- Sources ---- */

/* Numbers of sources: README.md, section 2. */
enum {
	WORK_CONFLICT = 1,
	WORK_QUARANTINE = 2,
	WORK_ASKED = 3,
	WORK_NOTICED = 4,
	WORK_TEAM_MOVED = 5,
	WORK_PRESCRIPTION = 20,
	WORK_FOLLOW_UP = 21,
	WORK_DOSES = 22,
	WORK_DUPLICATE = 23,
	WORK_MEDICATION = 24,
	WORK_MEASURE = 25,
	WORK_WOUND = 26,
	WORK_REASSESS = 30,
	WORK_GOAL = 31,
	WORK_PLAN = 32,
	WORK_UNCLAIMED = 33,
	WORK_HANDED_OVER = 34,
	WORK_MISSED = 35,
	WORK_TRANSMISSION = 40,
	WORK_LONG_VISIT = 41,
	WORK_RUNNING = 42,
	WORK_JOINED_DISPUTED = 50, /* node/patient */
	WORK_IDENTITY = 51,
	WORK_DUPLICATES = 52,
	WORK_PARTLY_SHARED = 53, /* node/api_share.c */
	WORK_SIGNOFF = 60,
	WORK_SHARING = 61,
	WORK_FACILITATION = 62,
	WORK_PEER_VISIT = 63,
	WORK_INTER_TEAM = 64,
	WORK_RULE = 65,
	WORK_MESSAGE = 66,
	WORK_ANSWER_DUE = 70,
};

struct work_source {
	uint32_t number;
	const char *name; /* in JSON: "conflict" */
	struct schema_label label;
	uint32_t doc_kind; /* enum schema_doc_kind; 0: of every kind */
	/* NULL: api_work.c says them, since no document does. */
	void (*facts)(const struct digest_source *document, uint32_t source, struct work_facts *out);
};

/* The table, up to a row whose number is 0; NULL when there is no such row. */
extern const struct work_source work_sources[];
const struct work_source *work_source(uint32_t number);

/* Every source's facts of a document. */
void work_facts_of(const struct digest_source *document, struct work_facts *out);

/* ---- As bytes, for the digest (README.md, section 3) ---- */

/* The part of the digest (DIGEST_WORK): nothing where there are no facts. */
void work_part_make(const struct digest_source *document, struct buf *out);
void work_part_put(const struct work_facts *facts, struct buf *out);
/* Hostile bytes are fine. ERR_MALFORMED, ERR_TRUNCATED, ERR_TOOBIG, ERR_VERSION: `out` is empty. Copies. */
int work_part_get(struct span bytes, struct work_facts *out);

/* ---- Items ---- */

struct work_item {
	uint8_t id[WORK_ID_BYTES];
	enum work_urgency urgency;
	const struct work_fact *fact;
	struct span referents; /* of its dossier */
	bool is_resting; /* of a patient whom nobody has seen for WORK_REST_DAYS */
	uint32_t doc_kind; /* 0: it is about no document */
	struct record_id doc_id;
};

/* Zero-initialized is empty; owner calls work_items_close(). */
struct work_items {
	struct work_item *items;
	uint32_t count, capacity;
};

void work_items_close(struct work_items *items);

/* Append those of a document's facts that are items on `today`. `facts` has to live as long. */
void work_items_add(struct work_items *items, const struct work_facts *facts, uint32_t doc_kind,
        const struct record_id *doc_id, int32_t today);
/* The id of an item (README.md, "Names"). */
void work_id(uint32_t source, uint32_t doc_kind, const struct record_id *doc_id, struct span key,
        uint8_t out[WORK_ID_BYTES]);
void work_items_sort(struct work_items *items);
/* Is it an item on that day, and how urgent? By the fact's days alone. */
bool work_urgency_on(const struct work_fact *fact, int32_t today, enum work_urgency *out);
/* Is this source's item of a patient whom somebody saw last on `seen` at rest (README.md, section 6)? */
bool work_rests(uint32_t source, int32_t seen, int32_t today);
/* The same of an item of any document. */
bool work_is_resting(uint32_t source, uint32_t doc_kind, int32_t seen, int32_t today);

/* Who looks: her id, and the feeds that her devices write. */
struct work_reader {
	struct person_id person;
	const struct feed_id *feeds;
	uint32_t feed_count;
};

/* Is it hers to see to: addressed to her, hers as référent or as author, or, since nobody else is named, everybody's? */
bool work_is_for(const struct work_item *item, const struct work_reader *reader);
/* Has she done her part, so that it is no item of hers? */
bool work_is_done_by(const struct work_item *item, const struct work_reader *reader);

#endif
