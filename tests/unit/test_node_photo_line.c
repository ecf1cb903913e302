/*
 * Photos over a narrow line, on virtual time: what is recorded meanwhile waits for one piece at most, the line is left to others half of the time, a ceiling holds, and what
 * comes first.
 */
#include "tests/lib/check.h"

#include "crdt/base/limits.h"
#include "crdt/base/rng.h"
#include "node/node_photo.h"
#include "node/pairing.h"
#include "node/record.h"
#include "node/schema/schema.h"
#include "tests/lib/sim_device.h"

enum {
	ANNA,
	BEA,
	CLEO,
	DORA,
	PEOPLE,
	DOSSIER = SCHEMA_DOC_DOSSIER,
	NAME = 1,
	SCAN_PIECES = 160, /* ten megabytes */
	LINE_BYTES_PER_MS = 32, /* 256 kbit/s: a piece takes two seconds */
	LATENCY_MS = 100,
};

static const struct record_id patients[] = {{{1, 1}}, {{2, 2}}, {{3, 3}}};

struct world {
	struct sim_time time;
	struct sim_net *net;
	struct sim_device devices[PEOPLE];
};

/* ---- A team ----------------------------------------------------------------------------------------------- */

static bool run_until(struct world *world, uint64_t for_ms, bool (*done)(void *context), void *context)
{
	const uint64_t until_ms = world->time.now_ms + for_ms;
	while (!done(context))
		if (!sim_time_step(&world->time, until_ms))
			return false;
	return true;
}

static bool never(void *context)
{
	(void)context;
	return false;
}

static bool is_idle(void *context)
{
	struct world *world = context;
	for (int i = 0; i < PEOPLE; i++)
		if (!node_idle(world->devices[i].node))
			return false;
	return true;
}

static void joined(void *context, int result)
{
	*(int *)context = result;
}

static bool has_result(void *context)
{
	return *(int *)context != 1;
}

static void set_line(struct world *world, uint32_t bytes_per_ms, uint32_t latency_ms)
{
	sim_net_set_faults(world->net,
	        &(struct sim_net_faults){.latency_min_ms = latency_ms,
	                .latency_max_ms = latency_ms,
	                .bytes_per_ms = bytes_per_ms});
}

/* Connections end, and both start again. */
static void part(struct world *world)
{
	for (uint32_t i = 0; i < PEOPLE; i++)
		sim_device_crash(&world->devices[i], 1);
	run_until(world, 60000, never, NULL);
}

static void join(struct world *world, int who)
{
	struct sim_device *anna = &world->devices[ANNA], *guest = &world->devices[who];
	const struct net_address address = sim_net_address(ANNA);
	struct team_invitation invitation;
	int result = 1;
	check_ok(node_invite(anna->node, TEAM_ROLE_NURSE, 0, 0, 0, &invitation, NULL, NULL));
	sim_device_turn(anna);
	assert_true(run_until(world, 10000, is_idle, world));
	check_ok(pairing_start(guest->peers, &address, &invitation, span_text("Nom"), joined, &result));
	sim_device_turn(guest);
	assert_true(run_until(world, 30000, has_result, &result));
	check_ok(result);
	team_invitation_wipe(&invitation);
}

static void world_open(struct world *world)
{
	struct person_id person;
	*world = (struct world){0};
	sim_time_init(&world->time, 1);
	world->net = sim_net_new(&world->time, 2);
	set_line(world, 100000, 1);
	for (uint32_t i = 0; i < PEOPLE; i++) {
		sim_device_init(&world->devices[i], &world->time, world->net, i, 10 + i);
		world->devices[i].dials = false;
		check_ok(sim_device_start(&world->devices[i]));
	}
	check_ok(node_found_team(world->devices[ANNA].node, &person, NULL, NULL));
	for (int i = BEA; i < PEOPLE; i++)
		join(world, i);
	run_until(world, 10000, never, NULL);
	part(world);
}

static void world_close(struct world *world)
{
	for (uint32_t i = 0; i < PEOPLE; i++)
		sim_device_close(&world->devices[i]);
	sim_net_free(world->net);
	sim_time_close(&world->time);
}

/* ---- What they do ------------------------------------------------------------------------------------------------- */

struct recorded {
	struct world *world;
	struct entry_ref place;
};

static struct recorded write_text(
        struct world *world, const struct record_id *patient, uint32_t field, const char *text)
{
	struct recorded it = {.world = world};
	struct sim_device *anna = &world->devices[ANNA];
	struct record_edit edit = {.record = {.kind = schema_kind(SCHEMA_PATIENT), .id = *patient}};
	struct node_change change;
	schema_put(&edit.record, schema_field(edit.record.kind, field))->bytes = span_text(text);
	check_ok(node_change_begin(anna->node, DOSSIER, patient, &change));
	check_ok(record_write(change.doc, &change.builder, &edit, NULL, (struct span){0}));
	check_ok(node_change_finish(anna->node, &change, &it.place, NULL, NULL));
	sim_device_turn(anna);
	return it;
}

/* A photo of so many pieces; `at_s`: when it was taken. */
static void add_photo(struct world *world, const struct record_id *patient, uint32_t pieces, int64_t at_s,
        struct blob_address *address)
{
	struct sim_device *anna = &world->devices[ANNA];
	struct record_edit edit = {.record = {.kind = schema_kind(SCHEMA_PHOTO)}};
	struct buf bytes = {0};
	rng_bytes(&anna->rng, edit.record.id.bytes, sizeof(edit.record.id.bytes));
	rng_bytes(&anna->rng, buf_extend(&bytes, (size_t)pieces * BLOB_PLAIN_BYTES),
	        (size_t)pieces * BLOB_PLAIN_BYTES);
	schema_put(&edit.record, schema_field_named(edit.record.kind, span_text("at")))->number = at_s;
	check_ok(node_photo_save(
	        anna->node, patient, &edit, buf_span(&bytes), span_text("image/jpeg"), address, NULL, NULL));
	sim_device_turn(anna);
	assert_true(run_until(world, 60000, is_idle, world));
	buf_close(&bytes);
}

static void meet_with(struct world *world, uint32_t who)
{
	struct sim_device *anna = &world->devices[ANNA];
	const struct net_address address = sim_net_address(who);
	const struct device_id id = node_device(world->devices[who].node);
	check_ok(peers_dial(anna->peers, &address, &id));
	sim_device_turn(anna);
}

static void meet(struct world *world)
{
	meet_with(world, BEA);
}

static uint32_t held(struct world *world, const struct blob_address *address)
{
	struct node_photo state;
	return node_photo(world->devices[BEA].node, address, &state) ? state.held_count : 0;
}

struct waiting {
	struct world *world;
	const struct blob_address *address;
	uint32_t held_min;
};

static bool has_come(void *context)
{
	const struct waiting *wait = context;
	return held(wait->world, wait->address) >= wait->held_min;
}

static bool entry_came(void *context)
{
	const struct recorded *it = context;
	struct log *log = node_log(it->world->devices[BEA].node);
	uint32_t feed;
	return log_feed_number(log, &it->place.feed, &feed) &&
	        log_feed(log, feed)->committed_seq >= it->place.seq;
}

static void set_policy(struct world *world, enum node_photos which, uint32_t bytes_per_s)
{
	const struct node_photo_policy policy = {which, bytes_per_s};
	check_ok(node_set_photo_policy(world->devices[BEA].node, &policy));
	sim_device_turn(&world->devices[BEA]);
}

static uint64_t pieces_in(struct world *world)
{
	uint64_t in, out;
	peers_pieces(world->devices[BEA].peers, &in, &out);
	return in;
}

static void admit(struct world *world, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		write_text(world, &patients[i], NAME, "Dugenou");
	assert_true(run_until(world, 60000, is_idle, world));
}

/* ---- Tests -------------------------------------------------------------------------------------------------------- */

/* Each time that she saves something amid a scan of ten megabytes on a narrow line, it comes before a second piece does. */
static void test_entries_pass(void **state)
{
	struct world world;
	struct blob_address scan;
	(void)state;
	world_open(&world);
	admit(&world, 2);
	add_photo(&world, &patients[0], SCAN_PIECES, 1700000000, &scan);
	set_line(&world, LINE_BYTES_PER_MS, LATENCY_MS);
	meet(&world);
	assert_true(run_until(&world, 600000, has_come, &(struct waiting){&world, &scan, 1}));
	for (unsigned i = 0; i < 20; i++) {
		char text[16];
		snprintf(text, sizeof(text), "02400000%02u", i);
		run_until(&world, 137 * (i + 1), never, NULL); /* at any moment of a piece */
		const uint64_t before = pieces_in(&world);
		struct recorded saved = write_text(&world, &patients[1], 21, text);
		assert_true(run_until(&world, 60000, entry_came, &saved));
		assert_in_range(pieces_in(&world) - before, 0, 1);
	}
	assert_true(held(&world, &scan) < SCAN_PIECES);
	assert_true(run_until(&world, 1000000, has_come, &(struct waiting){&world, &scan, SCAN_PIECES}));
	world_close(&world);
}

/* Of the line's time half is the scan's; under a ceiling, no more than that passes. */
static void test_share_and_ceiling(void **state)
{
	enum { MINUTE_MS = 60000, PIECE_MS = BLOB_CHUNK_BYTES / LINE_BYTES_PER_MS, BYTES_PER_S = 8000 };
	struct world world;
	struct blob_address scan;
	(void)state;
	world_open(&world);
	admit(&world, 1);
	add_photo(&world, &patients[0], SCAN_PIECES, 1700000000, &scan);
	set_line(&world, LINE_BYTES_PER_MS, LATENCY_MS);
	meet(&world);
	assert_true(run_until(&world, 600000, has_come, &(struct waiting){&world, &scan, 1}));
	const uint32_t first = held(&world, &scan);
	run_until(&world, MINUTE_MS, never, NULL);
	const uint32_t second = held(&world, &scan);
	assert_in_range(second - first, MINUTE_MS / PIECE_MS / 3, MINUTE_MS / PIECE_MS / 2);
	set_policy(&world, NODE_PHOTOS_ALL, BYTES_PER_S);
	run_until(&world, 2 * MINUTE_MS, never, NULL);
	assert_in_range(
	        held(&world, &scan) - second, 1, 1 + 2 * MINUTE_MS / 1000 * BYTES_PER_S / BLOB_PLAIN_BYTES);
	/* Not at all, until somebody says otherwise. */
	set_policy(&world, NODE_PHOTOS_NONE, 0);
	run_until(&world, MINUTE_MS, never, NULL);
	const uint32_t third = held(&world, &scan);
	run_until(&world, MINUTE_MS, never, NULL);
	assert_int_equal(held(&world, &scan), third);
	set_policy(&world, NODE_PHOTOS_ALL, 0);
	assert_true(run_until(&world, 1000000, has_come, &(struct waiting){&world, &scan, SCAN_PIECES}));
	world_close(&world);
}

/* What somebody opens, then what is of today's patients, then the newest. */
static void test_order(void **state)
{
	enum { OLD, TODAYS, NEW, NEWEST, PHOTOS, PIECES = 3 };
	struct world world;
	struct blob_address photos[PHOTOS];
	(void)state;
	world_open(&world);
	const int64_t now_s = (int64_t)(SIM_EPOCH_MS / 1000);
	admit(&world, 3);
	add_photo(&world, &patients[0], PIECES, 1600000000, &photos[OLD]);
	add_photo(&world, &patients[1], PIECES, now_s, &photos[TODAYS]);
	add_photo(&world, &patients[2], PIECES, 1600000000, &photos[NEW]);
	add_photo(&world, &patients[2], PIECES, 1600000001, &photos[NEWEST]);
	set_line(&world, LINE_BYTES_PER_MS, LATENCY_MS);
	meet(&world);
	assert_true(run_until(&world, 100000, has_come, &(struct waiting){&world, &photos[TODAYS], 1}));
	set_policy(&world, NODE_PHOTOS_TODAY, 0);
	assert_true(run_until(&world, 100000, has_come, &(struct waiting){&world, &photos[TODAYS], PIECES}));
	run_until(&world, 20000, never, NULL);
	for (unsigned i = 0; i < PHOTOS; i++)
		assert_int_equal(held(&world, &photos[i]), i == TODAYS ? PIECES : 0);
	node_photo_ask(world.devices[BEA].node, &photos[OLD]);
	set_policy(&world, NODE_PHOTOS_ALL, 0);
	static const unsigned order[] = {OLD, NEWEST, NEW};
	for (unsigned i = 0; i < sizeof(order) / sizeof(*order); i++) {
		assert_true(run_until(
		        &world, 100000, has_come, &(struct waiting){&world, &photos[order[i]], PIECES}));
		if (i + 1 < sizeof(order) / sizeof(*order))
			assert_int_equal(held(&world, &photos[order[i + 1]]), 0);
	}
	/* The policy is kept. */
	set_policy(&world, NODE_PHOTOS_TODAY, 9000);
	assert_true(run_until(&world, 60000, is_idle, &world));
	part(&world);
	const struct node_photo_policy kept = node_photo_policy(world.devices[BEA].node);
	assert_int_equal(kept.which, NODE_PHOTOS_TODAY);
	assert_int_equal(kept.bytes_per_s, 9000);
	world_close(&world);
}

/* Three who want the same photos from one: of what goes over her line two pieces are under way at any moment, and all come. */
static void test_at_once(void **state)
{
	enum { PHOTOS = 3, PIECES = 5 };
	struct world world;
	struct blob_address photos[PHOTOS];
	uint64_t most = 0, in, out, given = 0;
	(void)state;
	world_open(&world);
	admit(&world, 1);
	for (unsigned i = 0; i < PHOTOS; i++)
		add_photo(&world, &patients[0], PIECES, 1700000000 + i, &photos[i]);
	set_line(&world, LINE_BYTES_PER_MS, LATENCY_MS);
	for (uint32_t who = BEA; who < PEOPLE; who++)
		meet_with(&world, who);
	const uint64_t until_ms = world.time.now_ms + 1000000;
	while (given < (uint64_t)(PEOPLE - 1) * PHOTOS * PIECES && sim_time_step(&world.time, until_ms)) {
		uint64_t come = 0;
		for (uint32_t who = BEA; who < PEOPLE; who++) {
			peers_pieces(world.devices[who].peers, &in, &out);
			come += in;
		}
		peers_pieces(world.devices[ANNA].peers, &in, &given);
		most = given - come > most ? given - come : most;
	}
	assert_int_equal(given, (PEOPLE - 1) * PHOTOS * PIECES);
	assert_int_equal(most, LIMIT_PIECES_AT_ONCE);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_entries_pass),
	        cmocka_unit_test(test_share_and_ceiling),
	        cmocka_unit_test(test_order),
	        cmocka_unit_test(test_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
