/*
 * What a thief makes of a removed device: he holds every secret that it ever had, and every byte that the others write and send each other later. And
 * keys that somebody hands out who may not, or to others than the members: nobody writes under them. Long because one thief tries all of it.
 */
#include "tests/lib/check.h"

#include <sodium.h>
#include <stdio.h>

#include "crdt/base/limits.h"
#include "crdt/doc_write.h"
#include "crdt/mpack.h"
#include "net/beacon.h"
#include "node/node_state.h"
#include "store/fork.h"
#include "tests/lib/carry.h"

static const struct record_id new_patient = {{4, 5, 6}};
static const char MARK[] = "Kerfourn-Marque";

/* ---- The thief -------------------------------------------------------------------------------------------------- */

/* All that he tries on what he sees. */
struct thief {
	struct device *stolen;
	struct epochs *epochs;
	struct dossier_secret secrets[64];
	uint32_t secret_count;
	struct body_codec codec;
};

static void learn_secret(struct thief *thief, const struct dossier_secret *secret)
{
	for (uint32_t i = 0; i < thief->secret_count; i++)
		if (dossier_secret_eq(&thief->secrets[i], secret))
			return;
	assert_true(thief->secret_count < sizeof(thief->secrets) / sizeof(*thief->secrets));
	thief->secrets[thief->secret_count++] = *secret;
}

static struct epoch_about about_of(
        struct device *at, const struct epoch_id *id, const struct team_epoch **out)
{
	struct epoch_about about = {.id = *id};
	struct entry_hash hash;
	memcpy(hash.bytes, id->bytes, sizeof(hash.bytes));
	*out = &team_membership_action(at->node->members, &hash, NULL)->as.epoch;
	memcpy(about.commitment.bytes, (*out)->commitment, sizeof(about.commitment.bytes));
	about.compartment = (enum compartment)(*out)->compartment;
	return about;
}

static bool try_box(struct thief *thief, const struct epoch_about *about, const uint8_t *bytes)
{
	struct box_key box;
	memcpy(box.bytes, bytes, sizeof(box.bytes));
	return epochs_open_box(thief->epochs, about, &box, node_seal_public(thief->stolen->node),
	               node_seal_secret(thief->stolen->node)) == 0;
}

/* Every box of every membership entry, whoever it is for, as the key of this epoch; then the parents of whatever he holds. */
static bool try_epoch(struct thief *thief, struct device *at, const struct epoch_id *id)
{
	struct team_dag *dag = team_membership_dag(at->node->members);
	const struct team_epoch *epoch, *unused;
	const struct epoch_about about = about_of(at, id, &epoch);
	bool more = false;
	for (uint32_t i = 0; i < dag->count; i++) {
		const struct team_action *action = &dag->nodes[i]->action;
		const struct team_key_boxes *boxes = action->kind == TEAM_ACTION_EPOCH
		        ? &action->as.epoch.recipients
		        : action->kind == TEAM_ACTION_DISCOVERY || action->kind == TEAM_ACTION_BEACON
		        ? &action->as.secret.recipients
		        : NULL;
		for (uint32_t j = 0; boxes && j < boxes->count; j++)
			more |= try_box(thief, &about, boxes->boxes[j].box);
		if (action->kind == TEAM_ACTION_GRANT)
			more |= try_box(thief, &about, action->as.grant.box.box);
	}
	for (uint32_t i = 0; i < epoch->parent_count; i++) {
		struct epoch_parent parent = {.id = epoch->parents[i].epoch};
		const struct epoch_about of_parent = about_of(at, &parent.id, &unused);
		memcpy(parent.sealed, epoch->parents[i].box, sizeof(parent.sealed));
		if (epoch->parents[i].has_key)
			more |= epochs_open_parent(thief->epochs, id, &parent, &of_parent) == 0;
	}
	return more;
}

/* Every key packet, whoever it is for. */
static void try_packets(struct thief *thief, struct device *at)
{
	for (uint32_t i = 0; i < node_state_count(at->node, NODE_STATE_ALL); i++) {
		struct span row = node_state_row(at->node, NODE_STATE_ALL, i);
		struct key_packet packet;
		struct packet_key key;
		if (row.data[0] != 1 ||
		        key_packet_decode(&packet, span_sub(row, 1, SIZE_MAX), &at->node->team))
			continue;
		if (key_packet_open(&key, &packet, node_seal_public(thief->stolen->node),
		            node_seal_secret(thief->stolen->node)) == 0)
			for (uint32_t j = 0; j < packet.item_count; j++) {
				struct dossier_secret secret;
				key_packet_secret(&secret, &packet, &key, j);
				learn_secret(thief, &secret);
			}
		key_packet_close(&packet);
	}
}

/* What the device held itself. */
static void take_over(struct thief *thief, struct device *stolen)
{
	struct epoch_id id;
	enum compartment compartment;
	const struct epoch_key *key;
	struct record_id dossier;
	const struct key_own *own = key_table_own(stolen->node->keys);
	*thief = (struct thief){.stolen = stolen, .epochs = epochs_new()};
	body_codec_init(&thief->codec);
	for (size_t i = 0; epochs_at(stolen->node->epochs, i, &id, &compartment, &key); i++) {
		struct epoch_about about = {.id = id, .compartment = compartment};
		epoch_commit(&about.commitment, key, compartment);
		check_ok(epochs_adopt(thief->epochs, &about, key));
	}
	for (bool more = key_own_next(own, NULL, &dossier); more;
	        more = key_own_next(own, &dossier, &dossier))
		for (size_t i = 0; key_table_secret(stolen->node->keys, &dossier, i); i++)
			learn_secret(thief, key_table_secret(stolen->node->keys, &dossier, i));
}

static void thief_close(struct thief *thief)
{
	epochs_free(thief->epochs);
	body_codec_close(&thief->codec);
}

/* All that can be got out of what a colleague's device holds and sends. */
static void study(struct thief *thief, struct device *at)
{
	const struct team_view *view = node_view(at->node);
	bool more = true;
	try_packets(thief, at);
	while (more) {
		more = false;
		for (uint32_t i = 0; i < view->epoch_count; i++)
			more |= try_epoch(thief, at, &view->epochs[i].id);
	}
}

/* Every key with every secret and without. */
static bool opens(struct thief *thief, const struct entry_header *header, struct span body)
{
	const struct body_place place = {header->feed, header->seq, (enum compartment)header->compartment};
	struct epoch_id id;
	enum compartment compartment;
	const struct epoch_key *epoch;
	struct span raw;
	for (size_t i = 0; epochs_at(thief->epochs, i, &id, &compartment, &epoch); i++)
		for (uint32_t j = 0; j <= thief->secret_count; j++) {
			struct body_key key;
			body_key_derive(&key, epoch, place.compartment,
			        j < thief->secret_count ? &thief->secrets[j] : NULL);
			if (body_open(&thief->codec, &key, &place, body, &raw) == 0)
				return true;
		}
	return false;
}

struct tally {
	uint32_t before, before_open, after, after_open;
};

/* Every sealed entry at a device: of how many could he read the body? `ends` is how far each feed had come at the removal. */
static struct tally read_log(struct thief *thief, struct device *at, const uint64_t *ends, uint32_t end_count)
{
	struct tally tally = {0};
	struct log *log = node_log(at->node);
	struct log_reader reader = {0};
	struct store_txn *txn;
	const struct run_entry *entry;
	check_ok(node_begin_read(at->node, &txn));
	for (uint32_t feed = 0; feed < log_feed_count(log); feed++) {
		if (log_feed(log, feed)->compartment == COMPARTMENT_MEMBERSHIP)
			continue;
		for (uint64_t seq = 1; seq <= log_feed(log, feed)->committed_seq; seq++) {
			bool is_after = feed >= end_count || seq > ends[feed];
			check_ok(log_read_entry(log, txn, &reader, feed, seq, &entry));
			bool open = opens(thief, &entry->header, entry->body);
			*(is_after ? &tally.after : &tally.before) += 1;
			*(is_after ? &tally.after_open : &tally.before_open) += open;
		}
	}
	log_reader_close(&reader);
	store_abort(txn);
	return tally;
}

static void check_absent(const struct buf *bytes, const void *secret, size_t size)
{
	assert_null(memmem(bytes->data, bytes->size, secret, size));
}

/* Everything that a device has on its disk, one row after another. */
static void disk_of(struct device *device, struct buf *out)
{
	struct store_txn *txn;
	check_ok(store_begin(device->store, false, &txn));
	for (int table = 0; table < STORE_TABLE_COUNT; table++) {
		uint8_t from[LIMIT_STORE_KEY_BYTES + 1] = {0};
		size_t size = 1;
		struct span key, value;
		while (store_seek(txn, (enum store_table)table, STORE_FIRST_FROM, span_of(from, size), &key,
		               &value) == 0) {
			buf_add_span(out, key);
			buf_add_span(out, value);
			memcpy(from, key.data, key.size);
			from[key.size] = 0;
			size = key.size + 1;
		}
	}
	store_abort(txn);
}

/* No secret of the team's, and none of the new patient's name, stands on a disk, or in what is sent, as it is. */
static void check_sealed(struct device *device, const struct device *knows)
{
	struct buf bytes = {0};
	struct epoch_id id;
	enum compartment compartment;
	const struct epoch_key *key;
	disk_of(device, &bytes);
	for (uint32_t i = 0; i < node_state_count(device->node, NODE_STATE_ALL); i++)
		buf_add_span(&bytes, node_state_row(device->node, NODE_STATE_ALL, i));
	struct log_reader reader = {0};
	struct store_txn *txn;
	check_ok(node_begin_read(device->node, &txn));
	for (uint32_t feed = 0; feed < log_feed_count(node_log(device->node)); feed++)
		for (uint64_t seq = 1; seq <= log_feed(node_log(device->node), feed)->committed_seq;) {
			check_ok(log_read_run(node_log(device->node), txn, &reader, feed, seq));
			buf_add_span(&bytes, reader.bytes);
			seq = run_last(&reader.run)->header.seq + 1;
		}
	log_reader_close(&reader);
	store_abort(txn);
	assert_true(bytes.size > 10000);
	check_absent(&bytes, MARK, strlen(MARK));
	for (size_t i = 0; epochs_at(knows->node->epochs, i, &id, &compartment, &key); i++)
		check_absent(&bytes, key->bytes, sizeof(key->bytes));
	check_absent(&bytes, key_table_secret(knows->node->keys, &new_patient, 0)->bytes, SECRET_BYTES);
	buf_close(&bytes);
}

/* The thief's device, its seal key included, has all that is sent after the removal. He reads nothing of it; a colleague's keys read all, so that the
 * trial would have found it. */
static void a_thief_reads_nothing_of_what_comes_after(void **state)
{
	(void)state;
	struct team team;
	struct thief thief, colleague;
	uint64_t ends[LIMIT_TEAM_DEVICES_ACTIVE * 6] = {0};
	uint8_t old_secret[32], new_secret[32];
	carry_open_team(&team);
	struct device *anna = &team.devices[ANNA], *zoe = &team.devices[ZOE];
	struct device_id lost = carry_device(&team, LEA);
	assert_true(node_discovery_secret(team.devices[LEA].node, old_secret));
	check_ok(node_remove_device(anna->node, &lost, 2, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	const uint32_t end_count = log_feed_count(node_log(anna->node));
	for (uint32_t i = 0; i < end_count; i++)
		ends[i] = log_feed(node_log(anna->node), i)->seq;
	/* The old patient, a new one, time, a countersignature's compartment, another rotation, and what a colleague writes back. */
	device_save(anna, TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, MARK);
	device_save(anna, TEAM_DOSSIER, &new_patient, TEAM_SECTION, TEAM_NAME, MARK);
	struct person_id person = carry_person(&team, ANNA);
	check_ok(node_name_person(anna->node, &person, span_text(MARK)));
	carry_all(&team, anna, zoe);
	check_ok(node_renew_keys(zoe->node, NULL, NULL));
	device_save(zoe, TEAM_DOSSIER, &new_patient, TEAM_SECTION, TEAM_NAME, MARK);
	devices_run(&team.loop, team_saved, &team);
	struct device_id other = carry_device(&team, ANNA);
	check_ok(node_share_keys(zoe->node, &other));
	carry_all(&team, zoe, anna);
	team_check_name(anna, 1, MARK);
	assert_true(node_discovery_secret(anna->node, new_secret));
	assert_memory_not_equal(old_secret, new_secret, sizeof(old_secret));
	take_over(&thief, &team.devices[LEA]);
	study(&thief, anna);
	study(&thief, zoe);
	struct tally tally = read_log(&thief, anna, ends, end_count);
	assert_true(tally.before > 0 && tally.after >= 4);
	assert_int_equal(
	        tally.before_open, tally.before); /* what it held stays readable to whoever unlocks it */
	assert_int_equal(tally.after_open, 0);
	take_over(&colleague, zoe);
	study(&colleague, anna);
	tally = read_log(&colleague, anna, ends, end_count);
	assert_int_equal(tally.after_open, tally.after);
	check_sealed(anna, zoe);
	check_sealed(zoe, anna);
	thief_close(&thief);
	thief_close(&colleague);
	team_close(&team);
}

/* Nor does he recognize the team on a network: its beacons are made under a secret that no box of his gives him. */
static void a_thief_recognizes_no_beacon(void **state)
{
	(void)state;
	struct team team;
	struct net_beacon_found found;
	const struct net_address address = net_address_v4(192, 168, 1, 20, 4567);
	const uint8_t nonce[NET_BEACON_NONCE_BYTES] = {5}, none[NET_BEACON_KEY_BYTES] = {9};
	uint8_t old_secret[32], new_secret[32], opened[32], beacon[NET_BEACON_BYTES];
	carry_open_team(&team);
	struct device *anna = &team.devices[ANNA], *zoe = &team.devices[ZOE], *lea = &team.devices[LEA];
	struct device_id lost = carry_device(&team, LEA);
	assert_true(node_discovery_secret(lea->node, old_secret));
	check_ok(node_remove_device(anna->node, &lost, 2, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	carry_all(&team, anna, zoe);
	carry_all(&team, anna, lea);
	assert_true(node_discovery_secret(anna->node, new_secret));
	net_beacon_make(beacon, &address, nonce, new_secret, none);
	assert_true(node_discovery_secret(zoe->node, opened));
	check_ok(net_beacon_recognize(
	        span_of(beacon, sizeof(beacon)), &address, opened, NULL, 0, &found)); /* a colleague does */
	check_code(
	        net_beacon_recognize(span_of(beacon, sizeof(beacon)), &address, old_secret, NULL, 0, &found),
	        ERR_NOTFOUND);
	assert_false(node_discovery_secret(lea->node, opened));
	struct team_dag *dag = team_membership_dag(anna->node->members);
	for (uint32_t i = 0; i < dag->count; i++) {
		const struct team_action *action = &dag->nodes[i]->action;
		for (uint32_t j = 0;
		        action->kind == TEAM_ACTION_DISCOVERY && j < action->as.secret.recipients.count;
		        j++) {
			struct box_key box;
			memcpy(box.bytes, action->as.secret.recipients.boxes[j].box, sizeof(box.bytes));
			if (box_open(opened, &box, node_seal_public(lea->node),
			            node_seal_secret(lea->node)) == 0)
				assert_memory_not_equal(opened, new_secret, sizeof(new_secret));
		}
	}
	team_close(&team);
}

/* After two removals apart, neither side's keys are used once both are known: each has a recipient that the other removed. */
static void nobody_writes_under_keys_of_somebody_removed(void **state)
{
	(void)state;
	struct team team;
	struct epoch_id first, second, now;
	carry_open_team(&team);
	struct device *anna = &team.devices[ANNA], *zoe = &team.devices[ZOE];
	/* A fourth and a fifth device would be needed for two removals that leave two apart: here Léa is removed by Anna while Zoé renews. */
	struct device_id lost = carry_device(&team, LEA);
	check_ok(node_remove_device(anna->node, &lost, 1, NULL, NULL));
	check_ok(node_renew_keys(zoe->node, NULL, NULL));
	check_ok(node_renew_keys(zoe->node, NULL, NULL)); /* deeper than Anna's */
	devices_run(&team.loop, team_saved, &team);
	check_ok(team_epoch_to_write(anna->node->members, COMPARTMENT_CLINICAL, &first));
	check_ok(team_epoch_to_write(zoe->node->members, COMPARTMENT_CLINICAL, &second));
	carry_all(&team, anna, zoe);
	check_ok(team_epoch_to_write(zoe->node->members, COMPARTMENT_CLINICAL, &now));
	assert_true(epoch_id_eq(&now, &first)); /* not the deeper one, which Léa holds */
	carry_all(&team, zoe, anna);
	check_ok(team_epoch_to_write(anna->node->members, COMPARTMENT_CLINICAL, &now));
	assert_true(epoch_id_eq(&now, &first));
	/* The discovery secret of Zoé is the later one, and Léa knows it: it is renewed by whoever is reminded, once. */
	uint32_t before = team_membership_count(zoe->node->members);
	check_ok(node_renew_old_keys(zoe->node, 0));
	devices_run(&team.loop, team_saved, &team);
	assert_true(team_membership_count(zoe->node->members) > before);
	before = team_membership_count(zoe->node->members);
	check_ok(node_renew_old_keys(zoe->node, 0));
	assert_int_equal(team_membership_count(zoe->node->members), before);
	team_close(&team);
}

static void act(struct team *team, int who, const struct team_action *action)
{
	struct entry_hash hash;
	check_ok(node_act(team->devices[who].node, action, &hash, NULL, NULL));
	devices_run(&team->loop, team_saved, team);
}

/* Who holds a later key comes by it to the earlier ones: nobody falls back on those. */
static void a_key_that_a_later_one_gives_away_is_not_used_again(void **state)
{
	(void)state;
	struct team team;
	struct epoch_id epoch;
	carry_open_team(&team);
	struct device *anna = &team.devices[ANNA], *zoe = &team.devices[ZOE];
	struct device_id lost = carry_device(&team, LEA);
	check_ok(node_remove_device(anna->node, &lost, 1, NULL, NULL)); /* a key without Léa */
	devices_run(&team.loop, team_saved, &team);
	carry_all(&team, anna, zoe);
	const struct entry_hash removal = node_view(zoe->node)->removals[0].hash;
	act(&team, ZOE, &(struct team_action){.kind = TEAM_ACTION_UNDO, .as.hashes = {1, &removal}});
	check_ok(
	        node_rotate(zoe->node, COMPARTMENT_CLINICAL)); /* one with her, that carries the one before */
	devices_run(&team.loop, team_saved, &team);
	check_ok(team_epoch_to_write(zoe->node->members, COMPARTMENT_CLINICAL, &epoch));
	act(&team, ZOE,
	        &(struct team_action){.kind = TEAM_ACTION_REMOVE_DEVICE, .as.remove_device.device = lost});
	check_code(team_epoch_to_write(zoe->node->members, COMPARTMENT_CLINICAL, &epoch), ERR_NOTFOUND);
	team_close(&team);
}

static int try_save(struct device *device)
{
	struct node_change change;
	struct buf value = {0};
	struct crdt_path path = {0};
	int result = node_change_begin(device->node, TEAM_DOSSIER, &team_patient, &change);
	if (result)
		return result;
	crdt_path_field(&path, TEAM_SECTION);
	crdt_path_field(&path, TEAM_NAME);
	mpack_put_str(&value, span_text(MARK));
	check_ok(crdt_doc_set(
	        change.doc, &change.builder, crdt_path_span(&path), buf_span(&value), span_text("test")));
	result = node_change_finish(device->node, &change, NULL, NULL, NULL);
	buf_close(&value);
	return result;
}

/* A locum cannot give the team new keys: she waits for them rather than write what a thief reads. */
static void who_cannot_renew_keys_waits_for_them(void **state)
{
	(void)state;
	struct team team;
	carry_open_team(&team);
	struct device *anna = &team.devices[ANNA], *zoe = &team.devices[ZOE];
	struct person_id person = carry_person(&team, ZOE);
	struct device_id lost = carry_device(&team, LEA);
	check_ok(node_change_role(zoe->node, &person, TEAM_ROLE_LOCUM, 0, 0, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	check_ok(try_save(zoe));
	carry_all(&team, zoe, anna);
	act(&team, ANNA,
	        &(struct team_action){.kind = TEAM_ACTION_REMOVE_DEVICE, .as.remove_device.device = lost});
	carry(&team, anna, zoe, anna, COMPARTMENT_MEMBERSHIP);
	const struct log_feed *feed = log_feed(
	        node_log(zoe->node), zoe->node->own_feed[COMPARTMENT_CLINICAL]);
	const uint64_t before = feed->seq;
	check_code(try_save(zoe), ERR_LOCKED);
	assert_int_equal(feed->seq, before);
	check_ok(node_renew_old_keys(anna->node, 0));
	carry_all(&team, anna, zoe);
	check_ok(try_save(zoe));
	assert_int_equal(feed->seq, before + 1);
	team_close(&team);
}

static uint64_t ahead_ms; /* of the loop's clock */

static uint64_t later(void *context)
{
	(void)context;
	return UINT64_C(1800000000000) + ahead_ms;
}

static uint32_t epochs_of(struct device *device)
{
	return node_view(device->node)->epoch_count;
}

/* Keys that are a month old are renewed by the first device that notices; who hears of that has nothing to do, and nothing is written while nothing is due. */
static void old_keys_are_renewed_once(void **state)
{
	(void)state;
	enum { COMPARTMENTS = COMPARTMENT_LAST - 1 };
	const uint64_t day_ms = UINT64_C(24) * 3600 * 1000, age_ms = 30 * day_ms;
	struct team team;
	ahead_ms = 0;
	carry_open_team(&team);
	for (int i = 0; i < 3; i++)
		team.devices[i].env.wall_ms = later;
	struct device *anna = &team.devices[ANNA], *lea = &team.devices[LEA], *zoe = &team.devices[ZOE];
	check_ok(node_renew_keys(anna->node, NULL, NULL)); /* by the clock from here on */
	devices_run(&team.loop, team_saved, &team);
	carry_all(&team, anna, zoe);
	carry_all(&team, anna, lea);
	const uint32_t before = epochs_of(anna);
	ahead_ms = 29 * day_ms;
	check_ok(node_renew_old_keys(anna->node, age_ms));
	assert_int_equal(epochs_of(anna), before);
	ahead_ms = 34 * day_ms; /* each waits a day longer than the one before: all notice */
	check_ok(node_renew_old_keys(anna->node, 0)); /* never */
	assert_int_equal(epochs_of(anna), before);
	check_ok(node_renew_old_keys(anna->node, age_ms));
	assert_int_equal(epochs_of(anna), before + COMPARTMENTS);
	devices_run(&team.loop, team_saved, &team);
	carry_all(&team, anna, zoe);
	check_ok(node_renew_old_keys(zoe->node, age_ms));
	assert_int_equal(epochs_of(zoe), before + COMPARTMENTS);
	/* Who announced to leave, and whose day has come, holds the old keys and gets none of the new ones. */
	carry_all(&team, anna, lea);
	check_ok(node_leave(lea->node, later(NULL) + day_ms, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	carry_all(&team, lea, anna);
	check_ok(node_renew_old_keys(anna->node, age_ms));
	assert_int_equal(epochs_of(anna), before + COMPARTMENTS);
	ahead_ms += 2 * day_ms;
	check_ok(node_renew_old_keys(anna->node, age_ms));
	assert_int_equal(epochs_of(anna), before + 2 * COMPARTMENTS);
	devices_run(&team.loop, team_saved, &team);
	struct epoch_id epoch;
	struct entry_hash hash;
	struct device_id left = carry_device(&team, LEA);
	check_ok(team_epoch_to_write(anna->node->members, COMPARTMENT_CLINICAL, &epoch));
	memcpy(hash.bytes, epoch.bytes, sizeof(hash.bytes));
	for (struct team_holder at = {0}; team_holder_next(anna->node->members, &hash, &at);)
		assert_false(device_id_eq(&at.device, &left));
	check_ok(node_renew_old_keys(anna->node, age_ms));
	assert_int_equal(epochs_of(anna), before + 2 * COMPARTMENTS);
	team_close(&team);
}

/* Two devices that are apart renew the keys; who comes to read later gets both. */
static void who_comes_later_gets_the_keys_of_both_sides(void **state)
{
	(void)state;
	struct team team;
	carry_open_team(&team);
	struct device *anna = &team.devices[ANNA], *lea = &team.devices[LEA], *zoe = &team.devices[ZOE];
	struct person_id person = carry_person(&team, LEA);
	struct device_id id = carry_device(&team, LEA);
	check_ok(node_change_role(lea->node, &person, TEAM_ROLE_FACILITATOR, 0, 0, NULL, NULL));
	carry_all(&team, lea, anna);
	carry_all(&team, lea, zoe);
	check_ok(node_renew_old_keys(anna->node, 0)); /* she reads no dossiers any more */
	check_ok(node_renew_old_keys(zoe->node, 0));
	devices_run(&team.loop, team_saved, &team);
	carry_all(&team, zoe, anna);
	check_ok(node_change_role(anna->node, &person, TEAM_ROLE_READER, 0, 0, NULL, NULL));
	check_ok(node_share_keys(anna->node, &id));
	devices_run(&team.loop, team_saved, &team);
	carry_all(&team, anna, lea);
	const struct team_view *view = node_view(lea->node);
	uint32_t count = 0;
	for (uint32_t i = 0; i < view->epoch_count; i++) {
		if (view->epochs[i].compartment != COMPARTMENT_CLINICAL)
			continue;
		count++;
		assert_non_null(epochs_find(lea->node->epochs, &view->epochs[i].id));
	}
	assert_int_equal(count, 3);
	team_close(&team);
}

/* ---- Keys handed out by whoever may not ------------------------------------------------------------------------- */

/* A distribution that a patched program of `who` writes, to these devices. */
static struct entry_hash forge_epoch(struct team *team, int who, const struct device_id *recipients,
        uint32_t count, enum compartment compartment)
{
	struct device *device = &team->devices[who];
	struct team_key_box boxes[8] = {0};
	struct epoch_draft draft;
	struct team_action action = {.kind = TEAM_ACTION_EPOCH, .as.epoch.compartment = (uint8_t)compartment};
	struct entry_header header = {.kind = ENTRY_MEMBERSHIP};
	struct entry_hash hash;
	struct buf body = {0};
	struct epoch_id parents[LIMIT_EPOCH_PARENTS];
	struct team_parent list[LIMIT_EPOCH_PARENTS] = {0};
	uint32_t feed;
	epoch_draft_make(&draft, &device->env, compartment);
	memcpy(action.as.epoch.commitment, draft.commitment.bytes, sizeof(draft.commitment.bytes));
	for (uint32_t i = 0; i < count; i++) {
		const struct team_device *to = team_view_device(node_view(device->node), &recipients[i]);
		struct box_key box;
		check_ok(epoch_draft_box(&box, &draft, &device->env, node_sealing_key(to)));
		boxes[i].device = recipients[i];
		memcpy(boxes[i].box, box.bytes, sizeof(box.bytes));
	}
	action.as.epoch.recipients = (struct team_key_boxes){count, boxes};
	action.as.epoch.parent_count = team_epoch_parents(
	        device->node->members, (uint8_t)compartment, parents);
	for (uint32_t i = 0; i < action.as.epoch.parent_count; i++)
		list[i].epoch = parents[i];
	action.as.epoch.parents = list;
	check_ok(node_own_feed(device->node, COMPARTMENT_MEMBERSHIP, &feed));
	check_ok(node_cite_membership(device->node, &header.membership));
	team_action_encode(&action, &body);
	check_ok(node_append(device->node, feed, &header, buf_span(&body), &hash));
	check_ok(node_add_membership(device->node, &header, &hash, buf_span(&body), false));
	node_progress(device->node, feed)->applied = header.seq;
	buf_close(&body);
	devices_run(&team->loop, team_saved, team);
	return hash;
}

static int device_cmp(const void *a, const void *b)
{
	return device_id_cmp(a, b);
}

static uint32_t recipients_of(struct team *team, struct device_id out[4])
{
	uint32_t count = team_view_recipients(
	        node_view(team->devices[ANNA].node), COMPARTMENT_CLINICAL, out, 4);
	qsort(out, count, sizeof(*out), device_cmp);
	return count;
}

/* It is without power everywhere, and nobody seals under it: its author included, once she hears of herself. */
static void check_powerless(struct team *team, int who, const struct entry_hash *hash)
{
	struct device *anna = &team->devices[ANNA];
	struct epoch_id epoch, forged;
	enum team_reason reason;
	memcpy(forged.bytes, hash->bytes, sizeof(forged.bytes));
	carry_all(team, &team->devices[who], anna);
	assert_true(team_membership_knows(anna->node->members, hash));
	team_membership_action(anna->node->members, hash, &reason);
	assert_int_not_equal(reason, TEAM_REASON_NONE);
	assert_null(team_view_epoch(node_view(anna->node), &forged));
	assert_null(epochs_find(anna->node->epochs, &forged));
	check_ok(team_epoch_to_write(anna->node->members, COMPARTMENT_CLINICAL, &epoch));
	assert_false(epoch_id_eq(&epoch, &forged));
	device_save(anna, TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, MARK);
	devices_run(&team->loop, team_saved, team);
	struct node_entry entry;
	uint32_t feed = anna->node->own_feed[COMPARTMENT_CLINICAL];
	check_ok(node_read(anna->node, feed, log_feed(node_log(anna->node), feed)->seq, &entry));
	assert_false(epoch_id_eq(&entry.header.epoch, &forged));
}

static void keys_for_others_than_the_members_are_without_power(void **state)
{
	(void)state;
	enum { ONE_LESS, A_REMOVED_ONE, CASES };
	for (int i = 0; i < CASES; i++) {
		struct team team;
		struct device_id recipients[4];
		carry_open_team(&team);
		uint32_t count = recipients_of(&team, recipients);
		assert_int_equal(count, 3);
		if (i == A_REMOVED_ONE) { /* a manager goes on sealing to whoever was removed */
			struct device_id lost = carry_device(&team, LEA);
			check_ok(node_remove_device(team.devices[ANNA].node, &lost, 1, NULL, NULL));
			devices_run(&team.loop, team_saved, &team);
			carry_all(&team, &team.devices[ANNA], &team.devices[ZOE]);
		}
		struct entry_hash hash = forge_epoch(
		        &team, ZOE, recipients, i == ONE_LESS ? 2 : 3, COMPARTMENT_CLINICAL);
		check_powerless(&team, ZOE, &hash);
		team_close(&team);
	}
}

/* Who does not manage hands out a key of her own making: quiet takeovers began so. */
static void keys_by_whoever_does_not_manage_are_without_power(void **state)
{
	(void)state;
	struct team team;
	struct device_id recipients[4];
	struct person_id person;
	carry_open_team(&team);
	person = carry_person(&team, LEA);
	check_ok(node_change_role(team.devices[LEA].node, &person, TEAM_ROLE_READER, 0, 0, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	carry_all(&team, &team.devices[LEA], &team.devices[ANNA]);
	assert_int_equal(recipients_of(&team, recipients), 3);
	struct entry_hash hash = forge_epoch(&team, LEA, recipients, 3, COMPARTMENT_CLINICAL);
	check_powerless(&team, LEA, &hash);
	team_close(&team);
}

/* Who makes up more feeds than a cut has room for is removed all the same; what is left out is in quarantine, so that it is the shortest ones. */
static void nobody_has_too_many_feeds_to_be_removed(void **state)
{
	enum { PLACES = 3 * LIMIT_CUT_FEEDS };
	struct team_cut_place *places = mem_zero(PLACES, sizeof(*places));
	struct rng rng = rng_new(3);
	uint64_t longest = 0, least = UINT64_MAX;
	(void)state;
	for (uint32_t i = 0; i < PLACES; i++) {
		rng_bytes(&rng, places[i].feed.bytes, sizeof(places[i].feed.bytes));
		places[i].seq = 1 + rng_below(&rng, 2);
		if (i % 100 == 0)
			places[i].seq = 1000 + i;
		longest += places[i].seq >= 1000;
	}
	assert_int_equal(node_cut_fit(places, PLACES), LIMIT_CUT_FEEDS);
	for (uint32_t i = 0; i < LIMIT_CUT_FEEDS; i++) {
		longest -= places[i].seq >= 1000;
		least = places[i].seq < least ? places[i].seq : least;
		assert_true(i == 0 || feed_id_cmp(&places[i - 1].feed, &places[i].feed) < 0);
	}
	assert_int_equal(longest, 0);
	assert_int_equal(least, 2);
	assert_int_equal(node_cut_fit(places, 7), 7);
	mem_free(places);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_thief_reads_nothing_of_what_comes_after),
	        cmocka_unit_test(a_thief_recognizes_no_beacon),
	        cmocka_unit_test(nobody_writes_under_keys_of_somebody_removed),
	        cmocka_unit_test(a_key_that_a_later_one_gives_away_is_not_used_again),
	        cmocka_unit_test(who_cannot_renew_keys_waits_for_them),
	        cmocka_unit_test(nobody_has_too_many_feeds_to_be_removed),
	        cmocka_unit_test(old_keys_are_renewed_once),
	        cmocka_unit_test(who_comes_later_gets_the_keys_of_both_sides),
	        cmocka_unit_test(keys_for_others_than_the_members_are_without_power),
	        cmocka_unit_test(keys_by_whoever_does_not_manage_are_without_power),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("node-thief", tests, NULL, NULL);
}
