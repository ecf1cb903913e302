#include "node/keyring/snapshot.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "node/keyring/aead.h"

static const char AD_DOMAIN[] = "releve snapshot 1", KEY_DOMAIN[] = "releve snapshot key 1";

enum { REF_BYTES = ID_LONG_BYTES + 8 };

static int check(const struct snapshot *head)
{
	if (head->frontier_count > LIMIT_FEEDS)
		return ERR_TOOBIG;
	if (head->part >= head->part_count)
		return ERR_INVALID;
	for (uint32_t i = 0; i < head->frontier_count; i++) {
		if (head->frontier[i].seq == 0)
			return ERR_INVALID;
		if (i && feed_id_cmp(&head->frontier[i - 1].feed, &head->frontier[i].feed) >= 0)
			return ERR_INVALID;
	}
	return 0;
}

static void put_head(const struct snapshot *head, struct buf *out)
{
	wire_put_u8(out, SNAPSHOT_VERSION);
	buf_add(out, head->dossier.bytes, sizeof(head->dossier.bytes));
	wire_put_u16(out, head->part);
	wire_put_u16(out, head->part_count);
	wire_put_varint(out, head->frontier_count);
	for (uint32_t i = 0; i < head->frontier_count; i++) {
		buf_add(out, head->frontier[i].feed.bytes, sizeof(head->frontier[i].feed.bytes));
		wire_put_u64(out, head->frontier[i].seq);
	}
}

static void key_and_ad(uint8_t key[SECRET_BYTES], struct buf *ad, const struct dossier_secret *secret,
        const struct record_id *dossier, struct span head)
{
	secret_derive(key, secret->bytes, KEY_DOMAIN, dossier->bytes, sizeof(dossier->bytes));
	buf_add(ad, AD_DOMAIN, sizeof(AD_DOMAIN) - 1);
	buf_add_span(ad, head);
}

int snapshot_seal(struct body_codec *codec, const struct env *env, const struct dossier_secret *secret,
        const struct snapshot *head, const struct span *docs, size_t doc_count, struct buf *out)
{
	uint8_t key[SECRET_BYTES];
	struct buf plain = {0}, bytes = {0}, ad = {0};
	struct span packed;
	int error = check(head);
	if (!error && doc_count == 0)
		error = ERR_INVALID;
	for (size_t i = 0; i < doc_count && !error; i++) {
		if (docs[i].size == 0)
			error = ERR_INVALID;
		else if (docs[i].size > LIMIT_PACK_RAW_BYTES || plain.size > LIMIT_PACK_RAW_BYTES)
			error = ERR_TOOBIG;
		else
			wire_put_blob(&plain, docs[i]);
	}
	if (!error)
		error = pack_make(
		        codec, buf_span(&plain), LIMIT_ENTRY_BODY_BYTES - AEAD_OVERHEAD_BYTES, &packed);
	if (!error) {
		put_head(head, &bytes);
		key_and_ad(key, &ad, secret, &head->dossier, buf_span(&bytes));
		aead_seal(buf_extend(&bytes, packed.size + AEAD_OVERHEAD_BYTES), env, key, buf_span(&ad),
		        packed);
		buf_add_span(out, buf_span(&bytes));
		mem_wipe(key, sizeof(key));
	}
	buf_wipe(&plain);
	buf_close(&bytes);
	buf_close(&ad);
	return error;
}

int snapshot_read(struct snapshot *out, struct span bytes, struct arena *arena, size_t *head_bytes)
{
	struct snapshot head;
	struct wire_in in = wire_begin(bytes);
	uint8_t version = wire_u8(&in);
	wire_raw(&in, head.dossier.bytes, sizeof(head.dossier.bytes));
	head.part = wire_u16(&in);
	head.part_count = wire_u16(&in);
	if (!in.error && version != SNAPSHOT_VERSION)
		return ERR_VERSION;
	head.frontier_count = wire_count(&in, LIMIT_FEEDS, REF_BYTES);
	struct entry_ref *frontier = arena_zero(arena, head.frontier_count, sizeof(*frontier));
	for (uint32_t i = 0; i < head.frontier_count; i++) {
		wire_raw(&in, frontier[i].feed.bytes, sizeof(frontier[i].feed.bytes));
		frontier[i].seq = wire_u64(&in);
	}
	head.frontier = frontier;
	if (in.error)
		return in.error;
	if (check(&head))
		return ERR_MALFORMED;
	if (wire_left(&in) <= AEAD_OVERHEAD_BYTES)
		return ERR_TRUNCATED;
	if (wire_left(&in) > LIMIT_ENTRY_BODY_BYTES)
		return ERR_TOOBIG;
	*head_bytes = bytes.size - wire_left(&in);
	*out = head;
	return 0;
}

bool snapshot_next(struct span *docs, struct span *doc)
{
	struct wire_in in = wire_begin(*docs);
	struct span got = wire_blob(&in, LIMIT_PACK_RAW_BYTES);
	if (in.error || got.size == 0)
		return false;
	*doc = got;
	*docs = span_of(in.at, wire_left(&in));
	return true;
}

/* One or more documents, none empty, nothing after the last. */
static int check_docs(struct span docs)
{
	struct span doc;
	if (docs.size == 0)
		return ERR_MALFORMED;
	while (snapshot_next(&docs, &doc))
		;
	return docs.size ? ERR_MALFORMED : 0;
}

int snapshot_open(
        struct body_codec *codec, const struct dossier_secret *secret, struct span bytes, struct span *docs)
{
	uint8_t key[SECRET_BYTES];
	struct arena arena = {0};
	struct buf ad = {0};
	struct snapshot head;
	struct span opened;
	size_t head_bytes;
	int error = snapshot_read(&head, bytes, &arena, &head_bytes);
	if (!error) {
		size_t packed_bytes = bytes.size - head_bytes - AEAD_OVERHEAD_BYTES;
		key_and_ad(key, &ad, secret, &head.dossier, span_sub(bytes, 0, head_bytes));
		error = aead_open(pack_room(codec, packed_bytes), key, buf_span(&ad),
		        span_sub(bytes, head_bytes, bytes.size));
		mem_wipe(key, sizeof(key));
		if (!error)
			error = pack_open(codec, packed_bytes, &opened);
	}
	if (!error)
		error = check_docs(opened);
	if (!error)
		*docs = opened;
	arena_close(&arena);
	buf_close(&ad);
	return error;
}
