/*
 * tests/lib/team_world.h - a small simulated team: devices with real keys, each with its own copy of the membership.
 *
 * Entries are written as a node would (heads merged first, chain, Lamport clock, hash) and handed from device to device.
 * Everything derives from the seed. Tests may also write what no honest device would.
 */
#ifndef TESTS_LIB_TEAM_WORLD_H
#define TESTS_LIB_TEAM_WORLD_H

#include "crdt/base/arena.h"
#include "crdt/base/rng.h"
#include "node/team/judge.h"
#include "node/team/membership.h"

enum { WORLD_DEVICES_MAX = 48, WORLD_ENTRIES_MAX = 12288 };

struct world_device {
	struct team_author author;
	uint8_t secret[64]; /* Ed25519 */
	struct team_keys keys;
	struct person_id person;
	struct team_membership *copy;
	struct feed_id feed;
	uint64_t seq;
	struct entry_hash last;
};

struct world_entry {
	struct entry_header header;
	struct entry_hash hash;
	struct team_author author;
	struct span body;
};

struct world {
	struct arena arena;
	struct rng rng;
	struct world_device devices[WORLD_DEVICES_MAX];
	uint32_t device_count;
	struct world_entry entries[WORLD_ENTRIES_MAX]; /* in an order that every device could have seen */
	uint32_t entry_count;
};

struct world *world_new(uint64_t seed);
void world_free(struct world *world);

/* A device with fresh keys, of a new person (or of `person`'s), and an empty copy. Returns its index. */
uint32_t world_device(struct world *world, const struct person_id *person);

/* Device `by` writes `action` on top of everything it knows (a merge first if need be). *hash (may be NULL) is the entry's.
 * Returns what its own copy says: 0, TEAM_MEMBERSHIP_VOID or an error, with which nothing is written. */
int world_write(struct world *world, uint32_t by, const struct team_action *action, struct entry_hash *hash);

/* The same at any place: citing `cited`, as entry `seq` after `previous` of `incarnation`; for attacks. */
int world_forge(struct world *world, uint32_t by, const struct incarnation_id *incarnation, uint64_t seq,
        const struct entry_hash *previous, const struct entry_hash *cited, const struct team_action *action,
        struct entry_hash *hash);

/* `to` learns all that `from` knows. */
void world_sync(struct world *world, uint32_t from, uint32_t to);
void world_meet(struct world *world, uint32_t a, uint32_t b); /* both ways */
void world_meet_all(struct world *world);

/* Actions, ready to write. Lists live in the world's arena. */
struct team_action world_found(struct world *world, uint32_t by);
/* An invitation and its key. */
struct world_invitation {
	uint8_t key[32], secret[64];
	struct entry_hash hash;
	uint8_t role;
};
/* Write an invite by `by`. */
int world_invite(struct world *world, uint32_t by, uint8_t role, struct world_invitation *out);
/* The admit of `newcomer` under that invitation, rightly signed by both. */
struct team_action world_admit(
        struct world *world, const struct world_invitation *invitation, uint32_t newcomer);
struct team_action world_endorse(const struct entry_hash *admit);
struct team_action world_remove_device(struct world *world, uint32_t target);
struct team_action world_remove_person(struct world *world, uint32_t target);
struct team_action world_confirm(const struct entry_hash *proposal);
struct team_action world_undo(struct world *world, const struct entry_hash *removal);
struct team_action world_role(const struct person_id *person, uint8_t role);
/* A distribution to exactly those entitled in `by`'s copy. */
struct team_action world_epoch(struct world *world, uint32_t by, uint8_t compartment);

/* Invite, admit by `by`, endorse by `second` (UINT32_MAX: nobody), all after a meeting; then everybody meets. Returns the
 * newcomer. Fails the test when something has no power. */
uint32_t world_join(
        struct world *world, uint32_t by, uint32_t second, uint8_t role, struct entry_hash *admit);

/* A header by `by` in `compartment` under `epoch`, citing `cited`, judged by `at`'s copy. */
struct team_judgement world_judge(struct world *world, uint32_t at, uint32_t by, uint8_t compartment,
        const struct epoch_id *epoch, uint64_t seq, const struct entry_hash *cited,
        const struct entry_hash *previous_cited);

/* The one head of `by`'s copy (merging first if need be). */
struct entry_hash world_head(struct world *world, uint32_t by);

/* All that a view says, as text in an order of its own, so that two views can be compared. Owner calls buf_close(). */
void world_describe(struct team_membership *copy, struct buf *out);

#endif
