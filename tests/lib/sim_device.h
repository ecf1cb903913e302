/*
 * tests/lib/sim_device.h - one device of a simulated team: the production node over a store in memory, with a clock of its own, that loses
 * power at any moment and comes back.
 *
 * Plays the part of the shell (node/main.c): turns the peers after every event, lets the writer commit a while after a batch was submitted,
 * ticks connections, dials colleagues, acknowledges, writes checkpoints, and begins a new incarnation where the database is an older copy.
 *
 * Threads: one.
 */
#ifndef TESTS_LIB_SIM_DEVICE_H
#define TESTS_LIB_SIM_DEVICE_H

#include "node/peers.h"
#include "store/store_mem.h"
#include "tests/lib/sim_link.h"

/* Faults of one device, per mille of its commits unless said otherwise. */
struct sim_device_faults {
	uint32_t commit_min_ms, commit_max_ms;
	uint32_t crash_before_commit, crash_after_commit; /* after: durable, and nobody was told yet */
	uint32_t uncertain_commit, no_space;
	uint32_t crash_new_file; /* per mille of the times that the database moves into another file */
};

struct sim_device_counts {
	uint64_t commits, crashes, uncertain, no_space, incarnations;
	uint64_t openings, locks, new_files, file_crashes;
	uint64_t pushed; /* runs, by sessions of nodes that have ended */
};

struct sim_device {
	struct sim_time *time;
	struct sim_net *net;
	uint32_t number; /* host on the network */
	struct rng rng; /* of this device's own decisions */
	struct rng random; /* what the device takes for unpredictable */
	struct env env;
	uint64_t early_missing; /* for peers_early_from(); 0: as the program does */
	int64_t clock_offset_ms; /* wrong by this much */
	uint8_t vault_key[32];
	struct store *store;
	struct incarnation_id beside; /* what stands next to the database */
	struct sim_device_faults faults;
	struct sim_device_counts counts;

	bool up;
	bool dials, dead; /* dead: stays down for good */
	struct store_writer *writer;
	struct vault *vault;
	struct node *node;
	struct peers *peers;
	struct sim_event commit, tick, chore, boot;
	struct sim_event power; /* a crash that waits until no callback of the device is running */
	struct sim_event lock, file; /* likewise: it is locked; its database moves into another file */
	uint64_t locked_ms;
	uint32_t turning;
	uint64_t restart_ms;

	/* Who else there is, with hosts: the addresses that a device remembers. */
	const struct device_id *(*colleague)(void *context, uint32_t host);
	void (*opened)(
	        void *context, struct sim_device *device); /* after each opening: check what was promised */
	void *context;
};

enum { SIM_EPOCH_MS_PER_DAY = 86400000 };

/* What right clocks say when a run begins: 15 seconds before midnight in Paris, so that days end while teams work. */
#define SIM_EPOCH_MS UINT64_C(1700002785000)

/* A device with an identity, up. `context`, `colleague` and `opened` are set by the caller before sim_device_start(). */
void sim_device_init(struct sim_device *device, struct sim_time *time, struct sim_net *net, uint32_t number,
        uint64_t seed);
int sim_device_start(struct sim_device *device);
void sim_device_close(struct sim_device *device);

/* What every event may have left to do. */
void sim_device_turn(struct sim_device *device);

/* Power fails now, or as soon as no callback of this device is running; it comes back after `down_ms`. */
void sim_device_crash(struct sim_device *device, uint64_t down_ms);

/* Everything that is durable, as a backup holds it: with the key of the database as it was then. */
struct sim_backup {
	struct store_mem_image *image; /* NULL: none was taken */
	uint8_t vault_key[32];
};
void sim_device_backup(struct sim_device *device, struct sim_backup *out); /* an earlier one gives way */
void sim_backup_close(struct sim_backup *backup);

/* Put back an older copy of the database; the device crashes first. `noticed`: the note beside the database is not there, as on a new
 * machine. Otherwise it still agrees with the copy, and only a peer can tell. */
int sim_device_restore(
        struct sim_device *device, const struct sim_backup *backup, bool noticed, uint64_t down_ms);

/* It is locked as soon as all is durable: node and connections are closed, its rows stay; unlocked after `locked_ms`. */
void sim_device_lock(struct sim_device *device, uint64_t locked_ms);

/* Dial a colleague that is not connected. */
void sim_device_dial(struct sim_device *device);

#endif
