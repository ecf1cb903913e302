/*
 * Feeds read side by side, the one with the lowest Lamport clock first. An entry's clock is above those of all it depends on, so taking
 * entries one by one never hands one out before what it needs; runs hold several, and their receiver waits for what they lack.
 */
#include "store/log.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

/* Below this a run is small: those that follow are folded into it. Larger ones are sent as they are stored. */
enum { FOLD_BELOW_BYTES = LIMIT_RUN_SHARED_BYTES / 2, FOLD_BELOW_ENTRIES = LIMIT_UNSIGNED_RUN / 2 };

/* One feed on its way: what is to be sent next, decoded as far as its first Lamport clock. */
struct source {
	struct log_range range;
	struct log_reader reader;
	struct arena arena; /* entries of a folded run */
	struct buf bytes; /* what is sent, where it is not a run as it is stored */
	struct span run;
	uint64_t lamport, last;
	bool loaded;
};

struct log_stream {
	struct log *log;
	struct source *sources;
	uint32_t count;
	uint32_t sent; /* the source that was handed out last; `count` for none */
};

struct log_stream *log_stream_new(struct log *log, const struct log_range *ranges, uint32_t count)
{
	struct log_stream *stream = mem_zero(1, sizeof(*stream));
	stream->log = log;
	stream->count = stream->sent = count;
	stream->sources = mem_zero(count, sizeof(*stream->sources));
	for (uint32_t i = 0; i < count; i++)
		stream->sources[i].range = ranges[i];
	for (uint32_t i = 0; i < count; i++) /* a branch does not begin at 1 */
		if (ranges[i].from < log_feed(log, ranges[i].feed)->begin)
			stream->sources[i].range.from = log_feed(log, ranges[i].feed)->begin;
	return stream;
}

void log_stream_free(struct log_stream *stream)
{
	if (!stream)
		return;
	for (uint32_t i = 0; i < stream->count; i++) {
		log_reader_close(&stream->sources[i].reader);
		arena_close(&stream->sources[i].arena);
		buf_close(&stream->sources[i].bytes);
	}
	mem_free(stream->sources);
	mem_free(stream);
}

/* Move the source's reader to the stored run that holds entry `seq`. */
static int read_at(struct log_stream *stream, struct store_txn *txn, struct source *source, uint64_t seq)
{
	int result = log_read_run(stream->log, txn, &source->reader, source->range.feed, seq);
	if (result)
		return result;
	const struct run *run = &source->reader.run;
	return seq < run_first_seq(run) || seq - run_first_seq(run) >= run->count ? ERR_NOTFOUND : 0;
}

/* ---- Folding ---------------------------------------------------------------------------------------------------- */

/* What decides over an entry's admission, so that a folded run is accepted or refused as its parts would be. */
static bool judged_alike(const struct entry_header *a, const struct entry_header *b)
{
	return a->kind == b->kind && entry_hash_eq(&a->membership, &b->membership) &&
	        epoch_id_eq(&a->epoch, &b->epoch);
}

static bool all_alike(const struct entry_header *first, const struct run *run)
{
	for (uint32_t i = 0; i < run->count; i++)
		if (!judged_alike(first, &run->entries[i].header))
			return false;
	return true;
}

/* Append what the reader holds from `from` on to `folded`, whose array has room; the reader may then move on. */
static void take_entries(struct source *source, struct run *folded, uint64_t from)
{
	const struct run *run = &source->reader.run;
	for (uint64_t i = from - run_first_seq(run); i < run->count; i++) {
		struct run_entry *entry = &folded->entries[folded->count++];
		*entry = run->entries[i];
		entry->body = arena_span(&source->arena, entry->body);
		entry->header.deps = arena_copy(&source->arena, entry->header.deps,
		        entry->header.dep_count * sizeof(*entry->header.deps));
	}
}

/* The run in the reader follows `folded` and may become part of it. */
static bool joins(const struct log *log, const struct source *source, const struct run *folded, size_t bytes)
{
	const struct run *next = &source->reader.run;
	const struct entry_header *first = &folded->entries[0].header;
	return folded->count + next->count <= LIMIT_UNSIGNED_RUN &&
	        bytes + source->reader.bytes.size <= LIMIT_RUN_SHARED_BYTES &&
	        run_last(next)->header.lamport - first->lamport <= LIMIT_UNSIGNED_LAMPORT &&
	        !log_spans_fork(log, first->lamport, run_last(next)->header.lamport) &&
	        all_alike(first, next);
}

/* Send what the reader holds from `from` on together with the small runs that follow. The signature of the last vouches for all. */
static void fold(struct log_stream *stream, struct store_txn *txn, struct source *source, uint64_t from)
{
	struct run *run = &source->reader.run, folded = run_from(run, from);
	size_t bytes = source->reader.bytes.size;
	arena_clear(&source->arena);
	folded.entries = arena_alloc(&source->arena, LIMIT_UNSIGNED_RUN * sizeof(*folded.entries));
	folded.count = 0;
	take_entries(source, &folded, from);
	bool may_grow = run->compartment != COMPARTMENT_MEMBERSHIP &&
	        all_alike(&folded.entries[0].header, &folded);
	while (may_grow && source->last < source->range.upto) {
		/* What cannot be read is met again, and reported, once this is sent. */
		if (read_at(stream, txn, source, source->last + 1) ||
		        !joins(stream->log, source, &folded, bytes))
			break;
		run_last(&folded)->is_signed = false;
		bytes += source->reader.bytes.size;
		take_entries(source, &folded, source->last + 1);
		source->last = run_last(&folded)->header.seq;
	}
	buf_clear(&source->bytes);
	run_encode(&folded, &source->bytes);
	source->run = buf_span(&source->bytes);
}

/* ---- Runs ------------------------------------------------------------------------------------------------------- */

static int load_source(struct log_stream *stream, struct store_txn *txn, struct source *source)
{
	uint64_t from = source->range.from;
	int result = read_at(stream, txn, source, from);
	if (result)
		return result;
	struct run *run = &source->reader.run;
	source->last = run_first_seq(run) + run->count - 1;
	source->lamport = run->entries[from - run_first_seq(run)].header.lamport;
	source->run = source->reader.bytes;
	/* Each membership entry is judged for itself. */
	bool is_small = run->compartment != COMPARTMENT_MEMBERSHIP && run->count < FOLD_BELOW_ENTRIES &&
	        source->run.size < FOLD_BELOW_BYTES && source->last < source->range.upto;
	if (from > run_first_seq(run)) /* the entry before `from` is to be named */
		run_hash(run);
	if (is_small || from > run_first_seq(run))
		fold(stream, txn, source, from);
	source->loaded = true;
	return 0;
}

/* A feed may have ended at a fork since it was asked for. */
static bool is_done(const struct log_stream *stream, struct source *source)
{
	const struct log_feed *feed = log_feed(stream->log, source->range.feed);
	if (feed->is_parted && source->range.upto > feed->seq)
		source->range.upto = feed->seq;
	return source->range.from > source->range.upto;
}

int log_stream_next(struct log_stream *stream, struct store_txn *txn, uint32_t *feed, struct span *run)
{
	struct source *best = NULL;
	if (stream->sent < stream->count) {
		struct source *source = &stream->sources[stream->sent];
		source->range.from = source->last + 1;
		source->loaded = false;
	}
	stream->sent = stream->count;
	for (uint32_t i = 0; i < stream->count; i++) {
		struct source *source = &stream->sources[i];
		if (is_done(stream, source))
			continue;
		int result = source->loaded ? 0 : load_source(stream, txn, source);
		if (result)
			return result;
		if (!best || source->lamport < best->lamport)
			best = source;
	}
	if (!best)
		return 0;
	stream->sent = (uint32_t)(best - stream->sources);
	*feed = best->range.feed;
	*run = best->run;
	return 1;
}

/* ---- Entries ---------------------------------------------------------------------------------------------------- */

static const struct run_entry *entry_at(const struct source *source)
{
	const struct run *run = &source->reader.run;
	return &run->entries[source->range.from - run_first_seq(run)];
}

static int load_entry(struct log_stream *stream, struct store_txn *txn, struct source *source)
{
	int result = read_at(stream, txn, source, source->range.from);
	if (result)
		return result;
	source->lamport = entry_at(source)->header.lamport;
	source->loaded = true;
	return 0;
}

static bool comes_before(const struct log *log, const struct source *a, const struct source *b)
{
	if (a->lamport != b->lamport)
		return a->lamport < b->lamport;
	return feed_id_cmp(&log_feed(log, a->range.feed)->id, &log_feed(log, b->range.feed)->id) < 0;
}

int log_stream_next_entry(
        struct log_stream *stream, struct store_txn *txn, uint32_t *feed, const struct run_entry **entry)
{
	struct source *best = NULL;
	if (stream->sent < stream->count) {
		stream->sources[stream->sent].range.from++;
		stream->sources[stream->sent].loaded = false;
	}
	stream->sent = stream->count;
	for (uint32_t i = 0; i < stream->count; i++) {
		struct source *source = &stream->sources[i];
		if (is_done(stream, source))
			continue;
		int result = source->loaded ? 0 : load_entry(stream, txn, source);
		if (result)
			return result;
		if (!best || comes_before(stream->log, source, best))
			best = source;
	}
	if (!best)
		return 0;
	stream->sent = (uint32_t)(best - stream->sources);
	*feed = best->range.feed;
	*entry = entry_at(best);
	return 1;
}
