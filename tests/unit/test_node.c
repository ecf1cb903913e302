/*
 * Whole devices over sockets on loopback: they join, write, meet, restart, lose their host.
 */
#include "tests/lib/check.h"

#include <sodium.h>

#include "crdt/base/limits.h"
#include "node/node_state.h"
#include "node/pairing.h"
#include "node/peers_state.h"
#include "tests/lib/team.h"

enum { DOSSIER = TEAM_DOSSIER, SECTION = TEAM_SECTION, NAME = TEAM_NAME };

static void a_team_of_one_saves_and_restarts(void **state)
{
	(void)state;
	struct team team;
	team_open(&team, 1);
	assert_false(node_in_team(team.devices[0].node));
	team_found(&team);
	assert_true(node_may_write(team.devices[0].node, COMPARTMENT_CLINICAL));
	device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, "Martin");
	device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, "Bernard");
	team_check_name(&team.devices[0], 1, "Bernard");
	devices_run(&team.loop, team_saved, &team);
	for (int i = 0; i < 2; i++) {
		device_restart(&team.devices[0], &team.loop);
		assert_true(node_in_team(team.devices[0].node));
		team_check_name(&team.devices[0], 1, "Bernard");
		check_ok(node_checkpoint(team.devices[0].node, true)); /* the second time from a checkpoint */
		devices_run(&team.loop, team_saved, &team);
	}
	team_close(&team);
}

/* A checkpoint by an earlier version of the program, whose documents this one does not read: they come from the log. */
static void documents_of_an_older_version_are_built_anew(void **state)
{
	(void)state;
	struct team team;
	struct buf row = {0};
	struct store_txn *txn;
	const struct span name = span_text("checkpoint");
	team_open(&team, 1);
	team_found(&team);
	device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, "Martin");
	check_ok(node_checkpoint(team.devices[0].node, true));
	devices_run(&team.loop, team_saved, &team);
	check_ok(store_begin(team.devices[0].store, true, &txn));
	check_ok(vault_get(team.devices[0].vault, txn, STORE_META, name, &row));
	row.data[0]--;
	check_ok(vault_put(team.devices[0].vault, txn, STORE_META, name, buf_span(&row)));
	check_ok(store_commit(txn));
	for (int i = 0; i < 2; i++) { /* the second time from a checkpoint of its own */
		device_restart(&team.devices[0], &team.loop);
		team_check_name(&team.devices[0], 1, "Martin");
		check_ok(node_checkpoint(team.devices[0].node, true));
		devices_run(&team.loop, team_saved, &team);
	}
	buf_close(&row);
	team_close(&team);
}

/* What progress says of the bytes to come is the mean of what is stored, also after a restart. */
static void the_mean_entry_is_counted(void **state)
{
	(void)state;
	enum { TEXT_BYTES = 9000, USUAL = 232 };
	struct team team;
	char text[TEXT_BYTES + 1];
	team_open(&team, 1);
	struct node *node = team.devices[0].node;
	assert_int_equal(node_entry_bytes(node), USUAL); /* nothing is known yet */
	team_found(&team);
	for (int i = 0; i < TEXT_BYTES; i++) /* six bits each: two thirds when compressed */
		text[i] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-"[rng_below(
		        &team.devices[0].seeded.rng, 64)];
	text[TEXT_BYTES] = 0;
	device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, team_saved, &team);
	uint64_t small = node_entry_bytes(node);
	assert_in_range(small, 64, USUAL);
	device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, text);
	devices_run(&team.loop, team_saved, &team);
	uint64_t both = node_entry_bytes(node);
	assert_true(both > 2 * small);
	check_ok(node_checkpoint(node, true));
	devices_run(&team.loop, team_saved, &team);
	device_restart(&team.devices[0], &team.loop);
	assert_int_equal(node_entry_bytes(team.devices[0].node), both);
	team_close(&team);
}

static void a_nurse_joins_and_both_write(void **state)
{
	(void)state;
	struct team team;
	team_open(&team, 2);
	team_found(&team);
	device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, team_saved, &team);
	check_ok(team_join(&team, 0, 1, TEAM_ROLE_NURSE));
	devices_run(&team.loop, team_equal, &team);
	team_check_name(&team.devices[1], 1, "Martin");
	device_save(&team.devices[1], DOSSIER, &team_patient, SECTION, NAME, "Morvan");
	devices_run(&team.loop, team_equal, &team);
	team_check_name(&team.devices[0], 1, "Morvan");
	/* Apart: both change the same field, and neither change is lost. */
	for (int i = 0; i < 2; i++)
		device_restart(&team.devices[i], &team.loop);
	device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, "Le Goff");
	device_save(&team.devices[1], DOSSIER, &team_patient, SECTION, NAME, "Le Gall");
	devices_run(&team.loop, team_saved, &team);
	team_meet(&team, 1, 0);
	devices_run(&team.loop, team_equal, &team);
	team_check_name(&team.devices[0], 2, NULL);
	team_check_name(&team.devices[1], 2, NULL);
	/* A choice cites both. */
	device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, "Le Goff");
	devices_run(&team.loop, team_equal, &team);
	team_check_name(&team.devices[1], 1, "Le Goff");
	team_close(&team);
}

static bool facilitator_has_team(void *context)
{
	struct team *team = context;
	struct node *node = team->devices[1].node;
	for (uint32_t i = 0; i < node_doc_count(node); i++) {
		uint32_t kind;
		struct record_id id;
		check_ok(node_doc_at(node, i, &kind, &id));
		if (kind == SCHEMA_DOC_DIRECTORY)
			return node_idle(node);
	}
	return false;
}

static void a_facilitator_reads_little_and_writes_nothing(void **state)
{
	(void)state;
	struct team team;
	struct node_change change;
	struct crdt_doc *doc;
	team_open(&team, 2);
	team_found(&team);
	device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, team_saved, &team);
	check_ok(team_join(&team, 0, 1, TEAM_ROLE_FACILITATOR));
	devices_run(&team.loop, facilitator_has_team, &team);
	check_code(node_doc(team.devices[1].node, DOSSIER, &team_patient, &doc), ERR_NOTFOUND);
	for (uint32_t i = 0; i < log_feed_count(node_log(team.devices[1].node)); i++)
		assert_int_not_equal(
		        log_feed(node_log(team.devices[1].node), i)->compartment, COMPARTMENT_CLINICAL);
	check_code(node_change_begin(team.devices[1].node, DOSSIER, &team_patient, &change), ERR_DENIED);
	team_close(&team);
}

/* A locum reads nothing from before, and writes. */
static void a_locum_joins_and_writes(void **state)
{
	(void)state;
	static const struct record_id other = {{9}};
	struct team team;
	struct crdt_doc *doc;
	team_open(&team, 2);
	team_found(&team);
	device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, team_saved, &team);
	check_ok(team_join(&team, 0, 1, TEAM_ROLE_LOCUM));
	assert_true(node_may_write(team.devices[1].node, COMPARTMENT_CLINICAL));
	check_code(node_doc(team.devices[1].node, DOSSIER, &team_patient, &doc), ERR_NOTFOUND);
	device_save(&team.devices[1], DOSSIER, &other, SECTION, NAME, "Petit");
	devices_run(&team.loop, team_saved, &team);
	check_ok(node_doc(team.devices[1].node, DOSSIER, &other, &doc));
	team_close(&team);
}

/* A colleague's device that hands out secret after secret for the same dossiers keeps nobody from joining and saving. */
static void many_secrets_stop_nobody(void **state)
{
	(void)state;
	enum { DOSSIERS = 1500, SECRETS = 3 };
	static struct record_id dossiers[DOSSIERS];
	struct team team;
	struct crdt_doc *doc;
	team_open(&team, 3);
	team_found(&team);
	check_ok(team_join(&team, 0, 1, TEAM_ROLE_NURSE));
	struct node *flooder = team.devices[1].node, *host = team.devices[0].node;
	struct key_signer signer = {flooder->team, node_device(flooder), flooder->identity.secrets->sign};
	struct device_id to = node_device(host);
	for (uint32_t i = 0; i < DOSSIERS; i++) {
		dossiers[i] = (struct record_id){{(uint8_t)(i >> 8), (uint8_t)i, 1}};
		for (unsigned j = 0; j < SECRETS; j++)
			check_ok(key_table_create(flooder->keys, flooder->config.env, &dossiers[i]));
	}
	for (uint32_t i = 0; i < DOSSIERS; i += DOSSIERS / 3)
		check_ok(key_table_issue(flooder->keys, flooder->config.env, &signer, &to,
		        node_sealing_key(team_view_device(node_view(flooder), &to)), dossiers + i,
		        DOSSIERS / 3));
	for (uint32_t i = 0; i < key_table_row_count(flooder->keys); i++) {
		struct buf row = {0};
		wire_put_u8(&row, 1);
		key_table_row(flooder->keys, i, &row);
		assert_true(node_state_put(host, buf_span(&row)) >= 0);
		buf_close(&row);
	}
	device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, team_saved, &team);
	check_ok(team_join(&team, 0, 2, TEAM_ROLE_NURSE));
	devices_run(&team.loop, team_equal, &team);
	check_ok(node_doc(team.devices[2].node, DOSSIER, &team_patient, &doc));
	team_close(&team);
}

static bool refused(void *context)
{
	return ((struct node *)context)->refused_count > 0;
}

/* A device whose program was patched: it signs a clinical entry although its role gives it none, or names a key that does not exist. */
static void write_anyway(struct device *device, const struct epoch_id *epoch)
{
	struct entry_header header = {.kind = ENTRY_CHANGE, .epoch = *epoch, .dossier = {{5}}};
	struct entry_hash hash;
	uint32_t feed;
	check_ok(node_own_feed(device->node, COMPARTMENT_CLINICAL, &feed));
	check_ok(node_cite_membership(device->node, &header.membership));
	check_ok(node_append(device->node, feed, &header,
	        span_text("sixty-four bytes of something that looks like a sealed body ..."), &hash));
}

static void a_patched_facilitator_is_refused(void **state)
{
	(void)state;
	struct team team;
	struct epoch_id epoch;
	team_open(&team, 2);
	team_found(&team);
	check_ok(team_join(&team, 0, 1, TEAM_ROLE_FACILITATOR));
	devices_run(&team.loop, facilitator_has_team, &team);
	check_ok(team_epoch_to_write(team.devices[0].node->members, COMPARTMENT_CLINICAL, &epoch));
	uint64_t before = team.devices[0].node->refused_count;
	assert_int_equal(before, 0);
	write_anyway(&team.devices[1], &epoch);
	devices_run(&team.loop, refused, team.devices[0].node);
	struct device_id facilitator = node_device(team.devices[1].node);
	for (uint32_t i = 0; i < log_feed_count(node_log(team.devices[0].node)); i++) {
		const struct log_feed *feed = log_feed(node_log(team.devices[0].node), i);
		if (feed->compartment != COMPARTMENT_CLINICAL || !device_id_eq(&feed->device, &facilitator))
			continue;
		assert_int_equal(feed->seq, 0);
		assert_int_equal(feed->state, LOG_FEED_ENDED);
	}
	assert_int_equal(team.devices[0].node->last_reason, TEAM_REASON_NOT_ALLOWED);
	team_close(&team);
}

/* A patched program writes entries whose Lamport clock goes back, so that replicas would apply them in different orders. */
static void a_clock_that_goes_back_is_refused(void **state)
{
	(void)state;
	struct team team;
	uint32_t feed, number;
	team_open(&team, 2);
	team_found(&team);
	device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, "Martin");
	check_ok(team_join(&team, 0, 1, TEAM_ROLE_NURSE));
	devices_run(&team.loop, team_equal, &team);
	device_save(&team.devices[1], DOSSIER, &team_patient, SECTION, NAME, "Morvan");
	devices_run(&team.loop, team_equal, &team);
	assert_int_equal(team.devices[0].node->refused_count, 0);
	check_ok(node_own_feed(team.devices[1].node, COMPARTMENT_CLINICAL, &feed));
	struct log_feed *own = (struct log_feed *)(uintptr_t)log_feed(node_log(team.devices[1].node), feed);
	const uint64_t seq = own->seq;
	own->lamport = team.devices[1].node->clock.lamport = 0;
	device_save(&team.devices[1], DOSSIER, &team_patient, SECTION, NAME, "Le Goff");
	devices_run(&team.loop, refused, team.devices[0].node);
	assert_true(log_feed_number(node_log(team.devices[0].node), &own->id, &number));
	assert_int_equal(log_feed(node_log(team.devices[0].node), number)->seq, seq);
	assert_int_equal(log_feed(node_log(team.devices[0].node), number)->state, LOG_FEED_ENDED);
	team_check_name(&team.devices[0], 1, "Morvan");
	team_close(&team);
}

static void an_invitation_works_once(void **state)
{
	(void)state;
	struct team team;
	struct team_invitation invitation;
	int first = 1, second = 1;
	team_open(&team, 3);
	team_found(&team);
	check_ok(node_invite(team.devices[0].node, TEAM_ROLE_NURSE, 0, 0, 0, &invitation, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	check_ok(pairing_start(team.devices[1].peers, &team.devices[0].address, &invitation, span_text("Léa"),
	        team_joined, &first));
	devices_run(&team.loop, team_has_result, &first);
	check_ok(first);
	check_ok(pairing_start(team.devices[2].peers, &team.devices[0].address, &invitation, span_text("Eve"),
	        team_joined, &second));
	devices_run(&team.loop, team_has_result, &second);
	assert_true(second < 0);
	assert_false(node_in_team(team.devices[2].node));
	team_invitation_wipe(&invitation);
	team_close(&team);
}

static uint32_t sessions_of(struct device *device)
{
	uint32_t count = 0;
	for (struct queue *link = device->peers->list.next; link != &device->peers->list; link = link->next)
		count += queue_member(link, struct peer, link)->session != NULL;
	return count;
}

/* The host admits, and is kept from sending anything after that. */
static bool guest_is_admitted_twice(void *context)
{
	struct team *team = context;
	struct peers *hosts = team->devices[0].peers;
	for (struct queue *link = hosts->list.next; link != &hosts->list; link = link->next) {
		struct peer *peer = queue_member(link, struct peer, link);
		peer->paused |= peer->session != NULL && sessions_of(&team->devices[1]) > 0;
	}
	return sessions_of(&team->devices[1]) == 2;
}

/* Somebody pressed the button twice, and one of the connections is lost before the team came: the other one goes on. */
static void she_joins_twice_at_once(void **state)
{
	(void)state;
	struct team team;
	struct team_invitation invitations[2];
	int results[2] = {1, 1};
	team_open(&team, 2);
	team_found(&team);
	for (int i = 0; i < 2; i++)
		check_ok(node_invite(
		        team.devices[0].node, TEAM_ROLE_NURSE, 0, 0, 0, &invitations[i], NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	for (int i = 0; i < 2; i++)
		check_ok(pairing_start(team.devices[1].peers, &team.devices[0].address, &invitations[i],
		        span_text("Léa"), team_joined, &results[i]));
	devices_run(&team.loop, guest_is_admitted_twice, &team);
	struct peers *guest = team.devices[1].peers, *host = team.devices[0].peers;
	assert_int_equal(team_membership_count(node_membership(team.devices[1].node)), 0);
	peer_end(queue_member(guest->list.next, struct peer, link), ERR_CLOSED);
	peers_turn(guest);
	for (struct queue *link = host->list.next; link != &host->list; link = link->next)
		queue_member(link, struct peer, link)->paused = false;
	peers_turn(host);
	devices_run(&team.loop, team_has_result, &results[0]);
	devices_run(&team.loop, team_has_result, &results[1]);
	assert_true(results[0] < 0);
	check_ok(results[1]);
	assert_true(node_in_team(team.devices[1].node));
	for (int i = 0; i < 2; i++)
		team_invitation_wipe(&invitations[i]);
	team_close(&team);
}

/* Whatever invitation was written can be redeemed. */
static void as_many_invitations_as_work(void **state)
{
	(void)state;
	struct team team;
	struct team_invitation invitation, one_more;
	int written = 0, result = 1;
	team_open(&team, 2);
	team_found(&team);
	while (node_invite(team.devices[0].node, TEAM_ROLE_NURSE, 0, 0, 0, &one_more, NULL, NULL) == 0) {
		invitation = one_more;
		written++;
	}
	check_code(
	        node_invite(team.devices[0].node, TEAM_ROLE_NURSE, 0, 0, 0, &one_more, NULL, NULL), ERR_FULL);
	assert_int_equal(written, LIMIT_INVITATIONS);
	devices_run(&team.loop, team_saved, &team);
	check_ok(pairing_start(team.devices[1].peers, &team.devices[0].address, &invitation, span_text("Léa"),
	        team_joined, &result));
	devices_run(&team.loop, team_has_result, &result);
	check_ok(result);
	/* Those that nobody used make room again when they are withdrawn. */
	uint32_t count = 0;
	check_ok(node_withdraw_all(team.devices[0].node, &count, NULL, NULL));
	assert_int_equal(count, LIMIT_INVITATIONS - 1);
	check_ok(node_invite(team.devices[0].node, TEAM_ROLE_NURSE, 0, 0, 0, &one_more, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	team_invitation_wipe(&one_more);
	team_invitation_wipe(&invitation);
	team_close(&team);
}

/* The random bytes of a program that was patched: its own identifier is a colleague's. */
static struct person_id claimed;

static void claim(void *context, void *out, size_t size)
{
	(void)context;
	randombytes_buf(out, size);
	if (size == sizeof(claimed.bytes))
		memcpy(out, claimed.bytes, size);
}

static void a_newcomer_is_nobody_else(void **state)
{
	(void)state;
	struct team team;
	team_open(&team, 2);
	team_found(&team);
	struct node *guest = team.devices[1].node, *host = team.devices[0].node;
	const struct env *honest = guest->config.env;
	struct env lying = *honest;
	lying.random_bytes = claim;
	claimed = node_view(host)->devices[0].person;
	guest->config.env = &lying;
	assert_true(team_join(&team, 0, 1, TEAM_ROLE_NURSE) < 0);
	assert_false(node_in_team(guest));
	assert_int_equal(node_view(host)->device_count, 1);
	guest->config.env = honest;
	check_ok(team_join(&team, 0, 1, TEAM_ROLE_NURSE));
	assert_int_equal(node_view(host)->person_count, 2);
	team_close(&team);
}

/* Somebody who saw the code answers in the host's place, with a team of her own. */
static void a_newcomer_enters_no_team_but_the_codes(void **state)
{
	(void)state;
	struct team team;
	struct team_invitation invitation;
	int result = 1;
	team_open(&team, 2);
	team_found(&team);
	struct node *guest = team.devices[1].node, *host = team.devices[0].node;
	check_ok(node_invite(host, TEAM_ROLE_NURSE, 0, 0, 0, &invitation, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	invitation.team[sizeof(invitation.team) - 1] ^=
	        1; /* the code's team was another one, that begins alike */
	check_ok(pairing_start(team.devices[1].peers, &team.devices[0].address, &invitation,
	        span_text("Guest"), team_joined, &result));
	devices_run(&team.loop, team_has_result, &result);
	check_code(result, ERR_DENIED);
	assert_false(node_in_team(guest));
	assert_int_equal(node_view(host)->device_count, 1); /* who learnt nothing of her */
	team_invitation_wipe(&invitation);
	team_close(&team);
}

/* What one brings, all get, through the one that they are connected to. */
static void news_travel_through_others(void **state)
{
	(void)state;
	struct team team;
	team_open(&team, 3);
	team_found(&team);
	check_ok(team_join(&team, 0, 1, TEAM_ROLE_NURSE));
	check_ok(team_join(&team, 0, 2, TEAM_ROLE_NURSE));
	devices_run(&team.loop, team_equal, &team);
	for (int round = 0; round < 20; round++) {
		struct record_id id = {{(uint8_t)round, 1}};
		device_save(&team.devices[1 + round % 2], DOSSIER, &id, SECTION, NAME, "Martin");
		if (round % 3 == 0)
			devices_run(&team.loop, team_equal, &team);
	}
	devices_run(&team.loop, team_equal, &team);
	for (int round = 0; round < 20; round++) {
		struct record_id id = {{(uint8_t)round, 1}};
		char text[32];
		for (int i = 0; i < 3; i++)
			assert_int_equal(device_values(&team.devices[i], DOSSIER, &id, SECTION, NAME, text,
			                         sizeof(text)),
			        1);
	}
	team_close(&team);
}

/* ---- A newcomer whom nobody knows ---- */

static bool refused_attempt(void *context)
{
	return peers_refused(((struct device *)context)->peers) > 0;
}

static bool last_two_equal(void *context)
{
	struct team *team = context;
	return team_saved(team) && team_same_heads(&team->devices[1], &team->devices[2]) &&
	        team_same_heads(&team->devices[2], &team->devices[1]);
}

/* The device where she joined is lost before it met anybody. What she wrote meanwhile comes to the others when she joins again. */
static void a_newcomer_whose_host_is_lost_joins_again(void **state)
{
	(void)state;
	struct team team;
	char text[32];
	team_open_two_apart(&team, 3);
	check_ok(team_join(&team, 0, 2, TEAM_ROLE_NURSE));
	device_restart(&team.devices[0], &team.loop); /* and is not heard of again */
	device_save(&team.devices[2], DOSSIER, &team_patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, team_saved, &team);
	team_meet(&team, 2, 1);
	devices_run(&team.loop, refused_attempt, &team.devices[2]);
	check_ok(team_join(&team, 1, 2, TEAM_ROLE_NURSE));
	assert_int_equal(peers_refused(team.devices[2].peers), 0);
	devices_run(&team.loop, last_two_equal, &team);
	team_check_name(&team.devices[1], 1, "Martin");
	device_save(&team.devices[2], DOSSIER, &team_patient, SECTION, NAME, "Morvan");
	devices_run(&team.loop, last_two_equal, &team);
	team_check_name(&team.devices[1], 1, "Morvan");
	struct device_id newcomer = node_device(team.devices[2].node);
	const struct team_device *row = team_view_device(node_view(team.devices[1].node), &newcomer);
	assert_int_equal(row->state, TEAM_DEVICE_ACTIVE);
	/* From then on they meet as colleagues. */
	for (int i = 1; i < 3; i++)
		device_restart(&team.devices[i], &team.loop);
	device_save(&team.devices[2], DOSSIER, &team_patient, SECTION, NAME, "Le Gall");
	team_meet(&team, 1, 2);
	devices_run(&team.loop, last_two_equal, &team);
	assert_int_equal(
	        device_values(&team.devices[1], DOSSIER, &team_patient, SECTION, NAME, text, sizeof(text)),
	        1);
	assert_string_equal(text, "Le Gall");
	/* An invitation of another team is not for a device that has one. */
	struct team_invitation invitation;
	int result = 1;
	check_ok(node_invite(team.devices[1].node, TEAM_ROLE_NURSE, 0, 0, 0, &invitation, NULL, NULL));
	invitation.team[18] ^= 1;
	check_code(pairing_start(team.devices[2].peers, &team.devices[1].address, &invitation,
	                   span_text("Guest"), team_joined, &result),
	        ERR_EXISTS);
	team_invitation_wipe(&invitation);
	team_close(&team);
}

/* Who knows that a device was removed does not join again there, whatever invitation it wrote. */
static void nobody_joins_again_at_a_removed_device(void **state)
{
	(void)state;
	struct team team;
	struct team_action action = {.kind = TEAM_ACTION_REMOVE_PERSON};
	struct entry_hash hash;
	team_open_two_apart(&team, 3);
	struct device_id removed = node_device(team.devices[1].node);
	action.as.remove_person.person = team_view_device(node_view(team.devices[0].node), &removed)->person;
	check_ok(node_act(team.devices[0].node, &action, &hash, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	check_ok(team_join(&team, 0, 2, TEAM_ROLE_NURSE));
	devices_run(&team.loop, team_saved, &team);
	for (int i = 0; i < 3; i++)
		device_restart(&team.devices[i], &team.loop);
	assert_int_equal(
	        team_view_device(node_view(team.devices[2].node), &removed)->state, TEAM_DEVICE_REMOVED);
	check_code(team_join(&team, 1, 2, TEAM_ROLE_NURSE), ERR_DENIED);
	team_close(&team);
}

/* Also when the lost device was removed before: then her first admission is void, and the second one counts. */
static void she_joins_again_after_its_removal(void **state)
{
	(void)state;
	struct team team;
	struct team_action action = {.kind = TEAM_ACTION_REMOVE_PERSON};
	struct entry_hash hash;
	team_open_two_apart(&team, 3);
	check_ok(team_join(&team, 0, 2, TEAM_ROLE_NURSE));
	struct device_id lost = node_device(team.devices[0].node),
	                 newcomer = node_device(team.devices[2].node);
	device_restart(&team.devices[0], &team.loop);
	device_save(&team.devices[2], DOSSIER, &team_patient, SECTION, NAME, "Martin");
	action.as.remove_person.person = team_view_device(node_view(team.devices[1].node), &lost)->person;
	action.as.remove_person.reason = 4;
	check_ok(node_act(team.devices[1].node, &action, &hash, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	check_ok(team_join(&team, 1, 2, TEAM_ROLE_NURSE));
	devices_run(&team.loop, last_two_equal, &team);
	const struct team_device *row = team_view_device(node_view(team.devices[1].node), &newcomer);
	assert_int_equal(row->state, TEAM_DEVICE_ACTIVE);
	device_save(&team.devices[2], DOSSIER, &team_patient, SECTION, NAME, "Morvan");
	devices_run(&team.loop, last_two_equal, &team);
	team_check_name(&team.devices[1], 1, "Morvan");
	team_check_name(&team.devices[2], 1, "Morvan");
	team_close(&team);
}

/* ---- Pushing ---- */

/* Sums over a device's sessions: entries that answers were to bring, and bytes that were pushed in vain. */
static void add_progress(struct device *device, uint64_t *asked, uint64_t *again)
{
	struct peer_status status;
	for (uint32_t i = 0; peers_status(device->peers, i, &status); i++) {
		*asked += status.progress.entries_expected;
		*again += status.progress.bytes_again;
	}
}

static void check_pushed(struct team *team, int author, bool asks)
{
	uint64_t before = 0, after = 0, again_before = 0, again_after = 0;
	for (int i = 0; i < team->count; i++)
		add_progress(&team->devices[i], &before, &again_before);
	device_save(&team->devices[author], DOSSIER, &team_patient, SECTION, NAME, "Martin");
	devices_run(&team->loop, team_equal, team);
	for (int i = 0; i < team->count; i++)
		add_progress(&team->devices[i], &after, &again_after);
	assert_int_equal(before != after, asks);
	assert_int_equal(again_before, again_after);
}

/* A save reaches everybody without having been asked for, also through a third device, and never twice. */
static void new_entries_are_pushed(void **state)
{
	(void)state;
	struct team team;
	team_open(&team, 3);
	team_found(&team);
	device_save(&team.devices[0], DOSSIER, &team_patient, SECTION, NAME, "Le Goff");
	check_ok(team_join(&team, 0, 1, TEAM_ROLE_NURSE));
	check_ok(team_join(&team, 0, 2, TEAM_ROLE_NURSE));
	devices_run(&team.loop, team_equal, &team);
	for (int round = 0; round < 4; round++)
		check_pushed(&team, 0, false);
	/* Who lives behind the first device asks it once, and is pushed to from then on. */
	check_pushed(&team, 1, true);
	for (int round = 0; round < 4; round++)
		check_pushed(&team, 1, false);
	/* The author itself meets her: at most one entry comes twice. */
	team_meet(&team, 1, 2);
	devices_run(&team.loop, team_equal, &team);
	uint64_t asked = 0, again = 0;
	uint32_t twice = 0;
	for (int round = 0; round < 10; round++) {
		uint64_t before = again;
		device_save(&team.devices[1], DOSSIER, &team_patient, SECTION, NAME, "Morvan");
		devices_run(&team.loop, team_equal, &team);
		again = 0;
		add_progress(&team.devices[2], &asked, &again);
		twice += again != before;
	}
	assert_true(twice <= 1);
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_team_of_one_saves_and_restarts),
	        cmocka_unit_test(documents_of_an_older_version_are_built_anew),
	        cmocka_unit_test(the_mean_entry_is_counted),
	        cmocka_unit_test(a_nurse_joins_and_both_write),
	        cmocka_unit_test(a_facilitator_reads_little_and_writes_nothing),
	        cmocka_unit_test(a_locum_joins_and_writes),
	        cmocka_unit_test(many_secrets_stop_nobody),
	        cmocka_unit_test(a_patched_facilitator_is_refused),
	        cmocka_unit_test(a_clock_that_goes_back_is_refused),
	        cmocka_unit_test(an_invitation_works_once),
	        cmocka_unit_test(she_joins_twice_at_once),
	        cmocka_unit_test(as_many_invitations_as_work),
	        cmocka_unit_test(a_newcomer_is_nobody_else),
	        cmocka_unit_test(a_newcomer_enters_no_team_but_the_codes),
	        cmocka_unit_test(news_travel_through_others),
	        cmocka_unit_test(a_newcomer_whose_host_is_lost_joins_again),
	        cmocka_unit_test(she_joins_again_after_its_removal),
	        cmocka_unit_test(nobody_joins_again_at_a_removed_device),
	        cmocka_unit_test(new_entries_are_pushed),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("node", tests, NULL, NULL);
}
