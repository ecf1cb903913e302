/*
 * How often word has to go back and forth until two colleagues who were apart for a day have all of each other's entries: two whole devices on
 * virtual time, on a link on which nothing takes time but the way itself.
 */
#include "tests/lib/check.h"

#include "crdt/base/mem.h"
#include "crdt/doc_write.h"
#include "crdt/mpack.h"
#include "crdt/path.h"
#include "node/pairing.h"
#include "node/schema/schema.h"
#include "tests/lib/sim_device.h"

enum { ONE_WAY_MS = 1000, ROUND_TRIPS = 3, DAY_RECORDS = 30, LONG_MS = 600000 };

struct pair {
	struct sim_time time;
	struct sim_net *net;
	struct sim_device devices[2];
	struct device_id ids[2];
	struct team_invitation invitation;
	bool invited, joined;
	uint64_t opened_ms; /* when the session began at the first of the two */
};

static const struct device_id *colleague(void *context, uint32_t host)
{
	struct pair *pair = context;
	return host < 2 ? &pair->ids[host] : NULL;
}

static void on_opened(void *context, struct sim_device *device)
{
	(void)context;
	(void)device;
}

static void on_invited(void *context, int result)
{
	check_ok(result);
	*(bool *)context = true;
}

static void on_change(void *context, const struct peer_status *status)
{
	struct pair *pair = context;
	if (status->connected && !status->level && pair->opened_ms == 0)
		pair->opened_ms = pair->time.now_ms;
}

static bool same_heads(struct node *a, struct node *b)
{
	struct log *left = node_log(a), *right = node_log(b);
	for (uint32_t i = 0; i < log_feed_count(left); i++) {
		const struct log_feed *feed = log_feed(left, i);
		uint32_t number;
		if (feed->committed_seq &&
		        (!log_feed_number(right, &feed->id, &number) ||
		                log_feed(right, number)->committed_seq != feed->committed_seq))
			return false;
	}
	return node_idle(a) && node_idle(b);
}

static bool equal(struct pair *pair)
{
	struct node *a = pair->devices[0].node, *b = pair->devices[1].node;
	return same_heads(a, b) && same_heads(b, a);
}

static bool apart(struct pair *pair)
{
	return peers_count(pair->devices[0].peers) == 0 && peers_count(pair->devices[1].peers) == 0 &&
	        node_idle(pair->devices[0].node) && node_idle(pair->devices[1].node);
}

static bool joined(struct pair *pair)
{
	return pair->joined && equal(pair);
}

static bool invited(struct pair *pair)
{
	return pair->invited;
}

static void run(struct pair *pair, bool (*done)(struct pair *pair))
{
	const uint64_t end_ms = pair->time.now_ms + LONG_MS;
	while (!done(pair))
		assert_true(sim_time_step(&pair->time, end_ms));
}

static void set_latency(struct pair *pair, uint32_t latency_ms)
{
	const struct sim_net_faults faults = {
	        .latency_min_ms = latency_ms, .latency_max_ms = latency_ms, .bytes_per_ms = 1000000};
	sim_net_set_faults(pair->net, &faults);
}

static void pair_open(struct pair *pair)
{
	struct person_id person;
	memset(pair, 0, sizeof(*pair));
	sim_time_init(&pair->time, 1);
	pair->net = sim_net_new(&pair->time, 1);
	set_latency(pair, 1);
	for (uint32_t i = 0; i < 2; i++) {
		struct sim_device *device = &pair->devices[i];
		sim_device_init(device, &pair->time, pair->net, i, 10 + i);
		device->colleague = colleague;
		device->opened = on_opened;
		device->context = pair;
		device->dials = false;
		check_ok(sim_device_start(device));
		pair->ids[i] = node_device(device->node);
	}
	check_ok(node_found_team(pair->devices[0].node, &person, NULL, NULL));
	sim_device_turn(&pair->devices[0]);
	check_ok(node_invite(pair->devices[0].node, TEAM_ROLE_NURSE, 0, 0, 0, &pair->invitation, on_invited,
	        &pair->invited));
	sim_device_turn(&pair->devices[0]);
	run(pair, invited);
	const struct net_address address = sim_net_address(0);
	check_ok(pairing_start(pair->devices[1].peers, &address, &pair->invitation, span_text("Berthe"),
	        on_invited, &pair->joined));
	sim_device_turn(&pair->devices[1]);
	run(pair, joined);
	/* what is said after a pairing is said */
	for (uint64_t end_ms = pair->time.now_ms + 60000; sim_time_step(&pair->time, end_ms);)
		;
	assert_true(equal(pair));
}

static void pair_close(struct pair *pair)
{
	for (int i = 0; i < 2; i++)
		sim_device_close(&pair->devices[i]);
	sim_net_free(pair->net);
	sim_time_close(&pair->time);
}

static void part(struct pair *pair)
{
	sim_net_part(pair->net, 0, 1, true);
	run(pair, apart);
	sim_net_part(pair->net, 0, 1, false);
}

/* One record in a dossier of its own. */
static void write_one(struct sim_device *device, uint8_t number)
{
	const uint32_t section = 2, field = 1;
	struct record_id dossier = {{number, (uint8_t)(device->number + 1)}};
	struct node_change change;
	struct crdt_path path = {0};
	struct buf value = {0};
	check_ok(node_change_begin(device->node, SCHEMA_DOC_DOSSIER, &dossier, &change));
	crdt_path_field(&path, section);
	crdt_path_field(&path, field);
	mpack_put_str(&value, span_text("Martin"));
	check_ok(crdt_doc_set(
	        change.doc, &change.builder, crdt_path_span(&path), buf_span(&value), span_text("")));
	check_ok(node_change_finish(device->node, &change, NULL, NULL, NULL));
	buf_close(&value);
}

static bool saved(struct pair *pair)
{
	return node_idle(pair->devices[0].node) && node_idle(pair->devices[1].node);
}

static void write_day(struct pair *pair, uint8_t from, uint8_t count)
{
	for (int i = 0; i < 2; i++) {
		for (uint8_t j = 0; j < count; j++)
			write_one(&pair->devices[i], (uint8_t)(from + j));
		sim_device_turn(&pair->devices[i]);
	}
	run(pair, saved);
	for (int i = 0; i < 2; i++) {
		check_ok(node_acknowledge(pair->devices[i].node));
		sim_device_turn(&pair->devices[i]);
	}
	run(pair, saved);
}

/* From the moment that one of them knows the other to the moment that both have everything. */
static uint64_t meet(struct pair *pair)
{
	pair->opened_ms = 0;
	for (int i = 0; i < 2; i++)
		peers_on_change(pair->devices[i].peers, on_change, pair);
	const struct net_address address = sim_net_address(0);
	check_ok(peers_dial(pair->devices[1].peers, &address, &pair->ids[0]));
	sim_device_turn(&pair->devices[1]);
	run(pair, equal);
	assert_true(pair->opened_ms > 0);
	return pair->time.now_ms - pair->opened_ms;
}

static void a_day_takes_three_round_trips_at_most(void **state)
{
	static struct pair pair;
	(void)state;
	pair_open(&pair);
	/* New patients on both sides, whose keys have to come before their records. */
	part(&pair);
	write_day(&pair, 1, DAY_RECORDS);
	set_latency(&pair, ONE_WAY_MS);
	uint64_t took_ms = meet(&pair);
	print_message("new patients: %.2f round trips\n", (double)took_ms / (2 * ONE_WAY_MS));
	assert_true(took_ms / ONE_WAY_MS <= UINT64_C(2) * ROUND_TRIPS); /* commits take a little */
	/* The next day, with patients that both know. */
	set_latency(&pair, 1);
	for (uint64_t end_ms = pair.time.now_ms + 60000; sim_time_step(&pair.time, end_ms);)
		;
	part(&pair);
	write_day(&pair, 1, DAY_RECORDS);
	set_latency(&pair, ONE_WAY_MS);
	took_ms = meet(&pair);
	print_message("known patients: %.2f round trips\n", (double)took_ms / (2 * ONE_WAY_MS));
	assert_true(took_ms / ONE_WAY_MS <= UINT64_C(2) * ROUND_TRIPS); /* commits take a little */
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_day_takes_three_round_trips_at_most)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
