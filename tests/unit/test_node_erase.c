/*
 * A dossier that was erased: nothing of it is in any row of any device that heard of it, opened with the keys that are there; chains verify,
 * what derives from the log is what the log gives, and what somebody still sends is not stored again. The file is long because
 * everything that may be left anywhere is looked for in one place.
 */
#include "tests/lib/check.h"

#include "crdt/doc_write.h"
#include "crdt/mpack.h"
#include "node/keyring/key_row.h"
#include "node/node_check.h"
#include "node/node_digest.h"
#include "node/node_history.h"
#include "node/node_state.h"
#include "node/schema/schema.h"
#include "tests/lib/pair.h"

enum { DOSSIER = SCHEMA_DOC_DOSSIER, SECTION = SCHEMA_PATIENT, NAME = 1, STREET = 16, PHONE = 21 };

static const struct record_id patient = {{9, 9, 9}}, other_patient = {{8, 8, 8}};

/* No two end alike, so that no padding makes one out of another. */
static const char *const CANARIES[] = {
        "Quenneville-Aubert", "4 impasse des Zinnias", "codeporte8842B", "0240998877"};
enum { CANARY_COUNT = sizeof(CANARIES) / sizeof(*CANARIES) };

/* ---- Looking ---------------------------------------------------------------------------------------------------- */

static bool has_canary(struct span bytes)
{
	for (unsigned i = 0; i < CANARY_COUNT; i++)
		if (bytes.size && memmem(bytes.data, bytes.size, CANARIES[i], strlen(CANARIES[i])))
			return true;
	return false;
}

/* A snapshot or a segment is packed from the row's beginning, a digest behind its head. */
static bool has_packed_canary(const struct buf *plain)
{
	enum { DIGEST_HEAD_BYTES = 9 };
	bool has = false;
	struct span raw;
	struct body_codec codec;
	body_codec_init(&codec);
	for (size_t head = 0; head <= DIGEST_HEAD_BYTES && head <= plain->size; head += DIGEST_HEAD_BYTES) {
		memcpy(pack_room(&codec, plain->size - head), plain->data + head, plain->size - head);
		has |= pack_open(&codec, plain->size - head, &raw) == 0 && has_canary(raw);
	}
	body_codec_close(&codec);
	return has;
}

/* In how many rows one of the canaries stands, as they are on the disk, as the vault opens them, and unpacked. Bodies that a key is here for are opened
 * too. */
static uint32_t rows_with_canaries(struct device *device)
{
	struct store_txn *txn;
	struct span key, value;
	struct buf plain = {0};
	uint32_t found = 0;
	check_ok(store_begin(device->store, false, &txn));
	for (unsigned table = 0; table < STORE_TABLE_COUNT; table++) {
		uint8_t from[LIMIT_STORE_KEY_BYTES + 1] = {0};
		size_t size = 1;
		while (store_seek(txn, (enum store_table)table, STORE_FIRST_FROM, span_of(from, size), &key,
		               &value) == 0) {
			const bool opens = vault_unseal(device->vault, (enum store_table)table, key, value,
			                           &plain) == 0;
			found += has_canary(value) ||
			        (opens && (has_canary(buf_span(&plain)) || has_packed_canary(&plain)));
			memcpy(from, key.data, key.size);
			from[key.size] = 0;
			size = key.size + 1;
		}
	}
	store_abort(txn);
	buf_wipe(&plain);
	return found;
}

/* The row of its digest is among them. */
static bool digest_row_with_canary(struct device *device)
{
	uint32_t number;
	struct store_txn *txn;
	struct buf digest = {0};
	assert_true(docs_find(device->node->docs, DOSSIER, &patient, &number));
	check_ok(store_begin(device->store, false, &txn));
	const bool has = digests_row(device->node->digests, txn, number, &digest) &&
	        memmem(digest.data, digest.size, CANARIES[0], strlen(CANARIES[0]));
	store_abort(txn);
	buf_wipe(&digest);
	return has && rows_with_canaries(device) > 0;
}

/* Entries of the dossier that still have a body, by their pseudonym. */
static uint32_t bodies_left(struct device *device, const struct record_id *dossier, uint32_t *purged)
{
	struct node *node = device->node;
	struct log_reader reader = {0};
	struct store_txn *txn;
	uint32_t left = 0;
	*purged = 0;
	check_ok(node_begin_read(node, &txn));
	for (uint32_t feed = 0; feed < log_feed_count(node->log); feed++)
		for (uint64_t seq = 1; seq <= log_feed(node->log, feed)->committed_seq; seq++) {
			const struct run_entry *entry;
			check_ok(log_read_entry(node->log, txn, &reader, feed, seq, &entry));
			const struct epoch_key *epoch = epochs_find(node->epochs, &entry->header.epoch);
			if (!epoch)
				continue;
			struct pseudonym name = secret_pseudonym(epoch, dossier);
			if (!pseudonym_eq(&name, &entry->header.dossier))
				continue;
			left += !entry->purged;
			*purged += entry->purged;
		}
	store_abort(txn);
	log_reader_close(&reader);
	return left;
}

static void no_fault(void *context, const struct scrub_fault *fault)
{
	(void)context;
	fail_msg("%s: %s", store_table_name(fault->table), scrub_what_name(fault->what));
}

static void check_sound(struct device *device)
{
	struct node_check *check;
	int result;
	check_ok(node_check_new(device->store, device->vault, &device->env, no_fault, NULL, &check));
	while ((result = node_check_step(check)) == 1)
		;
	check_ok(result);
	assert_int_equal(node_check_counts(check).derived, NODE_CHECK_COMPARED);
	node_check_free(check);
}

static uint32_t values_of(struct device *device, const struct record_id *doc, uint32_t field)
{
	char text[64];
	uint32_t count = device_values(device, DOSSIER, doc, SECTION, field, text, sizeof(text));
	return count;
}

/* Nothing of the patient, everything of the other one. */
static void check_erased(struct device *device, uint32_t purged_expected)
{
	uint32_t purged;
	assert_true(node_is_erased(device->node, &patient));
	assert_false(node_is_erased(device->node, &other_patient));
	assert_null(key_table_secret(device->node->keys, &patient, 0));
	assert_non_null(key_table_secret(device->node->keys, &other_patient, 0));
	assert_int_equal(values_of(device, &patient, NAME), 0);
	assert_int_equal(values_of(device, &other_patient, NAME), 1);
	assert_int_equal(bodies_left(device, &patient, &purged), 0);
	assert_int_equal(purged, purged_expected);
	assert_true(bodies_left(device, &other_patient, &purged) > 0);
	assert_int_equal(purged, 0);
	assert_int_equal(rows_with_canaries(device), 0);
	check_sound(device);
}

static uint32_t stored_state(struct device *device)
{
	enum { ROW_STATE = 3 };
	struct store_txn *txn;
	struct span key, value;
	struct buf plain = {0};
	uint8_t from[LIMIT_STORE_KEY_BYTES + 1] = {0};
	size_t size = 1;
	uint32_t count = 0;
	check_ok(store_begin(device->store, false, &txn));
	while (store_seek(txn, STORE_KEY, STORE_FIRST_FROM, span_of(from, size), &key, &value) == 0) {
		check_ok(vault_unseal(device->vault, STORE_KEY, key, value, &plain));
		count += plain.data[0] == ROW_STATE;
		memcpy(from, key.data, key.size);
		from[key.size] = 0;
		size = key.size + 1;
	}
	store_abort(txn);
	buf_wipe(&plain);
	return count;
}

/* ---- Doing ------------------------------------------------------------------------------------------------------ */

static bool is_quiet(void *context)
{
	struct pair *team = context;
	for (int i = 0; i < PAIR_DEVICES; i++)
		if (node_erasing(team->devices[i].node))
			return false;
	return pair_saved(team);
}

static void settle(struct pair *team)
{
	devices_run(&team->loop, is_quiet, team);
}

static void save(struct pair *team, int device, const struct record_id *doc, uint32_t field, const char *text)
{
	device_save(&team->devices[device], DOSSIER, doc, SECTION, field, text);
	settle(team);
}

static bool both_know(void *context)
{
	struct pair *team = context;
	return is_quiet(team) && node_is_erased(team->devices[0].node, &patient) &&
	        node_is_erased(team->devices[1].node, &patient) && pair_equal(team);
}

static bool both_confirmed(void *context)
{
	struct pair *team = context;
	uint64_t time_ms;
	for (int i = 0; i < PAIR_DEVICES * PAIR_DEVICES; i++) {
		struct device_id said = node_device(team->devices[i / 2].node);
		if (!node_erasure_confirmed(team->devices[i % 2].node, &patient, &said, &time_ms))
			return false;
	}
	return both_know(team);
}

static bool second_has_heard(void *context)
{
	struct pair *team = context;
	return node_is_erased(team->devices[1].node, &patient);
}

static bool both_know_or_parted(void *context)
{
	struct pair *team = context;
	return both_know(team) || !peers_any_session(team->devices[0].peers);
}

/* Erasing ends sessions, so that it may take two meetings. */
static void meet(struct pair *team, bool (*done)(void *context))
{
	struct device_id device = node_device(team->devices[1].node);
	for (int i = 0; i < 3; i++) {
		int result = peers_dial(team->devices[0].peers, &team->devices[1].address, &device);
		assert_true(result == 0 || result == ERR_EXISTS);
		for (int turns = 0; turns < 400 && !done(team); turns++)
			uv_run(&team->loop, UV_RUN_ONCE);
	}
	devices_run(&team->loop, done, team);
	pair_part(team);
}

static bool look_at(void *context, const struct node_digest *digest)
{
	(void)context;
	(void)digest;
	return true;
}

/* Both wrote about both patients, and know it all; documents stand in a checkpoint. */
static void open_team(struct pair *team)
{
	pair_open(team, TEAM_ROLE_NURSE);
	save(team, 0, &other_patient, NAME, "Martin");
	save(team, 0, &patient, NAME, CANARIES[0]);
	save(team, 0, &patient, STREET, CANARIES[1]);
	pair_meet(team);
	save(team, 1, &patient, PHONE, CANARIES[3]);
	save(team, 1, &other_patient, PHONE, "0250");
	save(team, 1, &patient, STREET, CANARIES[2]);
	pair_meet(team);
	for (int i = 0; i < PAIR_DEVICES; i++) /* what lists need of them stands there too */
		check_ok(node_digest_each(team->devices[i].node, DIGEST_WHO, look_at, NULL));
	for (int i = 0; i < PAIR_DEVICES; i++)
		check_ok(node_checkpoint(team->devices[i].node, true));
	settle(team);
}

static void erase(struct pair *team, int device)
{
	check_ok(node_erase(team->devices[device].node, &patient, KEY_REASON_REQUEST, NULL, NULL));
	settle(team);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------ */

static void nothing_is_left_on_either_device(void **state)
{
	(void)state;
	struct pair team;
	struct node_erasure erasure;
	struct device_id first, second;
	uint64_t time_ms;
	open_team(&team);
	assert_true(digest_row_with_canary(&team.devices[0])); /* the search finds what is there */
	first = node_device(team.devices[0].node);
	second = node_device(team.devices[1].node);
	erase(&team, 0);
	check_erased(&team.devices[0], 4);
	check_code(node_erase(team.devices[0].node, &patient, 0, NULL, NULL), ERR_EXISTS);
	assert_true(rows_with_canaries(&team.devices[1]) > 0);
	assert_true(node_wants_new_file(team.devices[0].node));
	assert_false(node_erasure_confirmed(team.devices[0].node, &patient, &first, &time_ms));
	meet(&team, both_know);
	for (int i = 0; i < PAIR_DEVICES; i++) {
		check_erased(&team.devices[i], 4);
		device_new_file(&team.devices[i], &team.loop);
		settle(&team);
		assert_false(node_wants_new_file(team.devices[i].node));
		check_erased(&team.devices[i], 4);
	}
	meet(&team, both_confirmed);
	for (int i = 0; i < PAIR_DEVICES; i++) {
		assert_true(node_erasure_at(team.devices[i].node, 0, &erasure));
		assert_true(record_id_eq(&erasure.dossier, &patient));
		assert_true(device_id_eq(&erasure.by, &first));
		assert_int_equal(erasure.reason, KEY_REASON_REQUEST);
		assert_false(node_erasure_at(team.devices[i].node, 1, &erasure));
		assert_true(node_erasure_confirmed(team.devices[i].node, &patient, &first, &time_ms));
		assert_true(node_erasure_confirmed(team.devices[i].node, &patient, &second, &time_ms));
		assert_false(node_erasure_confirmed(team.devices[i].node, &other_patient, &first, &time_ms));
		device_restart(&team.devices[i], &team.loop);
		settle(&team);
		assert_false(node_wants_new_file(team.devices[i].node));
		check_erased(&team.devices[i], 4);
	}
	pair_close(&team);
}

static void nobody_writes_there_again(void **state)
{
	(void)state;
	struct pair team;
	struct node_change change;
	open_team(&team);
	erase(&team, 0);
	struct crdt_path path = {0};
	struct buf value = {0};
	check_ok(node_change_begin(team.devices[0].node, DOSSIER, &patient, &change));
	crdt_path_field(&path, SECTION);
	crdt_path_field(&path, PHONE);
	mpack_put_str(&value, span_text("0250"));
	check_ok(crdt_doc_set(
	        change.doc, &change.builder, crdt_path_span(&path), buf_span(&value), span_of(NULL, 0)));
	check_code(node_change_finish(team.devices[0].node, &change, NULL, NULL, NULL), ERR_DENIED);
	settle(&team);
	check_erased(&team.devices[0], 4);
	buf_close(&value);
	pair_close(&team);
}

/* What the other one writes meanwhile, and all that it holds, comes without bodies; it erases before it sends. */
static void who_was_away_erases_before_sending(void **state)
{
	(void)state;
	struct pair team;
	open_team(&team);
	erase(&team, 0);
	save(&team, 1, &patient, PHONE, CANARIES[1]);
	save(&team, 1, &other_patient, PHONE, "0251");
	struct device_id other = node_device(team.devices[1].node);
	uint64_t stripped[PAIR_DEVICES];
	/* It hears of the order, and is asked for its records, before its disk has taken in anything. */
	team.devices[1].disk_waits = true;
	check_ok(peers_dial(team.devices[0].peers, &team.devices[1].address, &other));
	devices_run(&team.loop, second_has_heard, &team);
	for (int turns = 0; turns < 200; turns++)
		uv_run(&team.loop, UV_RUN_ONCE);
	assert_true(peers_any_session(team.devices[0].peers));
	assert_false(pair_equal(&team));
	team.devices[1].disk_waits = false;
	devices_run(&team.loop, both_know_or_parted, &team);
	for (int i = 0; i < PAIR_DEVICES; i++)
		stripped[i] = team.devices[i].node->stripped_count;
	meet(&team, both_know);
	for (int i = 0; i < PAIR_DEVICES; i++) {
		check_erased(&team.devices[i], 5);
		assert_int_equal(stripped[i], 0);
	}
	pair_close(&team);
}

/* A peer that does not care hands on what it has: verified, and stored without the body. */
static void what_is_sent_all_the_same_is_not_stored(void **state)
{
	(void)state;
	struct pair team;
	struct log_reader reader = {0};
	struct store_txn *txn;
	struct buf run = {0};
	uint32_t feed, own;
	open_team(&team);
	save(&team, 1, &patient, PHONE, CANARIES[1]);
	struct device *from = &team.devices[1], *to = &team.devices[0];
	check_ok(node_own_feed(from->node, COMPARTMENT_CLINICAL, &own));
	const struct log_feed *known = log_feed(node_log(from->node), own);
	check_ok(node_begin_read(from->node, &txn));
	check_ok(log_read_run(node_log(from->node), txn, &reader, own, known->committed_seq));
	buf_add_span(&run, reader.bytes);
	store_abort(txn);
	erase(&team, 0);
	check_ok(
	        node_feed_number(to->node, &known->device, COMPARTMENT_CLINICAL, &known->incarnation, &feed));
	check_ok(node_receive_run(to->node, feed, buf_span(&run)));
	settle(&team);
	assert_int_equal(to->node->stripped_count, 1);
	assert_int_equal(log_feed(node_log(to->node), feed)->committed_seq, known->committed_seq);
	check_erased(to, 5);
	log_reader_close(&reader);
	buf_close(&run);
	pair_close(&team);
}

/* The power fails after any number of commits; the start goes on where it stopped. */
static void a_crash_at_any_commit(void **state)
{
	(void)state;
	struct pair team;
	open_team(&team);
	struct device *device = &team.devices[0];
	struct store_mem_image *before = store_mem_image_take(device->store);
	bool done = false;
	for (int commits = 0; !done; commits++) {
		assert_true(commits < 50);
		check_ok(node_erase(device->node, &patient, KEY_REASON_OTHER, NULL, NULL));
		for (int i = 0; i < commits; i++) {
			peers_turn(device->peers);
			store_writer_step(device->writer);
		}
		peers_turn(device->peers); /* submitted, not committed */
		done = node_wants_new_file(device->node);
		device_crash(device, &team.loop);
		settle(&team);
		if (commits == 0) /* not even the order was durable: nothing happened */
			check_ok(node_erase(device->node, &patient, KEY_REASON_OTHER, NULL, NULL));
		settle(&team);
		check_ok(node_checkpoint(device->node, true)); /* it may have been lost with the power */
		settle(&team);
		check_erased(device, 4);
		store_mem_image_restore(device->store, before);
		device_crash(device, &team.loop);
		settle(&team);
		assert_int_equal(values_of(device, &patient, NAME), 1);
	}
	store_mem_image_free(before);
	pair_close(&team);
}

/* An older copy of the database holds everything again: it hears of the order a second time. */
static void a_copy_put_back_is_erased_again(void **state)
{
	(void)state;
	struct pair team;
	open_team(&team);
	struct store_mem_image *copy = store_mem_image_take(team.devices[1].store);
	erase(&team, 0);
	meet(&team, both_know);
	check_erased(&team.devices[1], 4);
	device_put_back(&team.devices[1], &team.loop, copy);
	assert_true(rows_with_canaries(&team.devices[1]) > 0);
	meet(&team, both_know);
	check_erased(&team.devices[1], 4);
	store_mem_image_free(copy);
	pair_close(&team);
}

/* Only who manages the team: a locum asks in vain, and her forged row does nothing. */
static void a_locum_does_not_erase(void **state)
{
	(void)state;
	struct pair team;
	struct key_tombstone tombstone;
	struct buf row = {0};
	pair_open(&team, TEAM_ROLE_LOCUM);
	save(&team, 0, &patient, NAME, CANARIES[0]);
	struct node *locum = team.devices[1].node;
	check_code(node_erase(locum, &patient, 0, NULL, NULL), ERR_DENIED);
	const struct key_signer signer = {locum->team, node_device(locum), locum->identity.secrets->sign};
	key_tombstone_make(
	        &tombstone, &signer, &(struct key_order){.dossier = patient, .reason = 0, .time_ms = 1});
	wire_put_u8(&row, 1);
	key_tombstone_encode(&tombstone, &row);
	check_code(node_state_put(team.devices[0].node, buf_span(&row)), 0);
	settle(&team);
	assert_false(node_is_erased(team.devices[0].node, &patient));
	assert_int_equal(values_of(&team.devices[0], &patient, NAME), 1);
	buf_close(&row);
	pair_close(&team);
}

/* Nobody speaks for another device, and a word about nothing does no harm. */
static void a_word_is_its_devices_own(void **state)
{
	(void)state;
	struct pair team;
	struct erased word;
	struct buf row = {0};
	uint64_t time_ms;
	pair_open(&team, TEAM_ROLE_NURSE);
	struct node *node = team.devices[0].node;
	struct device_id self = node_device(node), other = node_device(team.devices[1].node);
	struct key_signer signer = {node->team, self, node->identity.secrets->sign};
	erased_make(&word, &signer, &patient, 5);
	word.device = other;
	wire_put_u8(&row, 4);
	erased_encode(&word, &row);
	check_code(node_state_put(node, buf_span(&row)), ERR_BADSIG);
	buf_clear(&row);
	erased_make(&word, &signer, &patient, 5);
	wire_put_u8(&row, 4);
	erased_encode(&word, &row);
	check_code(node_state_put(node, buf_span(&row)), 1);
	check_code(node_state_put(node, buf_span(&row)), 0);
	assert_true(node_erasure_confirmed(node, &patient, &self, &time_ms));
	assert_false(node_erasure_confirmed(node, &patient, &other, &time_ms));
	settle(&team);
	device_restart(&team.devices[0], &team.loop);
	assert_true(node_erasure_confirmed(team.devices[0].node, &patient, &self, &time_ms));
	buf_close(&row);
	pair_close(&team);
}

/* A packet that was stripped or replaced must not stay in the database as it was: whoever opens it has the secret. */
static void no_row_of_state_is_left_behind(void **state)
{
	(void)state;
	struct pair team;
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *device = &team.devices[0];
	for (int i = 0; i < 40; i++) {
		struct record_id id = {{7, (uint8_t)i}};
		save(&team, 0, &id, NAME, "Un");
		check_ok(node_acknowledge(device->node));
		settle(&team);
		assert_int_equal(stored_state(device), node_state_count(device->node, NODE_STATE_ALL));
		if (i % 4 == 3)
			check_ok(node_erase(device->node, &id, 0, NULL, NULL));
		settle(&team);
		assert_int_equal(stored_state(device), node_state_count(device->node, NODE_STATE_ALL));
	}
	pair_close(&team);
}

/* Drafts about that patient go, those about another stay. */
static void drafts_go_with_their_dossier(void **state)
{
	(void)state;
	struct pair team;
	char draft[128], id[33], name[NODE_DRAFT_NAME_BYTES];
	const uint32_t places[] = {0, 1, LIMIT_DRAFTS - 1};
	open_team(&team);
	for (int i = 0; i < 2; i++) {
		ids_hex(id, (i ? other_patient : patient).bytes, sizeof(patient.bytes));
		snprintf(draft, sizeof(draft), "{\"patient\":\"%s\",\"note\":\"%s\"}", id,
		        i ? "others" : CANARIES[2]);
		for (size_t j = 0; j < 3; j++)
			check_ok(node_put_local(team.devices[i].node, node_draft_name(name, places[j]),
			        span_text(draft), NULL, NULL));
	}
	settle(&team);
	erase(&team, 0);
	check_erased(&team.devices[0], 4);
	meet(&team, both_know);
	struct store_txn *txn;
	struct buf out = {0};
	uint8_t key[VAULT_NAME_BYTES];
	for (int i = 0; i < 2 * 3; i++) {
		struct device *device = &team.devices[i / 3];
		vault_name(device->vault, key, STORE_LOCAL, span_text(node_draft_name(name, places[i % 3])));
		check_ok(store_begin(device->store, false, &txn));
		check_code(vault_get(device->vault, txn, STORE_LOCAL, span_of(key, sizeof(key)), &out),
		        i / 3 ? 0 : ERR_NOTFOUND);
		store_abort(txn);
	}
	buf_close(&out);
	pair_close(&team);
}

/* ---- What keeps the file from being another one ---------------------------------------------------------------- */

static bool both_heard_of_waiting(void *context)
{
	struct pair *team = context;
	const struct device_id first = node_device(team->devices[0].node);
	struct node_word word;
	return is_quiet(team) && pair_equal(team) &&
	        node_erasure_word(team->devices[1].node, &patient, &first, &word) &&
	        word.wait == ERASED_WAITS_ROOM;
}

static uint64_t long_ago(void *context)
{
	(void)context;
	return 1000;
}

/* There is no room for the new file: everybody is told, and how much it takes; and that it is done once it is, even if the clock went back. */
static void what_it_waits_for_is_told(void **state)
{
	(void)state;
	struct pair team;
	struct node_word word;
	uint64_t time_ms;
	open_team(&team);
	struct node *node = team.devices[0].node;
	const struct device_id first = node_device(node);
	erase(&team, 0);
	assert_true(node_wants_new_file(node));
	assert_false(node_file_waits_for(node, &word));
	for (int i = 0; i < 3; i++) { /* said once */
		node_file_waits(node, ERASED_WAITS_ROOM, 321);
		assert_int_equal(node->confirmed_count, 1);
		assert_true(node_file_waits_for(node, &word));
		assert_int_equal(word.need_mib, 321);
		assert_true(i == 0 || word.time_ms == time_ms);
		time_ms = word.time_ms;
	}
	settle(&team);
	assert_true(node_wants_new_file(node));
	meet(&team, both_heard_of_waiting);
	node = team.devices[0].node;
	assert_true(node_erasure_word(team.devices[1].node, &patient, &first, &word));
	assert_int_equal(word.need_mib, 321);
	assert_false(node_erasure_confirmed(team.devices[1].node, &patient, &first, &time_ms));
	team.devices[0].env.wall_ms = long_ago;
	device_new_file(&team.devices[0], &team.loop);
	settle(&team);
	node = team.devices[0].node;
	assert_true(node_erasure_confirmed(node, &patient, &first, &time_ms));
	assert_true(time_ms > word.time_ms);
	assert_false(node_file_waits_for(node, &word));
	for (int i = 1; i < PAIR_DEVICES; i++)
		device_new_file(&team.devices[i], &team.loop);
	meet(&team, both_confirmed);
	pair_close(&team);
}

/* The stored run that holds `seq` of its own feed in `clinical`. */
static void damage_run(struct device *device, uint64_t seq)
{
	uint32_t feed;
	check_ok(node_own_feed(device->node, COMPARTMENT_CLINICAL, &feed));
	device_damage_run(device, feed, seq);
}

static void count_fault(void *context, const struct scrub_fault *fault)
{
	assert_int_equal(fault->table, STORE_LOG);
	++*(uint32_t *)context;
}

/* A run that does not open, of this patient or of another: erasing goes on, the others' documents stay, and a check names the row. */
static void a_damaged_row_keeps_nothing_from_being_erased(void **state)
{
	(void)state;
	struct pair team;
	struct node_check *check;
	uint32_t faults = 0;
	uint64_t time_ms;
	open_team(&team);
	struct device *device = &team.devices[0];
	device_restart(device, &team.loop);
	damage_run(device, 2); /* that one is about the patient */
	device_restart(device, &team.loop);
	const struct device_id first = node_device(device->node);
	erase(&team, 0);
	assert_true(node_wants_new_file(device->node));
	device_new_file(device, &team.loop);
	settle(&team);
	assert_true(node_erasure_confirmed(device->node, &patient, &first, &time_ms));
	assert_int_equal(rows_with_canaries(device), 0);
	assert_int_equal(values_of(device, &patient, NAME), 0);
	assert_int_equal(values_of(device, &other_patient, NAME), 1);
	assert_int_equal(values_of(device, &other_patient, PHONE), 1);
	device_restart(device, &team.loop);
	settle(&team);
	assert_int_equal(values_of(device, &patient, NAME), 0);
	assert_int_equal(values_of(device, &other_patient, NAME), 1);
	assert_false(node_wants_new_file(device->node));
	check_ok(node_check_new(device->store, device->vault, &device->env, count_fault, &faults, &check));
	while (node_check_step(check) == 1)
		;
	node_check_free(check);
	assert_true(faults > 0);
	pair_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nothing_is_left_on_either_device),
	        cmocka_unit_test(nobody_writes_there_again),
	        cmocka_unit_test(who_was_away_erases_before_sending),
	        cmocka_unit_test(what_is_sent_all_the_same_is_not_stored),
	        cmocka_unit_test(a_crash_at_any_commit),
	        cmocka_unit_test(a_copy_put_back_is_erased_again),
	        cmocka_unit_test(a_locum_does_not_erase),
	        cmocka_unit_test(a_word_is_its_devices_own),
	        cmocka_unit_test(drafts_go_with_their_dossier),
	        cmocka_unit_test(no_row_of_state_is_left_behind),
	        cmocka_unit_test(what_it_waits_for_is_told),
	        cmocka_unit_test(a_damaged_row_keeps_nothing_from_being_erased),
	};
	return cmocka_run_group_tests_name("node erase", tests, NULL, NULL);
}
