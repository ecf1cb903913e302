/* A relay that shows less than it acknowledged: two devices over sockets on loopback, one of them a relay. */
#include "tests/lib/check.h"

#include <sodium.h>
#include <string.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/keyring/ack.h"
#include "node/node_state.h"
#include "node/peers_state.h"
#include "tests/lib/team.h"

enum { NURSE, RELAY };

static struct device_id id_of(struct team *team, int number)
{
	return node_device(team->devices[number].node);
}

/* The nurse's own feed with her records. */
static const struct log_feed *records(struct team *team)
{
	struct device_id self = id_of(team, NURSE);
	struct log *log = node_log(team->devices[NURSE].node);
	for (uint32_t i = 0; i < log_feed_count(log); i++)
		if (log_feed(log, i)->compartment == COMPARTMENT_CLINICAL &&
		        device_id_eq(&log_feed(log, i)->device, &self))
			return log_feed(log, i);
	fail();
	return NULL;
}

static bool is_acknowledged(void *context)
{
	struct team *team = context;
	struct device_id relay = id_of(team, RELAY);
	const struct log_feed *feed = records(team);
	return team_saved(team) &&
	        node_claimed(team->devices[NURSE].node, &relay, &feed->id) == feed->committed_seq;
}

static bool is_held(void *context)
{
	struct team *team = context;
	uint32_t number;
	const struct log_feed *feed = records(team);
	struct log *log = node_log(team->devices[RELAY].node);
	return team_saved(team) && log_feed_number(log, &feed->id, &number) &&
	        log_feed(log, number)->committed_seq == feed->committed_seq;
}

static const struct peers_withheld *noticed(struct team *team)
{
	struct device_id relay = id_of(team, RELAY);
	return peers_withheld(team->devices[NURSE].peers, &relay);
}

static bool is_noticed(void *context)
{
	return noticed(context) != NULL;
}

static bool is_met(void *context)
{
	struct team *team = context;
	struct peer_status status;
	for (uint32_t i = 0; peers_status(team->devices[NURSE].peers, i, &status); i++)
		if (status.level)
			return team_saved(team);
	return false;
}

static void open_with_relay(struct team *team)
{
	team_open(team, 2);
	team_found(team);
	device_save(&team->devices[NURSE], TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, "Martin");
	devices_run(&team->loop, team_saved, team);
	team_admit_relay(team, NURSE, RELAY);
	devices_run(&team->loop, is_held, team);
	check_ok(node_acknowledge(team->devices[RELAY].node));
	devices_run(&team->loop, is_acknowledged, team);
}

static void tick(struct team *team)
{
	for (int i = 0; i < LIMIT_WITHHELD_TICKS; i++)
		peers_tick(team->devices[NURSE].peers);
}

/* What the relay would have said had it `more` entries of that feed: its own word, that reaches the nurse on another way. */
static void bring_acknowledgement(struct team *team, uint64_t more)
{
	struct device *relay = &team->devices[RELAY];
	struct device_id self = id_of(team, RELAY);
	const struct log_feed *feed = records(team);
	struct ack_head head = {.feed = feed->id, .seq = feed->committed_seq + more};
	struct ack ack = {
	        .device = self, .counter = relay->node->ack_counter + 1, .heads = &head, .head_count = 1};
	struct key_signer signer = {*node_team(relay->node), self, node_identity(relay->node)->secrets->sign};
	struct buf row = {0};
	const uint8_t kind = STATE_ACK;
	check_ok(node_cite_membership(relay->node, &ack.membership));
	buf_add(&row, &kind, 1);
	check_ok(ack_encode(&ack, &signer, &row));
	assert_true(node_state_put(team->devices[NURSE].node, buf_span(&row)) >= 0);
	buf_close(&row);
}

static void an_honest_relay_is_left_alone(void **state)
{
	(void)state;
	struct team team;
	open_with_relay(&team);
	tick(&team);
	assert_int_equal(peers_count(team.devices[NURSE].peers), 1);
	device_restart(&team.devices[RELAY], &team.loop);
	team_meet(&team, NURSE, RELAY);
	devices_run(&team.loop, is_met, &team);
	assert_null(noticed(&team));
	/* more is acknowledged while they are connected */
	device_save(&team.devices[NURSE], TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, "Petit");
	devices_run(&team.loop, is_held, &team);
	check_ok(node_acknowledge(team.devices[RELAY].node));
	devices_run(&team.loop, is_acknowledged, &team);
	tick(&team);
	assert_int_equal(peers_count(team.devices[NURSE].peers), 1);
	assert_null(noticed(&team));
	team_close(&team);
}

static void one_that_withholds_is_asked_again_and_noticed(void **state)
{
	(void)state;
	struct team team;
	open_with_relay(&team);
	bring_acknowledgement(&team, 3);
	assert_null(noticed(&team)); /* the rest may be under way */
	tick(&team);
	assert_int_equal(peers_count(team.devices[NURSE].peers), 0);
	team_meet(&team, NURSE, RELAY);
	devices_run(&team.loop, is_noticed, &team);
	assert_int_equal(noticed(&team)->entries, 3);
	assert_int_equal(noticed(&team)->most, 3);
	/* told what it said, it says what it has; then nothing is held back any more */
	devices_run(&team.loop, is_acknowledged, &team);
	device_restart(&team.devices[RELAY], &team.loop);
	team_meet(&team, NURSE, RELAY);
	devices_run(&team.loop, is_met, &team);
	assert_int_equal(noticed(&team)->entries, 0);
	assert_int_equal(noticed(&team)->most, 3);
	team_close(&team);
}

static void limits_of_a_device_keep_what_is_there(void **state)
{
	(void)state;
	struct team team;
	open_with_relay(&team);
	struct node *relay = team.devices[RELAY].node;
	struct device_id nurse = id_of(&team, NURSE);
	uint32_t number;
	assert_false(node_device_is_full(relay, &nurse, COMPARTMENT_CLINICAL));
	node_limit_device(relay, 1);
	assert_true(node_device_is_full(relay, &nurse, COMPARTMENT_CLINICAL));
	assert_false(node_device_is_full(relay, &nurse, COMPARTMENT_MEMBERSHIP));
	node_limit_device(relay, 1000);
	for (int i = 0; i < 100; i++) /* each run that comes asks */
		assert_false(node_device_is_full(relay, &nurse, COMPARTMENT_CLINICAL));
	assert_true(relay->count_count <= 2);
	node_limit_device(relay, 1);
	assert_true(log_feed_number(node_log(relay), &records(&team)->id, &number));
	const uint64_t held = log_feed(node_log(relay), number)->committed_seq;
	/* what is pushed all the same, by one that was not told, is refused, and counted */
	queue_member(team.devices[RELAY].peers->list.next, struct peer, link)
	        ->told_room = (struct peers_room){PEERS_FULL_DEVICE, 1};
	device_save(&team.devices[NURSE], TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, "Petit");
	while (!refusals_of(node_refusals(relay), REFUSED_RUN, TEAM_REASON_NO_ROOM))
		uv_run(&team.loop, UV_RUN_ONCE);
	assert_int_equal(log_feed(node_log(relay), number)->committed_seq, held);
	assert_false(is_held(&team));
	node_limit_device(relay, 0);
	device_save(&team.devices[NURSE], TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, "Grand");
	devices_run(&team.loop, is_held, &team);
	team_close(&team);
}

static bool is_told(void *context)
{
	struct team *team = context;
	struct device_id relay = id_of(team, RELAY);
	struct peers_room room;
	return peers_room_of(team->devices[NURSE].peers, &relay, &room);
}

static bool is_told_otherwise(void *context)
{
	return !is_told(context);
}

static bool is_saved(void *context)
{
	struct team *team = context;
	return node_idle(team->devices[NURSE].node);
}

/* The nurse's device knows why the relay lacks what she writes, and sends it nothing for nothing. */
static void a_relay_that_is_full_says_so(void **state)
{
	(void)state;
	struct team team;
	struct peers_room room;
	open_with_relay(&team);
	struct device *nurse = &team.devices[NURSE];
	struct device_id relay = id_of(&team, RELAY);
	peers_say_room(team.devices[RELAY].peers, PEERS_FULL_TEAM, 2000000000);
	node_hold_back(team.devices[RELAY].node, true);
	devices_run(&team.loop, is_told, &team);
	assert_true(peers_room_of(nurse->peers, &relay, &room));
	assert_int_equal(room.why, PEERS_FULL_TEAM);
	assert_int_equal(room.limit, 2000000000);
	assert_int_equal(peers_full_count(nurse->peers), 1);
	const uint64_t runs = peers_totals(nurse->peers).kind_out[PEERS_KIND_RUNS];
	device_save(nurse, TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, "Petit");
	devices_run(&team.loop, is_saved, &team);
	assert_int_equal(peers_totals(nurse->peers).kind_out[PEERS_KIND_RUNS], runs);
	/* another limit, then none */
	peers_say_room(team.devices[RELAY].peers, PEERS_FULL_NOT, 0);
	node_limit_device(team.devices[RELAY].node, 1);
	while (!peers_room_of(nurse->peers, &relay, &room) || room.why != PEERS_FULL_DEVICE)
		uv_run(&team.loop, UV_RUN_ONCE);
	assert_int_equal(room.limit, 1);
	node_limit_device(team.devices[RELAY].node, 0);
	node_hold_back(team.devices[RELAY].node, false);
	devices_run(&team.loop, is_told_otherwise, &team);
	devices_run(&team.loop, is_held, &team);
	assert_true(peers_totals(nurse->peers).kind_out[PEERS_KIND_RUNS] > runs);
	team_close(&team);
}

static bool relay_was_given_runs(void *context)
{
	struct team *team = context;
	return team_saved(team) && peers_totals(team->devices[RELAY].peers).kind_in[PEERS_KIND_RUNS] > 0;
}

/* Whoever was not told, as a device of an earlier version, pushes all the same: for nothing. */
static void a_full_relay_takes_no_pushed_run(void **state)
{
	(void)state;
	struct team team;
	uint32_t number;
	open_with_relay(&team);
	struct peers *relay = team.devices[RELAY].peers;
	peers_say_room(relay, PEERS_FULL_TEAM, 5);
	queue_member(relay->list.next, struct peer, link)->told_room = (struct peers_room){
	        PEERS_FULL_TEAM, 5};
	node_hold_back(team.devices[RELAY].node, true);
	assert_true(log_feed_number(node_log(team.devices[RELAY].node), &records(&team)->id, &number));
	const uint64_t held = log_feed(node_log(team.devices[RELAY].node), number)->committed_seq;
	relay->totals.kind_in[PEERS_KIND_RUNS] = 0;
	device_save(&team.devices[NURSE], TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, "Petit");
	devices_run(&team.loop, relay_was_given_runs, &team);
	assert_int_equal(log_feed(node_log(team.devices[RELAY].node), number)->seq, held);
	node_hold_back(team.devices[RELAY].node, false);
	devices_run(&team.loop, is_held, &team);
	team_close(&team);
}

/* It is known after the session too, and forgotten when another begins. */
static void what_was_said_stays_until_the_next_session(void **state)
{
	(void)state;
	struct team team;
	open_with_relay(&team);
	peers_say_room(team.devices[RELAY].peers, PEERS_FULL_DISK, 0);
	devices_run(&team.loop, is_told, &team);
	device_restart(&team.devices[RELAY], &team.loop);
	while (peers_count(team.devices[NURSE].peers))
		uv_run(&team.loop, UV_RUN_ONCE);
	assert_true(is_told(&team));
	team_meet(&team, NURSE, RELAY);
	devices_run(&team.loop, is_told_otherwise, &team);
	team_close(&team);
}

/* Hostile bytes end the session; what a later version may say is kept as it is. */
static void what_is_said_is_bounded(void **state)
{
	(void)state;
	static const uint8_t cut[] = {1},
	                     endless[] = {1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	                     later[] = {77, 5, 1, 2, 3};
	struct team team;
	struct peers_room room;
	struct device_id relay;
	open_with_relay(&team);
	relay = id_of(&team, RELAY);
	struct peer *peer = queue_member(team.devices[NURSE].peers->list.next, struct peer, link);
	check_code(peer_heard_room(peer, span_of(cut, sizeof(cut))), ERR_TRUNCATED);
	check_code(peer_heard_room(peer, span_of(endless, sizeof(endless))), ERR_MALFORMED);
	assert_false(peers_room_of(team.devices[NURSE].peers, &relay, &room));
	check_ok(peer_heard_room(peer, span_of(later, sizeof(later))));
	assert_true(peers_room_of(team.devices[NURSE].peers, &relay, &room));
	assert_int_equal(room.why, 77);
	assert_int_equal(room.limit, 5);
	for (unsigned i = 0; i < 3 * LIMIT_SESSIONS; i++) {
		peer->device.bytes[5] = (uint8_t)i;
		check_ok(peer_heard_room(peer, span_of(later, sizeof(later))));
	}
	assert_int_equal(peers_full_count(team.devices[NURSE].peers), LIMIT_SESSIONS);
	peer->device = relay;
	team_close(&team);
}

static uint32_t changes;

static void count_change(void *context, const struct peer_status *status)
{
	(void)context;
	(void)status;
	changes++;
}

static bool has_heard_the_last(void *context)
{
	struct team *team = context;
	struct peers_room room;
	const struct device_id relay = id_of(team, RELAY);
	return peers_room_of(team->devices[NURSE].peers, &relay, &room) && room.limit == 1199;
}

/* However often it says that it is full, and what its limit is: screens look again once a second. */
static void who_says_it_again_and_again_makes_no_screen_busy(void **state)
{
	(void)state;
	struct team team;
	open_with_relay(&team);
	struct peers *nurse = team.devices[NURSE].peers, *relay = team.devices[RELAY].peers;
	nurse->changed = count_change;
	changes = 0;
	for (uint64_t i = 1000; i < 1200; i++) {
		peers_say_room(relay, PEERS_FULL_TEAM, i);
		peers_turn(relay);
	}
	devices_run(&team.loop, has_heard_the_last, &team);
	assert_int_equal(changes, 0);
	peers_tick(nurse);
	assert_int_equal(changes, 1);
	peers_tick(nurse);
	assert_int_equal(changes, 1);
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_honest_relay_is_left_alone),
	        cmocka_unit_test(one_that_withholds_is_asked_again_and_noticed),
	        cmocka_unit_test(limits_of_a_device_keep_what_is_there),
	        cmocka_unit_test(a_relay_that_is_full_says_so),
	        cmocka_unit_test(who_says_it_again_and_again_makes_no_screen_busy),
	        cmocka_unit_test(a_full_relay_takes_no_pushed_run),
	        cmocka_unit_test(what_was_said_stays_until_the_next_session),
	        cmocka_unit_test(what_is_said_is_bounded),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("node-withheld", tests, NULL, NULL);
}
