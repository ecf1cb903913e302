/*
 * tests/sim/sim_world.h - a team on virtual time: its devices, what its members do, and what goes wrong meanwhile.
 *
 * A seed decides everything: how many members, which faults happen at all (each seed leaves some out, so that no fault hides
 * another), and every moment. A run has three parts: the team forms and works while faults happen; then the faults stop, everybody
 * is connected, and it must come to rest within a bounded time; then the invariants are checked (sim_check.h). Some invariants are
 * checked at every restart of a device.
 *
 * Threads: one.
 */
#ifndef TESTS_SIM_SIM_WORLD_H
#define TESTS_SIM_SIM_WORLD_H

#include "crdt/base/arena.h"
#include "crdt/base/queue.h"
#include "node/keyring/blob.h"
#include "node/keyring/key_row.h"
#include "node/pairing.h"
#include "node/record.h"
#include "tests/lib/sim_device.h"

/* A dossier's secret that somebody made up who may hand none out. */
struct sim_false_secret {
	struct sim_false_secret *next;
	struct key_secret secret;
};

/* Kinds of trouble; a seed draws a set. */
enum sim_trouble {
	SIM_BREAKS = 1 << 0, /* connections break, attempts are lost or doubled */
	SIM_PARTITIONS = 1 << 1,
	SIM_CRASHES = 1 << 2,
	SIM_CLOCKS = 1 << 3, /* wrong by minutes to ten years, and jumping */
	SIM_DISK = 1 << 4, /* uncertain commits, no room */
	SIM_RESTORES = 1 << 5, /* older copies of a database are put back */
	SIM_SLOW = 1 << 6, /* long latencies, little bandwidth */
	SIM_ROLES = 1 << 7, /* roles change */
	SIM_ROGUES = 1 << 8, /* members and strangers who write what they may not */
	SIM_BACKDATES = 1 << 9, /* members who cite an older state than before */
	SIM_REMOVALS = 1
	        << 10, /* nurses' only devices are removed (which suspends them), and let in again; colleagues vouch for
	                  what was written meanwhile */
	SIM_ERASURES = 1 << 11, /* dossiers are archived and erased */
	SIM_LOCUMS = 1 << 12, /* one comes with dated rights, and is given chosen dossiers for a while */
	SIM_CASES = 1 << 13, /* redacted cases are written for the facilitator, and end */
	SIM_RELAYS = 1 << 14, /* a blind box holds everything; with rogues, it withholds and replays */
	SIM_LOCKS = 1 << 15, /* devices are locked for a while */
	SIM_DEVICES = 1 << 16, /* a nurse gets a second device, and may lose her first */
	SIM_BUNDLES = 1 << 17, /* files on a stick */
	SIM_ROWS = 1
	        << 18, /* rogues also write keys, erasures and acknowledgements that are not theirs to write */
	SIM_PHOTOS = 1 << 19, /* photos are added to dossiers, and come piece by piece */
	SIM_FLOODS = 1 << 20, /* members' devices that flood, stall or lie */
	SIM_EARLY = 1 << 21, /* colleagues' devices show false dossiers before the records come */
	SIM_TROUBLES = 22,
};

enum sim_member_state { SIM_OUTSIDE, SIM_INVITED, SIM_PAIRING, SIM_INSIDE };

enum {
	SIM_MEMBERS_MAX = 9,
	SIM_PATIENTS_MAX = 12,
	SIM_CASES_MAX = 8,
	SIM_PHOTOS_MAX = 10,
	SIM_PHOTO_DIGEST = 32
};

struct sim_world;

/* What a nurse has before her on the screen: a running text as it was when she opened it. */
struct sim_form {
	bool is_open;
	struct record_id patient;
	struct record_edit edit; /* of which record, and what of it she saw */
	struct buf text;
};

struct sim_member {
	struct sim_world *world;
	struct sim_device device;
	struct device_id id;
	uint8_t role; /* as invited */
	enum sim_member_state state;
	struct team_invitation invitation;
	bool holds_invitation;
	uint32_t failures; /* of redeeming this invitation */
	uint64_t rights_from_ms, rights_until_ms; /* by right clocks; 0: no bound */
	struct sim_member *twin; /* this is another device of hers */
	struct sim_member *host; /* where the invitation has to be redeemed; NULL: anywhere */
	bool lost; /* whoever found it does not use it; the team is told to remove it */
	bool showed_false; /* an early copy */
	bool was_partial;
	uint64_t early_verified; /* as last counted */
	bool is_liar; /* it acknowledged what it made up */
	bool signs_falsely; /* at meetings */
	uint64_t crashes_seen; /* at its last opening */
	bool was_restored; /* an older copy was put back, so that what it said before may be more than it holds */
	bool suspended; /* somebody removed her device, of which she may not have heard */
	uint32_t orders_seen; /* to erase, which her device knows */
	struct sim_event act;
	struct sim_form form;
	/* An older copy of the database, to be put back. */
	struct sim_backup backup;
	struct incarnation_id backup_beside; /* the note that stood beside it */
	const struct sim_member *backup_nurse; /* another one whom it knows */
	bool was_copied; /* an older copy was put back, and nothing told it so: it may write twice */
};

/* A dossier. */
struct sim_patient {
	struct record_id id;
	char canary[24]; /* a text that stands in it and nowhere else */
	const struct sim_member *admitted_by;
	bool was_shared, was_unshared; /* with the locum, at some time, by anybody's word */
};

/* A photo in a dossier. */
struct sim_photo {
	const struct sim_patient *patient;
	struct sim_member *author;
	struct blob_address address;
	uint8_t digest[SIM_PHOTO_DIGEST]; /* of its bytes */
	bool acknowledged;
};

/* A redacted copy for the facilitator. */
struct sim_case {
	struct record_id id;
	const struct sim_member *facilitator;
	int64_t until_day;
	const struct sim_save *save;
};

/* One save of a user. */
struct sim_save {
	struct sim_save *next;
	uint32_t number, member;
	struct node *node; /* of the author, while it is not acknowledged */
	struct entry_ref place; /* as its author's device called it; see sim_find() */
	struct entry_hash hash; /* once it is acknowledged */
	uint32_t doc_kind;
	struct record_id doc;
	bool acknowledged; /* node_done(0) */
	bool copied; /* it is in the copy that was taken of its author's database */
	bool taken_back; /* its author's database was replaced by an older copy since: only the team can still have it */
	bool rolled_back; /* and when that happened nobody who could give it back had it */
	bool ordered; /* its author ordered that its dossier be erased (sim_order.h) */
	uint32_t to_look_at; /* members, a bit each: had they its body then? */
	bool had_by_others;
	uint64_t at_ms;
};

/* A word of a running text. */
struct sim_word {
	struct sim_word *next;
	uint32_t number;
	bool is_taken_away; /* somebody saved a text without it */
	const struct sim_save *save; /* that brought it; NULL: it was refused */
	struct crdt_path path;
};

/* An entry that nobody may accept. */
struct sim_forbidden {
	struct sim_forbidden *next;
	const char *what;
	struct device_id device;
	struct entry_ref place;
	struct entry_hash hash;
	bool quarantined; /* it may be kept, but must not count in document `doc` */
	struct record_id doc;
};

/* What happened of what this many-sided team can do; each is printed, and tools/sim --all-happen asks that none is 0. */
#define SIM_EVENTS(X) \
	X(archived) \
	X(erased) \
	X(confirmed) \
	X(new_files) \
	X(file_crashes) \
	X(shared) \
	X(unshared) \
	X(lapsed) \
	X(chosen_read) \
	X(cases) \
	X(cases_ended) \
	X(cases_over) \
	X(cases_read) \
	X(relays) \
	X(withheld) \
	X(replayed) \
	X(locked) \
	X(backups) \
	X(restored) \
	X(given_back) \
	X(second_devices) \
	X(lost_devices) \
	X(exported) \
	X(taken_in) \
	X(worn_out) \
	X(answered) \
	X(false_keys) \
	X(false_tombstones) \
	X(false_acks) \
	X(floods) \
	X(lies) \
	X(stalls) \
	X(false_accords) \
	X(agreed) \
	X(partial) \
	X(early_verified) \
	X(early_refusals) \
	X(early_lies) \
	X(early_unmasked) \
	X(receipts) \
	X(canaries) \
	X(photos) \
	X(photos_seen) \
	X(photos_carried) \
	X(photos_cut) \
	X(photos_erased)

struct sim_events {
#define SIM_EVENT_FIELD(name) uint64_t name;
	SIM_EVENTS(SIM_EVENT_FIELD)
#undef SIM_EVENT_FIELD
};

struct sim_counts {
	uint64_t saves, acknowledged, refused_saves, joins, alone, checks, forbidden, forks, copies,
	        role_changes, removals, reinstated, countersigned, quarantined, void_orders, upheld,
	        converge_ms, billed_cents, words;
};

struct sim_world {
	uint64_t seed;
	uint32_t troubles;
	bool trace;
	struct sim_time time;
	struct sim_net *net;
	struct rng rng;
	struct arena arena;
	struct sim_member members[SIM_MEMBERS_MAX];
	uint32_t member_count;
	struct sim_patient patients[SIM_PATIENTS_MAX];
	uint32_t patient_count;
	struct sim_case cases[SIM_CASES_MAX];
	uint32_t case_count;
	struct sim_photo photos[SIM_PHOTOS_MAX];
	uint32_t photo_count;
	struct rng photo_rng; /* their own, so that what else a seed does stays as it was */
	struct buf stick; /* a file on it */
	const struct sim_member *stick_from;
	struct feed_id false_forks[16]; /* feeds that rogues gave two histories */
	uint32_t false_fork_count;
	struct sim_save *saves; /* newest first */
	struct sim_word *words; /* newest first */
	uint32_t word_count;
	struct sim_forbidden *forbidden;
	struct sim_false_secret *false_secrets;
	struct queue rogues;
	struct sim_event weather;
	bool calm; /* faults are over */
	bool failed;
	char failure[256]; /* the first broken invariant */
	struct sim_counts counts;
	struct sim_events events;
};

struct sim_world *sim_world_new(uint64_t seed, uint32_t troubles_allowed, bool trace);
void sim_world_free(struct sim_world *world);

/* The whole run. False: an invariant is broken, world->failure says which. */
bool sim_world_run(struct sim_world *world);

void sim_run(struct sim_world *world, uint64_t ms); /* let so much time pass */

/* Let time pass until all devices agree. False: they never did, or something else broke. */
bool sim_settle(struct sim_world *world);

/* No part of the team any more, as right clocks see it: its rights are over, or the device was lost. What it holds is looked at all the same. */
bool sim_is_out(const struct sim_member *member);
/* Milliseconds since 1970, as right clocks say. */
uint64_t sim_true_ms(const struct sim_world *world);

/* A broken invariant; the first one counts. */
void sim_fail(struct sim_world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_trace(const struct sim_world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

const char *sim_trouble_name(unsigned bit);

#endif
