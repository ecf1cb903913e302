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
#include "node/pairing.h"
#include "node/record.h"
#include "tests/lib/sim_device.h"

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
	SIM_BACKDATES = 1
	        << 9, /* members who cite an older state than before; known to fail, not among the usual ones */
	SIM_REMOVALS = 1
	        << 10, /* nurses' only devices are removed (which suspends them), and let in again; colleagues vouch for
	                  what was written meanwhile */
	SIM_TROUBLES = 11,
};

enum sim_member_state { SIM_OUTSIDE, SIM_INVITED, SIM_PAIRING, SIM_INSIDE };

enum { SIM_MEMBERS_MAX = 6, SIM_PATIENTS_MAX = 8 };

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
	bool suspended; /* somebody removed her device, of which she may not have heard */
	struct sim_event act;
	struct sim_form form;
	/* An older copy of the database, to be put back. */
	struct store_mem_image *image;
	bool image_knows_nurse; /* another one */
};

/* One save of a user. */
struct sim_save {
	struct sim_save *next;
	uint32_t number, member;
	struct entry_ref place;
	struct entry_hash hash;
	uint32_t doc_kind;
	struct record_id doc;
	bool acknowledged; /* node_done(0) */
	bool copied; /* it is in the copy that was taken of its author's database */
	bool rolled_back; /* its author's database was replaced by an older copy since: only the team can still have it */
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

struct sim_counts {
	uint64_t saves, acknowledged, refused_saves, joins, alone, checks, forbidden, forks, role_changes,
	        removals, reinstated, countersigned, quarantined, converge_ms, billed_cents, words;
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
	struct record_id patients[SIM_PATIENTS_MAX];
	uint32_t patient_count;
	struct sim_save *saves; /* newest first */
	struct sim_word *words; /* newest first */
	uint32_t word_count;
	struct sim_forbidden *forbidden;
	struct queue rogues;
	struct sim_event weather;
	bool calm; /* faults are over */
	bool failed;
	char failure[256]; /* the first broken invariant */
	struct sim_counts counts;
};

struct sim_world *sim_world_new(uint64_t seed, uint32_t troubles_allowed, bool trace);
void sim_world_free(struct sim_world *world);

/* The whole run. False: an invariant is broken, world->failure says which. */
bool sim_world_run(struct sim_world *world);

/* Let time pass until all devices agree. False: they never did, or something else broke. */
bool sim_settle(struct sim_world *world);

/* A broken invariant; the first one counts. */
void sim_fail(struct sim_world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_trace(const struct sim_world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

const char *sim_trouble_name(unsigned bit);

#endif
