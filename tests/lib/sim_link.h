/*
 * tests/lib/sim_link.h - net/link.h over virtual time: what TCP does to an application, on the network of a small office, at will.
 *
 * Hosts are numbered; each has one link and one address. Bytes of a connection arrive in order, late, in pieces of any size. Loss shows as TCP
 * shows it: delays, connections that break at different times on both sides, attempts that never come through. An attempt may arrive
 * twice (the second time with nothing but a recorded first flight behind it) and later than one made after it. Between hosts that are parted
 * connections stand still and break after a while; a host that went silent says no goodbye.
 *
 * Keeps the contract of net/link.h: no callback before a call returns, none after close, finish or stop.
 * Threads: one.
 */
#ifndef TESTS_LIB_SIM_LINK_H
#define TESTS_LIB_SIM_LINK_H

#include "net/link.h"
#include "tests/lib/sim_time.h"

enum { SIM_HOSTS_MAX = 24 };

struct sim_net_faults {
	uint32_t latency_min_ms, latency_max_ms;
	uint32_t bytes_per_ms; /* of each direction of a connection */
	uint32_t split_per_mille; /* a delivery comes in pieces */
	uint32_t break_per_mille; /* per delivery */
	uint32_t lost_attempt_per_mille;
	uint32_t double_attempt_per_mille;
};

struct sim_net_counts {
	uint64_t attempts, lost, doubled, broken, stalled, bytes;
};

struct sim_net;

struct sim_net *sim_net_new(struct sim_time *time, uint64_t seed);
void sim_net_free(struct sim_net *net); /* every host has closed what it had */
void sim_net_set_faults(struct sim_net *net, const struct sim_net_faults *faults);

/* The link and the address of host `number` (below SIM_HOSTS_MAX). `turn` is called after each callback to that host. */
struct net_link *sim_net_host(
        struct sim_net *net, uint32_t number, void (*turn)(void *context), void *context);
struct net_address sim_net_address(uint32_t number);

void sim_net_part(struct sim_net *net, uint32_t a, uint32_t b, bool parted);

/* From here on what this host closes is not told to anybody (it lost power); false takes it back. */
void sim_net_silence(struct sim_net *net, uint32_t number, bool silent);

struct sim_net_counts sim_net_counts(const struct sim_net *net);

#endif
