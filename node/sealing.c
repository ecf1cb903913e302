#include "node/sealing.h"

#include <assert.h>

enum { CHUNK_BYTES_FIRST = 4096, CHUNK_BYTES = 64 * 1024, ALIGNMENT = 16 }; /* most batches hold one save */

/* Drafts one after another; a chunk is wiped whole when the last of them is sealed. */
struct chunk {
	struct chunk *next;
	size_t capacity, used;
	uint8_t bytes[] __attribute__((aligned(ALIGNMENT)));
};

/* Followed by its dependencies and its clear text. */
struct draft {
	struct tail *tail;
	struct body_key key;
	struct entry_header header;
	size_t raw_bytes;
	struct entry_ref deps[];
};

struct sealing {
	struct store_work work;
	struct body_codec *codec;
	const uint8_t *secret_key;
	struct vault_lease lease;
	struct chunk *first, *last;
	uint32_t count;
	uint64_t body_bytes; /* sealed */
	struct log_mark heads[COMPARTMENT_LAST + 1]; /* after the work; one own feed per compartment */
	struct tail *tails[COMPARTMENT_LAST + 1];
	uint32_t head_count;
};

enum { SEALED_SLACK_BYTES = 64 }; /* nonce, tag, padding; what a run adds to an entry */

static uint8_t *raw_of(struct draft *draft)
{
	return (uint8_t *)(draft->deps + draft->header.dep_count);
}

/* As it takes in its chunk. */
static size_t draft_bytes(size_t dep_count, size_t raw_bytes)
{
	size_t bytes = sizeof(struct draft) + dep_count * sizeof(struct entry_ref) + raw_bytes;
	return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void *take_room(struct sealing *sealing, size_t bytes)
{
	struct chunk *chunk = sealing->last;
	if (!chunk || chunk->capacity - chunk->used < bytes) {
		size_t usual = chunk ? CHUNK_BYTES : CHUNK_BYTES_FIRST;
		size_t capacity = bytes > usual ? bytes : usual;
		chunk = mem_alloc(sizeof(*chunk) + capacity);
		chunk->next = NULL;
		chunk->capacity = capacity;
		chunk->used = 0;
		if (sealing->last)
			sealing->last->next = chunk;
		else
			sealing->first = chunk;
		sealing->last = chunk;
	}
	void *room = chunk->bytes + chunk->used;
	chunk->used += bytes;
	return room;
}

static void drop_first(struct sealing *sealing)
{
	struct chunk *chunk = sealing->first;
	sealing->first = chunk->next;
	mem_wipe(chunk->bytes, chunk->used);
	mem_free(chunk);
}

void sealing_free(struct sealing *sealing)
{
	if (!sealing)
		return;
	while (sealing->first)
		drop_first(sealing);
	vault_lease_end(&sealing->lease);
	mem_free(sealing);
}

static struct sealing *sealing_of(struct store_work *work)
{
	return (struct sealing *)(void *)((char *)work - offsetof(struct sealing, work));
}

static void work_free(struct store_work *work)
{
	sealing_free(sealing_of(work));
}

static void remember_tail(struct sealing *sealing, struct tail *tail)
{
	for (uint32_t i = 0; i < sealing->head_count; i++)
		if (sealing->tails[i] == tail)
			return;
	assert(sealing->head_count < sizeof(sealing->tails) / sizeof(*sealing->tails));
	sealing->tails[sealing->head_count++] = tail;
}

void sealing_add(struct sealing *sealing, struct tail *tail, const struct entry_header *header,
        const struct body_key *key, struct span raw)
{
	size_t deps_bytes = header->dep_count * sizeof(*header->deps);
	struct draft *draft = take_room(sealing, draft_bytes(header->dep_count, raw.size));
	draft->tail = tail;
	draft->key = *key;
	draft->header = *header;
	draft->raw_bytes = raw.size;
	if (deps_bytes)
		memcpy(draft->deps, header->deps, deps_bytes);
	draft->header.deps = draft->deps;
	memcpy(raw_of(draft), raw.data, raw.size);
	sealing->count++;
	sealing->work.bytes += raw.size + SEALED_SLACK_BYTES;
	remember_tail(sealing, tail);
}

int sealing_attach(struct sealing *sealing, struct vault *vault, struct store_batch *batch)
{
	assert(!batch->work);
	int result = vault_lease_begin(
	        vault, batch, sealing->count, &sealing->lease); /* a run holds an entry at least */
	if (result == 0)
		batch->work = &sealing->work;
	return result;
}

/* --- The thread that commits --- */

static int seal_draft(
        struct sealing *sealing, struct store_batch *batch, struct draft *draft, struct buf *sealed)
{
	const struct body_place place = {
	        draft->header.feed, draft->header.seq, (enum compartment)draft->header.compartment};
	buf_clear(sealed);
	int result = body_seal(sealing->codec, &sealing->lease.env, &draft->key, &place,
	        span_of(raw_of(draft), draft->raw_bytes), sealed);
	if (result)
		return result;
	sealing->body_bytes += sealed->size;
	return tail_append(
	        draft->tail, &sealing->lease, batch, &draft->header, buf_span(sealed), sealing->secret_key);
}

static int seal_chunk(
        struct sealing *sealing, struct store_batch *batch, struct chunk *chunk, struct buf *sealed)
{
	int result = 0;
	for (size_t at = 0; at < chunk->used && result == 0;) {
		struct draft *draft = (struct draft *)(void *)(chunk->bytes + at);
		at += draft_bytes(draft->header.dep_count, draft->raw_bytes);
		result = seal_draft(sealing, batch, draft, sealed);
	}
	return result;
}

static int run(struct store_work *work, struct store_batch *batch)
{
	struct sealing *sealing = sealing_of(work);
	struct buf sealed = {0};
	int result = 0;
	while (sealing->first && result == 0) {
		result = seal_chunk(sealing, batch, sealing->first, &sealed);
		drop_first(sealing);
	}
	for (uint32_t i = 0; i < sealing->head_count && result == 0; i++) {
		struct tail *tail = sealing->tails[i];
		result = tail_seal(tail, &sealing->lease, batch, sealing->secret_key);
		sealing->heads[i] = (struct log_mark){tail->feed, tail->seq, tail->hash};
	}
	buf_close(&sealed);
	vault_lease_end(&sealing->lease);
	return result;
}

/* --- The owner again --- */

struct sealing *sealing_new(struct body_codec *codec, const uint8_t secret_key[64])
{
	struct sealing *sealing = mem_zero(1, sizeof(*sealing));
	sealing->work = (struct store_work){.run = run, .free = work_free};
	sealing->codec = codec;
	sealing->secret_key = secret_key;
	return sealing;
}

void sealing_heads(const struct store_batch *batch, struct log_mark *marks, uint32_t count)
{
	const struct sealing *sealing = batch->work ? sealing_of(batch->work) : NULL;
	for (uint32_t i = 0; sealing && i < sealing->head_count; i++)
		for (uint32_t j = 0; j < count; j++)
			if (marks[j].feed == sealing->heads[i].feed) {
				assert(marks[j].seq == sealing->heads[i].seq);
				marks[j].hash = sealing->heads[i].hash;
			}
}

void sealing_sizes(const struct store_batch *batch, uint64_t *entry_count, uint64_t *body_bytes)
{
	const struct sealing *sealing = batch->work ? sealing_of(batch->work) : NULL;
	*entry_count = sealing ? sealing->count : 0;
	*body_bytes = sealing ? sealing->body_bytes : 0;
}
