/*
 * What a stick brings to a nurse's device: the frames of a file that somebody sealed to it (the first byte is even), or a row of replicated state, as a
 * session brings it too (odd). The node is that of a seed; nothing reaches its store.
 */
#include <assert.h>
#include <sodium.h>

#include "node/keyring/bundle.h"
#include "node/node_bundle.h"
#include "node/node_state.h"
#include "store/store_mem.h"
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
	const struct discovery_secret discovery = {{1}};
	struct bundle_key key;
	struct buf file = {0};
	struct node_taken taken;
	int result = bundle_begin(&key, &seeded.env, &discovery, node_seal_public(node), 1, &file);
	assert(result == 0);
	result = bundle_chunk_seal(&key, &seeded.env, 0, true, frames, &file);
	assert(result == 0);
	node_take_in(node, buf_span(&file), &taken);
	assert(taken.entries == 0); /* nothing was signed for this team */
	buf_close(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!node)
		found();
	if (size == 0 || size > BUNDLE_PLAIN_BYTES)
		return 0;
	struct span rest = span_of(data + 1, size - 1);
	if (data[0] % 2)
		node_state_put(node, rest);
	else
		take_in(rest);
	return 0;
}
