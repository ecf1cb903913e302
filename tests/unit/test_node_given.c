/*
 * Who is given keys and files, and who is not: after a choice between two newcomers, and when a colleague's rights are over.
 */
#include "tests/lib/check.h"

#include <sodium.h>

#include "crdt/base/limits.h"
#include "node/node_bundle.h"
#include "tests/lib/carry.h"
#include "tests/lib/patched.h"

static bool has_epoch(struct device *at, const struct device_id *device, enum compartment compartment)
{
	struct epoch_id epoch;
	uint8_t unused[TEAM_KEY_BOX_BYTES];
	check_ok(team_epoch_to_write(at->node->members, (uint8_t)compartment, &epoch));
	return team_epoch_box(at->node->members, &epoch, device, 0, unused);
}

static uint32_t newest(struct device *at)
{
	uint32_t version = 0;
	assert_non_null(key_own_find(key_table_own(at->node->keys), &team_patient, 0, &version));
	return version;
}

static bool has_dossier(struct device *at, const struct device_id *device)
{
	return key_table_given(at->node->keys, device, &team_patient, newest(at)) > 0;
}

/* One code, redeemed at two sides: neither newcomer is given anything; the one who is chosen is given everything with the choice, the other nothing. */
static void the_chosen_one_is_given_keys(void **state)
{
	(void)state;
	struct team team;
	struct team_invitation invitation;
	struct patched_guest guests[2];
	carry_open_team(&team);
	struct device *anna = &team.devices[ANNA], *lea = &team.devices[LEA];
	check_ok(node_invite(anna->node, TEAM_ROLE_NURSE, 0, 0, 0, &invitation, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	carry_all(&team, anna, lea);
	patched_admit(anna, &invitation, 1, &guests[0]);
	patched_admit(lea, &invitation, 2, &guests[1]);
	carry_all(&team, lea, anna);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(team_view_device(node_view(anna->node), &guests[i].device)->state,
		        TEAM_DEVICE_PENDING);
		assert_false(has_epoch(anna, &guests[i].device, COMPARTMENT_CLINICAL));
		assert_false(has_dossier(anna, &guests[i].device));
	}
	check_ok(node_choose(anna->node, &guests[1].device, NULL, NULL, NULL));
	for (int i = 0; i < 2; i++) {
		for (unsigned c = COMPARTMENT_TEAM; c <= COMPARTMENT_LAST; c++)
			assert_int_equal(has_epoch(anna, &guests[i].device, (enum compartment)c), i);
		assert_int_equal(has_dossier(anna, &guests[i].device), i);
	}
	team_invitation_wipe(&invitation);
	team_close(&team);
}

/* A file for colleagues is sealed to those whose rights stand, and holds secrets for them alone. */
static void a_file_is_not_for_who_has_left(void **state)
{
	(void)state;
	struct team team;
	struct buf file = {0};
	struct node_taken taken;
	uint64_t entries;
	carry_open_team(&team);
	struct device *anna = &team.devices[ANNA], *lea = &team.devices[LEA], *zoe = &team.devices[ZOE];
	for (int is_over = 0; is_over < 2; is_over++) {
		const uint64_t now_ms = env_wall_ms(&lea->env);
		check_ok(node_leave(zoe->node, is_over ? now_ms - 1 : now_ms + 1000000, NULL, NULL));
		devices_run(&team.loop, team_saved, &team);
		carry_all(&team, zoe, lea);
		buf_clear(&file);
		check_ok(node_export(lea->node, NULL, &file, &entries));
		check_code(node_take_in(zoe->node, buf_span(&file), &taken), is_over ? ERR_DENIED : 0);
		check_ok(node_take_in(anna->node, buf_span(&file), &taken));
		devices_run(&team.loop, team_saved, &team);
	}
	buf_close(&file);
	team_close(&team);
}

/* More dossiers than one packet holds: all are in the file. */
static void a_file_holds_the_secrets_of_all_its_dossiers(void **state)
{
	(void)state;
	enum { DOSSIERS = LIMIT_KEY_PACKET_ITEMS + 100 };
	struct team team;
	struct buf file = {0};
	struct node_taken taken;
	uint64_t entries;
	uint32_t lacking = 0;
	carry_open_team(&team);
	struct device *anna = &team.devices[ANNA], *lea = &team.devices[LEA];
	for (uint32_t i = 0; i < DOSSIERS; i++) {
		struct record_id dossier = {{77}};
		memcpy(dossier.bytes + 1, &i, sizeof(i));
		device_save(lea, TEAM_DOSSIER, &dossier, TEAM_SECTION, TEAM_NAME, "A");
		if (i % 256 == 0)
			devices_run(&team.loop, team_saved, &team);
	}
	devices_run(&team.loop, team_saved, &team);
	check_ok(node_export(lea->node, NULL, &file, &entries));
	check_ok(node_take_in(anna->node, buf_span(&file), &taken));
	devices_run(&team.loop, team_saved, &team);
	for (uint32_t i = 0; i < DOSSIERS; i++) {
		struct record_id dossier = {{77}};
		memcpy(dossier.bytes + 1, &i, sizeof(i));
		lacking += key_table_secret(anna->node->keys, &dossier, 0) == NULL;
	}
	assert_int_equal(lacking, 0);
	assert_int_equal(anna->node->unread.count, 0);
	buf_close(&file);
	team_close(&team);
}

/* Who was a nurse and is a locum now goes on reading the epochs: what is written from then on about patients whom she was not given stands under
 * secrets that she lacks; of a patient whom she is given she reads on. */
static void who_becomes_a_locum_reads_chosen_patients_only(void **state)
{
	(void)state;
	static const struct record_id chosen = {{44}};
	struct team team;
	struct entry_hash proposal;
	struct team_action action = {.kind = TEAM_ACTION_ROLE};
	carry_open_team(&team);
	struct device *anna = &team.devices[ANNA], *lea = &team.devices[LEA], *zoe = &team.devices[ZOE];
	const struct person_id person = carry_person(&team, ZOE);
	const struct device_id hers = carry_device(&team, ZOE);
	device_save(zoe, TEAM_DOSSIER, &chosen, TEAM_SECTION, TEAM_NAME,
	        "Morvan"); /* known by her alone at first */
	devices_run(&team.loop, team_saved, &team);
	carry_all(&team, zoe, anna);
	carry_all(&team, anna, lea);
	action.as.role.person = person;
	action.as.role.role = TEAM_ROLE_LOCUM;
	check_ok(node_act(anna->node, &action, &proposal, NULL, NULL));
	carry_all(&team, anna, lea);
	assert_true(has_dossier(lea, &hers));
	check_ok(node_confirm(lea->node, &proposal, NULL, NULL));
	assert_false(has_dossier(lea, &hers));
	check_ok(node_share(lea->node, &person, &chosen, true));
	devices_run(&team.loop, team_saved, &team);
	device_save(lea, TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, "Le Goff");
	device_save(lea, TEAM_DOSSIER, &chosen, TEAM_SECTION, TEAM_NAME, "Le Gall");
	devices_run(&team.loop, team_saved, &team);
	carry_all(&team, lea, anna);
	carry_all(&team, lea, zoe);
	team_check_name(anna, 1, "Le Goff");
	team_check_name(zoe, 1, "Martin"); /* what she had */
	assert_int_equal(zoe->node->unread.count, 1);
	char text[64];
	assert_int_equal(
	        device_values(zoe, TEAM_DOSSIER, &chosen, TEAM_SECTION, TEAM_NAME, text, sizeof(text)), 1);
	assert_string_equal(text, "Le Gall");
	/* Other dates for who is a locum already take nothing from her: a patient whom she admitted herself stays hers. */
	const size_t secrets = key_table_own(lea->node->keys)->count;
	check_ok(node_change_role(lea->node, &person, TEAM_ROLE_LOCUM, 0, UINT64_C(1) << 45, NULL, NULL));
	assert_int_equal(key_table_own(lea->node->keys)->count, secrets);
	team_close(&team);
}

static void give_epoch(struct device *from, struct device *to, const struct epoch_id *epoch)
{
	const struct epoch_key *key = epochs_find(from->node->epochs, epoch);
	struct epoch_about about = {.id = *epoch, .compartment = COMPARTMENT_CLINICAL};
	assert_non_null(key);
	assert_null(epochs_find(to->node->epochs, epoch));
	epoch_commit(&about.commitment, key, COMPARTMENT_CLINICAL);
	check_ok(epochs_adopt(to->node->epochs, &about, key));
	node_keys_moved(to->node);
}

/* A locum holds keys of two dossiers in an epoch from before her time, and then that epoch's own, under which there is one secret to try for a third
 * dossier: one after two is more than was tried. */
static void an_epochs_key_opens_more_than_keys_of_single_dossiers_did(void **state)
{
	(void)state;
	static const struct record_id dossiers[] = {{{61}}, {{62}}, {{63}}};
	enum { COUNT = sizeof(dossiers) / sizeof(*dossiers) };
	struct team team;
	struct epoch_id early;
	char text[64];
	team_open(&team, 3);
	team_found(&team);
	struct device *anna = &team.devices[ANNA], *zoe = &team.devices[ZOE];
	for (int i = 0; i < COUNT; i++)
		device_save(anna, TEAM_DOSSIER, &dossiers[i], TEAM_SECTION, TEAM_NAME, "Morvan");
	check_ok(team_epoch_to_write(anna->node->members, COMPARTMENT_CLINICAL, &early));
	check_ok(team_join(&team, ANNA, LEA, TEAM_ROLE_NURSE));
	check_ok(team_join(&team, ANNA, ZOE, TEAM_ROLE_LOCUM));
	devices_run(&team.loop, team_equal, &team);
	for (int i = 0; i < team.count; i++)
		device_restart(&team.devices[i], &team.loop);
	const struct person_id person = carry_person(&team, ZOE);
	for (int i = 0; i < COUNT; i++) {
		check_ok(node_share(anna->node, &person, &dossiers[i], true));
		if (i + 1 == COUNT)
			give_epoch(anna, zoe, &early);
		carry_all(&team, anna, zoe);
		assert_int_equal(device_values(zoe, TEAM_DOSSIER, &dossiers[i], TEAM_SECTION, TEAM_NAME, text,
		                         sizeof(text)),
		        1);
	}
	team_close(&team);
}

static bool can_write_under(struct device *locum, struct device *nurse)
{
	const struct dossier_secret *newest = key_table_secret(nurse->node->keys, &team_patient, 0), *hers;
	for (size_t i = 0; (hers = key_table_secret(locum->node->keys, &team_patient, i)); i++)
		if (dossier_secret_eq(hers, newest))
			return true;
	return false;
}

/* Two nurses end it, and one begins it again before she hears of the other: it is ended. What is written from then on, the locum cannot read. */
static void who_was_given_a_dossier_again_in_a_dispute_reads_no_further(void **state)
{
	(void)state;
	struct team team;
	carry_open_with(&team, TEAM_ROLE_LOCUM);
	struct device *anna = &team.devices[ANNA], *lea = &team.devices[LEA], *zoe = &team.devices[ZOE];
	const struct person_id person = carry_person(&team, ZOE);
	const struct device_id hers = carry_device(&team, ZOE);
	check_ok(node_share(anna->node, &person, &team_patient, true));
	carry_all(&team, anna, lea);
	check_ok(node_share(anna->node, &person, &team_patient, false));
	/* Ended, heard of before the secret that was made with the end: nobody makes another. */
	carry(&team, anna, lea, NULL, 0);
	check_ok(node_renew_old_keys(lea->node, 0));
	assert_int_equal(newest(lea) + 1, newest(anna));
	carry_all(&team, anna, lea);
	check_ok(node_share(anna->node, &person, &team_patient, true));
	carry_all(&team, anna, lea);
	check_ok(node_share(anna->node, &person, &team_patient, false));
	check_ok(node_share(lea->node, &person, &team_patient, false));
	check_ok(node_share(lea->node, &person, &team_patient, true));
	carry_all(&team, lea, zoe);
	assert_true(can_write_under(zoe, lea));
	carry_all(&team, lea, anna);
	carry_all(&team, anna, lea);
	assert_false(node_shared(anna->node, &person, &team_patient));
	assert_true(has_dossier(anna, &hers));
	check_ok(node_renew_old_keys(anna->node, 0));
	assert_false(has_dossier(anna, &hers));
	carry_all(&team, anna, lea);
	carry_all(&team, anna, zoe);
	assert_false(can_write_under(zoe, anna));
	const uint32_t version = newest(anna); /* once is enough */
	check_ok(node_renew_old_keys(lea->node, 0));
	check_ok(node_renew_old_keys(anna->node, 0));
	assert_int_equal(newest(anna), version);
	assert_int_equal(newest(lea), version);
	team_close(&team);
}

static bool writes_membership(struct device *device)
{
	for (uint32_t i = 0; i < log_feed_count(node_log(device->node)); i++)
		if (carry_is_of(log_feed(node_log(device->node), i), device, COMPARTMENT_MEMBERSHIP) &&
		        log_feed(node_log(device->node), i)->seq)
			return true;
	return false;
}

/* A newcomer's connection broke: what colleagues wrote at once is there, its own admission is not. Said by somebody whom nobody knows, that it joins
 * their entries would be refused by all, and with it whatever it says later. */
static void a_newcomer_joins_no_entries_before_it_knows_that_it_is_admitted(void **state)
{
	(void)state;
	struct team team;
	struct team_invitation first, second;
	struct patched_guest other;
	team_open_two_apart(&team, 3);
	struct device *anna = &team.devices[ANNA], *lea = &team.devices[LEA], *zoe = &team.devices[ZOE];
	check_ok(node_invite(anna->node, TEAM_ROLE_NURSE, 0, 0, 0, &first, NULL, NULL));
	check_ok(node_invite(lea->node, TEAM_ROLE_NURSE, 0, 0, 0, &second, NULL, NULL));
	check_ok(node_enter_team(zoe->node, node_team(anna->node)));
	carry(&team, anna, zoe, NULL, COMPARTMENT_MEMBERSHIP);
	carry(&team, lea, zoe, NULL, COMPARTMENT_MEMBERSHIP);
	check_code(node_acknowledge(zoe->node), ERR_DENIED);
	devices_run(&team.loop, team_saved, &team);
	assert_false(writes_membership(zoe));
	patched_admit(anna, &first, 1, &other); /* life goes on, and colleagues join both */
	carry_all(&team, lea, anna);
	check_ok(node_acknowledge(anna->node));
	assert_true(writes_membership(anna));
	team_invitation_wipe(&first);
	team_invitation_wipe(&second);
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_chosen_one_is_given_keys),
	        cmocka_unit_test(who_becomes_a_locum_reads_chosen_patients_only),
	        cmocka_unit_test(who_was_given_a_dossier_again_in_a_dispute_reads_no_further),
	        cmocka_unit_test(an_epochs_key_opens_more_than_keys_of_single_dossiers_did),
	        cmocka_unit_test(a_newcomer_joins_no_entries_before_it_knows_that_it_is_admitted),
	        cmocka_unit_test(a_file_is_not_for_who_has_left),
	        cmocka_unit_test(a_file_holds_the_secrets_of_all_its_dossiers),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("node-given", tests, NULL, NULL);
}
