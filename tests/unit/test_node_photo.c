/*
 * Photos of a dossier: saved and read, known to others by the entry alone, their chunks in any order across restarts and crashes, gone with the dossier.
 */
#include "tests/lib/check.h"

#include "crdt/base/rng.h"
#include "node/node_state.h"
#include "node/photo_row.h"
#include "node/schema/schema.h"
#include "tests/lib/pair.h"
#include "tests/lib/photo.h"

enum { DOSSIER = SCHEMA_DOC_DOSSIER, NAME = 1, CHUNKS = PHOTO_CHUNKS };

static const struct record_id patient = {{9, 9, 9}}, other_patient = {{8, 8, 8}};

static void on_saved(void *context, int result)
{
	*(int *)context = result;
}

static bool has_result(void *context)
{
	return *(int *)context != 1;
}

static uint32_t held(struct device *device, const struct photo *photo)
{
	struct node_photo state;
	assert_true(node_photo(device->node, &photo->address, &state));
	assert_int_equal(state.chunk_count, CHUNKS);
	return state.held_count;
}

static int set_policy(struct device *device, enum node_photos which)
{
	return node_set_photo_policy(device->node, &(struct node_photo_policy){which, 0});
}

static void begin(struct pair *pair, uint8_t role)
{
	pair_open(pair, role);
	device_save(&pair->devices[0], DOSSIER, &patient, SCHEMA_PATIENT, NAME, "Dugenou");
	device_save(&pair->devices[0], DOSSIER, &other_patient, SCHEMA_PATIENT, NAME, "Martin");
	devices_run(&pair->loop, pair_saved, pair);
}

static void test_save(void **state)
{
	struct pair pair;
	struct photo photo, second;
	(void)state;
	begin(&pair, TEAM_ROLE_NURSE);
	photo_save(&pair.devices[0], &patient, 1, &photo);
	photo_save(&pair.devices[0], &other_patient, 2, &second);
	assert_int_equal(held(&pair.devices[0], &photo), CHUNKS);
	photo_check_opens(&pair.devices[0], &patient, &photo);
	device_restart(&pair.devices[0], &pair.loop);
	assert_int_equal(held(&pair.devices[0], &photo), CHUNKS);
	photo_check_opens(&pair.devices[0], &patient, &photo);
	photo_check_opens(&pair.devices[0], &other_patient, &second);
	assert_int_equal(node_photo_counts(pair.devices[0].node).only_here, 2);
	/* Another dossier's secret opens nothing of it. */
	struct buf plain = {0};
	check_code(node_photo_open(pair.devices[0].node, &patient, &second.manifest, 0, &plain), ERR_LOCKED);
	buf_close(&plain);
	photo_close(&photo);
	photo_close(&second);
	pair_close(&pair);
}

static struct span sealed(struct pair *pair, const struct photo *photo, uint32_t index, struct buf *space)
{
	struct device_id guest = node_device(pair->devices[1].node);
	buf_clear(space);
	check_ok(node_photo_sealed(pair->devices[0].node, &guest, &photo->address, index, space));
	return buf_span(space);
}

/* In every order that a seed gives, some of them twice, with restarts and power failures in between. */
static void test_any_order(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct rng rng = rng_new(seed);
		struct pair pair;
		struct photo photo;
		struct buf space = {0}, plain = {0};
		begin(&pair, TEAM_ROLE_NURSE);
		photo_save(&pair.devices[0], &patient, 1, &photo);
		struct device *guest = &pair.devices[1];
		/* The entry alone, without the photo's chunks. */
		check_ok(set_policy(guest, NODE_PHOTOS_ASKED));
		pair_meet(&pair);
		assert_int_equal(held(guest, &photo), 0);
		photo_read_manifest(guest, &photo);
		check_code(node_photo_open(guest->node, &patient, &photo.manifest, 2, &plain), ERR_NOTFOUND);
		for (uint32_t sure = 0; sure < CHUNKS;) {
			const uint32_t index = (uint32_t)rng_below(&rng, CHUNKS);
			assert_true(node_photo_put(guest->node, &photo.address, index,
			                    sealed(&pair, &photo, index, &space)) >= 0);
			if (rng_chance(
			            &rng, 300)) { /* of a crash nothing is believed that was not committed */
				const uint32_t before = held(guest, &photo);
				device_crash(guest, &pair.loop);
				assert_true(held(guest, &photo) >= before);
			}
			devices_run(&pair.loop, pair_saved, &pair);
			if (rng_chance(&rng, 300))
				device_restart(guest, &pair.loop);
			sure = held(guest, &photo);
			assert_int_equal(photo_rows(guest), sure + 1);
		}
		photo_check_opens(guest, &patient, &photo);
		photo_close(&photo);
		buf_close(&plain);
		buf_close(&space);
		pair_close(&pair);
	}
}

static void test_false_chunks(void **state)
{
	struct pair pair;
	struct photo photo;
	struct buf space = {0};
	(void)state;
	begin(&pair, TEAM_ROLE_NURSE);
	photo_save(&pair.devices[0], &patient, 1, &photo);
	struct device *guest = &pair.devices[1];
	check_ok(set_policy(guest, NODE_PHOTOS_ASKED));
	pair_meet(&pair);
	const struct blob_address unknown = {{1}};
	struct span chunk = sealed(&pair, &photo, 3, &space);
	check_code(node_photo_put(guest->node, &photo.address, 2, chunk), ERR_BADSEAL);
	check_code(node_photo_put(guest->node, &unknown, 3, chunk), NODE_PHOTO_IGNORED);
	check_code(node_photo_put(guest->node, &photo.address, CHUNKS, chunk), NODE_PHOTO_IGNORED);
	space.data[100] ^= 1;
	check_code(node_photo_put(guest->node, &photo.address, 3, chunk), ERR_BADSEAL);
	devices_run(&pair.loop, pair_saved, &pair);
	assert_int_equal(photo_rows(guest), 1);
	assert_int_equal(held(guest, &photo), 0);
	photo_close(&photo);
	buf_close(&space);
	pair_close(&pair);
}

static bool both_erased(void *context)
{
	struct pair *pair = context;
	for (int i = 0; i < PAIR_DEVICES; i++)
		if (!node_wants_new_file(pair->devices[i].node))
			return false;
	return true;
}

static void test_erased(void **state)
{
	struct pair pair;
	struct photo photo, other;
	struct buf space = {0};
	(void)state;
	begin(&pair, TEAM_ROLE_NURSE);
	photo_save(&pair.devices[0], &patient, 1, &photo);
	photo_save(&pair.devices[0], &other_patient, 2, &other);
	pair_meet(&pair);
	struct device *guest = &pair.devices[1];
	check_ok(node_photo_put(guest->node, &photo.address, 1, sealed(&pair, &photo, 1, &space)));
	devices_run(&pair.loop, pair_saved, &pair);
	node_photo_told(guest->node, &(struct device_id){{0}}, &photo.address, 1, true);
	assert_true(photo_rows(guest) >= 3);
	check_ok(node_erase(pair.devices[0].node, &patient, 0, NULL, NULL));
	struct device_id id = node_device(guest->node);
	check_ok(peers_dial(pair.devices[0].peers, &guest->address, &id));
	devices_run(&pair.loop, both_erased, &pair);
	for (int i = 0; i < PAIR_DEVICES; i++) {
		struct node_photo seen;
		assert_false(node_photo(pair.devices[i].node, &photo.address, &seen));
		assert_true(node_photo(pair.devices[i].node, &other.address, &seen));
		assert_int_equal(photo_rows(&pair.devices[i]), 1 + seen.held_count);
	}
	/* What somebody still sends is not written. */
	check_code(node_photo_put(guest->node, &photo.address, 1, buf_span(&space)), NODE_PHOTO_IGNORED);
	photo_check_opens(&pair.devices[0], &other_patient, &other);
	photo_close(&photo);
	photo_close(&other);
	buf_close(&space);
	pair_close(&pair);
}

/* Chunks that belong to nothing known go when the database is opened. */
static void test_orphans(void **state)
{
	struct pair pair;
	struct photo photo;
	uint8_t key[PHOTO_KEY_BYTES];
	struct store_txn *txn;
	const struct blob_address unknown = {{7}};
	(void)state;
	begin(&pair, TEAM_ROLE_NURSE);
	photo_save(&pair.devices[0], &patient, 1, &photo);
	photo_key(pair.devices[0].vault, &unknown, 1, key);
	check_ok(store_begin(pair.devices[0].store, true, &txn));
	check_ok(vault_put(
	        pair.devices[0].vault, txn, STORE_BLOB, span_of(key, sizeof(key)), span_text("stray")));
	check_ok(store_commit(txn));
	assert_int_equal(photo_rows(&pair.devices[0]), CHUNKS + 2);
	device_restart(&pair.devices[0], &pair.loop);
	devices_run(&pair.loop, pair_saved, &pair);
	assert_int_equal(photo_rows(&pair.devices[0]), CHUNKS + 1);
	photo_close(&photo);
	pair_close(&pair);
}

/* Who may have it: as the dossier. */
static void test_who(void **state)
{
	struct pair pair;
	struct photo photo;
	struct buf space = {0};
	(void)state;
	begin(&pair, TEAM_ROLE_LOCUM);
	photo_save(&pair.devices[0], &patient, 1, &photo);
	struct device_id locum = node_device(pair.devices[1].node);
	const struct person_id person = team_view_device(node_view(pair.devices[0].node), &locum)->person;
	assert_false(node_photo_may_have(pair.devices[0].node, &locum, &patient));
	check_code(node_photo_sealed(pair.devices[0].node, &locum, &photo.address, 0, &space), ERR_NOTFOUND);
	check_ok(node_share(pair.devices[0].node, &person, &patient, true));
	assert_true(node_photo_may_have(pair.devices[0].node, &locum, &patient));
	assert_false(node_photo_may_have(pair.devices[0].node, &locum, &other_patient));
	check_ok(node_photo_sealed(pair.devices[0].node, &locum, &photo.address, 0, &space));
	photo_close(&photo);
	buf_close(&space);
	pair_close(&pair);
}

static uint64_t after_her_rights_ms(void *context)
{
	(void)context;
	return (UINT64_C(1) << 45) + 1; /* pair_open() */
}

/* An entry that does not count is kept, and so is its photo: somebody may vouch for it. */
static void test_kept_apart(void **state)
{
	static const struct record_id own = {{4, 4, 4}};
	struct pair pair;
	struct photo photo;
	(void)state;
	begin(&pair, TEAM_ROLE_LOCUM);
	struct device *locum = &pair.devices[1];
	device_save(locum, DOSSIER, &own, SCHEMA_PATIENT, NAME, "Kermarec");
	devices_run(&pair.loop, pair_saved, &pair);
	locum->env.wall_ms = after_her_rights_ms;
	photo_save(locum, &own, 1, &photo);
	assert_true(node_quarantine_count(locum->node) > 0);
	assert_int_equal(held(locum, &photo), CHUNKS);
	device_restart(locum, &pair.loop);
	devices_run(&pair.loop, pair_saved, &pair);
	assert_int_equal(held(locum, &photo), CHUNKS);
	photo_check_opens(locum, &own, &photo);
	photo_close(&photo);
	pair_close(&pair);
}

/* ---- Between devices --------------------------------------------------------------------------------------------- */

struct waiting {
	struct pair *pair;
	struct photo *photo;
	uint32_t held_min; /* at the guest */
};

static bool has_come(void *context)
{
	struct waiting *wait = context;
	struct node_photo state;
	return node_photo(wait->pair->devices[1].node, &wait->photo->address, &state) &&
	        state.held_count >= wait->held_min;
}

static bool is_told(void *context)
{
	struct waiting *wait = context;
	struct node_photo state;
	return has_come(context) && node_photo(wait->pair->devices[0].node, &wait->photo->address, &state) &&
	        state.elsewhere == 1;
}

static void dial(struct pair *pair)
{
	struct device_id guest = node_device(pair->devices[1].node);
	check_ok(peers_dial(pair->devices[0].peers, &pair->devices[1].address, &guest));
}

/* It comes by itself, and each side knows that the other one has it, also after a restart. */
static void test_comes(void **state)
{
	struct pair pair;
	struct photo photo, live;
	struct node_photo seen;
	(void)state;
	begin(&pair, TEAM_ROLE_NURSE);
	photo_save(&pair.devices[0], &patient, 1, &photo);
	dial(&pair);
	devices_run(&pair.loop, is_told, &(struct waiting){&pair, &photo, CHUNKS});
	photo_check_opens(&pair.devices[1], &patient, &photo);
	assert_true(node_photo(pair.devices[1].node, &photo.address, &seen));
	assert_int_equal(seen.elsewhere, 1);
	/* Saved while they are connected. */
	photo_save(&pair.devices[0], &other_patient, 2, &live);
	devices_run(&pair.loop, is_told, &(struct waiting){&pair, &live, CHUNKS});
	devices_run(&pair.loop, pair_saved, &pair);
	pair_part(&pair);
	assert_int_equal(node_photo_counts(pair.devices[0].node).only_here, 0);
	assert_int_equal(node_photo_counts(pair.devices[1].node).whole, 2);
	photo_close(&photo);
	photo_close(&live);
	pair_close(&pair);
}

/* Cut again and again, it goes on where it was. Nothing is sent twice but the piece that was under way. */
static void test_resumes(void **state)
{
	struct pair pair;
	struct photo photo;
	uint64_t in, out, sent = 0;
	(void)state;
	begin(&pair, TEAM_ROLE_NURSE);
	photo_save(&pair.devices[0], &patient, 1, &photo);
	for (uint32_t want = 1; want <= CHUNKS; want++) {
		dial(&pair);
		devices_run(&pair.loop, has_come, &(struct waiting){&pair, &photo, want});
		peers_pieces(pair.devices[0].peers, &in, &out);
		sent += out;
		if (want % 2)
			device_crash(&pair.devices[1], &pair.loop);
		else
			device_restart(&pair.devices[1], &pair.loop);
		device_restart(&pair.devices[0], &pair.loop);
		assert_true(held(&pair.devices[1], &photo) >= want);
	}
	photo_check_opens(&pair.devices[1], &patient, &photo);
	assert_in_range(sent, CHUNKS, 2 * CHUNKS);
	photo_close(&photo);
	pair_close(&pair);
}

static bool is_asked_here(void *context)
{
	struct waiting *wait = context;
	uint64_t in, out;
	peers_pieces(wait->pair->devices[1].peers, &in, &out);
	return in >= wait->held_min;
}

/* Only what somebody wants to see, when so decided; and that before all others. */
static void test_asked(void **state)
{
	struct pair pair;
	struct photo photos[3];
	struct node_photo seen;
	(void)state;
	begin(&pair, TEAM_ROLE_NURSE);
	for (unsigned i = 0; i < 3; i++)
		photo_save(&pair.devices[0], &patient, i + 1, &photos[i]);
	check_ok(set_policy(&pair.devices[1], NODE_PHOTOS_ASKED));
	dial(&pair);
	devices_run(&pair.loop, has_come, &(struct waiting){&pair, &photos[2], 0});
	devices_run(&pair.loop, pair_equal, &pair);
	node_photo_ask(pair.devices[1].node, &photos[0].address);
	devices_run(&pair.loop, is_told, &(struct waiting){&pair, &photos[0], CHUNKS});
	assert_int_equal(held(&pair.devices[1], &photos[1]), 0);
	assert_int_equal(held(&pair.devices[1], &photos[2]), 0);
	check_ok(set_policy(&pair.devices[1], NODE_PHOTOS_ALL));
	/* The newest first; the oldest before it as soon as it is asked for. */
	devices_run(&pair.loop, has_come, &(struct waiting){&pair, &photos[2], 1});
	assert_int_equal(held(&pair.devices[1], &photos[1]), 0);
	node_photo_ask(pair.devices[1].node, &photos[1].address);
	devices_run(&pair.loop, has_come, &(struct waiting){&pair, &photos[1], CHUNKS});
	assert_true(held(&pair.devices[1], &photos[2]) <= 3);
	devices_run(&pair.loop, has_come, &(struct waiting){&pair, &photos[2], CHUNKS});
	assert_true(node_photo(pair.devices[1].node, &photos[2].address, &seen));
	for (unsigned i = 0; i < 3; i++)
		photo_close(&photos[i]);
	pair_close(&pair);
}

struct delayed {
	struct pair *pair;
	uint64_t pieces_before;
};

static bool name_came(void *context)
{
	struct delayed *wait = context;
	char text[64];
	device_values(
	        &wait->pair->devices[1], DOSSIER, &other_patient, SCHEMA_PATIENT, 21, text, sizeof(text));
	return strcmp(text, "0240998877") == 0;
}

/* What is saved amid the transfer of a large photo waits for one piece at most in each direction: counted, not timed. */
static void test_not_delayed(void **state)
{
	struct pair pair;
	struct photo photo;
	uint64_t in, out, later;
	enum { MANY = 200 };
	(void)state;
	begin(&pair, TEAM_ROLE_NURSE);
	struct rng rng = rng_new(5);
	struct record_edit edit = {.record = {.kind = schema_kind(SCHEMA_PHOTO), .id = {{5}}}};
	int result = 1;
	photo = (struct photo){0};
	rng_bytes(&rng, buf_extend(&photo.bytes, MANY * BLOB_PLAIN_BYTES), MANY * BLOB_PLAIN_BYTES);
	schema_put(&edit.record, schema_field_named(edit.record.kind, span_text("at")))->number = 1700000000;
	check_ok(node_photo_save(pair.devices[0].node, &patient, &edit, buf_span(&photo.bytes),
	        span_text("image/jpeg"), &photo.address, on_saved, &result));
	devices_run(&pair.loop, has_result, &result);
	dial(&pair);
	devices_run(&pair.loop, is_asked_here, &(struct waiting){&pair, &photo, 10});
	peers_pieces(pair.devices[1].peers, &in, &out);
	device_save(&pair.devices[0], DOSSIER, &other_patient, SCHEMA_PATIENT, 21, "0240998877");
	devices_run(&pair.loop, name_came, &(struct delayed){&pair, in});
	peers_pieces(pair.devices[1].peers, &later, &out);
	assert_true(later < MANY);
	assert_in_range(later - in, 0, 3); /* on its way, and those of the turns that the commit took */
	devices_run(&pair.loop, has_come, &(struct waiting){&pair, &photo, MANY});
	photo_close(&photo);
	pair_close(&pair);
}

/* One device does not use up the list. */
static void pictures_of_one_device_are_bounded(void **state)
{
	(void)state;
	const struct device_id many = {{1}}, other = {{2}};
	struct blobs blobs = {.items = mem_zero(LIMIT_BLOBS_DEVICE, sizeof(struct blob_known)),
	        .count = LIMIT_BLOBS_DEVICE - 1,
	        .room = LIMIT_BLOBS_DEVICE};
	for (uint32_t i = 0; i < LIMIT_BLOBS_DEVICE; i++)
		blobs.items[i].author = many;
	assert_true(blobs_has_room(&blobs, &many));
	blobs.count++;
	assert_false(blobs_has_room(&blobs, &many));
	assert_true(blobs_has_room(&blobs, &other));
	blobs_close(&blobs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_save),
	        cmocka_unit_test(test_any_order),
	        cmocka_unit_test(test_false_chunks),
	        cmocka_unit_test(test_erased),
	        cmocka_unit_test(test_orphans),
	        cmocka_unit_test(test_who),
	        cmocka_unit_test(test_kept_apart),
	        cmocka_unit_test(test_comes),
	        cmocka_unit_test(test_resumes),
	        cmocka_unit_test(test_asked),
	        cmocka_unit_test(test_not_delayed),
	        cmocka_unit_test(pictures_of_one_device_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
