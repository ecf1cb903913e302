/*
 * node/visit/threads.h - transmissions of a dossier: who has read them, what was answered (README.md, section 4).
 *
 * A function of the document and of its events: the same on every device. People are named by the feeds that they write in, since a document knows no people.
 * Pure. Threads: one.
 */
#ifndef NODE_VISIT_THREADS_H
#define NODE_VISIT_THREADS_H

#include "crdt/base/limits.h"
#include "node/digest/digest.h"
#include "node/work/work.h"

enum {
	THREADS_FEED_BYTES = WORK_FEED_BYTES, /* the first ones of a feed's id */
	THREADS_MAX =
	        200, /* transmissions of one dossier that lists know (threads_choose.h): what a team writes of one patient in a season */
	THREADS_FEEDS_MAX = LIMIT_FEEDS, /* of those who wrote about them */
	THREADS_PLACE_BYTES = 2,
	THREADS_ALIKE_MAX = 8, /* whose ids begin as a reading says: each counts as read */
	THREADS_REPLIES_MAX = 200, /* to one transmission, the newest: each is compared with each */
	THREADS_NEAR_MAX = 64,
	THREADS_WORK_DAYS = 31, /* an urgent one is work for so long: after that nobody is helped by it */
	THREADS_WAIT_MS = 24 * 3600 * 1000, /* an urgent one that nobody read for so long is counted */
};

enum threads_urgency { THREADS_USUAL = 1, THREADS_IMPORTANT = 2, THREADS_URGENT = 3 };

struct transmission {
	struct record_id id;
	uint64_t
	        saved_ms; /* by the author's clock; of one that is more than THREADS_WORK_DAYS older than that, its own moment */
	uint32_t urgency; /* enum threads_urgency; of an event that does not open, usual */
	uint32_t replies;
	uint16_t author; /* place in `feeds` */
	struct span
	        readers; /* places in `feeds`, two bytes each (BE), ascending: authors of readings and replies; the author not among them */
};

/* Transmissions of one author that the same people have read, and no list has room for. */
struct threads_left {
	uint16_t author;
	struct span readers; /* as above */
	uint64_t *moments; /* when each was saved, newest first: milliseconds x 2, and 1 where it is urgent */
	uint32_t count;
};

/* Zero-initialized is empty; owner calls threads_close(). */
struct threads {
	struct arena arena;
	uint8_t (*feeds)[THREADS_FEED_BYTES]; /* ascending */
	uint32_t feed_count;
	struct span near; /* SCHEMA_SHORT_BYTES each: her circle of nurses and référents, all that live */
	struct transmission *items; /* newest first; those that were corrected are left out */
	uint32_t count;
	struct threads_left *left; /* by author and readers */
	uint32_t left_count;
};

void threads_close(struct threads *threads);
void threads_of(const struct digest_source *source, struct threads *out);

/* The part DIGEST_TRANSMISSIONS: [feeds bin, near bin, [[id bin, saved uint, urgency uint, replies uint, author uint, readers bin]...], [[author uint, readers bin,
 * [moment uint, then how much before the last one each is uint...]]...]]: what lists know, what is left; nothing where there are none. */
void threads_part_make(const struct digest_source *source, struct buf *out);
/* Hostile bytes are fine: false, and `out` is empty. Copies. */
bool threads_part_read(struct span part, struct threads *out);

/* ---- Rules ---- */

/* Whose feeds they are: the person of a place in `feeds`. */
typedef struct person_id (*threads_person)(void *context, const uint8_t feed[THREADS_FEED_BYTES]);

/* Has `person` to read it: she did not write it, has not read it, and was in the team when it was saved. */
bool threads_to_read(const struct threads *threads, const struct transmission *item,
        const struct person_id *person, uint64_t joined_ms, threads_person person_of, void *context);

/* How many of those that are left, and how many of them are urgent, were saved from then on. */
uint32_t threads_left_since(const struct threads_left *left, uint64_t since_ms, uint32_t *urgent);

/* The same of what is left. */
uint32_t threads_left_to_read(const struct threads *threads, const struct threads_left *left,
        const struct person_id *person, uint64_t joined_ms, threads_person person_of, void *context,
        uint32_t *urgent);

/* Urgent, and nobody but its author's person has read it a day after it was saved. */
bool threads_is_waiting(const struct threads *threads, const struct transmission *item, uint64_t now_ms,
        threads_person person_of, void *context);

/* Is the patient one of hers: in the circle, or its référent? */
bool threads_is_near(const struct threads *threads, const struct person_id *person);

/* A source of work: urgent ones, for all who have not read them. */
void threads_facts(const struct digest_source *source, uint32_t number, struct work_facts *out);

/* ---- Replies ---- */

/* A reply, as the thread shows it. */
struct reply {
	struct record_id id;
	struct span after; /* SCHEMA_SHORT_BYTES each: replies that were known when it was written */
	bool is_apart; /* set: another one was written without knowing it, and it without that one */
};

/* Which of the replies to one transmission, at most THREADS_REPLIES_MAX, were written apart. Any order. */
void threads_mark_apart(struct reply *replies, uint32_t count);

#endif
