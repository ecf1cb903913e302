#include "store/tail.h"

#include <assert.h>

struct span log_feed_key(uint8_t out[LOG_FEED_KEY_BYTES], uint32_t feed)
{
	for (unsigned i = 0; i < 4; i++)
		out[i] = (uint8_t)(feed >> (24 - 8 * i));
	return span_of(out, LOG_FEED_KEY_BYTES);
}

struct span log_run_key(uint8_t out[LOG_RUN_KEY_BYTES], uint32_t feed, uint64_t first_seq)
{
	log_feed_key(out, feed);
	for (unsigned i = 0; i < 8; i++)
		out[LOG_FEED_KEY_BYTES + i] = (uint8_t)(first_seq >> (56 - 8 * i));
	return span_of(out, LOG_RUN_KEY_BYTES);
}

void tail_free(struct tail *tail)
{
	if (!tail)
		return;
	arena_close(&tail->arena);
	buf_close(&tail->row);
	mem_free(tail);
}

static bool is_full(const struct tail *tail, const struct entry_header *next, size_t entry_bytes)
{
	if (tail->count == LIMIT_UNSIGNED_RUN)
		return true;
	if (tail->count == 0)
		return false;
	return RUN_FRAME_BYTES + tail->bytes + entry_bytes > LIMIT_RUN_SHARED_BYTES ||
	        next->lamport - tail->entries[0].header.lamport > LIMIT_UNSIGNED_LAMPORT;
}

int tail_seal(
        struct tail *tail, struct vault_lease *lease, struct store_batch *batch, const uint8_t secret_key[64])
{
	if (tail->count == 0)
		return 0;
	struct run run = {.feed = tail->id,
	        .compartment = tail->compartment,
	        .previous = tail->previous,
	        .count = tail->count,
	        .entries = tail->entries};
	struct run_entry *last = run_last(&run);
	uint8_t key[LOG_RUN_KEY_BYTES];
	last->is_signed = true;
	entry_sign(&last->signature, &last->hash, secret_key);
	buf_clear(&tail->row);
	buf_add(&tail->row, last->hash.bytes, sizeof(last->hash.bytes));
	run_encode(&run, &tail->row);
	int result = vault_lease_put(lease, batch, STORE_LOG,
	        log_run_key(key, tail->feed, run_first_seq(&run)), buf_span(&tail->row));
	tail->count = 0;
	tail->bytes = 0;
	arena_clear(&tail->arena);
	return result;
}

int tail_append(struct tail *tail, struct vault_lease *lease, struct store_batch *batch,
        struct entry_header *header, struct span body, const uint8_t secret_key[64])
{
	header->previous = tail->hash;
	header->body_bytes = (uint32_t)body.size;
	header->body = entry_body_hash(body);
	assert(header->seq == tail->seq + 1 && entry_check(header) == 0);
	size_t bytes = run_entry_bytes(tail->entries, tail->count, header);
	if (is_full(tail, header, bytes)) {
		int result = tail_seal(tail, lease, batch, secret_key);
		if (result)
			return result;
		bytes = run_entry_bytes(tail->entries, 0, header);
	}
	if (tail->count == 0)
		tail->previous = tail->hash;
	tail->bytes += bytes;
	tail->seq = header->seq;
	tail->hash = entry_hash(header);
	struct run_entry *entry = &tail->entries[tail->count++];
	*entry = (struct run_entry){
	        .header = *header, .hash = tail->hash, .body = arena_span(&tail->arena, body)};
	entry->header.deps = arena_copy(
	        &tail->arena, header->deps, header->dep_count * sizeof(*header->deps));
	return 0;
}
