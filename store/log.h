/*
 * store/log.h - the log of a node: all feeds it knows, their heads, appending, accepting, reading (store/README.md, "Log").
 *
 * The log writes into batches (vault.h) that its owner submits; a head moves at once and is *committed* when the owner says
 * that the batch is on the disk. Only committed entries are shown to peers. After a failed commit: log_load() again.
 *
 * Nothing here judges who may write: the owner does, before accepting. Threads: one, but for tails (log_draft()).
 */
#ifndef STORE_LOG_H
#define STORE_LOG_H

#include "store/run.h"
#include "store/tail.h"
#include "store/vault.h"
#include "store/waiting.h"

enum log_feed_state {
	LOG_FEED_OPEN = 0,
	LOG_FEED_FROZEN =
	        1, /* a fork was proved: nothing more is accepted, and once `is_parted` is set it goes on in branches */
	LOG_FEED_ENDED = 2, /* its next entry was refused: its author had no right to write it */
};

struct log_feed {
	struct feed_id id;
	struct device_id device;
	enum compartment compartment;
	struct incarnation_id incarnation;
	enum log_feed_state state;
	uint64_t seq; /* head: written into a batch, perhaps not committed yet */
	uint64_t lamport, hlc;
	struct entry_hash membership; /* cited by the head */
	struct entry_hash
	        hash; /* header hash of the head; zero when seq is 0, and while the head is a draft */
	uint64_t committed_seq;
	struct entry_hash committed_hash;
	/* What only a feed with two histories has (README.md, "Forks"). */
	bool is_branch, is_parted;
	struct feed_id
	        written; /* what headers of its entries name: its own id, or that of the feed it branches off */
	uint64_t begin; /* its first sequence. An empty branch has the entry before that as its head */
	struct entry_hash first; /* of a branch: the header hash there */
	uint32_t rows; /* the number under which its runs stand */
	struct log_base { /* of a branch: the entry before its first; zero when that is the first of all */
		struct entry_hash hash, membership;
		uint64_t lamport, hlc;
	} base;
};

/* A head as it was when a batch was submitted. */
struct log_mark {
	uint32_t feed;
	uint64_t seq;
	struct entry_hash
	        hash; /* zero of a draft: whoever wrote the tail fills it in before log_committed() */
};

struct log;

struct log *log_new(struct vault *vault); /* borrowed */
void log_free(struct log *log); /* NULL is allowed */

/* (Re)read feeds and heads; forgets everything uncommitted. ERR_CORRUPT, ERR_BADSEAL, ERR_IO. */
int log_load(struct log *log, struct store_txn *txn);

/* ---- Feeds ---- */

uint32_t log_feed_count(const struct log *log);
const struct log_feed *log_feed(const struct log *log, uint32_t number); /* number < count */
bool log_feed_number(const struct log *log, const struct feed_id *id, uint32_t *number);

/* The number of this feed, added when new. ERR_FULL over LIMIT_FEEDS, ERR_NOSPACE. */
int log_feed_add(struct log *log, struct store_batch *batch, const struct device_id *device,
        enum compartment compartment, const struct incarnation_id *incarnation, uint32_t *number);
int log_feed_set_state(
        struct log *log, struct store_batch *batch, uint32_t number, enum log_feed_state state);

#define LOG_NO_FEED UINT32_MAX

/* Two histories of this feed part at `seq`: it ends before that, and what it holds from there on becomes a branch, whose number is *branch (LOG_NO_FEED:
 * it holds nothing there). All of the feed is committed, seq - 1 is inside it or its head; one that
 * ends already is parted once more inside. ERR_FULL over LIMIT_FEEDS; errors of reading. */
int log_part(struct log *log, struct store_txn *txn, struct store_batch *batch, uint32_t number, uint64_t seq,
        uint32_t *branch);

/* The branch of a parted feed that begins with this header, added empty when new. ERR_FULL. */
int log_branch_add(struct log *log, struct store_batch *batch, uint32_t number,
        const struct entry_hash *first, uint32_t *branch);

/* Do these Lamport clocks lie on both sides of a fork? (README.md, "Forks": what is sent is not folded over one.) */
bool log_spans_fork(const struct log *log, uint64_t first, uint64_t last);

/* The rows as they are stored (README.md, "Log"): a feed's, up to its state (ERR_VERSION, ERR_CORRUPT), and the key of a run's. */
int log_feed_row_read(struct log_feed *out, uint32_t number, struct span row);
bool log_run_key_read(struct span key, uint32_t *feed, uint64_t *first);

/* The greatest Lamport clock of any head, and the greatest hybrid clock of a head that `device` wrote: others' clocks may be wrong
 * by years. */
uint64_t log_lamport(const struct log *log);
uint64_t log_hlc(const struct log *log, const struct device_id *device);

/* Entries that were added to any feed since the log was made. */
uint64_t log_added(const struct log *log);

/* ---- Writing ---- */

/* Append one entry to a feed of our own. Of `header`, the caller sets kind, clock_grade, lamport, hlc, membership, epoch, dossier and deps; the
 * rest is filled in. The entry joins the feed's open run, which is signed and written when it is full. */
int log_append(struct log *log, struct store_batch *batch, uint32_t feed, struct entry_header *header,
        struct span body, const uint8_t secret_key[64]);

/* The same for an entry whose body is sealed later, by the thread that commits: takes its place in the feed now. The owner has
 * tail_append() called for all drafts of the feed in their order, and tail_seal() at the end of each batch. Until that is committed the
 * tail is that thread's, and the feed takes drafts only. */
int log_draft(struct log *log, uint32_t feed, struct entry_header *header, struct tail **tail);

/* Sign and write the open run of the feed, if there is one. Every batch is sealed before it is submitted. */
int log_seal(struct log *log, struct store_batch *batch, uint32_t feed, const uint8_t secret_key[64]);

/* Write a run of another device, verified and judged; it must start at the head. */
int log_accept(struct log *log, struct store_batch *batch, const struct waiting_run *item);

/* The heads moved since the last call, as they are now; *marks is the caller's to mem_free(). */
uint32_t log_take_marks(struct log *log, struct log_mark **marks);
void log_committed(struct log *log, const struct log_mark *marks, uint32_t count);

/* ---- Reading (committed entries) ---- */

/* A place to read from one run after another without decoding it again. Zero-initialized is valid. */
struct log_reader {
	struct buf row;
	struct arena arena;
	struct run run;
	struct span bytes; /* the encoded run inside `row` */
	uint32_t feed;
};

void log_reader_close(struct log_reader *reader);

/* Move to the stored run that holds (feed, seq). ERR_NOTFOUND: there is none. */
int log_read_run(
        struct log *log, struct store_txn *txn, struct log_reader *reader, uint32_t feed, uint64_t seq);

/* Where the first stored run begins that begins behind `seq`, for passing over one that does not open. *first is UINT64_MAX when there is none. */
int log_next_run(struct store_txn *txn, uint32_t feed, uint64_t seq, uint64_t *first);

/* Take the bodies of the entries that `is_erased` names out of the stored run that the reader stands on (log_read_run()), and write its row
 * anew: their ciphertext hashes stand in it then, so that the chain still verifies. 1: done, and the reader stands nowhere; 0: there were
 * none. */
int log_purge(struct log *log, struct store_batch *batch, struct log_reader *reader,
        bool (*is_erased)(void *context, const struct entry_header *header), void *context);

/* The opposite: put bodies back into a stored run of the feed, as it was read, from another one that has them (run_refill(); both are hashed). Its row
 * is written anew, and stands in `encoded` too. 1: done; 0: there were none. ERR_TOOBIG: it would be longer than a run may be. */
int log_refill(struct log *log, struct store_batch *batch, uint32_t feed, struct run *stored,
        const struct run *from, bool (*is_missing)(void *context, const struct entry_header *header),
        void *context, struct buf *encoded);

/* The entry itself; borrows from the reader until it moves. Hashes are not filled in. */
int log_read_entry(struct log *log, struct store_txn *txn, struct log_reader *reader, uint32_t feed,
        uint64_t seq, const struct run_entry **entry);

/* ---- Streaming in causal order ---- */

struct log_range {
	uint32_t feed;
	uint64_t from, upto; /* upto 0: nothing */
};

struct log_stream;

/* What covers the ranges, either as runs or entry by entry; one stream, one of the two. `ranges` is copied. */
struct log_stream *log_stream_new(struct log *log, const struct log_range *ranges, uint32_t count);
void log_stream_free(struct log_stream *stream); /* NULL is allowed */

/* The run whose first entry has the lowest Lamport clock. Small runs that follow one another come as one, as if they had been written
 * together (README.md, "Log"). 1: *feed and *run are set, borrowed until the next call. 0: the end. */
int log_stream_next(struct log_stream *stream, struct store_txn *txn, uint32_t *feed, struct span *run);

/* The entry with the lowest Lamport clock, so each comes after all it depends on. Hashes are not filled in. Outcomes as above. */
int log_stream_next_entry(
        struct log_stream *stream, struct store_txn *txn, uint32_t *feed, const struct run_entry **entry);

#endif
