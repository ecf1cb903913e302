#include "store/log.h"

#include "crdt/base/err.h"

/* One feed on its way: the run to be sent next, decoded as far as its first Lamport clock. */
struct source {
	struct log_range range;
	struct log_reader reader;
	struct buf cut; /* the rest of a run whose first entries the receiver has */
	struct span run;
	uint64_t lamport, last;
	bool loaded;
};

struct log_stream {
	struct log *log;
	struct source *sources;
	uint32_t count;
	uint32_t sent; /* the source whose run was handed out last; `count` for none */
};

struct log_stream *log_stream_new(struct log *log, const struct log_range *ranges, uint32_t count)
{
	struct log_stream *stream = mem_zero(1, sizeof(*stream));
	stream->log = log;
	stream->count = stream->sent = count;
	stream->sources = mem_zero(count, sizeof(*stream->sources));
	for (uint32_t i = 0; i < count; i++)
		stream->sources[i].range = ranges[i];
	return stream;
}

void log_stream_free(struct log_stream *stream)
{
	if (!stream)
		return;
	for (uint32_t i = 0; i < stream->count; i++) {
		log_reader_close(&stream->sources[i].reader);
		buf_close(&stream->sources[i].cut);
	}
	mem_free(stream->sources);
	mem_free(stream);
}

static int load_source(struct log_stream *stream, struct store_txn *txn, struct source *source)
{
	uint64_t from = source->range.from;
	int result = log_read_run(stream->log, txn, &source->reader, source->range.feed, from);
	if (result)
		return result;
	struct run *run = &source->reader.run;
	source->last = run_first_seq(run) + run->count - 1;
	if (from < run_first_seq(run) || from > source->last)
		return ERR_NOTFOUND;
	source->lamport = run->entries[from - run_first_seq(run)].header.lamport;
	source->run = source->reader.bytes;
	if (from > run_first_seq(run)) {
		run_hash(run);
		struct run rest = run_from(run, from);
		buf_clear(&source->cut);
		run_encode(&rest, &source->cut);
		source->run = buf_span(&source->cut);
	}
	source->loaded = true;
	return 0;
}

static void advance(struct source *source)
{
	source->range.from = source->last + 1;
	source->loaded = false;
}

int log_stream_next(struct log_stream *stream, struct store_txn *txn, uint32_t *feed, struct span *run)
{
	struct source *best = NULL;
	if (stream->sent < stream->count)
		advance(&stream->sources[stream->sent]);
	stream->sent = stream->count;
	for (uint32_t i = 0; i < stream->count; i++) {
		struct source *source = &stream->sources[i];
		if (source->range.from > source->range.upto)
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
