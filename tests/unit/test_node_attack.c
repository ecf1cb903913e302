/*
 * What a patched program, a relay or a thief sends to an honest node, and what becomes of it: two nurses' devices that know each other,
 * then bytes handed to one of them as if they had come over a session.
 */
#include "tests/lib/check.h"

#include <sodium.h>

#include "crdt/base/limits.h"
#include "node/node_state.h"
#include "node/pairing.h"
#include "node/schema/schema.h"
#include "tests/lib/device.h"

enum { DOSSIER = SCHEMA_DOC_DOSSIER, SECTION = 2, NAME = 1, DEVICES = 2 };

static const struct record_id patient = {{9, 9, 9}};

struct team {
	uv_loop_t loop;
	struct device devices[DEVICES];
};

/* ---- The team --------------------------------------------------------------------------------------------------- */

static bool saved(void *context)
{
	struct team *team = context;
	for (int i = 0; i < DEVICES; i++)
		if (!node_idle(team->devices[i].node))
			return false;
	return true;
}

static bool lacks_nothing(struct device *device, struct device *of)
{
	struct log *left = node_log(of->node), *right = node_log(device->node);
	for (uint32_t i = 0; i < log_feed_count(left); i++) {
		const struct log_feed *feed = log_feed(left, i);
		uint32_t number;
		uint64_t there = log_feed_number(right, &feed->id, &number)
		        ? log_feed(right, number)->committed_seq
		        : 0;
		if (there < feed->committed_seq && node_may_read(device->node, feed->compartment))
			return false;
	}
	return true;
}

static bool equal(void *context)
{
	struct team *team = context;
	return saved(team) && lacks_nothing(&team->devices[0], &team->devices[1]) &&
	        lacks_nothing(&team->devices[1], &team->devices[0]);
}

static void joined(void *context, int result)
{
	*(int *)context = result;
}

static bool has_result(void *context)
{
	return *(int *)context != 1;
}

/* A team of two that met, exchanged everything and parted. */
static void team_open(struct team *team, uint8_t role)
{
	struct person_id person;
	struct team_invitation invitation;
	int result = 1;
	memset(team, 0, sizeof(*team));
	uv_loop_init(&team->loop);
	for (int i = 0; i < DEVICES; i++)
		device_open(&team->devices[i], &team->loop, (uint8_t)(i + 1));
	check_ok(node_found_team(team->devices[0].node, &person, NULL, NULL));
	check_ok(node_name_person(team->devices[0].node, &person, span_text("Anna")));
	check_ok(node_invite(team->devices[0].node, role, 0, 0, 0, &invitation, NULL, NULL));
	devices_run(&team->loop, saved, team);
	check_ok(pairing_start(team->devices[1].peers, &team->devices[0].address, &invitation,
	        span_text("Guest"), joined, &result));
	devices_run(&team->loop, has_result, &result);
	check_ok(result);
	devices_run(&team->loop, equal, team);
	for (int i = 0; i < DEVICES; i++)
		device_restart(&team->devices[i], &team->loop);
	team_invitation_wipe(&invitation);
}

static void team_close(struct team *team)
{
	for (int i = 0; i < DEVICES; i++)
		device_close(&team->devices[i], &team->loop);
	check_ok(uv_loop_close(&team->loop));
}

static uint32_t own_feed(struct device *device, enum compartment compartment)
{
	uint32_t feed;
	check_ok(node_own_feed(device->node, compartment, &feed));
	return feed;
}

/* The number that `at` has for a feed of `of`. */
static uint32_t feed_at(struct device *at, struct device *of, enum compartment compartment)
{
	const struct log_feed *feed = log_feed(node_log(of->node), own_feed(of, compartment));
	uint32_t number;
	check_ok(node_feed_number(at->node, &feed->device, compartment, &feed->incarnation, &number));
	return number;
}

/* The stored run of an own feed that holds `seq`, as a peer would send it. */
static void copy_run(struct device *device, enum compartment compartment, uint64_t seq, struct buf *out)
{
	struct log_reader reader = {0};
	struct store_txn *txn;
	check_ok(node_begin_read(device->node, &txn));
	check_ok(log_read_run(node_log(device->node), txn, &reader, own_feed(device, compartment), seq));
	buf_clear(out);
	buf_add_span(out, reader.bytes);
	store_abort(txn);
	log_reader_close(&reader);
}

static uint64_t head(struct device *device, enum compartment compartment)
{
	return log_feed(node_log(device->node), own_feed(device, compartment))->seq;
}

static void check_name(struct device *device, const char *name)
{
	char text[64];
	assert_int_equal(
	        device_values(device, DOSSIER, &patient, SECTION, NAME, text, sizeof(text)), name ? 1 : 0);
	if (name)
		assert_string_equal(text, name);
}

/* ---- Erased bodies ---------------------------------------------------------------------------------------------- */

/* What a carrier can make of any run without a key: the bodies left out, all signatures still good. */
static void strip_bodies(
        struct device *device, enum compartment compartment, const struct buf *from, struct buf *out)
{
	const struct log_feed *feed = log_feed(node_log(device->node), own_feed(device, compartment));
	struct arena arena = {0};
	struct run run;
	check_ok(run_decode(&run, &feed->id, compartment, buf_span(from), &arena));
	run_hash(&run);
	for (uint32_t i = 0; i < run.count; i++) {
		run.entries[i].purged = true;
		run.entries[i].body = (struct span){NULL, 0};
	}
	buf_clear(out);
	run_encode(&run, out);
	arena_close(&arena);
}

static void a_carrier_strips_bodies(void **state)
{
	(void)state;
	struct team team;
	struct buf whole = {0}, bare = {0};
	team_open(&team, TEAM_ROLE_NURSE);
	struct device *author = &team.devices[0], *victim = &team.devices[1];
	device_save(author, DOSSIER, &patient, SECTION, NAME, "Martin");
	check_ok(node_rotate(author->node, COMPARTMENT_MESSAGE));
	devices_run(&team.loop, saved, &team);
	static const enum compartment both[] = {COMPARTMENT_MEMBERSHIP, COMPARTMENT_CLINICAL};
	for (int i = 0; i < 2; i++) {
		uint32_t feed = feed_at(victim, author, both[i]);
		uint64_t seq = node_received(victim->node, feed) + 1;
		copy_run(author, both[i], seq, &whole);
		strip_bodies(author, both[i], &whole, &bare);
		assert_int_equal(node_receive_run(victim->node, feed, buf_span(&bare)),
		        i ? NODE_RUN_IGNORED : ERR_MALFORMED);
		assert_int_equal(log_feed(node_log(victim->node), feed)->state, LOG_FEED_OPEN);
		assert_int_equal(node_received(victim->node, feed), seq - 1);
		check_ok(node_receive_run(victim->node, feed, buf_span(&whole)));
		assert_int_equal(node_received(victim->node, feed), head(author, both[i]));
	}
	buf_close(&whole);
	buf_close(&bare);
	team_close(&team);
}

/* ---- Heads that nobody proved ----------------------------------------------------------------------------------- */

static void a_claimed_head_of_our_own_feed_stops_nobody(void **state)
{
	(void)state;
	struct team team;
	const uint8_t hash[16] = {1};
	team_open(&team, TEAM_ROLE_FACILITATOR);
	struct device *victim = &team.devices[0];
	device_save(victim, DOSSIER, &patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, saved, &team);
	uint32_t feed = own_feed(victim, COMPARTMENT_CLINICAL);
	check_ok(node_announced(victim->node, feed, 1000, hash));
	assert_false(node_outdated(victim->node));
	device_save(victim, DOSSIER, &patient, SECTION, NAME, "Bernard");
	check_name(victim, "Bernard");
	team_close(&team);
}

/* A database put back from a backup learns from its own signature that it wrote more. */
static void a_restored_backup_is_told_by_its_own_signature(void **state)
{
	(void)state;
	struct team team;
	struct buf run = {0};
	struct node_change change;
	team_open(&team, TEAM_ROLE_NURSE);
	struct device *device = &team.devices[0];
	device_save(device, DOSSIER, &patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, saved, &team);
	struct store_mem_image *backup = store_mem_image_take(device->store);
	device_save(device, DOSSIER, &patient, SECTION, NAME, "Bernard");
	devices_run(&team.loop, saved, &team);
	copy_run(device, COMPARTMENT_CLINICAL, head(device, COMPARTMENT_CLINICAL), &run);
	store_mem_image_restore(device->store, backup);
	device_restart(device, &team.loop);
	uint32_t feed = own_feed(device, COMPARTMENT_CLINICAL), old_feed = feed;
	assert_false(node_outdated(device->node));
	check_ok(node_receive_run(device->node, feed, buf_span(&run)));
	assert_true(node_outdated(device->node));
	check_code(node_change_begin(device->node, DOSSIER, &patient, &change), ERR_STALE);
	check_name(device, "Bernard");
	/* In a new incarnation it writes again, also when more of the old one comes. */
	devices_run(&team.loop, saved, &team);
	store_mem_image_restore(device->store, backup);
	device->incarnation.bytes[0] = 77;
	device_restart(device, &team.loop);
	check_ok(node_receive_run(device->node, old_feed, buf_span(&run)));
	assert_false(node_outdated(device->node));
	device_save(device, DOSSIER, &patient, SECTION, NAME, "Morvan");
	check_name(device, "Morvan");
	store_mem_image_free(backup);
	buf_close(&run);
	team_close(&team);
}

/* ---- Clocks ----------------------------------------------------------------------------------------------------- */

/* An entry of `device`, whose program was patched, with these clocks, received by `victim`. */
static int receive_with_clock(
        struct team *team, struct device *device, struct device *victim, uint64_t lamport, uint64_t hlc)
{
	struct buf run = {0};
	struct crdt_clock before = device->node->clock;
	if (lamport)
		device->node->clock.lamport = lamport - 1;
	if (hlc)
		device->node->clock.hlc = hlc - 1;
	device_save(device, DOSSIER, &patient, SECTION, NAME, "Far");
	device->node->clock = before;
	node_flush(device->node);
	devices_run(&team->loop, saved, team);
	uint32_t feed = feed_at(victim, device, COMPARTMENT_CLINICAL);
	int result = 0;
	for (uint64_t seq = node_received(victim->node, feed) + 1;
	        result == 0 && seq <= head(device, COMPARTMENT_CLINICAL); seq++) {
		copy_run(device, COMPARTMENT_CLINICAL, seq, &run);
		result = node_receive_run(victim->node, feed, buf_span(&run));
	}
	buf_close(&run);
	return result;
}

static void a_clock_ten_years_ahead_does_not_move_ours(void **state)
{
	(void)state;
	struct team team;
	team_open(&team, TEAM_ROLE_NURSE);
	struct device *victim = &team.devices[1];
	uint64_t limit_ms = env_wall_ms(&victim->env) + CRDT_CLOCK_AHEAD_MS + 60000;
	check_ok(receive_with_clock(&team, &team.devices[0], victim, 0, UINT64_MAX - 5));
	assert_true(crdt_hlc_ms(victim->node->clock.hlc) < limit_ms);
	devices_run(&team.loop, saved, &team);
	device_restart(victim, &team.loop); /* what the log's heads say is not our clock */
	assert_true(crdt_hlc_ms(victim->node->clock.hlc) < limit_ms);
	device_save(victim, DOSSIER, &patient, SECTION, NAME, "Near");
	check_name(victim, "Near");
	team_close(&team);
}

static void a_lamport_clock_near_its_end_is_not_taken_over(void **state)
{
	(void)state;
	struct team team;
	team_open(&team, TEAM_ROLE_NURSE);
	struct device *victim = &team.devices[1];
	int result = receive_with_clock(&team, &team.devices[0], victim, CRDT_LAMPORT_MAX, 0);
	assert_int_equal(result, NODE_RUN_IGNORED);
	device_save(victim, DOSSIER, &patient, SECTION, NAME, "Near");
	check_name(victim, "Near");
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_carrier_strips_bodies),
	        cmocka_unit_test(a_claimed_head_of_our_own_feed_stops_nobody),
	        cmocka_unit_test(a_restored_backup_is_told_by_its_own_signature),
	        cmocka_unit_test(a_clock_ten_years_ahead_does_not_move_ours),
	        cmocka_unit_test(a_lamport_clock_near_its_end_is_not_taken_over),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("node-attack", tests, NULL, NULL);
}
