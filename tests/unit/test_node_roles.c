/*
 * What those who are not nurses hold, and what becomes of what a patched program of theirs writes: whole devices over sockets on loopback.
 * Everything that a device holds is looked through with all keys that it has, and compared with the keys of a nurse's device.
 * Long because the roles are told by one team in one set-up.
 */
#include "tests/lib/check.h"

#include <sodium.h>
#include <string.h>

#include "crdt/base/err.h"
#include "node/node_bundle.h"
#include "node/node_state.h"
#include "node/pairing.h"
#include "node/record.h"
#include "node/team/relay.h"
#include "tests/lib/team.h"

enum { NURSE, OTHER, DOSSIER = TEAM_DOSSIER, SECTION = TEAM_SECTION, NAME = TEAM_NAME };

static const struct record_id private_patient = {{7, 7, 7}}, case_id = {{5, 5, 5}};

/* All that the other one may hold is there. */
static bool is_level(void *context)
{
	struct team *team = context;
	struct log *log = node_log(team->devices[NURSE].node);
	struct device_id other = node_device(team->devices[OTHER].node);
	const struct team_view *view = node_view(team->devices[NURSE].node);
	for (uint32_t i = 0; i < log_feed_count(log); i++) {
		const struct log_feed *feed = log_feed(log, i);
		uint32_t number;
		bool holds = feed->compartment == COMPARTMENT_MEMBERSHIP ||
		        team_view_level(view, &other, (uint8_t)feed->compartment) >= TEAM_LEVEL_RELAY;
		bool is_there = log_feed_number(node_log(team->devices[OTHER].node), &feed->id, &number) &&
		        log_feed(node_log(team->devices[OTHER].node), number)->committed_seq ==
		                feed->committed_seq;
		if (feed->committed_seq && holds != is_there)
			return false;
	}
	return team_saved(team);
}

/* A nurse with two dossiers, an epoch before and after the other one came, a case for nobody here; and that other one, whose role it is. */
static void open_with(struct team *team, uint8_t role)
{
	team_open(team, 2);
	team_found(team);
	struct device *nurse = &team->devices[NURSE];
	device_save(nurse, DOSSIER, &team_patient, SECTION, NAME, "Martin");
	device_save(nurse, DOSSIER, &private_patient, SECTION, NAME, "Bernard");
	device_save(nurse, SCHEMA_DOC_CASE, &case_id, SCHEMA_CASE, 5, "F");
	for (unsigned i = COMPARTMENT_TEAM; i <= COMPARTMENT_LAST; i++)
		check_ok(node_rotate(nurse->node, (enum compartment)i));
	device_save(nurse, DOSSIER, &private_patient, SECTION, NAME, "Petit");
	devices_run(&team->loop, team_saved, team);
	if (role == TEAM_ROLE_RELAY)
		team_admit_relay(team, NURSE, OTHER);
	else
		check_ok(team_join(team, NURSE, OTHER, role));
	device_save(nurse, DOSSIER, &private_patient, SECTION, NAME, "Leroy");
	devices_run(&team->loop, is_level, team);
}

/* ---- Everything that a device holds ----------------------------------------------------------------------------- */

struct held {
	struct buf rows; /* of its database, opened with its key, one behind the other */
	struct buf opened; /* what the boxes among them hold that it can open: 32 bytes each */
};

static void add_row(
        struct held *held, struct device *device, enum store_table table, struct span key, struct span value)
{
	struct buf row = {0};
	if (vault_unseal(device->vault, table, key, value, &row))
		buf_add_span(&row, value); /* stands there as it is */
	for (size_t i = 0;
	        (table == STORE_KEY || table == STORE_LOG) && i + sizeof(struct box_key) <= row.size; i++) {
		struct box_key box;
		uint8_t secret[SECRET_BYTES];
		memcpy(box.bytes, row.data + i, sizeof(box.bytes));
		if (box_open(secret, &box, node_seal_public(device->node), node_seal_secret(device->node)) ==
		        0)
			buf_add(&held->opened, secret, sizeof(secret));
	}
	buf_add_span(&held->rows, buf_span(&row));
	buf_close(&row);
}

static void look_through(struct device *device, struct held *held)
{
	struct store_txn *txn;
	*held = (struct held){0};
	check_ok(store_begin(device->store, false, &txn));
	for (int table = STORE_META; table <= STORE_LOCAL; table++) {
		struct span key, value;
		struct buf from = {0};
		wire_put_u8(&from, 0);
		while (store_seek(txn, (enum store_table)table, STORE_FIRST_FROM, buf_span(&from), &key,
		               &value) == 0) {
			add_row(held, device, (enum store_table)table, key, value);
			buf_clear(&from);
			buf_add_span(&from, key);
			wire_put_u8(&from, 0);
		}
		buf_close(&from);
	}
	store_abort(txn);
	assert_true(held->rows.size > 1000);
}

static void close_held(struct held *held)
{
	buf_wipe(&held->rows);
	buf_wipe(&held->opened);
}

static bool holds(const struct held *held, const uint8_t secret[SECRET_BYTES])
{
	return memmem(held->rows.data, held->rows.size, secret, SECRET_BYTES) ||
	        (held->opened.size && memmem(held->opened.data, held->opened.size, secret, SECRET_BYTES));
}

/* Masks of the items of key packets come off with the packet keys among what was opened. */
static bool has_secret(struct device *device, const struct held *held, const struct record_id *dossier,
        const struct dossier_secret *secret)
{
	const struct dossier_secret *own;
	for (size_t i = 0; (own = key_table_secret(device->node->keys, dossier, i)); i++)
		if (dossier_secret_eq(own, secret))
			return true;
	return holds(held, secret->bytes);
}

static bool has_past(struct team *team, const struct record_id *dossier)
{
	const struct key_past *past = key_table_past(team->devices[OTHER].node->keys);
	struct epoch_id epoch;
	enum compartment compartment;
	const struct epoch_key *key;
	struct record_id whose;
	for (size_t i = 0; epochs_at(team->devices[NURSE].node->epochs, i, &epoch, &compartment, &key); i++)
		for (size_t j = 0; key_past_find(past, key_past_version(&epoch), j, &whose); j++)
			if (record_id_eq(&whose, dossier))
				return true;
	return false;
}

/* Epochs of the compartment that the other one holds, of those that the nurse has. */
static unsigned epochs_held(struct team *team, const struct held *held, enum compartment compartment)
{
	struct epoch_id epoch;
	enum compartment of;
	const struct epoch_key *key;
	unsigned count = 0;
	for (size_t i = 0; epochs_at(team->devices[NURSE].node->epochs, i, &epoch, &of, &key); i++)
		count += of == compartment && holds(held, key->bytes);
	return count;
}

static unsigned epochs_of(struct device *device, enum compartment compartment)
{
	struct epoch_id epoch;
	enum compartment of;
	const struct epoch_key *key;
	unsigned count = 0;
	for (size_t i = 0; epochs_at(device->node->epochs, i, &epoch, &of, &key); i++)
		count += of == compartment;
	return count;
}

/* Keys that the role gives are found, so the search would find those that it does not. */
static void check_keys(struct team *team, uint8_t role)
{
	struct device *nurse = &team->devices[NURSE], *other = &team->devices[OTHER];
	struct held held;
	const bool reads = team_role_level(role, COMPARTMENT_CLINICAL) >= TEAM_LEVEL_READ;
	const bool has_all = reads && role != TEAM_ROLE_LOCUM;
	look_through(other, &held);
	for (uint8_t i = COMPARTMENT_TEAM; i <= COMPARTMENT_LAST; i++) {
		unsigned count = epochs_held(team, &held, (enum compartment)i),
		         all = epochs_of(nurse, (enum compartment)i);
		assert_true(all >= 2);
		if (team_role_level(role, i) < TEAM_LEVEL_READ)
			assert_int_equal(count, 0);
		else
			assert_int_equal(count, role == TEAM_ROLE_LOCUM ? 1 : all);
	}
	const struct dossier_secret *private = key_table_secret(nurse->node->keys, &private_patient, 0);
	assert_non_null(private);
	assert_int_equal(has_secret(other, &held, &private_patient, private), has_all);
	assert_false(has_past(team, &private_patient));
	assert_int_equal(has_secret(other, &held, &case_id, key_table_secret(nurse->node->keys, &case_id, 0)),
	        has_all);
	close_held(&held);
}

static void nobody_holds_more_than_her_role(void **state)
{
	static const uint8_t roles[] = {
	        TEAM_ROLE_LOCUM, TEAM_ROLE_READER, TEAM_ROLE_FACILITATOR, TEAM_ROLE_RELAY};
	(void)state;
	for (unsigned i = 0; i < sizeof(roles); i++) {
		struct team team;
		open_with(&team, roles[i]);
		check_keys(&team, roles[i]);
		check_ok(node_checkpoint(team.devices[OTHER].node, true));
		devices_run(&team.loop, team_saved, &team);
		device_restart(&team.devices[OTHER], &team.loop);
		check_keys(&team, roles[i]);
		/* Nothing can be read either: a document is there only for those who read dossiers. */
		struct crdt_doc *doc;
		int result = node_doc(team.devices[OTHER].node, DOSSIER, &private_patient, &doc);
		assert_int_equal(result, roles[i] == TEAM_ROLE_READER ? 0 : ERR_NOTFOUND);
		team_close(&team);
	}
}

/* The one chosen dossier with its past, and not the other: neither its secret nor its past. */
static bool has_chosen(void *context)
{
	struct team *team = context;
	struct crdt_doc *doc;
	return team_saved(team) && node_doc(team->devices[OTHER].node, DOSSIER, &team_patient, &doc) == 0;
}

static void a_locum_holds_the_chosen_dossier_alone(void **state)
{
	struct team team;
	(void)state;
	open_with(&team, TEAM_ROLE_LOCUM);
	struct device *nurse = &team.devices[NURSE], *other = &team.devices[OTHER];
	struct device_id device = node_device(other->node);
	const struct person_id person = team_view_device(node_view(nurse->node), &device)->person;
	check_ok(node_share(nurse->node, &person, &team_patient, true));
	devices_run(&team.loop, has_chosen, &team);
	for (int i = 0; i < 2; i++) {
		team_check_name(other, 1, "Martin");
		assert_true(has_past(&team, &team_patient));
		check_keys(&team, TEAM_ROLE_LOCUM);
		check_ok(node_checkpoint(other->node, true));
		devices_run(&team.loop, team_saved, &team);
		device_restart(other, &team.loop);
	}
	/* Nobody but a nurse shares: a locum's device that says so all the same is refused by all. */
	check_code(node_share(other->node, &person, &private_patient, true), ERR_DENIED);
	team_close(&team);
}

static bool third_reads_name(void *context)
{
	struct team *team = context;
	char text[64];
	return device_values(&team->devices[2], DOSSIER, &team_patient, SECTION, NAME, text, sizeof(text)) ==
	        1;
}

/* No epoch that a locum holds carries the key of one before her time; nurses who come after her are given it all the same. */
static void a_nurse_who_comes_after_a_locum_reads_what_was_before(void **state)
{
	enum { SECOND = 2 };
	struct team team;
	(void)state;
	team_open(&team, 3);
	team_found(&team);
	device_save(&team.devices[NURSE], DOSSIER, &team_patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, team_saved, &team);
	check_ok(team_join(&team, NURSE, OTHER, TEAM_ROLE_LOCUM));
	devices_run(&team.loop, is_level, &team);
	device_save(&team.devices[NURSE], DOSSIER, &private_patient, SECTION, NAME, "Bernard");
	devices_run(&team.loop, team_saved, &team);
	check_ok(team_join(&team, NURSE, SECOND, TEAM_ROLE_NURSE));
	devices_run(&team.loop, third_reads_name, &team);
	team_close(&team);
}

static bool third_recognizes(void *context)
{
	struct team *team = context;
	uint8_t here[32], there[32];
	bool same = team_equal(team) && node_discovery_secret(team->devices[0].node, here) &&
	        node_discovery_secret(team->devices[2].node, there) && memcmp(here, there, sizeof(here)) == 0;
	mem_wipe(here, sizeof(here));
	mem_wipe(there, sizeof(there));
	return same;
}

/* Let in by one nurse while the other renewed all keys: at the meeting she is given the secret of beacons, which is an entry in the log, and then the others. */
static void whoever_came_meanwhile_is_given_all_keys(void **state)
{
	enum { FIRST, HOST, THIRD };
	struct team team;
	(void)state;
	team_open_two_apart(&team, 3);
	check_ok(node_renew_keys(team.devices[FIRST].node, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	check_ok(team_join(&team, HOST, THIRD, TEAM_ROLE_NURSE));
	team_meet(&team, FIRST, HOST);
	devices_run(&team.loop, third_recognizes, &team);
	team_close(&team);
}

static bool colleague_knows(void *context)
{
	struct team *team = context;
	struct device_id locum = node_device(team->devices[OTHER].node);
	struct node *node = team->devices[2].node;
	const struct team_device *device = team_view_device(node_view(node), &locum);
	return has_chosen(team) && device && node_shared(node, &device->person, &team_patient);
}

/* A locum whose rights have begun; no device is connected. */
static void open_with_dated_locum(struct team *team)
{
	enum { SECOND = 2 };
	struct team_invitation invitation;
	int result = 1;
	team_open(team, 3);
	team_found(team);
	device_save(&team->devices[NURSE], DOSSIER, &team_patient, SECTION, NAME, "Martin");
	devices_run(&team->loop, team_saved, team);
	check_ok(team_join(team, NURSE, SECOND, TEAM_ROLE_NURSE));
	check_ok(node_invite(team->devices[NURSE].node, TEAM_ROLE_LOCUM, 0,
	        team->devices[NURSE].seeded.now_ms - 1000, 0, &invitation, NULL, NULL));
	devices_run(&team->loop, team_saved, team);
	check_ok(pairing_start(team->devices[OTHER].peers, &team->devices[NURSE].address, &invitation,
	        span_text("Guest"), team_joined, &result));
	devices_run(&team->loop, team_has_result, &result);
	check_ok(result);
	team_invitation_wipe(&invitation);
	devices_run(&team->loop, is_level, team);
	for (int i = 0; i < 3; i++)
		device_restart(&team->devices[i], &team->loop);
}

static bool locum_and_second_meet(void *context)
{
	struct team *team = context;
	struct peer_status status;
	return team_saved(team) && peers_status(team->devices[2].peers, 0, &status) && status.level;
}

/* By her clock the locum's rights have not begun: she writes that a dossier is shared, and gives no key. A colleague who is connected to the locum, and
 * stays so, gives it when she hears of that. */
static void what_a_colleague_shares_is_given_without_a_new_meeting(void **state)
{
	enum { SECOND = 2 };
	struct team team;
	(void)state;
	open_with_dated_locum(&team);
	struct node *nurse = team.devices[NURSE].node;
	const struct device_id locum = node_device(team.devices[OTHER].node);
	team_meet(&team, SECOND, OTHER);
	devices_run(&team.loop, locum_and_second_meet, &team);
	team.devices[NURSE].seeded.now_ms -= 10000;
	const struct person_id person = team_view_device(node_view(nurse), &locum)->person;
	check_ok(node_share(nurse, &person, &team_patient, true));
	devices_run(&team.loop, team_saved, &team);
	team_meet(&team, NURSE, SECOND);
	devices_run(&team.loop, has_chosen, &team);
	team_close(&team);
}

static bool nurse_and_locum_meet(void *context)
{
	struct team *team = context;
	struct peer_status status;
	return team_saved(team) && peers_status(team->devices[NURSE].peers, 0, &status) && status.level;
}

/* Her rights begin between the start of a meeting and the first tick of it. */
static void rights_that_begin_as_a_meeting_starts_are_noticed(void **state)
{
	struct team team;
	(void)state;
	open_with_dated_locum(&team);
	struct device *nurse = &team.devices[NURSE];
	const struct device_id locum = node_device(team.devices[OTHER].node);
	const struct person_id person = team_view_device(node_view(nurse->node), &locum)->person;
	nurse->seeded.now_ms -= 10000;
	check_ok(node_share(nurse->node, &person, &team_patient, true));
	devices_run(&team.loop, team_saved, &team);
	uv_timer_stop(&nurse->timer);
	team_meet(&team, NURSE, OTHER);
	devices_run(&team.loop, nurse_and_locum_meet, &team);
	for (int turns = 0; turns < 200;
	        turns++) /* it is looked what the locum lacks, and she is given nothing yet */
		uv_run(&team.loop, UV_RUN_NOWAIT);
	nurse->seeded.now_ms += 10000;
	uv_timer_again(&nurse->timer);
	devices_run(&team.loop, has_chosen, &team);
	team_close(&team);
}

/* A colleague has the secret that ended a sharing, by the key rows, and not yet the record that says so: she does not hand it on. */
static void what_ends_a_sharing_is_not_handed_on(void **state)
{
	enum { SECOND = 2 };
	struct team team;
	(void)state;
	team_open(&team, 3);
	team_found(&team);
	device_save(&team.devices[NURSE], DOSSIER, &team_patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, team_saved, &team);
	check_ok(team_join(&team, NURSE, SECOND, TEAM_ROLE_NURSE));
	check_ok(team_join(&team, NURSE, OTHER, TEAM_ROLE_LOCUM));
	const struct device_id locum = node_device(team.devices[OTHER].node);
	struct node *nurse = team.devices[NURSE].node;
	const struct person_id person = team_view_device(node_view(nurse), &locum)->person;
	check_ok(node_share(nurse, &person, &team_patient, true));
	devices_run(&team.loop, colleague_knows, &team);
	for (int i = 0; i < 3; i++)
		device_restart(&team.devices[i], &team.loop);
	nurse = team.devices[NURSE].node;
	struct node *colleague = team.devices[SECOND].node;
	check_ok(node_share(nurse, &person, &team_patient, false));
	devices_run(&team.loop, team_saved, &team);
	for (uint32_t i = 0; i < node_state_count(nurse, NODE_STATE_ALL); i++)
		assert_true(node_state_put(colleague, node_state_row(nurse, NODE_STATE_ALL, i)) >= 0);
	assert_non_null(key_table_secret(colleague->keys, &team_patient, 1));
	assert_true(node_shared(colleague, &person, &team_patient));
	check_ok(node_share_keys(colleague, &locum));
	assert_true(key_table_given(colleague->keys, &locum, &team_patient, 2) > 0);
	assert_int_equal(key_table_given(colleague->keys, &locum, &team_patient, 3), 0);
	devices_run(&team.loop, team_saved, &team);
	team_close(&team);
}

/* The file that brings to colleagues what a nurse's device alone has carries the secrets of its dossiers: not for a locum, who takes in the rest. */
static void a_file_for_colleagues_gives_a_locum_no_dossier(void **state)
{
	enum { SECOND = 2 };
	struct team team;
	struct buf file = {0};
	struct node_taken taken;
	uint64_t count;
	(void)state;
	team_open(&team, 3);
	team_found(&team);
	check_ok(team_join(&team, NURSE, SECOND, TEAM_ROLE_NURSE));
	check_ok(team_join(&team, NURSE, OTHER, TEAM_ROLE_LOCUM));
	device_restart(&team.devices[NURSE], &team.loop);
	device_save(&team.devices[NURSE], DOSSIER, &private_patient, SECTION, NAME, "Bernard");
	devices_run(&team.loop, team_saved, &team);
	check_ok(node_export(team.devices[NURSE].node, NULL, &file, &count));
	assert_true(count > 0);
	check_ok(node_take_in(team.devices[OTHER].node, buf_span(&file), &taken));
	assert_null(key_table_secret(team.devices[OTHER].node->keys, &private_patient, 0));
	check_ok(node_take_in(team.devices[SECOND].node, buf_span(&file), &taken));
	buf_close(&file);
	team_close(&team);
}

/* ---- What they write all the same ------------------------------------------------------------------------------- */

struct written {
	struct team *team;
	uint64_t before;
};

static bool is_refused(void *context)
{
	struct written *written = context;
	return written->team->devices[NURSE].node->refused_count > written->before;
}

/* A patched program signs an entry where its role gives it no right to. */
static void write_anyway(struct team *team, enum compartment compartment)
{
	struct device *nurse = &team->devices[NURSE], *other = &team->devices[OTHER];
	struct written written = {team, nurse->node->refused_count};
	struct entry_header header = {.kind = ENTRY_CHANGE, .dossier = {{5}}};
	struct entry_hash hash;
	uint32_t feed, number;
	check_ok(team_epoch_to_write(nurse->node->members, (uint8_t)compartment, &header.epoch));
	check_ok(node_own_feed(other->node, compartment, &feed));
	check_ok(node_cite_membership(other->node, &header.membership));
	check_ok(node_append(other->node, feed, &header,
	        span_text("sixty-four bytes of something that looks like a sealed body ..."), &hash));
	devices_run(&team->loop, is_refused, &written);
	assert_int_equal(nurse->node->last_reason, TEAM_REASON_NOT_ALLOWED);
	const struct log_feed *own = log_feed(node_log(other->node), feed);
	if (!log_feed_number(node_log(nurse->node), &own->id, &number))
		return;
	assert_int_equal(log_feed(node_log(nurse->node), number)->seq, 0);
	assert_int_equal(log_feed(node_log(nurse->node), number)->state, LOG_FEED_ENDED);
}

/* Nor are keys taken from it, or orders to erase. */
static void hand_out_anyway(struct team *team, uint8_t role)
{
	struct device *nurse = &team->devices[NURSE], *other = &team->devices[OTHER];
	struct key_signer signer = {
	        other->node->team, node_device(other->node), other->node->identity.secrets->sign};
	struct device_id to = node_device(nurse->node);
	const bool may_issue = team_role_level(role, COMPARTMENT_CLINICAL) >= TEAM_LEVEL_WRITE;
	const struct record_id made = {{3, role}};
	const struct seal_public *open = node_sealing_key(team_view_device(node_view(other->node), &to));
	const struct env *env = other->node->config.env;
	check_ok(key_table_create(other->node->keys, env, &made));
	check_ok(key_table_issue(other->node->keys, env, &signer, &to, open, &made, 1));
	check_ok(key_table_erase(other->node->keys, &signer,
	        &(struct key_order){.dossier = team_patient, .reason = KEY_REASON_OTHER, .time_ms = 1}));
	for (size_t i = 0; i < key_table_row_count(other->node->keys); i++) {
		struct buf row = {0};
		wire_put_u8(&row, 1);
		key_table_row(other->node->keys, i, &row);
		assert_true(node_state_put(nurse->node, buf_span(&row)) >= 0);
		buf_close(&row);
	}
	assert_int_equal(key_table_secret(nurse->node->keys, &made, 0) != NULL, may_issue);
	assert_false(key_table_erased(nurse->node->keys, &team_patient));
	team_check_name(nurse, 1, "Martin");
}

/* ---- Cases --------------------------------------------------------------------------------------------------------- */

static void write_case(struct device *device, const struct record_id *id, int64_t until_day)
{
	enum { FACILITATOR = 1, UNTIL = 2 };
	const struct schema_kind *kind = schema_kind(SCHEMA_CASE);
	static const struct person_id somebody = {{4}};
	struct record_edit edit = {.record = {.kind = kind, .id = *id}};
	struct node_change change;
	schema_put(&edit.record, schema_field(kind, FACILITATOR))->bytes = span_of(
	        somebody.bytes, sizeof(somebody.bytes));
	schema_put(&edit.record, schema_field(kind, UNTIL))->number = until_day;
	check_ok(node_change_begin(device->node, SCHEMA_DOC_CASE, id, &change));
	check_ok(record_write(change.doc, &change.builder, &edit, NULL, (struct span){NULL, 0}));
	check_ok(node_change_finish(device->node, &change, NULL, NULL, NULL));
}

/* Whoever writes cases, but does not manage the team, gives one the id of a patient: when its time is over nobody's device erases that patient for
 * her, and before it nobody hands out that secret. */
static void a_case_with_a_patients_id_ends_no_dossier(void **state)
{
	static const struct record_id good_case = {{6, 6}}, of_newcomer = {{6, 7}};
	struct team team;
	struct node_case about;
	(void)state;
	team_open(&team, 3);
	team_found(&team);
	struct device *nurse = &team.devices[NURSE], *other = &team.devices[OTHER];
	device_save(nurse, DOSSIER, &team_patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, team_saved, &team);
	check_ok(team_join(&team, NURSE, OTHER, TEAM_ROLE_NURSE));
	check_ok(
	        team_join(&team, NURSE, 2, TEAM_ROLE_NURSE)); /* of three, she waits for a second signature */
	devices_run(&team.loop, team_equal, &team);
	write_case(other, &team_patient, 100);
	write_case(other, &good_case, 100);
	write_case(&team.devices[2], &of_newcomer, 100);
	devices_run(&team.loop, team_equal, &team);
	check_ok(node_end_cases(nurse->node));
	assert_true(node_is_erased(nurse->node, &good_case));
	assert_false(node_is_erased(nurse->node, &team_patient));
	team_check_name(nurse, 1, "Martin");
	assert_false(node_case(nurse->node, &team_patient, &about));
	check_code(node_end_case(nurse->node, &team_patient, KEY_REASON_REQUEST), ERR_NOTFOUND);
	/* The patient's own document may still be on its way: so not by itself. */
	assert_false(node_is_erased(nurse->node, &of_newcomer));
	check_ok(node_end_case(nurse->node, &of_newcomer, KEY_REASON_REQUEST));
	assert_true(node_is_erased(nurse->node, &of_newcomer));
	devices_run(&team.loop, team_saved, &team);
	team_close(&team);
}

/* ---- Whose key it is ---------------------------------------------------------------------------------------------- */

static bool nurse_hears_other(void *context)
{
	struct team *team = context;
	struct peer_status status;
	return peers_count(team->devices[NURSE].peers) == 1 &&
	        peers_status(team->devices[NURSE].peers, 0, &status) && status.connected;
}

/* The code of a blind box may hold any key to shake hands with, also a colleague's: she is still who she is, also when the box is removed. */
static void the_key_of_a_colleague_is_hers(void **state)
{
	struct team team;
	struct team_identity box;
	struct team_action admit = {.kind = TEAM_ACTION_RELAY}, remove = {.kind = TEAM_ACTION_REMOVE_DEVICE};
	struct entry_hash hash;
	struct peer_status status;
	char code[TEAM_RELAY_TEXT_BYTES];
	(void)state;
	team_open(&team, 2);
	team_found(&team);
	struct device *nurse = &team.devices[NURSE], *other = &team.devices[OTHER];
	const struct device_id colleague = node_device(other->node);
	team_identity_make(&box, &nurse->env);
	memcpy(box.keys.handshake, node_identity(other->node)->keys.handshake, TEAM_KEY_BYTES);
	team_relay_code(&box, node_team(nurse->node), code);
	check_ok(team_relay_parse(span_text(code), node_team(nurse->node), &admit.as.relay));
	check_ok(node_act(nurse->node, &admit, &hash, NULL, NULL));
	check_ok(team_join(&team, NURSE, OTHER, TEAM_ROLE_NURSE));
	devices_run(&team.loop, team_equal, &team);
	for (int i = 0; i < 2; i++) {
		device_restart(nurse, &team.loop);
		device_restart(other, &team.loop);
		team_meet(&team, OTHER, NURSE);
		devices_run(&team.loop, nurse_hears_other, &team);
		assert_true(peers_status(nurse->peers, 0, &status));
		assert_true(device_id_eq(&status.device, &colleague));
		remove.as.remove_device.device = box.device;
		if (i == 0)
			check_ok(node_act(nurse->node, &remove, &hash, NULL, NULL));
		devices_run(&team.loop, team_equal, &team);
	}
	/* Nor is such a code taken, where the colleague is known. */
	team_identity_wipe(&box);
	team_identity_make(&box, &nurse->env);
	memcpy(box.keys.handshake, node_identity(other->node)->keys.handshake, TEAM_KEY_BYTES);
	team_relay_code(&box, node_team(nurse->node), code);
	check_ok(team_relay_parse(span_text(code), node_team(nurse->node), &admit.as.relay));
	check_code(node_act(nurse->node, &admit, &hash, NULL, NULL), ERR_EXISTS);
	team_identity_wipe(&box);
	team_close(&team);
}

/* A secret of its own making for a dossier, as the row of a patched program of the second device for the first. */
static int give_made_up(struct team *team, const struct record_id *dossier, uint32_t version, uint8_t first)
{
	struct device *nurse = &team->devices[NURSE], *other = &team->devices[OTHER];
	struct key_signer signer = {
	        other->node->team, node_device(other->node), other->node->identity.secrets->sign};
	const struct device_id to = node_device(nurse->node);
	const struct seal_public *open = node_sealing_key(team_view_device(node_view(other->node), &to));
	const struct key_secret made_up = {*dossier, version, {{first}}};
	struct key_packet packet;
	struct buf row = {0};
	check_ok(key_packet_make(
	        &packet, other->node->config.env, &signer, &to, open, 1000 + version, &made_up, 1));
	wire_put_u8(&row, 1);
	key_packet_encode(&packet, &row);
	int result = node_state_put(nurse->node, buf_span(&row));
	key_packet_close(&packet);
	buf_close(&row);
	return result;
}

/* A locum holds the epoch. With a secret of her making that nurses write under, she would read a dossier that nobody chose for her. */
static void nobody_writes_under_a_secret_that_a_locum_made_up(void **state)
{
	static const uint32_t versions[] = {1, 2, 3, KEY_VERSION_PAST - 1};
	struct team team;
	(void)state;
	open_with(&team, TEAM_ROLE_LOCUM);
	struct device *nurse = &team.devices[NURSE];
	const struct dossier_secret real = *key_table_secret(nurse->node->keys, &private_patient, 0);
	for (unsigned i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		assert_true(give_made_up(&team, &private_patient, versions[i], 0) >= 0);
	for (int i = 0; i < 2; i++) {
		assert_true(
		        dossier_secret_eq(key_table_secret(nurse->node->keys, &private_patient, 0), &real));
		assert_null(key_table_secret(nurse->node->keys, &private_patient, 1));
		device_save(nurse, DOSSIER, &private_patient, SECTION, NAME, "Caron");
		devices_run(&team.loop, team_saved, &team);
		device_restart(nurse, &team.loop);
	}
	/* A patient whom a locum met first is hers to tell of; what a nurse makes later stands before it. */
	const struct record_id new_patient = {{8, 8}};
	assert_true(give_made_up(&team, &new_patient, 1, 4) >= 0);
	assert_int_equal(key_table_secret(nurse->node->keys, &new_patient, 0)->bytes[0], 4);
	check_ok(key_table_create(nurse->node->keys, nurse->node->config.env, &new_patient));
	assert_true(give_made_up(&team, &new_patient, 9, 5) >= 0);
	assert_int_equal(key_table_secret(nurse->node->keys, &new_patient, 1)->bytes[0], 4);
	assert_null(key_table_secret(nurse->node->keys, &new_patient, 2));
	team_close(&team);
}

static void what_a_role_may_not_write_is_refused(void **state)
{
	static const uint8_t roles[] = {
	        TEAM_ROLE_LOCUM, TEAM_ROLE_READER, TEAM_ROLE_FACILITATOR, TEAM_ROLE_RELAY};
	(void)state;
	for (unsigned i = 0; i < sizeof(roles); i++) {
		struct team team;
		unsigned tried = 0;
		open_with(&team, roles[i]);
		for (uint8_t c = COMPARTMENT_TEAM; c <= COMPARTMENT_LAST; c++) {
			if (team_role_level(roles[i], c) >= TEAM_LEVEL_WRITE)
				continue;
			write_anyway(&team, (enum compartment)c);
			tried++;
		}
		assert_true(tried >= 3);
		hand_out_anyway(&team, roles[i]);
		team_close(&team);
	}
}

/* Items of a dossier that packets still hold, sealed to whomever. */
static uint32_t items_held(struct device *device, const struct record_id *dossier)
{
	uint32_t held = 0;
	for (size_t i = 0; i < key_table_row_count(device->node->keys); i++) {
		struct buf row = {0};
		struct key_packet packet;
		key_table_row(device->node->keys, i, &row);
		if (key_packet_decode(&packet, buf_span(&row), &device->node->team) == 0) {
			for (uint32_t j = 0; j < packet.item_count; j++)
				held += packet.items[j].held &&
				        record_id_eq(&packet.items[j].dossier, dossier);
			key_packet_close(&packet);
		}
		buf_close(&row);
	}
	return held;
}

static bool nurse_has_erased(void *context)
{
	struct team *team = context;
	return team_saved(team) && !node_erasing(team->devices[NURSE].node);
}

static bool relay_has_stripped(void *context)
{
	struct team *team = context;
	for (int i = 0; i < 2; i++)
		if (!node_is_erased(team->devices[i].node, &team_patient) ||
		        node_erasing(team->devices[i].node))
			return false;
	return team_saved(team);
}

/* It holds bodies that it cannot tell apart; but nothing any more that could open them, in packets for whomever, nor in its file's old pages. */
static void a_relay_carries_no_key_of_what_was_erased(void **state)
{
	(void)state;
	struct team team;
	const struct team_device *third;
	team_open(&team, 3);
	team_found(&team);
	struct device *nurse = &team.devices[NURSE], *relay = &team.devices[OTHER];
	device_save(nurse, DOSSIER, &team_patient, SECTION, NAME, "Martin");
	device_save(nurse, DOSSIER, &private_patient, SECTION, NAME, "Bernard");
	devices_run(&team.loop, team_saved, &team);
	check_ok(team_join(&team, NURSE, 2, TEAM_ROLE_NURSE)); /* packets for her pass the relay */
	team_admit_relay(&team, NURSE, OTHER);
	devices_run(&team.loop, is_level, &team);
	while (items_held(relay, &team_patient) == 0)
		uv_run(&team.loop, UV_RUN_ONCE);
	struct device_id id = node_device(team.devices[2].node);
	third = team_view_device(node_view(relay->node), &id);
	assert_non_null(third);
	check_ok(node_erase(nurse->node, &team_patient, KEY_REASON_REQUEST, NULL, NULL));
	devices_run(&team.loop, nurse_has_erased, &team);
	for (uint32_t i = 0; i < node_state_count(nurse->node, NODE_STATE_ALL); i++)
		assert_true(node_state_put(relay->node, node_state_row(nurse->node, NODE_STATE_ALL, i)) >= 0);
	devices_run(&team.loop, relay_has_stripped, &team);
	assert_int_equal(items_held(relay, &team_patient), 0);
	assert_true(items_held(relay, &private_patient) > 0);
	assert_true(node_wants_new_file(relay->node));
	device_restart(relay, &team.loop);
	assert_int_equal(items_held(relay, &team_patient), 0);
	assert_true(items_held(relay, &private_patient) > 0);
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nobody_holds_more_than_her_role),
	        cmocka_unit_test(a_locum_holds_the_chosen_dossier_alone),
	        cmocka_unit_test(a_nurse_who_comes_after_a_locum_reads_what_was_before),
	        cmocka_unit_test(whoever_came_meanwhile_is_given_all_keys),
	        cmocka_unit_test(what_a_colleague_shares_is_given_without_a_new_meeting),
	        cmocka_unit_test(rights_that_begin_as_a_meeting_starts_are_noticed),
	        cmocka_unit_test(what_ends_a_sharing_is_not_handed_on),
	        cmocka_unit_test(a_file_for_colleagues_gives_a_locum_no_dossier),
	        cmocka_unit_test(a_case_with_a_patients_id_ends_no_dossier),
	        cmocka_unit_test(the_key_of_a_colleague_is_hers),
	        cmocka_unit_test(nobody_writes_under_a_secret_that_a_locum_made_up),
	        cmocka_unit_test(what_a_role_may_not_write_is_refused),
	        cmocka_unit_test(a_relay_carries_no_key_of_what_was_erased),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("node-roles", tests, NULL, NULL);
}
