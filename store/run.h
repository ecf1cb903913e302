/*
 * store/run.h - a run: consecutive entries of one feed that end at a signed one (store/README.md, "Run").
 *
 * The one form in which entries are stored, sent and carried on a stick. It leaves out what the receiver can recompute: the
 * feed (given from outside), previous hashes, ciphertext hashes. The last signature vouches for all entries before it.
 *
 * Pure: no I/O. Decoded runs borrow bodies from the bytes they were decoded from and take the rest from an arena.
 */
#ifndef STORE_RUN_H
#define STORE_RUN_H

#include "crdt/base/arena.h"
#include "crdt/base/wire.h"
#include "store/entry.h"

struct run_entry {
	struct entry_header header;
	struct entry_hash hash; /* of the header; valid after run_hash() */
	struct span body; /* empty when purged */
	bool purged; /* the body was erased; header.body was kept instead */
	bool is_signed;
	struct entry_signature signature; /* when is_signed */
};

struct run {
	struct feed_id feed;
	enum compartment compartment;
	struct entry_hash previous; /* header hash before the first entry; zero when that has seq 1 */
	uint32_t count;
	struct run_entry *entries;
};

static inline uint64_t run_first_seq(const struct run *run)
{
	return run->entries[0].header.seq;
}

static inline struct run_entry *run_last(const struct run *run)
{
	return &run->entries[run->count - 1];
}

/* Appends the encoded run. At least one entry; seqs consecutive; the last is signed; headers valid (entry_check). */
void run_encode(const struct run *run, struct buf *out);

/* Reads a run of the given feed. Parses and bounds everything, checks nothing cryptographic: header.previous (but for the first
 * entry), header.body (but for purged ones) and hash are left zero until run_hash(). Hostile input is fine.
 * ERR_MALFORMED, ERR_TRUNCATED, ERR_TOOBIG, ERR_VERSION. */
int run_decode(struct run *out, const struct feed_id *feed, enum compartment compartment, struct span bytes,
        struct arena *arena);

/* Computes body hashes, chains the headers and fills in every entry's hash. */
void run_hash(struct run *run);

/* After run_hash(): true when `device` signed the last entry, and so all of the run. */
bool run_signed_by(const struct run *run, const struct device_id *device);

/* What an encoded run holds besides its entries: version, first sequence, count, previous hash, counts of three tables; one signature. */
enum { RUN_FRAME_BYTES = 1 + WIRE_VARINT_BYTES_MAX + 2 + ID_LONG_BYTES + 3 * 2 + ENTRY_SIGNATURE_BYTES };

/* What an unsigned entry adds to a run of these entries, never less than that, to decide when a run is full. Close: identifiers that
 * stand in the run already are not counted again. */
size_t run_entry_bytes(const struct run_entry *entries, uint32_t count, const struct entry_header *next);

/* Takes the bodies of the entries that `is_erased` names out of the run: their hashes stand in the headers. False: it has none of them. The
 * run is hashed then (run_hash()). */
bool run_purge(
        struct run *run, bool (*is_erased)(void *context, const struct entry_header *header), void *context);

/* Puts the bodies back that `is_missing` names: from `from`, where its entry is the same by the hash of its header. False: it has none of them. Both
 * are hashed (run_hash()); bodies are borrowed from `from`. */
bool run_refill(struct run *run, const struct run *from,
        bool (*is_missing)(void *context, const struct entry_header *header), void *context);

/* Keeps only what starts at `seq` (within the run): a borrowed view onto the same entries. Needs run_hash(). */
struct run run_from(const struct run *run, uint64_t seq);

#endif
