/*
 * crdt/seq_snapshot.h - the bytes of a sequence inside a document's snapshot (crdt/README.md, section 9).
 */
#ifndef CRDT_SEQ_SNAPSHOT_H
#define CRDT_SEQ_SNAPSHOT_H

#include "crdt/base/wire.h"
#include "crdt/seq.h"

/* Was a move taken back? Then the snapshot is not as it was in version 2 of documents. */
bool seq_has_takings(const struct seq *seq);

/* Append the sequence. `feed_numbers`: the snapshot's number of each feed, by number in the table. */
void seq_save(const struct seq *seq, const uint32_t *feed_numbers, struct buf *out);

/* Read one sequence, from anybody. Its feeds are numbered as in the snapshot, ascending with their ids; `seqs`: what was applied of each. The
 * caller makes it one of a document by seq_adopt(). NULL on an error, which stays in `in`. Owner calls seq_free(). */
struct seq *seq_load(struct wire_in *in, enum seq_kind kind, const uint32_t *seqs, uint32_t feed_count);

/* From now on it uses this table of feeds; `numbers`: the table's number of each of the snapshot's feeds. */
void seq_adopt(struct seq *seq, struct crdt_feeds *feeds, const uint32_t *numbers);

/* --- What the order says of origins --- */

/* Consecutive numbers that stand one behind the other. */
struct seq_fragment {
	uint32_t first, count;
};

/* Where in the order a fragment stands: among the fragments. */
struct seq_standing {
	uint32_t first, place;
};

struct seq_origins;

/* The origins of insertions as they would be had nothing been concurrent: the nearest element on either side with a smaller number.
 * `firsts`: the number of each insertion's first element, ascending. */
void seq_predict(const struct seq_fragment *fragments, uint32_t fragment_count, const uint32_t *firsts,
        uint32_t insertion_count, struct seq_origins *out);

/* Are the fragments in the order that the origins give? These have smaller numbers than what they are origins of. `standings`: the fragments
 * by their numbers. */
bool seq_order_is_right(const struct seq *seq, const struct seq_fragment *fragments,
        const struct seq_standing *standings, uint32_t fragment_count);

#endif
