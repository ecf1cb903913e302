/*
 * What a stick brings to a nurse's device: the frames of a file that somebody sealed to it (by the first byte), the same in chunks that make no
 * sense, the bytes of a file, or a row of replicated state, as a session brings it too. The node is that of a seed; nothing reaches its store.
 */
#include <assert.h>
#include <sodium.h>

#include "node/keyring/bundle.h"
#include "node/node_bundle.h"
#include "node/node_state.h"
#include "store/store_mem.h"
#include "tests/lib/bundles.h"
#include "tests/lib/seeded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct seeded seeded;
static struct node *node;

static void found(void)
{
	static const uint8_t key[VAULT_KEY_BYTES] = {7};
	struct store *store = store_mem_new();
	struct person_id person;
	struct node_config config = {.env = &seeded.env, .store = store, .incarnation = {{1}}};
	assert(sodium_init() >= 0);
	seeded_init(&seeded, 1);
	int result = vault_new(store, key, &seeded.env, &config.vault);
	assert(result == 0);
	result = store_writer_new(store, STORE_WRITER_STEPPED, NULL, NULL, &config.writer);
	assert(result == 0);
	result = node_init(&config);
	assert(result == 0);
	result = node_new(&config, &node);
	assert(result == 0);
	result = node_found_team(node, &person, NULL, NULL);
	assert(result == 0);
	do {
		node_flush(node);
		while (store_writer_step(config.writer) > 0)
			;
		node_poll(node);
	} while (!node_idle(node));
}

static void take_in(struct span frames)
{
	struct buf file = {0};
	struct node_taken taken;
	bundles_seal(&seeded.env, node_seal_public(node), frames, &file);
	node_take_in(node, buf_span(&file), &taken);
	assert(taken.entries == 0); /* nothing was signed for this team */
	buf_close(&file);
}

/* Chunks as a patched program cuts them: part, length, where a frame is said to begin, frames. */
static void take_chunks(struct span bytes)
{
	const struct bundle_recipient self = {
	        .key = *node_seal_public(node), .parts = 1u << BUNDLE_COMMON | 1u << BUNDLE_CLINICAL};
	struct wire_in in = wire_begin(bytes);
	struct bundle_key key;
	struct buf file = {0};
	struct node_taken taken;
	int result = bundle_begin(&key, &seeded.env, NULL, &self, 1, &file);
	assert(result == 0);
	for (uint64_t number = 0; wire_left(&in) && number < 4; number++) {
		const uint8_t part = wire_u8(&in);
		const uint16_t size = wire_u16(&in), first = wire_u16(&in);
		const struct span stream = wire_span(&in, size < wire_left(&in) ? size : wire_left(&in));
		bundle_chunk_seal(&key, &seeded.env, number, part & 8,
		        (enum bundle_part)(1 + part % BUNDLE_PARTS), span_sub(stream, 0, BUNDLE_STREAM_BYTES),
		        first, &file);
	}
	node_take_in(node, buf_span(&file), &taken);
	assert(taken.entries == 0);
	buf_close(&file);
}

/* The bytes of a whole file, whose seals nobody can make up. */
static void take_file(struct span file)
{
	struct node_taken taken;
	struct node_bundle_about about;
	const struct team_invitation invitation = {.role = TEAM_ROLE_NURSE};
	struct team_id team;
	int result = node_take_in(node, file, &taken);
	assert(result < 0 && taken.entries == 0);
	assert(node_bundle_peek(node, file, &about) < 0);
	assert(node_bundle_team(file, &invitation, &team) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!node)
		found();
	if (size == 0 || size > BUNDLE_CONTENT_BYTES)
		return 0;
	struct span rest = span_of(data + 1, size - 1);
	if (data[0] % 2)
		node_state_put(node, rest);
	else if (data[0] & 2)
		take_file(rest);
	else if (data[0] & 4)
		take_chunks(rest);
	else
		take_in(rest);
	return 0;
}
