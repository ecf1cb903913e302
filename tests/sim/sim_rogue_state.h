/*
 * tests/sim/sim_rogue_state.h - one connection of a rogue: the inside of sim_rogue.c, shared with sim_rogue_flood.c.
 */
#ifndef TESTS_SIM_SIM_ROGUE_STATE_H
#define TESTS_SIM_SIM_ROGUE_STATE_H

#include "net/channel.h"
#include "tests/sim/sim_world.h"

struct rogue {
	struct queue link;
	struct sim_world *world;
	struct net_channel *channel;
	struct net_conn *conn;
	struct sim_event end;
	struct buf feeds, heads, run, rows; /* payloads to be said once established; empty ones are not */
	/* One that floods, stalls or lies: what it does once established, at each frame that comes, and again and again. NULL: it says its payloads. */
	void (*begin)(struct rogue *rogue);
	void (*heard)(struct rogue *rogue, const struct net_frame *frame);
	void (*more)(struct rogue *rogue);
	struct sim_event again;
	uint64_t count;
};

/* With the keys of `member`'s device, from a host of its own; it hangs up after a while. NULL: it cannot. */
struct rogue *sim_rogue_connect(struct sim_member *member, const struct sim_member *victim);
void sim_rogue_say(struct rogue *rogue, uint8_t type, const struct buf *payload);
void sim_rogue_flush(struct rogue *rogue);

/* Somebody else who is up, and not `except`; NULL: nobody. */
struct sim_member *sim_rogue_victim(struct sim_member *member, const struct sim_member *except);

/* The owner's own program comes back when the rogue has hung up. */
void sim_rogue_stays(struct sim_member *member);

#endif
