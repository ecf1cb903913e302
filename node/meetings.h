/*
 * node/meetings.h - the devices this one has met: where they listened and when all was exchanged last.
 *
 * A small text file beside the database, a line per device: "DEVICE ADDRESS PORT SCOPE MET_MS", hexadecimal but for the numbers.
 * It holds no names. A line that is not understood is passed over: the file only saves a search.
 */
#ifndef NODE_MEETINGS_H
#define NODE_MEETINGS_H

#include "crdt/base/ids.h"
#include "crdt/base/mem.h"
#include "net/address.h"

enum { MEETINGS_MAX = 128 }; /* three times the active devices of a team */

struct meeting {
	struct device_id device; /* zero: an address that somebody typed, its device not known yet */
	struct net_address address; /* port 0: not known */
	uint64_t met_ms; /* wall clock; 0: never */
	/* Not in the file: */
	uint32_t next_try, tries_left; /* of an address whose device is not known: node/finding.c */
	bool expected; /* somebody gave that device's code: whether it answers there is of interest */
	int tried; /* how the last attempt there ended; 0: none has */
};

struct meetings {
	struct meeting rows[MEETINGS_MAX];
	uint32_t count;
	bool changed;
};

/* What the file holds, as far as it is understood. */
void meetings_read(struct meetings *meetings, struct span text);
void meetings_text(const struct meetings *meetings, struct buf *out);

/* Reads the file; an absent or damaged one gives what can be read of it. */
void meetings_load(struct meetings *meetings, const char *path);

/* Writes it when something changed. Errors of file_replace(). */
int meetings_save(struct meetings *meetings, const char *path);

/* The row of a device, the one where it was met if it was; NULL when there is none. */
const struct meeting *meetings_find(const struct meetings *meetings, const struct device_id *device);

/* `address` may be NULL, `met_ms` 0: what is not given stays. An address where it answered takes the place of all others of that device. A typed address that turns out to be this device's is its row then.
 * When full, the row met longest ago goes. */
void meetings_note(struct meetings *meetings, const struct device_id *device,
        const struct net_address *address, uint64_t met_ms);

/* A device's code was given: it is looked for at these addresses as well, until it answers somewhere. */
void meetings_expect(struct meetings *meetings, const struct device_id *device,
        const struct net_address *addresses, uint32_t count);

/* An attempt to reach the device there ended so. */
void meetings_tried(struct meetings *meetings, const struct device_id *device,
        const struct net_address *address, int error);

/* Is that the one address that is known of the device, and nobody typed it since? */
bool meetings_settled(
        const struct meetings *meetings, const struct device_id *device, const struct net_address *address);

/* Is there a row for that address without a device? */
bool meetings_unknown_at(const struct meetings *meetings, const struct net_address *address);

/* An address typed by somebody. It may be one where another device was met before: addresses are given to somebody else. */
void meetings_typed(struct meetings *meetings, const struct net_address *address);

#endif
