/*
 * node/team/membership.h - the membership of one team: entries in, views and judgements out (README.md).
 *
 * Pure: no I/O, clock, randomness or threads. Every answer is a function of the set of entries added, whatever the order
 * in which they came. Signatures and chains were verified by the caller before an entry gets here.
 *
 * Threads: one membership, one thread at a time. Errors: 0 or a negative ERR_*, with nothing changed.
 */
#ifndef NODE_TEAM_MEMBERSHIP_H
#define NODE_TEAM_MEMBERSHIP_H

#include "node/team/view.h"
#include "store/entry.h"

struct team_membership;

/* Whose feed an entry is in: the feed id is the hash of these and the compartment. */
struct team_author {
	struct device_id device;
	struct incarnation_id incarnation;
};

/* Positive results of team_membership_add(). */
enum {
	TEAM_MEMBERSHIP_DUPLICATE = 1, /* it was here already */
	TEAM_MEMBERSHIP_VOID = 2, /* kept, since others may build on it; it never has power */
};

/* Empty; the first entry added must be a founding entry. Owner calls team_membership_free(). */
struct team_membership *team_membership_new(void);
void team_membership_free(struct team_membership *membership); /* NULL is allowed */

/* Add one entry after all its parents. `hash` is that of `header`, signed by `author`; `body` is copied. Hostile content is fine.
 * ERR_GAP: a parent is missing. ERR_MALFORMED, ERR_TRUNCATED, ERR_TOOBIG, ERR_VERSION: header or body is not what it should be.
 * ERR_INVALID: it contradicts its parents (another feed's predecessor, a clock that goes back, an older state than its
 * predecessor's, a body that is not the one signed). ERR_DENIED: its device was never admitted, or the feed has its number of
 * entries. ERR_FULL: too many entries. */
int team_membership_add(struct team_membership *membership, const struct entry_header *header,
        const struct entry_hash *hash, const struct team_author *author, struct span body);

/* The same for what is new here: also ERR_FULL where its device has no room (README.md, section 9); `handed_on` by another device than its author's.
 * What is on the disk was taken once, and is added. */
int team_membership_offer(struct team_membership *membership, const struct entry_header *header,
        const struct entry_hash *hash, const struct team_author *author, struct span body, bool handed_on);

/* Has this device room here for `count` more entries, the last of them of that kind? */
bool team_membership_has_room(struct team_membership *membership, const struct device_id *device,
        enum team_action_kind kind, uint32_t count, bool handed_on);

/* Why the last addition failed; NONE when it did not. */
enum team_reason team_membership_refusal(const struct team_membership *membership);

/* What arrived and was not as it should be, for people who wonder what a device is up to. */
struct team_tally {
	uint64_t refused
	        [TEAM_REASON_COUNT]; /* additions that failed since this membership was made; nothing of them was kept */
	uint64_t duplicates; /* additions of what was here already, likewise */
	uint32_t powerless[TEAM_REASON_COUNT]; /* entries here that had no power where they were written */
	uint32_t voided; /* entries here that had it, and are void or pending in the whole set */
};
void team_membership_tally(struct team_membership *membership, struct team_tally *out);

/* Take back what was added last, down to `count` entries: it came with something that cannot be kept. Views are borrowed anew. */
void team_membership_take_back(struct team_membership *membership, uint32_t count);

/* False while empty. */
bool team_membership_id(const struct team_membership *membership, struct team_id *out);

uint32_t team_membership_count(const struct team_membership *membership);
bool team_membership_knows(const struct team_membership *membership, const struct entry_hash *hash);

/* True when both are known and `later` is `earlier` or has it among its ancestors. */
bool team_membership_descends(
        struct team_membership *membership, const struct entry_hash *later, const struct entry_hash *earlier);

/* The action of an entry, and why it had no power at its own state (NONE: it had). NULL when unknown. Borrowed. */
const struct team_action *team_membership_action(
        const struct team_membership *membership, const struct entry_hash *hash, enum team_reason *reason);

/* Who wrote it, and when by the author's clock. False: unknown. */
bool team_membership_written(const struct team_membership *membership, const struct entry_hash *hash,
        struct device_id *author, uint64_t *wall_ms);

/* The view of all entries. NULL while empty. Borrowed until the next call that takes a non-const membership. */
const struct team_view *team_membership_view(struct team_membership *membership);

/* The view of one entry and its ancestors: what an author knew who cites it. NULL when unknown. Borrowed as above. */
const struct team_view *team_membership_view_at(
        struct team_membership *membership, const struct entry_hash *hash);

/* Entries that no other cites, ascending. Returns how many there are; at most `max` are written. */
uint32_t team_membership_heads(
        const struct team_membership *membership, struct entry_hash *out, uint32_t max);

/* What a device is to write next in its feed `own`: with one head, cite it (*cited, returns 0). With several, it writes first
 * what *merge says, citing *cited, with deps as given; lists live in `arena`; returns TEAM_MEMBERSHIP_MERGE. ERR_NOTEAM. */
enum { TEAM_MEMBERSHIP_MERGE = 1 };
struct team_merge {
	struct team_action action;
	uint32_t dep_count;
	const struct entry_ref *deps;
};
int team_membership_cite(struct team_membership *membership, const struct feed_id *own, struct arena *arena,
        struct entry_hash *cited, struct team_merge *merge);

/* The Lamport clock that an entry citing everything here has to exceed. */
uint64_t team_membership_lamport(const struct team_membership *membership);

/* Would this action by this device have power if it were written now, on top of everything here, and is there room for it? 0, or the ERR_*
 * and *reason. */
int team_membership_try(struct team_membership *membership, const struct device_id *device,
        const struct team_action *action, enum team_reason *reason);

/* For node/team alone. */
struct team_dag *team_membership_dag(struct team_membership *membership);

#endif
