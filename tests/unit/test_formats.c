#include "tests/lib/check.h"
#include "tests/lib/golden.h"
#include "tests/lib/seeded.h"

#include <sodium.h>

#include "crdt/base/limits.h"
#include "node/keyring/aead.h"
#include "node/keyring/blob.h"
#include "node/keyring/bundle.h"
#include "node/keyring/snapshot.h"

struct fixture {
	struct seeded seeded;
	struct body_codec codec;
	struct arena arena;
	struct dossier_secret secret;
	struct discovery_secret discovery;
	struct seal_public open[2];
	struct seal_secret close[2];
	struct buf bytes, out;
};

static int set_up(void **state)
{
	struct fixture *f = mem_zero(1, sizeof(*f));
	seeded_init(&f->seeded, 3);
	body_codec_init(&f->codec);
	rng_bytes(&f->seeded.rng, f->secret.bytes, SECRET_BYTES);
	rng_bytes(&f->seeded.rng, f->discovery.bytes, SECRET_BYTES);
	for (size_t i = 0; i < 2; i++) {
		uint8_t seed[32];
		rng_bytes(&f->seeded.rng, seed, sizeof(seed));
		crypto_box_seed_keypair(f->open[i].bytes, f->close[i].bytes, seed);
	}
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	body_codec_close(&f->codec);
	arena_close(&f->arena);
	buf_close(&f->bytes);
	buf_close(&f->out);
	mem_free(f);
	return 0;
}

/* --- Snapshot --------------------------------------------------------------------------------------------- */

static const struct entry_ref FRONTIER[] = {{{{1}}, 9}, {{{2}}, 1}};
static const struct snapshot HEAD = {{{7}}, 0, 2, FRONTIER, 2};

static void seal_snapshot(struct fixture *f)
{
	const struct span docs[] = {span_text("ab"), span_text("a longer one, with a a a a a a a a a tail")};
	check_ok(snapshot_seal(&f->codec, &f->seeded.env, &f->secret, &HEAD, docs, 2, &f->bytes));
}

static void a_snapshot_comes_back(void **state)
{
	struct fixture *f = *state;
	struct snapshot head;
	struct span docs, doc;
	size_t head_bytes;
	seal_snapshot(f);
	check_ok(snapshot_read(&head, buf_span(&f->bytes), &f->arena, &head_bytes));
	assert_true(record_id_eq(&head.dossier, &HEAD.dossier) && head.part == 0 && head.part_count == 2);
	assert_int_equal(head.frontier_count, 2);
	assert_memory_equal(head.frontier, FRONTIER, sizeof(FRONTIER));
	check_ok(snapshot_open(&f->codec, &f->secret, buf_span(&f->bytes), &docs));
	assert_true(snapshot_next(&docs, &doc));
	check_span(doc, span_text("ab"));
	assert_true(snapshot_next(&docs, &doc));
	check_span(doc, span_text("a longer one, with a a a a a a a a a tail"));
	assert_false(snapshot_next(&docs, &doc));
}

static void an_altered_snapshot_does_not_open(void **state)
{
	struct fixture *f = *state;
	struct span docs;
	struct dossier_secret other = {{1}};
	seal_snapshot(f);
	for (size_t i = 0; i < f->bytes.size; i++) {
		f->bytes.data[i] ^= 8;
		assert_true(snapshot_open(&f->codec, &f->secret, buf_span(&f->bytes), &docs) < 0);
		f->bytes.data[i] ^= 8;
		assert_true(snapshot_open(&f->codec, &f->secret, span_of(f->bytes.data, i), &docs) < 0);
	}
	check_code(snapshot_open(&f->codec, &other, buf_span(&f->bytes), &docs), ERR_BADSEAL);
}

static void snapshots_that_must_not_be(void **state)
{
	struct fixture *f = *state;
	const struct span doc = span_text("x"), none = {NULL, 0};
	struct snapshot head = HEAD;
	struct buf big = {0};
	check_code(
	        snapshot_seal(&f->codec, &f->seeded.env, &f->secret, &head, &doc, 0, &f->bytes), ERR_INVALID);
	check_code(snapshot_seal(&f->codec, &f->seeded.env, &f->secret, &head, &none, 1, &f->bytes),
	        ERR_INVALID);
	head.part = 2;
	check_code(
	        snapshot_seal(&f->codec, &f->seeded.env, &f->secret, &head, &doc, 1, &f->bytes), ERR_INVALID);
	head = HEAD;
	head.frontier_count = LIMIT_FEEDS + 1;
	check_code(
	        snapshot_seal(&f->codec, &f->seeded.env, &f->secret, &head, &doc, 1, &f->bytes), ERR_TOOBIG);
	const struct entry_ref twice[] = {FRONTIER[0], FRONTIER[0]};
	head.frontier = twice;
	head.frontier_count = 2;
	check_code(
	        snapshot_seal(&f->codec, &f->seeded.env, &f->secret, &head, &doc, 1, &f->bytes), ERR_INVALID);
	rng_bytes(&f->seeded.rng, buf_extend(&big, LIMIT_ENTRY_BODY_BYTES), LIMIT_ENTRY_BODY_BYTES);
	const struct span large = buf_span(&big);
	check_code(snapshot_seal(&f->codec, &f->seeded.env, &f->secret, &HEAD, &large, 1, &f->bytes),
	        ERR_TOOBIG);
	assert_int_equal(f->bytes.size, 0);
	buf_close(&big);
}

/* Seals `plain` as a hostile holder of the secret would, behind the header of a good snapshot. */
static int open_plain(struct fixture *f, struct span plain)
{
	uint8_t key[SECRET_BYTES];
	struct snapshot head;
	struct span packed, docs;
	struct buf ad = {0};
	size_t head_bytes;
	buf_clear(&f->bytes);
	seal_snapshot(f);
	check_ok(snapshot_read(&head, buf_span(&f->bytes), &f->arena, &head_bytes));
	f->bytes.size = head_bytes;
	buf_add(&ad, "releve snapshot 1", 17);
	buf_add_span(&ad, buf_span(&f->bytes));
	secret_derive(key, f->secret.bytes, "releve snapshot key 1", HEAD.dossier.bytes, ID_SHORT_BYTES);
	check_ok(pack_make(&f->codec, plain, 4096, &packed));
	aead_seal(buf_extend(&f->bytes, packed.size + AEAD_OVERHEAD_BYTES), &f->seeded.env, key,
	        buf_span(&ad), packed);
	buf_close(&ad);
	return snapshot_open(&f->codec, &f->secret, buf_span(&f->bytes), &docs);
}

static void documents_are_whole(void **state)
{
	struct fixture *f = *state;
	check_ok(open_plain(f, span_of("\x02xy\x01z", 5)));
	check_code(open_plain(f, span_of("\x02xy\x02z", 5)), ERR_MALFORMED); /* one ends too early */
	check_code(open_plain(f, span_of("\x02xy\0", 4)), ERR_MALFORMED); /* an empty one */
	check_code(open_plain(f, span_of("", 0)), ERR_MALFORMED); /* none */
}

/* --- Bundle ----------------------------------------------------------------------------------------------- */

enum { ALL_PARTS = (2u << BUNDLE_PARTS) - 2 };

static struct bundle_recipient reader(struct fixture *f, size_t i, uint32_t parts)
{
	return (struct bundle_recipient){.key = f->open[i], .parts = parts, .team = {{7}}};
}

/* The first `count` of the fixture's devices; the second may read what is common, and no more. */
static struct bundle_key begin(struct fixture *f, size_t count)
{
	struct bundle_key key;
	const struct bundle_recipient two[] = {reader(f, 0, ALL_PARTS), reader(f, 1, 1u << BUNDLE_COMMON)};
	check_ok(bundle_begin(&key, &f->seeded.env, &f->discovery, two, count, &f->bytes));
	return key;
}

static int open_head(struct fixture *f, size_t i, struct bundle_key *key)
{
	struct team_id team;
	return bundle_open(key, buf_span(&f->bytes), &f->open[i], &f->close[i], &team);
}

static void a_bundle_opens_for_its_devices(void **state)
{
	struct fixture *f = *state;
	struct bundle_key key = begin(f, 1), got;
	struct discovery_secret other = {{1}};
	size_t head_bytes;
	check_ok(bundle_head_bytes(buf_span(&f->bytes), &head_bytes));
	assert_int_equal(head_bytes, f->bytes.size);
	assert_int_equal(head_bytes, BUNDLE_HEAD_BYTES_MIN); /* one device looks like eight */
	assert_true(bundle_is_ours(buf_span(&f->bytes), &f->discovery));
	assert_false(bundle_is_ours(buf_span(&f->bytes), &other));
	check_ok(open_head(f, 0, &got));
	assert_memory_equal(&got.whole, &key.whole, sizeof(got.whole));
	for (unsigned part = 1; part <= BUNDLE_PARTS; part++)
		assert_memory_equal(&got.parts[part], &key.parts[part], sizeof(got.parts[part]));
	check_code(open_head(f, 1, &got), ERR_DENIED);
}

/* Somebody else may have named this device's key as hers: what is sealed to that takes nothing away. */
static void all_slots_of_a_key_count(void **state)
{
	struct fixture *f = *state;
	struct bundle_key key, got;
	struct team_id team;
	const struct bundle_recipient nowhere = {.key = {{0}}, .parts = ALL_PARTS};
	const struct bundle_recipient four[] = {reader(f, 0, 1u << BUNDLE_COMMON), reader(f, 0, ALL_PARTS),
	        {.key = f->open[0], .team = {{42}}}, nowhere};
	for (int times = 0; times < 12; times++) { /* slots stand in random order */
		buf_clear(&f->bytes);
		check_ok(bundle_begin(&key, &f->seeded.env, &f->discovery, four, 4, &f->bytes));
		check_ok(bundle_open(&got, buf_span(&f->bytes), &f->open[0], &f->close[0], &team));
		for (unsigned part = 1; part <= BUNDLE_PARTS; part++)
			assert_memory_equal(&got.parts[part], &key.parts[part], sizeof(got.parts[part]));
	}
}

/* An invitation's slot tells the team, and opens nothing. */
static void an_invitation_tells_the_team(void **state)
{
	struct fixture *f = *state;
	struct bundle_key key, got;
	struct bundle_recipient guest = {.team = {{42}}};
	struct seal_secret secret;
	struct team_id team = {{0}};
	static const uint8_t psk[SECRET_BYTES] = {1};
	bundle_invitation_keys(psk, &guest.key, &secret);
	const struct bundle_recipient two[] = {reader(f, 0, ALL_PARTS), guest};
	check_ok(bundle_begin(&key, &f->seeded.env, NULL, two, 2, &f->bytes));
	check_code(bundle_open(&got, buf_span(&f->bytes), &guest.key, &secret, &team), BUNDLE_IS_INVITATION);
	assert_int_equal(team.bytes[0], 42);
	check_ok(open_head(f, 0, &got));
	assert_false(bundle_is_ours(buf_span(&f->bytes), &f->discovery));
}

/* What a chunk opens to, with these keys. */
struct opened {
	int result;
	bool final;
	enum bundle_part part;
	struct span stream;
	size_t first;
	uint8_t content[BUNDLE_CONTENT_BYTES];
};

static struct opened *open_chunk(const struct bundle_key *key, uint64_t number, struct span sealed)
{
	static struct opened opened;
	opened.result = bundle_chunk_open(key, number, sealed, &opened.final, &opened.part, opened.content,
	        &opened.stream, &opened.first);
	return &opened;
}

static void a_part_opens_for_who_reads_it(void **state)
{
	struct fixture *f = *state;
	struct bundle_key key = begin(f, 2), nurse, other;
	struct buf chunk = {0};
	check_ok(open_head(f, 0, &nurse));
	check_ok(open_head(f, 1, &other));
	for (unsigned part = BUNDLE_COMMON; part <= BUNDLE_PARTS; part++) {
		buf_clear(&chunk);
		bundle_chunk_seal(&key, &f->seeded.env, part, false, (enum bundle_part)part,
		        span_text("frames"), 2, &chunk);
		assert_int_equal(chunk.size, BUNDLE_CHUNK_BYTES);
		const struct opened *opened = open_chunk(&nurse, part, buf_span(&chunk));
		check_ok(opened->result);
		check_span(opened->stream, span_text("frames"));
		assert_true(opened->part == part && opened->first == 2 && !opened->final);
		opened = open_chunk(&other, part, buf_span(&chunk));
		check_ok(opened->result); /* it is whole, and */
		assert_true(opened->part == part);
		check_span(opened->stream, part == BUNDLE_COMMON ? span_text("frames") : span_text(""));
	}
	buf_close(&chunk);
}

static void chunks_stay_in_place(void **state)
{
	struct fixture *f = *state;
	struct bundle_key key = begin(f, 2), other;
	struct buf plain = {0}, chunk = {0}, last = {0};
	rng_bytes(&f->seeded.rng, buf_extend(&plain, BUNDLE_STREAM_BYTES), BUNDLE_STREAM_BYTES);
	bundle_chunk_seal(&key, &f->seeded.env, 3, false, BUNDLE_TEAM, buf_span(&plain), SIZE_MAX, &chunk);
	bundle_chunk_seal(&key, &f->seeded.env, 4, true, BUNDLE_TEAM, span_text("end"), 0, &last);
	check_span(open_chunk(&key, 3, buf_span(&chunk))->stream, buf_span(&plain));
	assert_false(open_chunk(&key, 3, buf_span(&chunk))->final);
	assert_true(open_chunk(&key, 3, buf_span(&chunk))->first == SIZE_MAX);
	check_span(open_chunk(&key, 4, buf_span(&last))->stream, span_text("end"));
	assert_true(open_chunk(&key, 4, buf_span(&last))->final);
	check_code(open_chunk(&key, 2, buf_span(&chunk))->result, ERR_BADSEAL);
	check_code(open_chunk(&key, 4, span_of(last.data, last.size - 1))->result, ERR_BADSEAL);
	other = key;
	other.head_hash[0] ^= 1; /* a chunk under another header */
	check_code(open_chunk(&other, 4, buf_span(&last))->result, ERR_BADSEAL);
	other = key;
	other.parts[BUNDLE_TEAM].bytes[0] ^= 1; /* sealed as its maker should not have */
	check_code(open_chunk(&other, 4, buf_span(&last))->result, ERR_MALFORMED);
	for (size_t i = 0; i < last.size; i += i < 100 ? 1 : 509) {
		last.data[i] ^= 1;
		check_code(open_chunk(&key, 4, buf_span(&last))->result, ERR_BADSEAL);
		last.data[i] ^= 1;
	}
	buf_close(&plain);
	buf_close(&chunk);
	buf_close(&last);
}

static void bundle_headers_are_checked(void **state)
{
	struct fixture *f = *state;
	struct bundle_key key = begin(f, 2);
	size_t head_bytes;
	struct team_id team;
	struct bundle_recipient many[BUNDLE_SLOTS_MAX + 1] = {{.parts = 2}};
	check_code(bundle_begin(&key, &f->seeded.env, &f->discovery, many, 0, &f->out), ERR_INVALID);
	check_code(bundle_begin(&key, &f->seeded.env, &f->discovery, many, BUNDLE_SLOTS_MAX + 1, &f->out),
	        ERR_TOOBIG);
	assert_int_equal(f->out.size, 0);
	for (size_t i = 0; i < f->bytes.size; i++) {
		assert_true(
		        bundle_open(&key, span_of(f->bytes.data, i), &f->open[0], &f->close[0], &team) < 0);
		assert_false(bundle_is_ours(span_of(f->bytes.data, i), &f->discovery));
	}
	for (unsigned slots = 0; slots < 256; slots++) {
		f->bytes.data[40] = (uint8_t)slots;
		bool good = slots && slots <= BUNDLE_SLOTS_MAX && slots % 8 == 0;
		check_code(bundle_head_bytes(buf_span(&f->bytes), &head_bytes), good ? 0 : ERR_MALFORMED);
	}
	f->bytes.data[40] = 16; /* more than there are */
	check_code(open_head(f, 0, &key), ERR_TRUNCATED);
	for (unsigned version = 1; version < 5; version++) {
		f->bytes.data[7] = (uint8_t)version;
		check_code(bundle_head_bytes(buf_span(&f->bytes), &head_bytes),
		        version == BUNDLE_VERSION ? 0 : ERR_VERSION);
		assert_int_equal(bundle_is_older(buf_span(&f->bytes)), version < BUNDLE_VERSION);
	}
	f->bytes.data[0] = 'r';
	check_code(bundle_head_bytes(buf_span(&f->bytes), &head_bytes), ERR_MALFORMED);
}

/* Sizes tell little, and cost an eighth at most. */
static void sizes_are_rounded(void **state)
{
	uint64_t before = 0, classes = 0;
	(void)state;
	for (uint64_t chunks = 0; chunks < 100000; chunks++) {
		const uint64_t padded = bundle_chunks_padded(chunks);
		assert_true(padded >= chunks && padded >= BUNDLE_CHUNKS_MIN && padded >= before);
		assert_true(chunks < BUNDLE_CHUNKS_MIN || padded <= chunks + chunks / 8);
		assert_int_equal(bundle_chunks_padded(padded), padded);
		classes += padded != before;
		before = padded;
	}
	assert_in_range(classes, 50, 150);
}

/* --- Blob ------------------------------------------------------------------------------------------------- */

enum { PHOTO_BYTES = BLOB_PLAIN_BYTES + 100 };

static struct blob_manifest photo(struct fixture *f, uint8_t version, struct buf *plain, struct buf chunks[2],
        struct blob_hash hashes[2])
{
	struct blob_manifest manifest = {.version = version,
	        .media_type = span_text("image/jpeg"),
	        .size_bytes = PHOTO_BYTES,
	        .chunks = hashes};
	memset(buf_extend(plain, PHOTO_BYTES), 'p', PHOTO_BYTES);
	memset(manifest.epoch.bytes, version == BLOB_VERSION ? 5 : 0, sizeof(manifest.epoch.bytes));
	memset(manifest.dossier.bytes, version == BLOB_VERSION ? 6 : 0, sizeof(manifest.dossier.bytes));
	blob_identify(&manifest.id, &f->secret, buf_span(plain));
	for (uint32_t i = 0; i < 2; i++)
		blob_chunk_seal(
		        &f->seeded.env, &f->secret, &manifest, buf_span(plain), i, &chunks[i], &hashes[i]);
	return manifest;
}

static void check_photo(struct fixture *f, uint8_t version)
{
	struct buf plain = {0}, chunks[2] = {{0}, {0}};
	struct blob_hash hashes[2];
	struct blob_id id;
	struct blob_manifest manifest = photo(f, version, &plain, chunks, hashes), got;
	struct dossier_secret other = {{1}};
	check_ok(blob_manifest_encode(&manifest, &f->bytes));
	check_ok(blob_manifest_decode(&got, buf_span(&f->bytes), &f->arena));
	check_span(got.media_type, manifest.media_type);
	assert_true(got.size_bytes == PHOTO_BYTES);
	assert_memory_equal(got.chunks, hashes, sizeof(hashes));
	for (uint32_t i = 0; i < 2; i++) {
		assert_true(blob_chunk_is(&got, i, buf_span(&chunks[i])));
		assert_false(blob_chunk_is(&got, 1 - i, buf_span(&chunks[i])));
		check_ok(blob_chunk_open(&f->secret, &got, i, buf_span(&chunks[i]), &f->out));
	}
	check_span(buf_span(&f->out), buf_span(&plain));
	blob_identify(&id, &f->secret, buf_span(&f->out));
	assert_memory_equal(&id, &got.id, sizeof(id));
	blob_identify(&id, &other, buf_span(&f->out));
	assert_memory_not_equal(&id, &got.id, sizeof(id));
	buf_clear(&f->out);
	check_code(blob_chunk_open(&other, &got, 0, buf_span(&chunks[0]), &f->out), ERR_BADSEAL);
	const bool is_padded = version == BLOB_VERSION;
	check_code(blob_chunk_open(&f->secret, &got, 1, buf_span(&chunks[0]), &f->out),
	        is_padded ? ERR_BADSEAL : ERR_TOOBIG);
	check_code(blob_chunk_open(&f->secret, &got, 0, buf_span(&chunks[1]), &f->out),
	        is_padded ? ERR_BADSEAL : ERR_TRUNCATED);
	check_code(blob_chunk_open(&f->secret, &got, 1, span_sub(buf_span(&chunks[1]), 1, SIZE_MAX), &f->out),
	        ERR_TRUNCATED);
	check_code(blob_chunk_open(&f->secret, &got, 2, buf_span(&chunks[1]), &f->out), ERR_INVALID);
	chunks[1].data[50] ^= 1;
	assert_false(blob_chunk_is(&got, 1, buf_span(&chunks[1])));
	check_code(blob_chunk_open(&f->secret, &got, 1, buf_span(&chunks[1]), &f->out), ERR_BADSEAL);
	assert_int_equal(f->out.size, 0);
	buf_close(&plain);
	buf_close(&chunks[0]);
	buf_close(&chunks[1]);
}

static void a_photo_comes_back(void **state)
{
	struct fixture *f = *state;
	check_photo(f, BLOB_VERSION_1);
	buf_clear(&f->bytes);
	check_photo(f, BLOB_VERSION);
}

/* Of its size the ciphertext tells the number of chunks, and nothing more; what is padded is checked. */
static void chunks_have_one_size(void **state)
{
	struct fixture *f = *state;
	static const uint64_t sizes[] = {
	        1, 100, BLOB_PLAIN_BYTES - 1, BLOB_PLAIN_BYTES, BLOB_PLAIN_BYTES + 1, 3 * BLOB_PLAIN_BYTES};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct blob_hash hashes[3];
		struct blob_manifest manifest = {
		        .version = BLOB_VERSION, .size_bytes = sizes[i], .chunks = hashes};
		struct buf plain = {0}, chunk = {0}, back = {0};
		rng_bytes(&f->seeded.rng, buf_extend(&plain, sizes[i]), sizes[i]);
		for (uint32_t j = 0; j < blob_chunk_count(sizes[i]); j++) {
			buf_clear(&chunk);
			blob_chunk_seal(&f->seeded.env, &f->secret, &manifest, buf_span(&plain), j, &chunk,
			        &hashes[j]);
			assert_int_equal(chunk.size, BLOB_CHUNK_BYTES);
			check_ok(blob_chunk_open(&f->secret, &manifest, j, buf_span(&chunk), &back));
		}
		check_span(buf_span(&back), buf_span(&plain));
		/* A shorter picture with the same chunk: something stands behind its end. */
		buf_clear(&back);
		manifest.size_bytes -= manifest.size_bytes > 1;
		if (sizes[i] % BLOB_PLAIN_BYTES > 1 && plain.data[sizes[i] - 1])
			check_code(blob_chunk_open(&f->secret, &manifest, blob_chunk_count(sizes[i]) - 1,
			                   buf_span(&chunk), &back),
			        ERR_MALFORMED);
		buf_close(&plain);
		buf_close(&chunk);
		buf_close(&back);
	}
}

/* The same photo in two dossiers, and twice in one: nothing of what is stored or carried links them. */
static void photos_are_not_linked(void **state)
{
	struct fixture *f = *state;
	const struct dossier_secret secrets[] = {f->secret, f->secret, {{1}}};
	struct blob_manifest manifests[3];
	struct blob_hash hashes[3][2];
	struct blob_address addresses[3];
	struct buf plain = {0}, chunks[3][2] = {{{0}}};
	for (unsigned i = 0; i < 3; i++) {
		f->secret = secrets[i];
		buf_clear(&plain);
		manifests[i] = photo(f, BLOB_VERSION, &plain, chunks[i], hashes[i]);
		blob_address(&addresses[i], &manifests[i]);
	}
	f->secret = secrets[0];
	assert_memory_equal(
	        &manifests[0].id, &manifests[1].id, sizeof(manifests[0].id)); /* inside of the seal */
	assert_memory_not_equal(&manifests[0].id, &manifests[2].id, sizeof(manifests[0].id));
	for (unsigned i = 0; i < 3; i++)
		for (unsigned j = i + 1; j < 3; j++) {
			assert_int_not_equal(blob_address_cmp(&addresses[i], &addresses[j]), 0);
			for (unsigned k = 0; k < 2; k++) {
				assert_memory_not_equal(&hashes[i][k], &hashes[j][k], sizeof(hashes[i][k]));
				assert_memory_not_equal(
				        chunks[i][k].data, chunks[j][k].data, BLOB_PLAIN_BYTES);
			}
		}
	buf_close(&plain);
	for (unsigned i = 0; i < 6; i++)
		buf_close(&chunks[i / 2][i % 2]);
}

/* What a carrier is told: enough to check each chunk, nothing of what the picture is; false names have another address. */
static void a_note_names_a_photo(void **state)
{
	struct fixture *f = *state;
	struct buf plain = {0}, chunks[2] = {{0}, {0}};
	struct blob_hash hashes[2];
	struct blob_manifest manifest = photo(f, BLOB_VERSION, &plain, chunks, hashes), got;
	struct blob_address address, told;
	uint64_t hlc;
	blob_address(&address, &manifest);
	blob_note_encode(&manifest, 77, &f->bytes);
	golden_check("keyring/blob-note.hex", buf_span(&f->bytes));
	check_ok(blob_note_decode(&got, &hlc, buf_span(&f->bytes), &f->arena));
	blob_address(&told, &got);
	assert_int_equal(blob_address_cmp(&address, &told), 0);
	assert_int_equal(hlc, 77);
	assert_true(blob_chunk_is(&got, 1, buf_span(&chunks[1])));
	got.dossier.bytes[0] ^= 1;
	blob_address(&told, &got);
	assert_int_not_equal(blob_address_cmp(&address, &told), 0);
	for (size_t i = 0; i < f->bytes.size; i++)
		assert_true(blob_note_decode(&got, &hlc, span_of(f->bytes.data, i), &f->arena) < 0);
	f->bytes.data[0] = 9;
	check_code(blob_note_decode(&got, &hlc, buf_span(&f->bytes), &f->arena), ERR_VERSION);
	buf_close(&plain);
	buf_close(&chunks[0]);
	buf_close(&chunks[1]);
}

static void manifests_are_checked(void **state)
{
	struct fixture *f = *state;
	struct blob_hash hashes[2] = {{{1}}, {{2}}};
	struct blob_manifest good = {.version = BLOB_VERSION_1,
	                             .id = {{9}},
	                             .media_type = span_text("image/jpeg"),
	                             .size_bytes = PHOTO_BYTES,
	                             .chunks = hashes},
	                     bad, got;
	check_ok(blob_manifest_encode(&good, &f->bytes));
	for (size_t i = 0; i < f->bytes.size; i++)
		assert_true(blob_manifest_decode(&got, span_of(f->bytes.data, i), &f->arena) < 0);
	buf_add(&f->bytes, "", 1);
	check_code(blob_manifest_decode(&got, buf_span(&f->bytes), &f->arena), ERR_MALFORMED);
	bad = good;
	bad.version = 3;
	check_code(blob_manifest_encode(&bad, &f->out), ERR_INVALID);
	bad = good;
	bad.media_type = span_text("image jpeg");
	check_code(blob_manifest_encode(&bad, &f->out), ERR_INVALID);
	bad = good;
	bad.size_bytes = 0;
	check_code(blob_manifest_encode(&bad, &f->out), ERR_INVALID);
	bad.size_bytes = LIMIT_BLOB_BYTES + 1;
	check_code(blob_manifest_encode(&bad, &f->out), ERR_INVALID);
	memcpy(f->bytes.data + 44, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10); /* the size */
	check_code(blob_manifest_decode(&got, buf_span(&f->bytes), &f->arena), ERR_TOOBIG);
}

enum { BEFORE_BLOBS = 576 }; /* of randomness, when their golden files were made */

static void golden_files(void **state)
{
	struct fixture *f = *state;
	const struct span short_doc = span_text("raw");
	struct buf chunk = {0}, plain = {0}, chunks[2] = {{0}, {0}};
	struct blob_hash hashes[2];
	check_ok(snapshot_seal(&f->codec, &f->seeded.env, &f->secret, &HEAD, &short_doc, 1, &f->bytes));
	golden_check("keyring/snapshot.hex", buf_span(&f->bytes));
	buf_clear(&f->bytes);
	rng_bytes(&f->seeded.rng, buf_extend(&chunk, BEFORE_BLOBS), BEFORE_BLOBS);
	struct blob_manifest manifest = photo(f, BLOB_VERSION_1, &plain, chunks, hashes);
	check_ok(blob_manifest_encode(&manifest, &f->out));
	golden_check("keyring/blob-manifest.hex", buf_span(&f->out));
	struct blob_address address, other;
	blob_address(&address, &manifest);
	golden_check("keyring/blob-address.hex", span_of(address.bytes, sizeof(address.bytes)));
	hashes[1].bytes[31] ^= 1; /* another chunk, another address */
	blob_address(&other, &manifest);
	assert_int_not_equal(blob_address_cmp(&address, &other), 0);
	hashes[1].bytes[31] ^= 1;
	golden_check("keyring/blob-chunk.hex", buf_span(&chunks[1]));
	buf_clear(&f->out);
	manifest.version = BLOB_VERSION;
	check_ok(blob_manifest_encode(&manifest, &f->out));
	golden_check("keyring/blob-manifest-2.hex", buf_span(&f->out));
	blob_address(&address, &manifest);
	golden_check("keyring/blob-address-2.hex", span_of(address.bytes, sizeof(address.bytes)));
	buf_clear(&f->bytes);
	buf_clear(&chunk);
	struct bundle_key key = begin(f, 2);
	golden_check("keyring/bundle-head.hex", buf_span(&f->bytes));
	bundle_chunk_seal(&key, &f->seeded.env, 1, true, BUNDLE_CLINICAL, span_text("frames"), 0, &chunk);
	uint8_t hash[32]; /* it is long */
	crypto_generichash(hash, sizeof(hash), chunk.data, chunk.size, NULL, 0);
	golden_check("keyring/bundle-chunk.hex", span_of(hash, sizeof(hash)));
	buf_close(&chunk);
	buf_close(&plain);
	buf_close(&chunks[0]);
	buf_close(&chunks[1]);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(a_snapshot_comes_back),
	        CASE(an_altered_snapshot_does_not_open),
	        CASE(snapshots_that_must_not_be),
	        CASE(documents_are_whole),
	        CASE(a_bundle_opens_for_its_devices),
	        CASE(all_slots_of_a_key_count),
	        CASE(an_invitation_tells_the_team),
	        CASE(a_part_opens_for_who_reads_it),
	        CASE(sizes_are_rounded),
	        CASE(chunks_stay_in_place),
	        CASE(bundle_headers_are_checked),
	        CASE(a_photo_comes_back),
	        CASE(chunks_have_one_size),
	        CASE(photos_are_not_linked),
	        CASE(a_note_names_a_photo),
	        CASE(manifests_are_checked),
	        CASE(golden_files),
	};
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("formats", tests, NULL, NULL);
}
