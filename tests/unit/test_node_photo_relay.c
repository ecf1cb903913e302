/*
 * Photos at a relay, which opens nothing (node/README.md, "Pictures", "At a relay"): they reach a colleague through it, go with their dossier, and keep to their room.
 */
#include "tests/lib/check.h"

#include "crdt/base/err.h"
#include "node/node_state.h"
#include "tests/lib/photo.h"
#include "tests/lib/team.h"

enum { NURSE, LEA, RELAY, TEAM, NAME = TEAM_NAME };

static const struct record_id other = {{7, 7, 7}};

struct waiting {
	struct team *team;
	const struct photo *photo;
	int at;
};

static bool is_whole_at(void *context)
{
	const struct waiting *wait = context;
	struct node_photo state;
	return node_photo(wait->team->devices[wait->at].node, &wait->photo->address, &state) &&
	        state.held_count == PHOTO_CHUNKS && team_saved(wait->team);
}

static bool is_gone_at(void *context)
{
	const struct waiting *wait = context;
	struct node_photo state;
	return !node_photo(wait->team->devices[wait->at].node, &wait->photo->address, &state) &&
	        team_saved(wait->team);
}

static bool relay_is_told_of(void *context)
{
	const struct waiting *wait = context;
	struct node_photo state;
	return node_photo(wait->team->devices[wait->at].node, &wait->photo->address, &state) &&
	        state.relays == 1;
}

static struct device_id id_of(struct team *team, int who)
{
	return node_device(team->devices[who].node);
}

static void part(struct team *team)
{
	for (int i = 0; i < team->count; i++)
		device_restart(&team->devices[i], &team->loop);
}

/* Two nurses and a relay, two dossiers; Léa meets the relay alone from then on. */
static void begin(struct team *team)
{
	team_open(team, TEAM);
	team_found(team);
	check_ok(team_join(team, NURSE, LEA, TEAM_ROLE_NURSE));
	team_admit_relay(team, NURSE, RELAY);
	device_save(&team->devices[NURSE], TEAM_DOSSIER, &team_patient, TEAM_SECTION, NAME, "Dugenou");
	device_save(&team->devices[NURSE], TEAM_DOSSIER, &other, TEAM_SECTION, NAME, "Martin");
	devices_run(&team->loop, team_equal, team);
	part(team);
}

static void to_relay(struct team *team, struct photo *photo)
{
	team_meet(team, NURSE, RELAY);
	devices_run(&team->loop, is_whole_at, &(struct waiting){team, photo, RELAY});
	devices_run(&team->loop, relay_is_told_of, &(struct waiting){team, photo, NURSE});
	part(team);
}

static void a_photo_comes_through_a_relay(void **state)
{
	struct team team;
	struct photo photo;
	struct node_photo seen;
	struct buf note = {0};
	(void)state;
	begin(&team);
	photo_save(&team.devices[NURSE], &team_patient, 1, &photo);
	to_relay(&team, &photo);
	assert_true(node_photo(team.devices[NURSE].node, &photo.address, &seen));
	assert_int_equal(seen.elsewhere, 0); /* it may go there: it counts as no device */
	assert_int_equal(seen.relays, 1);
	assert_int_equal(node_photo_counts(team.devices[NURSE].node).only_here, 1);
	assert_int_equal(node_photo_counts(team.devices[NURSE].node).only_relays, 1);
	/* What it was told and holds says nothing of what the picture is; a nurse's device needs no note, and is given none. */
	const struct device_id relay = id_of(&team, RELAY);
	check_ok(node_photo_sealed(team.devices[NURSE].node, &relay, &photo.address, NODE_PHOTO_NOTE, &note));
	assert_null(memmem(note.data, note.size, "image", 5));
	assert_null(memmem(note.data, note.size, team_patient.bytes, sizeof(team_patient.bytes)));
	team_meet(&team, LEA, RELAY);
	devices_run(&team.loop, is_whole_at, &(struct waiting){&team, &photo, LEA});
	photo_check_opens(&team.devices[LEA], &team_patient, &photo);
	assert_true(node_photo(team.devices[LEA].node, &photo.address, &seen));
	assert_int_equal(seen.elsewhere, 0);
	assert_int_equal(seen.relays, 1);
	check_code(node_photo_put_note(team.devices[LEA].node, &relay, &photo.address, buf_span(&note)),
	        NODE_PHOTO_IGNORED);
	buf_close(&note);
	photo_close(&photo);
	team_close(&team);
}

static void a_relay_lets_go_what_is_erased(void **state)
{
	struct team team;
	struct photo photo, kept;
	struct buf note = {0};
	(void)state;
	begin(&team);
	photo_save(&team.devices[NURSE], &team_patient, 1, &photo);
	photo_save(&team.devices[NURSE], &other, 2, &kept);
	to_relay(&team, &photo);
	to_relay(&team, &kept);
	const struct device_id relay = id_of(&team, RELAY), nurse = id_of(&team, NURSE);
	check_ok(node_photo_sealed(team.devices[NURSE].node, &relay, &photo.address, NODE_PHOTO_NOTE, &note));
	assert_int_equal(photo_rows(&team.devices[RELAY]), 2 * (1 + PHOTO_CHUNKS));
	check_ok(node_erase(team.devices[NURSE].node, &team_patient, KEY_REASON_REQUEST, NULL, NULL));
	devices_run(&team.loop, is_gone_at, &(struct waiting){&team, &photo, NURSE});
	team_meet(&team, NURSE, RELAY);
	devices_run(&team.loop, is_gone_at, &(struct waiting){&team, &photo, RELAY});
	assert_int_equal(photo_rows(&team.devices[RELAY]), 1 + PHOTO_CHUNKS);
	assert_true(node_wants_new_file(team.devices[RELAY].node)); /* and the old file goes with its key */
	/* Who has not heard of it offers it again, in vain. */
	check_code(node_photo_put_note(team.devices[RELAY].node, &nurse, &photo.address, buf_span(&note)),
	        NODE_PHOTO_IGNORED);
	part(&team);
	assert_int_equal(photo_rows(&team.devices[RELAY]), 1 + PHOTO_CHUNKS);
	buf_close(&note);
	photo_close(&photo);
	photo_close(&kept);
	team_close(&team);
}

/* A note says what the address commits to, or it ends the session. */
static void false_notes_are_refused(void **state)
{
	struct team team;
	struct photo photo;
	struct buf note = {0};
	const struct blob_address made_up = {{1}};
	(void)state;
	begin(&team);
	photo_save(&team.devices[NURSE], &team_patient, 1, &photo);
	struct node *at = team.devices[RELAY].node;
	const struct device_id relay = id_of(&team, RELAY), nurse = id_of(&team, NURSE);
	check_ok(node_photo_sealed(team.devices[NURSE].node, &relay, &photo.address, NODE_PHOTO_NOTE, &note));
	check_code(node_photo_put_note(at, &nurse, &made_up, buf_span(&note)), ERR_BADSEAL);
	for (size_t i = 9; i < note.size; i += 7) { /* behind version and clock */
		note.data[i] ^= 1;
		assert_true(node_photo_put_note(at, &nurse, &made_up, buf_span(&note)) < 0);
		note.data[i] ^= 1;
		assert_true(node_photo_put_note(at, &nurse, &photo.address, span_of(note.data, i)) < 0);
	}
	buf_close(&note);
	photo_close(&photo);
	team_close(&team);
}

static bool stands_in_rows(struct device *device, enum store_table table, const struct blob_address *address)
{
	uint8_t from[LIMIT_STORE_KEY_BYTES + 1] = {0};
	struct span key, value;
	struct store_txn *txn;
	struct buf row = {0};
	size_t size = 1;
	bool found = false;
	check_ok(store_begin(device->store, false, &txn));
	while (store_seek(txn, table, STORE_FIRST_FROM, span_of(from, size), &key, &value) == 0) {
		memcpy(from, key.data, key.size);
		from[key.size] = 0;
		size = key.size + 1;
		if (vault_unseal(device->vault, table, key, value, &row) == 0)
			found |= memmem(row.data, row.size, address->bytes, sizeof(address->bytes)) != NULL;
	}
	store_abort(txn);
	buf_close(&row);
	return found;
}

/* What a relay is told of and does not know may be a picture that was erased: it writes nothing of it. */
static void nothing_is_written_of_what_is_not_known(void **state)
{
	struct team team;
	struct photo photo;
	const struct blob_address unknown = {{1, 2, 3}};
	(void)state;
	begin(&team);
	photo_save(&team.devices[NURSE], &team_patient, 1, &photo);
	to_relay(&team, &photo);
	const struct device_id lea = id_of(&team, LEA);
	const struct blob_address told[] = {unknown, photo.address};
	node_photo_told(team.devices[RELAY].node, &lea, told, 2, true);
	devices_run(&team.loop, team_saved, &team);
	assert_true(node_photo_is_at(team.devices[RELAY].node, &lea, &unknown));
	assert_true(stands_in_rows(&team.devices[RELAY], STORE_LOCAL, &photo.address));
	assert_false(stands_in_rows(&team.devices[RELAY], STORE_LOCAL, &unknown));
	photo_close(&photo);
	team_close(&team);
}

static uint64_t (*right_wall_ms)(void *context);

static uint64_t a_quarter_later_ms(void *context)
{
	return right_wall_ms(context) + UINT64_C(91) * 24 * 3600 * 1000;
}

/* Room for so much, half of it for what one device tells, and for so many days. */
static void a_relay_keeps_to_its_room(void **state)
{
	enum { TWO_PHOTOS = 2 * PHOTO_CHUNKS * BLOB_CHUNK_BYTES, DAYS = 90 };
	struct team team;
	struct photo photos[3];
	struct buf notes[3] = {{0}};
	(void)state;
	begin(&team);
	struct node *at = team.devices[RELAY].node;
	const struct device_id relay = id_of(&team, RELAY), nurse = id_of(&team, NURSE),
	                       lea = id_of(&team, LEA);
	for (unsigned i = 0; i < 3; i++) {
		photo_save(&team.devices[NURSE], &team_patient, i + 1, &photos[i]);
		check_ok(node_photo_sealed(
		        team.devices[NURSE].node, &relay, &photos[i].address, NODE_PHOTO_NOTE, &notes[i]));
	}
	node_limit_photos(at, TWO_PHOTOS - 1, DAYS);
	check_code(
	        node_photo_put_note(at, &nurse, &photos[0].address, buf_span(&notes[0])), NODE_PHOTO_IGNORED);
	node_limit_photos(at, TWO_PHOTOS, DAYS);
	check_ok(node_photo_put_note(at, &nurse, &photos[0].address, buf_span(&notes[0])));
	check_code(
	        node_photo_put_note(at, &nurse, &photos[1].address, buf_span(&notes[1])), NODE_PHOTO_IGNORED);
	check_ok(node_photo_put_note(at, &lea, &photos[1].address, buf_span(&notes[1])));
	check_code(
	        node_photo_put_note(at, &lea, &photos[2].address, buf_span(&notes[2])), NODE_PHOTO_IGNORED);
	devices_run(&team.loop, team_saved, &team);
	assert_int_equal(photo_rows(&team.devices[RELAY]), 2);
	/* They are over after a while, by the clock of their entries, and are not taken again. */
	right_wall_ms = team.devices[RELAY].env.wall_ms;
	team.devices[RELAY].env.wall_ms = a_quarter_later_ms;
	node_photo_day(at);
	devices_run(&team.loop, is_gone_at, &(struct waiting){&team, &photos[0], RELAY});
	assert_int_equal(photo_rows(&team.devices[RELAY]), 0);
	check_code(
	        node_photo_put_note(at, &nurse, &photos[0].address, buf_span(&notes[0])), NODE_PHOTO_IGNORED);
	node_limit_photos(at, TWO_PHOTOS, 0);
	check_ok(node_photo_put_note(at, &nurse, &photos[0].address, buf_span(&notes[0])));
	devices_run(&team.loop, team_saved, &team);
	for (unsigned i = 0; i < 3; i++) {
		photo_close(&photos[i]);
		buf_close(&notes[i]);
	}
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_photo_comes_through_a_relay),
	        cmocka_unit_test(a_relay_lets_go_what_is_erased),
	        cmocka_unit_test(false_notes_are_refused),
	        cmocka_unit_test(nothing_is_written_of_what_is_not_known),
	        cmocka_unit_test(a_relay_keeps_to_its_room),
	};
	return cmocka_run_group_tests_name("photos at a relay", tests, NULL, NULL);
}
