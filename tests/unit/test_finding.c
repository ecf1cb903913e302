/* How devices find each other, and that one connection is left of two: real sockets on loopback. */
#include "tests/lib/check.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/finding.h"
#include "node/peers_state.h"
#include "node/team/roles.h"
#include "tests/lib/team.h"

enum { DEVICES = 4 };

static struct team team;
static struct meetings meetings[DEVICES];
static struct finding *findings[DEVICES];

static void begin(void)
{
	team_open(&team, DEVICES);
	team_found(&team);
	for (int guest = 1; guest < DEVICES; guest++)
		assert_int_equal(team_join(&team, 0, guest, TEAM_ROLE_NURSE), 0);
	devices_run(&team.loop, team_equal, &team);
	for (int i = 0; i < DEVICES; i++)
		device_restart(&team.devices[i], &team.loop); /* they part */
	memset(meetings, 0, sizeof(meetings));
	for (int i = 0; i < DEVICES; i++)
		findings[i] = finding_new(team.devices[i].node, team.devices[i].peers, &meetings[i]);
}

static void finish(void)
{
	for (int i = 0; i < DEVICES; i++)
		finding_free(findings[i]);
	team_close(&team);
}

static bool is_connected(int from, int to)
{
	struct device_id device = node_device(team.devices[to].node);
	struct peer_status status;
	for (uint32_t i = 0; peers_status(team.devices[from].peers, i, &status); i++)
		if (status.connected && device_id_eq(&status.device, &device))
			return true;
	return false;
}

static void turn(void)
{
	uv_run(&team.loop, UV_RUN_ONCE);
}

/* What `from` shouts, `to` hears. */
static void shout(int from, int to)
{
	uint8_t beacon[NET_BEACON_BYTES];
	finding_beacon(findings[from], &team.devices[from].address, beacon);
	finding_heard(findings[to], span_of(beacon, sizeof(beacon)), &team.devices[from].address);
}

static bool first_two_meet(void *context)
{
	(void)context;
	return is_connected(0, 1) && is_connected(1, 0);
}

static void a_beacon_names_its_device(void **state)
{
	(void)state;
	struct device_id second;
	begin();
	second = node_device(team.devices[1].node);
	shout(1, 0);
	assert_int_equal(peers_count(team.devices[0].peers), 1);
	devices_run(&team.loop, first_two_meet, NULL); /* at the first attempt */
	shout(1, 0);
	assert_int_equal(peers_count(team.devices[0].peers), 1); /* once is enough */
	finding_learn(findings[0]);
	const struct meeting *met = meetings_find(&meetings[0], &second);
	assert_true(met && met->address.port == team.devices[1].address.port);
	finding_learn(findings[1]); /* that side was called: where the other one listens it does not know */
	assert_int_equal(meetings[1].count, 0);
	finish();
}

static void strangers_and_ourselves_are_not_called(void **state)
{
	(void)state;
	uint8_t beacon[NET_BEACON_BYTES];
	begin();
	shout(0, 0);
	assert_int_equal(peers_count(team.devices[0].peers), 0);
	net_beacon_make_blank(beacon, 4242, &team.devices[0].env);
	finding_heard(findings[1], span_of(beacon, sizeof(beacon)), &team.devices[0].address);
	finding_beacon(findings[0], &team.devices[0].address, beacon);
	beacon[1] ^= 1; /* another port than it was made for */
	finding_heard(findings[1], span_of(beacon, sizeof(beacon)), &team.devices[0].address);
	assert_int_equal(peers_count(team.devices[1].peers), 0);
	assert_int_equal(meetings[1].count, 0);
	finish();
}

/* A member can make beacons in a colleague's name, from as many ports as there are. */
static void a_flood_in_a_colleagues_name_is_dialled_a_few_times(void **state)
{
	(void)state;
	uint8_t beacon[NET_BEACON_BYTES];
	begin();
	for (uint16_t i = 0; i < 500; i++) {
		struct net_address listening = team.devices[1].address;
		listening.port = (uint16_t)(20000 + i);
		finding_beacon(findings[1], &listening, beacon);
		finding_heard(findings[0], span_of(beacon, sizeof(beacon)), &listening);
	}
	assert_true(peers_count(team.devices[0].peers) <= LIMIT_DIALS_PER_DEVICE);
	finish();
}

static struct net_address listen_and_be_silent(int *listener)
{
	struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(local);
	struct net_address address = team.devices[1].address;
	*listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(*listener >= 0);
	assert_int_equal(bind(*listener, (struct sockaddr *)&local, sizeof(local)), 0);
	assert_int_equal(listen(*listener, 2 * LIMIT_SESSIONS), 0);
	assert_int_equal(getsockname(*listener, (struct sockaddr *)&local, &size), 0);
	address.port = ntohs(local.sin_port);
	return address;
}

/* Whom we try in vain to reach takes nobody's place who reaches us. */
static void attempts_keep_no_caller_away(void **state)
{
	(void)state;
	int listener;
	begin();
	const struct net_address silent = listen_and_be_silent(&listener);
	for (int i = 0; i < LIMIT_SESSIONS; i++) {
		struct peer *peer;
		check_ok(peer_connect(team.devices[0].peers, &silent, &peer));
	}
	team_meet(&team, 1, 0);
	devices_run(&team.loop, first_two_meet, NULL);
	finish();
	close(listener);
}

/* The address of a colleague whom we do not know by it: each attempt has its time, and nobody's turn is lost to a slow one. */
static void an_address_is_tried_with_everybody(void **state)
{
	(void)state;
	for (int target = 1; target < DEVICES; target++) {
		uint32_t attempts = 0;
		begin();
		meetings_typed(&meetings[0], &team.devices[target].address);
		finding_seek(findings[0]);
		for (attempts = 1; !is_connected(0, target); attempts++) {
			assert_true(attempts < DEVICES);
			assert_int_equal(peers_count(team.devices[0].peers), 1);
			for (int again = 0; again < DEVICES; again++)
				finding_step(findings[0]); /* while it is under way: nothing */
			assert_int_equal(peers_count(team.devices[0].peers), 1);
			while (peers_count(team.devices[0].peers) && !is_connected(0, target))
				turn();
			if (!is_connected(0, target))
				assert_true(finding_step(findings[0]));
		}
		finding_learn(findings[0]);
		assert_int_equal(meetings[0].count, 1);
		assert_false(device_id_is_zero(&meetings[0].rows[0].device));
		finish();
	}
}

/* The router gave a colleague's address to another one. */
static void an_address_may_be_another_ones(void **state)
{
	(void)state;
	struct device_id third;
	begin();
	third = node_device(team.devices[2].node);
	meetings_note(&meetings[0], &third, &team.devices[1].address, 1);
	meetings_typed(&meetings[0], &team.devices[1].address);
	finding_seek(findings[0]);
	while (!is_connected(0, 1)) {
		turn();
		finding_step(findings[0]);
	}
	finding_learn(findings[0]);
	assert_int_equal(meetings[0].count, 2); /* two devices; the typed address has its own now */
	assert_false(meetings_unknown_at(&meetings[0], &team.devices[1].address));
	finish();
}

static bool one_each(void *context)
{
	(void)context;
	return first_two_meet(NULL) && peers_count(team.devices[0].peers) == 1 &&
	        peers_count(team.devices[1].peers) == 1;
}

static void both_call_at_once(void **state)
{
	(void)state;
	begin();
	shout(0, 1);
	shout(1, 0);
	devices_run(&team.loop, one_each, NULL);
	for (int i = 0; i < 50; i++)
		turn();
	assert_true(one_each(NULL)); /* and it stays */
	finish();
}

/* ---- Pace -------------------------------------------------------------------------------------------------------- */

static uint64_t skipped_ms;

static uint64_t skipping_ms(void *context)
{
	(void)context;
	return uv_hrtime() / 1000000 + skipped_ms;
}

/* As `from` shouts, who listens at `address`. */
static void shout_at(int from, int to, const struct net_address *address)
{
	uint8_t beacon[NET_BEACON_BYTES];
	finding_beacon(findings[from], address, beacon);
	finding_heard(findings[to], span_of(beacon, sizeof(beacon)), address);
}

/* By IPv4 and by IPv6 in the same moment: one attempt, and another one only where that has no answer. */
static void one_attempt_at_a_time(void **state)
{
	(void)state;
	int first, second;
	begin();
	team.devices[0].env.monotonic_ms = skipping_ms;
	const struct net_address silent = listen_and_be_silent(&first), other = listen_and_be_silent(&second);
	for (int i = 0; i < 10; i++) {
		shout_at(1, 0, &silent);
		shout_at(1, 0, &other);
	}
	assert_int_equal(peers_count(team.devices[0].peers), 1);
	skipped_ms += LIMIT_DIAL_APART_MS;
	shout_at(1, 0, &silent); /* an attempt there is under way */
	shout_at(1, 0, &other);
	assert_int_equal(peers_count(team.devices[0].peers), 2);
	/* It calls us meanwhile. */
	shout(0, 1);
	devices_run(&team.loop, first_two_meet, NULL);
	finish();
	close(first);
	close(second);
}

static bool none_under_way(void *context)
{
	(void)context;
	return peers_count(team.devices[0].peers) == 0;
}

/* The attempt comes to nothing within its time. */
static void fail_once(int listener)
{
	const int taken = accept(listener, NULL, NULL);
	assert_true(taken >= 0);
	while (peers_count(team.devices[0].peers) && peers_attempts(team.devices[0].peers, NULL) == 0)
		turn();
	for (int i = 0; i < 20; i++) /* it is open */
		uv_run(&team.loop, UV_RUN_NOWAIT);
	skipped_ms += LIMIT_HANDSHAKE_MS + 1;
	peers_tick(team.devices[0].peers);
	devices_run(&team.loop, none_under_way, NULL);
	close(taken);
}

/* A machine that takes the connection and does not answer in time is called less and less often; another address of it is not; and at once once it called us. */
static void who_does_not_come_to_answer_rests(void **state)
{
	(void)state;
	int listener;
	uint64_t rest_ms = LIMIT_DIAL_REST_MS;
	begin();
	team.devices[0].env.monotonic_ms = skipping_ms;
	const struct net_address silent = listen_and_be_silent(&listener);
	shout_at(1, 0, &silent);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(peers_count(team.devices[0].peers), 1);
		fail_once(listener);
		skipped_ms += rest_ms / 2 - 1000;
		shout_at(1, 0, &silent);
		assert_int_equal(peers_count(team.devices[0].peers), 0);
		skipped_ms += rest_ms / 2 + 1000;
		shout_at(1, 0, &silent);
		rest_ms = 2 * rest_ms < LIMIT_DIAL_REST_MAX_MS ? 2 * rest_ms : LIMIT_DIAL_REST_MAX_MS;
	}
	fail_once(listener);
	shout_at(1, 0, &silent);
	assert_int_equal(peers_count(team.devices[0].peers), 0);
	shout(1, 0); /* where it listens */
	devices_run(&team.loop, first_two_meet, NULL);
	finding_free(findings[1]);
	device_restart(&team.devices[1], &team.loop);
	findings[1] = finding_new(team.devices[1].node, team.devices[1].peers, &meetings[1]);
	devices_run(&team.loop, none_under_way, NULL);
	shout_at(1, 0, &silent); /* it was reached: nothing rests */
	assert_int_equal(peers_count(team.devices[0].peers), 1);
	fail_once(listener);
	peers_doubt(team.devices[0].peers); /* we are somewhere else */
	shout_at(1, 0, &silent);
	assert_int_equal(peers_count(team.devices[0].peers), 1);
	finish();
	close(listener);
}

static bool away_has_heard(void *context)
{
	(void)context;
	const struct device_id second = node_device(team.devices[1].node);
	return !node_may_lack_discovery(team.devices[0].node, &second);
}

static bool both_equal(void *context)
{
	return first_two_meet(context) && team_first_two_equal(&team);
}

/* Somebody was removed while the second device was away: it goes on announcing itself under the secret of before. */
static void who_was_away_during_a_removal_is_recognized(void **state)
{
	(void)state;
	uint8_t before[NET_BEACON_BYTES], removed[NET_BEACON_BYTES];
	struct device *away = &team.devices[1];
	begin();
	const struct device_id second = node_device(away->node), third = node_device(team.devices[2].node);
	finding_beacon(findings[1], &away->address, before);
	finding_beacon(findings[2], &team.devices[2].address, removed);
	check_ok(node_remove_device(team.devices[0].node, &third, 1, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	assert_true(node_may_lack_discovery(team.devices[0].node, &second));
	shout(0, 1); /* she does not know us by it */
	assert_int_equal(peers_count(away->peers), 0);
	finding_heard(findings[0], span_of(removed, sizeof(removed)), &team.devices[2].address);
	assert_int_equal(peers_count(team.devices[0].peers), 0); /* who was removed is not called */
	finding_heard(findings[0], span_of(before, sizeof(before)), &away->address);
	assert_int_equal(peers_count(team.devices[0].peers), 1);
	devices_run(&team.loop, both_equal, NULL);
	check_ok(node_acknowledge(away->node));
	devices_run(&team.loop, away_has_heard, NULL);
	/* From then on the old one is nobody's: whoever was removed can make such beacons at addresses of her own. */
	struct net_address elsewhere = away->address;
	device_restart(&team.devices[0], &team.loop);
	finding_free(findings[0]);
	findings[0] = finding_new(team.devices[0].node, team.devices[0].peers, &meetings[0]);
	finding_heard(findings[0], span_of(before, sizeof(before)), &elsewhere);
	assert_int_equal(peers_count(team.devices[0].peers), 0);
	shout(1, 0); /* and the new one is hers */
	assert_int_equal(peers_count(team.devices[0].peers), 1);
	finish();
}

/* The network is another one: a connection that may be dead does not keep a colleague from being called. */
static void doubt_lets_a_new_connection_replace_an_old_one(void **state)
{
	(void)state;
	struct device_id second;
	begin();
	shout(1, 0);
	devices_run(&team.loop, one_each, NULL);
	second = node_device(team.devices[1].node);
	assert_int_equal(peers_dial(team.devices[0].peers, &team.devices[1].address, &second), ERR_EXISTS);
	peers_doubt(team.devices[0].peers);
	peers_doubt(team.devices[1].peers);
	check_ok(peers_dial(team.devices[0].peers, &team.devices[1].address, &second));
	assert_int_equal(peers_count(team.devices[0].peers), 2);
	devices_run(&team.loop, one_each, NULL);
	finish();
}

/* ---- Meeting many ---- */

static unsigned asking(int device)
{
	const struct peers *peers = team.devices[device].peers;
	unsigned count = 0;
	for (const struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		const struct peer *peer = queue_member_const(link, struct peer, link);
		count += peer->session && net_session_asking_state(peer->session);
	}
	return count;
}

static bool all_meet(void *context)
{
	(void)context;
	for (int i = 0; i < DEVICES; i++)
		for (int j = 0; j < DEVICES; j++)
			if (i != j && !is_connected(i, j))
				return false;
	return team_equal(&team);
}

static bool all_settled(void *context)
{
	for (int i = 0; i < DEVICES; i++) {
		const struct peers *peers = team.devices[i].peers;
		for (const struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
			const struct peer *peer = queue_member_const(link, struct peer, link);
			if (peer->session && !net_session_state_settled(peer->session))
				return false;
		}
	}
	return all_meet(context);
}

/* Each has acknowledged something that is news to all others: it is asked for once, not of everybody. */
static void of_many_one_is_asked(void **state)
{
	(void)state;
	unsigned most = 0;
	begin();
	for (int i = 0; i < DEVICES; i++)
		check_ok(node_acknowledge(team.devices[i].node));
	for (int i = 0; i < DEVICES; i++)
		for (int j = 0; j < i; j++)
			shout(i, j);
	while (!all_settled(NULL)) {
		turn();
		for (int i = 0; i < DEVICES; i++)
			most = asking(i) > most ? asking(i) : most;
	}
	assert_int_equal(most, 1);
	finish();
}

static bool same_state(void)
{
	uint8_t digests[2][32];
	for (int i = 0; i < 2; i++)
		node_state_digest(team.devices[i].node, NODE_STATE_ALL, digests[i]);
	return memcmp(digests[0], digests[1], sizeof(digests[0])) == 0;
}

/* Nobody has to compare all rows for it. */
static void an_acknowledgement_goes_by_itself(void **state)
{
	(void)state;
	begin();
	shout(1, 0);
	devices_run(&team.loop, first_two_meet, NULL);
	while (!same_state() || asking(0) + asking(1))
		turn();
	for (int i = 0; i < 50; i++)
		turn();
	check_ok(node_acknowledge(team.devices[0].node));
	assert_false(same_state());
	while (!same_state()) {
		turn();
		assert_int_equal(asking(0) + asking(1), 0);
	}
	finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_beacon_names_its_device),
	        cmocka_unit_test(a_flood_in_a_colleagues_name_is_dialled_a_few_times),
	        cmocka_unit_test(attempts_keep_no_caller_away),
	        cmocka_unit_test(strangers_and_ourselves_are_not_called),
	        cmocka_unit_test(who_was_away_during_a_removal_is_recognized),
	        cmocka_unit_test(an_address_is_tried_with_everybody),
	        cmocka_unit_test(an_address_may_be_another_ones),
	        cmocka_unit_test(of_many_one_is_asked),
	        cmocka_unit_test(an_acknowledgement_goes_by_itself),
	        cmocka_unit_test(both_call_at_once),
	        cmocka_unit_test(one_attempt_at_a_time),
	        cmocka_unit_test(who_does_not_come_to_answer_rests),
	        cmocka_unit_test(doubt_lets_a_new_connection_replace_an_old_one),
	};
	return cmocka_run_group_tests_name("finding", tests, NULL, NULL);
}
