/*
 * tests/lib/patched.h - what a device whose program was patched hands to an honest one: runs as they are stored, and runs of its own making
 * (tests/lib/device.h).
 */
#ifndef TESTS_LIB_PATCHED_H
#define TESTS_LIB_PATCHED_H

#include "node/node_state.h"
#include "tests/lib/device.h"

uint32_t patched_own_feed(struct device *device, enum compartment compartment);

/* The number that `at` has for a feed of `of`. */
uint32_t patched_feed_at(struct device *at, struct device *of, enum compartment compartment);

/* The stored run of an own feed that holds `seq`, as a peer would send it. */
void patched_copy_run(struct device *device, enum compartment compartment, uint64_t seq, struct buf *out);

/* Encode these entries as one run of an own feed, whatever they say, signed by the device. */
void patched_run(struct device *device, enum compartment compartment, struct run_entry *entries,
        uint32_t count, struct buf *out);

/* A feed that begins with this one entry, signed by the device whoever's the feed is. */
void patched_first_run(
        struct device *device, const struct node_feed_name *name, struct run_entry *entry, struct buf *out);

/* A device of somebody new that exists in the membership alone: `host` lets it in by this invitation. Everything of it follows from `number`. */
struct patched_guest {
	struct device_id device;
	uint8_t secret[64]; /* Ed25519 */
	struct entry_hash admit;
};
void patched_admit(struct device *host, const struct team_invitation *invitation, uint32_t number,
        struct patched_guest *out);

/* Rows of state that `issuer` signed: a tombstone; a packet with a secret of its making, sealed to `to` and addressed to `recipient`. */
void patched_tombstone(struct device *issuer, const struct record_id *dossier, struct buf *out);
void patched_packet(struct device *issuer, struct device *to, const struct record_id *dossier,
        const struct device_id *recipient, struct buf *out);

#endif
