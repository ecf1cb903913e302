/*
 * node/metrics.h - numbers about the running program as a page in the text format of Prometheus, version 0.0.4 (README.md, "Metrics").
 *
 * Numbers, names of our own tables and a team's place in the list: nothing of a patient, a person, a device or what a team is called.
 *
 * Pure. Threads: one.
 */
#ifndef NODE_METRICS_H
#define NODE_METRICS_H

#include "crdt/base/ids.h"
#include "crdt/base/mem.h"
#include "node/peers.h"
#include "node/refusals.h"

enum { METRICS_COMPARTMENTS = COMPARTMENT_LAST + 1, METRICS_FEED_STATES = 3 };

/* Of one team; each member is explained by the text that its family has on the page. */
struct metrics_team {
	uint64_t locked, stopped;
	/* What follows is there while it is not locked. */
	uint64_t entries[METRICS_COMPARTMENTS];
	uint64_t feeds[METRICS_FEED_STATES];
	uint64_t forks, only_here, behind, quarantined;
	uint64_t devices, connected, level;
	uint64_t sessions, half_open, turned_away;
	uint64_t bytes_in, bytes_out;
	uint64_t kind_in[PEERS_KIND_COUNT], kind_out[PEERS_KIND_COUNT];
	struct refusals refused;
	uint64_t database_used_bytes, database_file_bytes, database_map_bytes, room, disk_full;
	uint64_t quota_bytes, quota_device_entries, quota_reached, full_devices;
	uint64_t commits, waiting_batches, waiting_bytes;
	uint64_t pictures, pieces_missing;
};

/* Of the program. */
struct metrics_program {
	uint64_t uptime_s, memory_bytes, processor_ms;
};

/* Append the page. Teams are told apart by their place, from 1 on. */
void metrics_write(const struct metrics_program *program, const struct metrics_team *teams, uint32_t count,
        struct buf *out);

#endif
