/* Devices meet, become level and sign that they have the same; what keeps them from it, and what a liar can make of it. */
#include "tests/lib/check.h"

#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/accords.h"
#include "node/keyring/ack.h"
#include "node/node_state.h"
#include "tests/lib/team.h"

enum { DOSSIER = TEAM_DOSSIER, SECTION = TEAM_SECTION, NAME = TEAM_NAME, ANNA = 0, LEA = 1, MARC = 2 };

/* What passes on the steady clock at once. */
static uint64_t skipped_ms;

static uint64_t skipping_ms(void *context)
{
	(void)context;
	return uv_hrtime() / 1000000 + skipped_ms;
}

static struct device_id id_of(struct team *team, int index)
{
	return node_device(team->devices[index].node);
}

static const struct accord *accord(struct team *team, int at, int of)
{
	const struct device_id device = id_of(team, of);
	return node_accord_of(team->devices[at].node, &device);
}

static void pass(struct team *team, uint64_t ms)
{
	skipped_ms += ms;
	for (int i = 0; i < team->count; i++)
		team->devices[i].seeded.now_ms += ms;
}

static bool is_level(struct team *team, int at, int with)
{
	struct peer_status status;
	const struct device_id device = id_of(team, with);
	for (uint32_t i = 0; peers_status(team->devices[at].peers, i, &status); i++)
		if (device_id_eq(&status.device, &device) && status.even)
			return true;
	return false;
}

/* It knows of entries there that it has not. */
static bool lacks(struct team *team, int at, int of)
{
	struct peer_status status;
	const struct device_id device = id_of(team, of);
	for (uint32_t i = 0; peers_status(team->devices[at].peers, i, &status); i++)
		if (device_id_eq(&status.device, &device) && status.progress.missing_here)
			return true;
	return false;
}

/* Those below `count` are level with each other. */
struct circle {
	struct team *team;
	int count;
	uint64_t counter; /* of an accord that is to give way to later ones */
};

static bool are_idle(const struct circle *circle)
{
	for (int i = 0; i < circle->count; i++)
		if (!node_idle(circle->team->devices[i].node))
			return false;
	return true;
}

static bool are_level(void *context)
{
	const struct circle *circle = context;
	if (!are_idle(circle))
		return false;
	for (int i = 0; i < circle->count; i++)
		for (int j = 0; j < circle->count; j++)
			if (i != j && !is_level(circle->team, i, j))
				return false;
	return true;
}

/* Their last accords are everywhere among them. */
static bool have_signed(void *context)
{
	const struct circle *circle = context;
	for (int i = 0; i < circle->count; i++)
		for (int j = 0; j < circle->count; j++) {
			const struct accord *here = accord(circle->team, i, j),
			                    *there = accord(circle->team, j, j);
			if (!here || !there || here->counter != there->counter ||
			        there->counter <= circle->counter)
				return false;
		}
	return are_idle(circle);
}

static void gather(struct team *team, int count)
{
	struct circle circle = {.team = team, .count = count};
	for (int i = 0; i < count; i++)
		for (int j = 0; j < i; j++)
			if (!is_level(team, i, j))
				team_meet(team, i, j);
	devices_run(&team->loop, are_level, &circle);
}

/* With ticks and keep-alives, so that connections stay. */
static void pass_slowly(struct team *team, uint64_t ms)
{
	enum { STEP_MS = 5000, TURNS = 20 };
	for (uint64_t passed_ms = 0; passed_ms < ms; passed_ms += STEP_MS) {
		pass(team, STEP_MS);
		for (int i = 0; i < team->count; i++)
			peers_tick(team->devices[i].peers);
		for (int i = 0; i < TURNS; i++)
			uv_run(&team->loop, UV_RUN_NOWAIT);
	}
}

/* What is due happens at the next tick. */
static void sign(struct team *team, int count, uint64_t counter)
{
	struct circle circle = {.team = team, .count = count, .counter = counter};
	pass(team, LIMIT_ACCORD_QUIET_MS);
	devices_run(&team->loop, have_signed, &circle);
}

static bool agree(struct team *team, int at, int a, int b)
{
	return accords_agree(accord(team, at, a), accord(team, at, b));
}

static void open_three(struct team *team)
{
	skipped_ms = 0;
	team_open(team, 3);
	for (int i = 0; i < team->count; i++)
		team->devices[i].env.monotonic_ms = skipping_ms;
	team_found(team);
	device_save(&team->devices[ANNA], DOSSIER, &team_patient, SECTION, NAME, "Martin");
	check_ok(team_join(team, ANNA, LEA, TEAM_ROLE_NURSE));
	check_ok(team_join(team, ANNA, MARC, TEAM_ROLE_NURSE));
	devices_run(&team->loop, team_equal, team);
	for (int i = 0; i < team->count; i++)
		device_restart(&team->devices[i], &team->loop);
}

static void those_who_are_level_sign_the_same(void **state)
{
	(void)state;
	struct team team;
	open_three(&team);
	assert_null(accord(&team, ANNA, ANNA));
	gather(&team, 3);
	sign(&team, 3, 0);
	for (int at = 0; at < 3; at++)
		assert_true(agree(&team, at, ANNA, LEA) && agree(&team, at, LEA, MARC) &&
		        agree(&team, at, ANNA, MARC));
	assert_int_equal(accord(&team, LEA, ANNA)->present_count, 2);
	assert_int_equal(accord(&team, LEA, ANNA)->missing_count, 0);
	/* once: nothing moves any more */
	const uint64_t counter = accord(&team, ANNA, ANNA)->counter;
	pass_slowly(&team, 2 * LIMIT_ACCORD_MOVED_MS);
	assert_true(is_level(&team, ANNA, MARC));
	assert_int_equal(accord(&team, ANNA, ANNA)->counter, counter);
	/* it stays after a restart */
	device_restart(&team.devices[MARC], &team.loop);
	assert_true(agree(&team, MARC, ANNA, LEA));
	team_close(&team);
}

static void what_is_written_is_signed_later(void **state)
{
	(void)state;
	struct team team;
	open_three(&team);
	gather(&team, 2);
	sign(&team, 2, 0);
	const uint64_t counter = accord(&team, ANNA, ANNA)->counter;
	device_save(&team.devices[LEA], DOSSIER, &team_patient, SECTION, NAME, "Morvan");
	struct circle circle = {.team = &team, .count = 2};
	devices_run(&team.loop, are_level, &circle);
	pass(&team, LIMIT_ACCORD_QUIET_MS);
	peers_tick(team.devices[ANNA].peers);
	assert_int_equal(accord(&team, ANNA, ANNA)->counter, counter); /* not at once again */
	pass_slowly(&team, LIMIT_ACCORD_MOVED_MS + LIMIT_ACCORD_AGAIN_MS);
	sign(&team, 2, counter + (UINT64_C(1) << 31));
	assert_true(agree(&team, ANNA, ANNA, LEA));
	team_close(&team);
}

static void who_is_missing_is_named(void **state)
{
	(void)state;
	struct team team;
	open_three(&team);
	gather(&team, 2);
	sign(&team, 2, 0);
	const struct accord *annas = accord(&team, LEA, ANNA);
	const struct device_id marc = id_of(&team, MARC);
	assert_int_equal(annas->missing_count, 1);
	assert_memory_equal(&annas->missing[0].device, &marc, sizeof(marc));
	assert_null(accord_find_present(annas, &marc));
	assert_true(agree(&team, ANNA, ANNA, LEA));
	/* he comes: all three */
	const uint64_t counter = annas->counter;
	gather(&team, 3);
	pass_slowly(&team, 2 * LIMIT_ACCORD_AGAIN_MS);
	sign(&team, 3, 0);
	assert_true(accord(&team, ANNA, ANNA)->counter > counter);
	assert_true(agree(&team, MARC, ANNA, MARC) && agree(&team, ANNA, LEA, MARC));
	team_close(&team);
}

/* The third one's connections break between the others' signing and its own. */
static void a_partition_while_signing(void **state)
{
	(void)state;
	struct team team;
	open_three(&team);
	gather(&team, 3);
	/* What he writes is not on his disk yet: nobody has heard of it, and he does not sign. */
	team.devices[MARC].disk_waits = true;
	device_save(&team.devices[MARC], DOSSIER, &team_patient, SECTION, NAME, "Morvan");
	sign(&team, 2, 0);
	team.devices[MARC].disk_waits = false;
	device_restart(&team.devices[MARC], &team.loop);
	const struct device_id marc = id_of(&team, MARC);
	assert_true(accord_find_present(accord(&team, LEA, ANNA), &marc)->is_level);
	assert_null(accord(&team, ANNA, MARC)); /* he was here, and has not signed */
	assert_true(agree(&team, ANNA, ANNA, LEA));
	/* he comes back to one of them, and all is mended */
	const uint64_t counter = accord(&team, ANNA, ANNA)->counter;
	gather(&team, 3);
	pass_slowly(&team, LIMIT_ACCORD_MOVED_MS + LIMIT_ACCORD_AGAIN_MS);
	sign(&team, 3, 0);
	assert_true(accord(&team, ANNA, ANNA)->counter > counter);
	assert_true(agree(&team, MARC, ANNA, MARC) && agree(&team, MARC, LEA, MARC));
	team_close(&team);
}

/* A patched program's row, signed by its own key. */
static void bring(struct team *team, int to, const struct accord *lie, struct device *liar)
{
	const struct key_signer signer = {
	        *node_team(liar->node), node_device(liar->node), liar->node->identity.secrets->sign};
	struct buf row = {0};
	const uint8_t kind = NODE_ROW_ACCORD;
	buf_add(&row, &kind, 1);
	check_ok(accord_encode(lie, &signer, &row));
	assert_int_equal(node_state_put(team->devices[to].node, buf_span(&row)), 1);
	buf_close(&row);
}

static void a_liar_signs_for_nobody_else(void **state)
{
	(void)state;
	struct team team;
	open_three(&team);
	gather(&team, 3);
	sign(&team, 3, 0);
	struct device *liar = &team.devices[MARC];
	/* another state */
	struct accord lie = *accord(&team, MARC, MARC);
	lie.counter = ack_counter_next(lie.counter, ack_moment_ms(lie.counter));
	lie.heads[lie.head_count - 1].hash[0] ^= 1;
	bring(&team, ANNA, &lie, liar);
	assert_true(agree(&team, ANNA, ANNA, LEA));
	assert_false(agree(&team, ANNA, ANNA, MARC) || agree(&team, ANNA, LEA, MARC));
	assert_true(accords_met(accord(&team, ANNA, ANNA), accord(&team, ANNA, MARC)));
	/* somebody is here who never was; she has to say so herself */
	struct accord_present nobody = {.device = id_of(&team, LEA), .is_level = true};
	lie = *accord(&team, MARC, MARC);
	lie.present = &nobody;
	lie.present_count = 1;
	lie.counter = ack_counter_next(lie.counter, UINT64_C(4000000000) * 1000);
	bring(&team, ANNA, &lie, liar);
	assert_false(agree(&team, ANNA, LEA, MARC));
	/* in Léa's name: not by his key */
	struct buf row = {0};
	struct accord forged = *accord(&team, MARC, LEA);
	const struct key_signer signer = {
	        *node_team(liar->node), node_device(liar->node), liar->node->identity.secrets->sign};
	const uint8_t kind = NODE_ROW_ACCORD;
	forged.counter = ack_counter_next(forged.counter, ack_moment_ms(forged.counter));
	buf_add(&row, &kind, 1);
	check_ok(accord_encode(&forged, &signer, &row));
	check_code(node_state_put(team.devices[ANNA].node, buf_span(&row)), ERR_BADSIG);
	buf_close(&row);
	team_close(&team);
}

/* Who does not become level is waited for, and not for ever. */
static void one_who_never_is_level_keeps_nobody(void **state)
{
	(void)state;
	struct team team;
	open_three(&team);
	gather(&team, 3);
	/* What comes from him is not taken here: Anna lacks what he has, Léa does not. */
	node_hold_back(team.devices[ANNA].node, true);
	device_save(&team.devices[MARC], DOSSIER, &team_patient, SECTION, NAME, "Morvan");
	while (!lacks(&team, ANNA, MARC))
		uv_run(&team.loop, UV_RUN_ONCE);
	struct circle circle = {.team = &team, .count = 1};
	pass(&team, LIMIT_ACCORD_QUIET_MS);
	for (int i = 0; i < 3; i++)
		peers_tick(team.devices[ANNA].peers);
	assert_null(accord(&team, ANNA, ANNA));
	pass_slowly(&team, LIMIT_ACCORD_WAIT_MS);
	devices_run(&team.loop, have_signed, &circle);
	const struct device_id marc = id_of(&team, MARC);
	assert_false(accord_find_present(accord(&team, ANNA, ANNA), &marc)->is_level);
	team_close(&team);
}

/* Whose program does not know accords is shown the same state without them. */
static void an_earlier_version_is_shown_none(void **state)
{
	(void)state;
	struct team team;
	uint8_t before[32], after[32];
	open_three(&team);
	struct node *anna = team.devices[ANNA].node;
	const enum node_state_part older = node_state_older(anna, NODE_STATE_WITHOUT_KEYS);
	assert_int_equal(node_state_count(anna, older), node_state_count(anna, NODE_STATE_WITHOUT_KEYS));
	gather(&team, 3);
	sign(&team, 3, 0);
	assert_int_equal(node_state_count(anna, older) + 3, node_state_count(anna, NODE_STATE_WITHOUT_KEYS));
	for (uint32_t i = 0; i < node_state_count(anna, older); i++)
		assert_int_not_equal(node_state_row(anna, older, i).data[0], NODE_ROW_ACCORD);
	/* another accord is no news to it */
	node_state_digest(anna, older, before);
	struct accord_present lea = {.device = id_of(&team, LEA), .is_level = true};
	check_ok(node_sign_accord(anna, &lea, 1, false));
	node_state_digest(anna, older, after);
	assert_memory_equal(before, after, sizeof(before));
	team_close(&team);
}

/* ---- Clocks ---- */

static uint8_t grade_of_next(struct team *team, int index)
{
	uint32_t feed;
	struct node_entry entry;
	struct node *node = team->devices[index].node;
	device_save(&team->devices[index], DOSSIER, &team_patient, SECTION, NAME, "Morvan");
	devices_run(&team->loop, team_saved, team);
	check_ok(node_own_feed(node, COMPARTMENT_CLINICAL, &feed));
	check_ok(node_read(node, feed, log_feed(node_log(node), feed)->committed_seq, &entry));
	return entry.header.clock_grade;
}

static void clocks_are_compared(void **state)
{
	(void)state;
	struct team team;
	open_three(&team);
	team.devices[MARC].seeded.now_ms += 5 * 60 * 1000;
	gather(&team, 3);
	sign(&team, 3, 0);
	const struct device_id marc = id_of(&team, MARC), anna = id_of(&team, ANNA);
	assert_int_equal(accord_find_present(accord(&team, LEA, ANNA), &marc)->ahead_s, 300);
	assert_int_equal(accord_find_present(accord(&team, LEA, MARC), &anna)->ahead_s, -300);
	assert_true(agree(&team, LEA, ANNA, MARC)); /* five minutes apart, and all say so */
	assert_int_equal(grade_of_next(&team, ANNA), CLOCK_COMPARED);
	assert_int_equal(grade_of_next(&team, MARC), CLOCK_DOUBTFUL);
	/* he sets it right while they are together */
	team.devices[MARC].seeded.now_ms -= 5 * 60 * 1000;
	peers_tick(team.devices[MARC].peers);
	assert_int_equal(grade_of_next(&team, MARC), CLOCK_COMPARED);
	while (node_heard_of(team.devices[ANNA].node, &marc).skew_ms > 1000)
		uv_run(&team.loop, UV_RUN_ONCE);
	/* alone, it jumps */
	device_restart(&team.devices[ANNA], &team.loop);
	assert_int_equal(grade_of_next(&team, ANNA), CLOCK_COMPARED); /* remembered */
	node_clock_compared(team.devices[ANNA].node);
	team.devices[ANNA].seeded.now_ms += 3 * 60 * 1000;
	assert_int_equal(grade_of_next(&team, ANNA), CLOCK_DOUBTFUL);
	team_close(&team);
}

/* Of two who differ nobody can say who is wrong. */
static void one_liar_makes_no_clock_doubtful(void **state)
{
	(void)state;
	struct team team;
	open_three(&team);
	assert_true(grade_of_next(&team, LEA) == CLOCK_COMPARED); /* since she joined */
	team.devices[MARC].seeded.now_ms += 60 * 60 * 1000;
	pass(&team, UINT64_C(2) * 3600 * 1000);
	node_clock_compared(team.devices[LEA].node); /* not that her clock was set */
	team_meet(&team, LEA, MARC);
	while (!is_level(&team, LEA, MARC))
		uv_run(&team.loop, UV_RUN_ONCE);
	assert_int_equal(grade_of_next(&team, LEA), CLOCK_UNKNOWN);
	team_close(&team);
}

/* A relay and a locum, whose clocks are hours wrong, are no majority against a nurse's; nor do they say that hers is right. */
static void relays_and_locums_grade_no_clock(void **state)
{
	enum { NURSE, RELAY, LOCUM };
	(void)state;
	struct team team;
	team_open(&team, 3);
	team_found(&team);
	team_admit_relay(&team, NURSE, RELAY);
	check_ok(team_join(&team, NURSE, LOCUM, TEAM_ROLE_LOCUM));
	struct node *nurse = team.devices[NURSE].node;
	for (int i = RELAY; i <= LOCUM; i++) {
		const struct device_id id = id_of(&team, i);
		node_clock_seen(nurse, &id, 0);
	}
	assert_int_equal(node_clock_grade(nurse), CLOCK_UNKNOWN);
	for (int i = RELAY; i <= LOCUM; i++) {
		const struct device_id id = id_of(&team, i);
		node_clock_seen(nurse, &id, 5 * 3600 * 1000);
	}
	assert_int_equal(node_clock_grade(nurse), CLOCK_UNKNOWN);
	team_close(&team);
}

/* ---- What was here at the last meeting ---- */

static void the_meeting_before_is_remembered(void **state)
{
	(void)state;
	struct team team;
	uint64_t ms;
	open_three(&team);
	struct node *anna = team.devices[ANNA].node;
	assert_int_equal(node_last_meeting(anna, false, &ms)->count, 0);
	gather(&team, 2);
	sign(&team, 2, 0);
	node_last_meeting(anna, true, &ms);
	assert_int_equal(ms, 0); /* there was none before */
	node_last_meeting(anna, false, &ms);
	assert_int_equal(ms / 1000, team.devices[ANNA].seeded.now_ms / 1000);
	const uint64_t first_ms = ms;
	device_restart(&team.devices[LEA], &team.loop);
	device_restart(&team.devices[ANNA], &team.loop);
	pass(&team, UINT64_C(3600) * 1000);
	device_save(&team.devices[LEA], DOSSIER, &team_patient, SECTION, NAME, "Morvan");
	const uint64_t counter = accord(&team, ANNA, ANNA)->counter;
	gather(&team, 2);
	sign(&team, 2, counter);
	anna = team.devices[ANNA].node;
	const struct crdt_frontier *before = node_last_meeting(anna, true, &ms);
	assert_int_equal(ms, first_ms);
	uint64_t sum_before = 0, sum_now = 0;
	for (uint32_t i = 0; i < before->count; i++)
		sum_before += before->items[i].seq;
	const struct crdt_frontier *now = node_last_meeting(anna, false, &ms);
	for (uint32_t i = 0; i < now->count; i++)
		sum_now += now->items[i].seq;
	assert_true(sum_before && sum_now == sum_before + 1);
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(those_who_are_level_sign_the_same),
	        cmocka_unit_test(what_is_written_is_signed_later),
	        cmocka_unit_test(who_is_missing_is_named),
	        cmocka_unit_test(a_partition_while_signing),
	        cmocka_unit_test(a_liar_signs_for_nobody_else),
	        cmocka_unit_test(one_who_never_is_level_keeps_nobody),
	        cmocka_unit_test(an_earlier_version_is_shown_none),
	        cmocka_unit_test(clocks_are_compared),
	        cmocka_unit_test(one_liar_makes_no_clock_doubtful),
	        cmocka_unit_test(relays_and_locums_grade_no_clock),
	        cmocka_unit_test(the_meeting_before_is_remembered),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("node-meeting", tests, NULL, NULL);
}
