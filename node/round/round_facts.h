/*
 * node/round/round_facts.h - what the round needs of one dossier: items with rules, and planned visits that were written, as the bytes of a digest's part
 * (README.md, section 9).
 *
 * Pure; documents and bytes are hostile. Days count from 1970-01-01, in Paris.
 */
#ifndef NODE_ROUND_ROUND_FACTS_H
#define NODE_ROUND_ROUND_FACTS_H

#include "crdt/base/arena.h"
#include "node/digest/digest.h"
#include "node/plan/plan.h"

enum {
	ROUND_PEOPLE_MAX = 4, /* who claimed one visit apart: more are not named */
	ROUND_ITEMS_MAX = 32, /* of one visit that was written; a plan has about 20 */
	ROUND_FACTS_BYTES = 14 * 1024, /* of a part of the digest, where planned visits end (16 KiB) */
	ROUND_VISITS_MAX = 200, /* the latest, kept in a part: half a year of a patient seen daily */
};

struct round_person {
	uint8_t bytes[SCHEMA_SHORT_BYTES];
};

struct round_people {
	struct round_person items[ROUND_PEOPLE_MAX];
	uint32_t count;
};

bool round_person_eq(const struct round_person *a, const struct round_person *b);
bool round_people_have(const struct round_people *people, const struct round_person *person);
void round_people_add(struct round_people *people, const struct round_person *person); /* once each */

/* An item of the plan that has a rule, and is a nurse's to do. */
struct round_item {
	struct record_id file; /* the dossier that it stands in */
	struct record_id id;
	struct recurrence rule;
	int64_t gone;
	bool differs;
	struct round_people assignees; /* whom it is confided to, each live value */
};

/* A planned visit as it was written (plannedVisit). */
struct round_written {
	struct record_id file; /* the dossier that it stands in */
	struct record_id id;
	bool has_origin; /* it is an occurrence of the plan, of (day, slot); else added by hand */
	int64_t day;
	uint32_t slot;
	int64_t start_s, start_day;
	uint32_t minutes; /* 0: not said */
	int64_t order; /* 0: not said */
	struct round_people owners; /* each live value of the assignee */
	bool is_open, has_handed, has_cabinet;
	struct round_person handed_by;
	struct record_id cabinet;
	uint32_t states; /* bit n: choice n of its state lives */
	struct round_person items[ROUND_ITEMS_MAX]; /* the first bytes of their ids */
	uint32_t item_count;
};

/* Zero-initialized is empty. What it holds lives in the arena. */
struct round_facts {
	const struct round_item *items;
	uint32_t item_count;
	const struct round_written *written;
	uint32_t written_count;
};

/* Append a dossier's facts: nothing where it has none. `bounded`: for a digest. */
void round_facts_put(const struct crdt_doc *doc, bool bounded, struct buf *out);

/* The part of the digest (DIGEST_ROUND): the same, bounded. */
void round_part_make(const struct digest_source *source, struct buf *out);

/* Append the facts of another file of the same patient, in `arena`. */
void round_facts_join(struct round_facts *facts, const struct round_facts *others, struct arena *arena);

/* Those of the dossier `file` that matter for days `first` to `last`. False: the bytes hold not all of these days, or are not what they should be: look at the document. */
bool round_facts_get(struct span bytes, const struct record_id *file, int64_t first, int64_t last,
        struct arena *arena, struct round_facts *out);

#endif
