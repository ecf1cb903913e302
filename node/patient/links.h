/*
 * node/patient/links.h - which files are one patient's: what nurses decided about pairs of files, and the groups that follow (README.md,
 * "Joined files").
 *
 * A function of the set of decisions, whatever order they came in. Pure. What colleagues wrote is hostile input.
 */
#ifndef NODE_PATIENT_LINKS_H
#define NODE_PATIENT_LINKS_H

#include <stdbool.h>

#include "crdt/base/ids.h"
#include "crdt/base/limits.h"
#include "node/schema/schema.h"

/* Numbers of the schema (patientLink.decision). */
enum patient_decision { PATIENT_SAME = 1, PATIENT_DIFFERENT = 2, PATIENT_UNDONE = 3 };

/* One half of a decision: as it stands in the dossier `file`, about that and `other`. The other half has the same id, in the dossier `other`. */
struct patient_link {
	struct record_id id, file, other;
	enum patient_decision decision; /* numbers of a later version count as PATIENT_DIFFERENT: apart */
	uint8_t follows[LIMIT_LINK_FOLLOWS][SCHEMA_SHORT_BYTES]; /* earlier decisions about the same two */
	uint32_t follow_count;
	struct op_id op; /* of this half; its entry says who wrote it */
	bool is_proposed; /* by somebody who is given chosen dossiers: it joins nothing, and lifts no nurse's word (node_links.h) */
};

/* From an event's fields. False: it says nothing. */
bool patient_link_of(
        const struct schema_record *record, const struct record_id *file, struct patient_link *out);

enum patient_pair_state {
	PATIENT_PAIR_OPEN, /* nothing was decided, or a joining was undone */
	PATIENT_PAIR_HALF, /* joined by one half alone: without effect until the other half is here */
	PATIENT_PAIR_JOINED,
	PATIENT_PAIR_DIFFERENT,
	PATIENT_PAIR_DISPUTED, /* decided apart, and differently: the files stay apart until somebody settles it */
	PATIENT_PAIR_PROPOSED, /* joined by somebody who is given both: without effect until a nurse joins them */
};

const char *patient_pair_state_name(enum patient_pair_state state); /* in JSON: "joined" */

/* What holds about two files. `links`: of these two and any others. */
enum patient_pair_state patient_pair_of(const struct patient_link *links, uint32_t count,
        const struct record_id *a, const struct record_id *b);

/* The decisions that hold about two files, of which none follows another: what a new one has to follow; joinings that were proposed aside, which have no effect. At most
 * LIMIT_LINK_FOLLOWS, ascending. */
uint32_t patient_pair_heads(const struct patient_link *links, uint32_t count, const struct record_id *a,
        const struct record_id *b, struct record_id heads[LIMIT_LINK_FOLLOWS]);

/* ---- All pairs ---- */

enum { PATIENT_TOLD_OF_LOW = 1, PATIENT_TOLD_OF_HIGH = 2 };

struct patient_pair {
	struct record_id low, high;
	enum patient_pair_state state;
	uint8_t told; /* for whoever lists them: PATIENT_TOLD_... */
};

/* What holds about every two files that any of the decisions is about, ascending. However many decisions there are, it takes no longer than to sort them: a patched program
 * may write any number. Owner calls patient_pairs_close(). */
struct patient_pairs {
	struct patient_pair *items;
	uint32_t count;
};

void patient_pairs_make(const struct patient_link *links, uint32_t count, struct patient_pairs *out);
void patient_pairs_close(struct patient_pairs *pairs);

/* NULL: no decision is about these two. */
struct patient_pair *patient_pairs_find(
        const struct patient_pairs *pairs, const struct record_id *a, const struct record_id *b);

/* Once for each of the two: true the first time that it is asked of `file`. */
bool patient_pair_tell(struct patient_pair *pair, const struct record_id *file);

/* ---- Groups ---- */

struct patient_group {
	uint32_t count; /* from 1 */
	struct record_id files
	        [LIMIT_JOINED_FILES]; /* ascending: the first is the patient's, where what is new is written */
	bool is_contradicted; /* files joined through others were said to be different, or are too many: all stay apart */
};

/* All groups of files, as places of a list that is ascending by file. */
struct patient_groups {
	uint32_t count;
	struct record_id *files; /* every file that any decision names */
	struct record_id *main; /* beside each, whose patient it is: itself, unless it is joined */
	bool *is_contradicted;
	uint32_t *next; /* the next file of the same patient; 0: this is the last one */
};

void patient_groups_make(const struct patient_link *links, uint32_t count, struct patient_groups *out);
void patient_groups_close(struct patient_groups *groups);

/* Whose patient a file is: itself where no decision names it. */
struct record_id patient_groups_main(const struct patient_groups *groups, const struct record_id *file);

/* Is it one of several files of a patient? */
bool patient_groups_is_joined(const struct patient_groups *groups, const struct record_id *file);

/* The group that a file is in. */
void patient_groups_of(
        const struct patient_groups *groups, const struct record_id *file, struct patient_group *out);

#endif
