/*
 * Every reader of node/keyring on arbitrary bytes; the first byte chooses which. What a reader accepts must encode back to the same
 * bytes. Team, device and secrets are those of seeds, so that the corpus holds input that is signed and sealed rightly.
 */
#include <assert.h>
#include <sodium.h>

#include "node/accords.h"
#include "node/keyring/ack.h"
#include "node/keyring/blob.h"
#include "node/keyring/body.h"
#include "node/keyring/bundle.h"
#include "node/keyring/erased.h"
#include "node/keyring/erased_names.h"
#include "node/keyring/key_table.h"
#include "node/keyring/snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct team_id TEAM = {{42}};
static struct body_codec codec;

static void try_packet(struct span bytes)
{
	struct key_packet packet;
	struct buf again = {0};
	if (key_packet_decode(&packet, bytes, &TEAM))
		return;
	key_packet_encode(&packet, &again);
	assert(span_eq(buf_span(&again), bytes));
	for (uint32_t i = 0; i < packet.item_count; i++)
		key_item_erase(&packet.items[i]);
	buf_clear(&again);
	key_packet_encode(&packet, &again);
	key_packet_close(&packet);
	assert(key_packet_decode(&packet, buf_span(&again), &TEAM) == 0);
	key_packet_close(&packet);
	buf_close(&again);
}

static void try_tombstone(struct span bytes)
{
	struct key_tombstone tombstone;
	struct buf again = {0};
	if (key_tombstone_decode(&tombstone, bytes, &TEAM))
		return;
	key_tombstone_encode(&tombstone, &again);
	assert(span_eq(buf_span(&again), bytes));
	buf_close(&again);
}

static void try_own(struct span bytes)
{
	struct key_own own = {0};
	struct buf again = {0};
	struct record_id dossier;
	if (key_own_decode(&own, bytes) == 0) {
		bool found = key_own_next(&own, NULL, &dossier);
		assert(found && key_own_encode(&own, &dossier, &again) == 0);
		assert(span_eq(buf_span(&again), bytes));
	}
	key_own_close(&own);
	buf_close(&again);
}

static void try_ack(struct span bytes)
{
	struct arena arena = {0};
	struct ack ack;
	if (ack_decode(&ack, bytes, &TEAM, &arena) == 0)
		for (uint32_t i = 0; i < ack.head_count; i++)
			assert(ack_find(&ack, &ack.heads[i].feed) == &ack.heads[i]);
	arena_close(&arena);
}

/* What anybody in the team may have signed is put beside others'. */
static void try_accord(struct span bytes)
{
	struct arena arena = {0};
	struct accord accord;
	if (accord_decode(&accord, bytes, &TEAM, &arena) == 0) {
		const struct accord *list[] = {&accord, &accord};
		uint32_t group[2];
		for (uint32_t i = 0; i < accord.present_count; i++)
			assert(accord_find_present(&accord, &accord.present[i].device) == &accord.present[i]);
		accords_group(list, 2, group);
		accords_moment_s(list, 2, group, 0);
		assert(!accord_is_later(&accord, bytes, &accord, bytes));
	}
	arena_close(&arena);
}

/* The bytes as the author of a seal wrote them; a seal over them would never be met by chance. */
static void try_pack(struct span bytes)
{
	struct span raw, packed;
	struct buf copy = {0};
	if (bytes.size == 0)
		return;
	memcpy(pack_room(&codec, bytes.size), bytes.data, bytes.size);
	if (pack_open(&codec, bytes.size, &raw) == 0) {
		buf_add_span(&copy, raw);
		assert(pack_make(&codec, buf_span(&copy), SIZE_MAX, &packed) == 0);
	}
	buf_close(&copy);
}

static void try_snapshot(struct span bytes)
{
	struct arena arena = {0};
	struct snapshot head;
	struct span docs;
	struct dossier_secret secret = {{1}};
	size_t head_bytes;
	if (snapshot_read(&head, bytes, &arena, &head_bytes) == 0)
		assert(head_bytes < bytes.size);
	snapshot_open(&codec, &secret, bytes, &docs);
	arena_close(&arena);
}

static void try_bundle(struct span bytes)
{
	static uint8_t content[BUNDLE_CONTENT_BYTES];
	struct bundle_key key = {.head_hash = {0}};
	struct discovery_secret discovery = {{1}};
	struct seal_secret secret = {{1}};
	struct seal_public open;
	struct team_id team;
	struct span stream;
	enum bundle_part part;
	size_t head_bytes, first;
	bool final;
	crypto_scalarmult_base(open.bytes, secret.bytes);
	if (bundle_head_bytes(bytes, &head_bytes) == 0)
		assert(head_bytes >= BUNDLE_HEAD_BYTES_MIN && head_bytes <= BUNDLE_HEAD_BYTES_MAX);
	bundle_is_ours(bytes, &discovery);
	bundle_is_older(bytes);
	bundle_open(&key, bytes, &open, &secret, &team);
	bundle_chunk_open(&key, 0, bytes, &final, &part, content, &stream, &first);
}

static void try_manifest(struct span bytes)
{
	struct arena arena = {0};
	struct blob_manifest manifest;
	struct buf again = {0};
	if (blob_manifest_decode(&manifest, bytes, &arena) == 0) {
		assert(blob_manifest_encode(&manifest, &again) == 0);
		assert(span_eq(buf_span(&again), bytes));
		blob_chunk_is(&manifest, 0, bytes);
	}
	arena_close(&arena);
	buf_close(&again);
}

/* A note comes from any member; its address is what binds it. */
static void try_note(struct span bytes)
{
	struct arena arena = {0};
	struct blob_manifest manifest;
	struct blob_address address;
	struct buf again = {0};
	uint64_t hlc;
	if (blob_note_decode(&manifest, &hlc, bytes, &arena) == 0) {
		blob_note_encode(&manifest, hlc, &again);
		assert(span_eq(buf_span(&again), bytes));
		blob_address(&address, &manifest);
		assert(!blob_chunk_is(&manifest, blob_chunk_count(manifest.size_bytes), bytes));
	}
	arena_close(&arena);
	buf_close(&again);
}

static void try_erased(struct span bytes)
{
	struct erased erased;
	struct buf again = {0};
	if (erased_decode(&erased, bytes, &TEAM) == 0) {
		erased_encode(&erased, &again);
		assert(span_eq(buf_span(&again), bytes));
	}
	buf_close(&again);
}

static void try_names(struct span bytes)
{
	struct erased_names names;
	struct buf again = {0};
	if (erased_names_decode(&names, bytes, &TEAM) == 0) {
		erased_names_encode(&names, &again);
		assert(span_eq(buf_span(&again), bytes));
		erased_names_close(&names);
	}
	buf_close(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(struct span) = {try_packet, try_tombstone, try_own, try_ack, try_pack,
	        try_snapshot, try_bundle, try_manifest, try_erased, try_names, try_note, try_accord};
	static bool is_ready;
	if (!is_ready) {
		assert(sodium_init() >= 0);
		body_codec_init(&codec);
		is_ready = true;
	}
	if (size && data[0] < sizeof(readers) / sizeof(*readers))
		readers[data[0]](span_of(data + 1, size - 1));
	return 0;
}
