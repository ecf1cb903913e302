/*
 * node/finding.h - how this device finds colleagues' devices: by beacons, at addresses where they were met, at addresses that somebody typed.
 *
 * Says what a beacon of ours holds, whose a heard one is, and whom to dial where. Normal course: a beacon tells which device sends it, which is
 * dialled there. An address whose device is not known (typed, or announced by an older program) gets one attempt after the other, with the keys of
 * the team's devices in turn, until somebody answers. An address at which a device answered is remembered (meetings.h).
 *
 * Failures: whoever is not there, or answers under another key, ends the attempt; nothing is forgotten for that.
 * Threads: the owner's. No clock, no sockets: the owner calls, when it is time.
 */
#ifndef NODE_FINDING_H
#define NODE_FINDING_H

#include "net/beacon.h"
#include "node/meetings.h"
#include "node/peers.h"

struct finding; /* holds secrets in memory that is wiped */

struct finding *finding_new(
        struct node *node, struct peers *peers, struct meetings *meetings); /* all borrowed */
void finding_free(struct finding *finding); /* NULL is allowed */

/* Make the beacon of this device, which listens at `listening`. Without a team its tags are random. */
void finding_beacon(
        struct finding *finding, const struct net_address *listening, uint8_t out[NET_BEACON_BYTES]);

/* A datagram came, perhaps our own, perhaps a stranger's. */
void finding_heard(struct finding *finding, struct span datagram, const struct net_address *source);

/* Dial every device where it was met last, and begin a round at addresses whose device is not known: each active device is tried once at each. */
void finding_seek(struct finding *finding);

/* One more attempt at each such address where none is under way. False: this round is through. */
bool finding_step(struct finding *finding);

/* Remember where devices answered. */
void finding_learn(struct finding *finding);

#endif
