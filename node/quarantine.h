/*
 * node/quarantine.h - which entries of the log are kept apart, and who vouches for them (README.md, "Quarantine").
 *
 * An entry in quarantine is *passed over* by documents until somebody's countersignature makes it *effective*. The set is kept with the
 * checkpoint, so that it is known what the documents hold. Places are (the log's number of a feed, sequence).
 *
 * Pure. Threads: one.
 */
#ifndef NODE_QUARANTINE_H
#define NODE_QUARANTINE_H

#include "crdt/base/ids.h"
#include "crdt/base/mem.h"

struct quarantined {
	uint64_t seq;
	uint8_t why; /* enum team_reason */
	bool is_effective; /* countersigned: documents hold it */
};

struct quarantine_feed {
	struct quarantined *items; /* ascending by seq */
	uint32_t count, capacity;
};

/* One entry of a countersignature. */
struct vouch {
	uint32_t feed, by_feed; /* of the entry vouched for; of the countersignature */
	uint64_t seq, by_seq;
	struct entry_hash hash;
	uint8_t match; /* enum vouch_match */
};

/* Is the hash that of the entry which stands there? */
enum vouch_match { VOUCH_UNKNOWN = 0, VOUCH_MATCHES, VOUCH_DIFFERS };

/* Zero-initialized is empty. Owner calls quarantine_close(). */
struct quarantine {
	struct quarantine_feed *feeds; /* by number */
	uint32_t feed_count;
	struct vouch *vouches; /* ascending by place, then by countersignature */
	uint32_t vouch_count, vouch_capacity;
};

void quarantine_close(struct quarantine *quarantine); /* empty again */

/* NULL: not there. Borrowed until the next change of the set. */
struct quarantined *quarantine_find(const struct quarantine *quarantine, uint32_t feed, uint64_t seq);

/* How many entries of a feed stand before this sequence. */
uint32_t quarantine_before(const struct quarantine *quarantine, uint32_t feed, uint64_t seq);

/* There, for this reason; whether it is effective stays as it was. */
void quarantine_note(struct quarantine *quarantine, uint32_t feed, uint64_t seq, uint8_t why);
void quarantine_take(struct quarantine *quarantine, uint32_t feed, uint64_t seq);
bool quarantine_has_feed(const struct quarantine *quarantine, uint32_t feed); /* any entry of it */
uint64_t quarantine_passed_over(const struct quarantine *quarantine); /* entries that are not effective */

/* Those of one countersignature, together since each time the set is moved to make room; each once, however often. The list is put in order. False: all were
 * there. */
bool quarantine_vouch(struct quarantine *quarantine, struct vouch *vouches, uint32_t count);

/* Those for one place: *count of them; NULL where there are none. Borrowed likewise. */
struct vouch *quarantine_vouches(
        const struct quarantine *quarantine, uint32_t feed, uint64_t seq, uint32_t *count);

/* Version 1, varint n, n x (varint feed, varint m, m x (varint seq less the one before, why u8 | 128 where effective)), varint v, v x (varint feed,
 * varint seq, hash 32, varint by feed, varint by seq). Nothing but the version when it would be over `bytes_max`. */
void quarantine_encode(const struct quarantine *quarantine, struct buf *out, size_t bytes_max);

/* ERR_NOTFOUND: the set was not written. ERR_VERSION and errors of form. *quarantine is empty then. */
int quarantine_decode(struct quarantine *quarantine, struct span bytes);

#endif
