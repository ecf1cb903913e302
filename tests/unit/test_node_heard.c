/* When devices were heard of, through whom, and up to which moment everything of theirs is here. */
#include "tests/lib/check.h"

#include <sodium.h>

#include "node/node_state.h"
#include "tests/lib/team.h"

enum { DOSSIER = TEAM_DOSSIER, SECTION = TEAM_SECTION, NAME = TEAM_NAME, ANNA = 0, LEA = 1, MARC = 2 };

static struct device_id id_of(struct team *team, int index)
{
	return node_device(team->devices[index].node);
}

static struct node_heard heard(struct team *team, int at, int of)
{
	const struct device_id device = id_of(team, of);
	return node_heard_of(team->devices[at].node, &device);
}

static struct node_complete complete(struct team *team, int at, int of)
{
	const struct device_id device = id_of(team, of);
	return node_complete_of(team->devices[at].node, &device, COMPARTMENT_CLINICAL);
}

static void pass(struct team *team, uint64_t ms)
{
	for (int i = 0; i < team->count; i++)
		team->devices[i].seeded.now_ms += ms;
}

static uint64_t now_s(struct team *team, int index)
{
	return team->devices[index].seeded.now_ms / 1000;
}

static void part(struct team *team)
{
	for (int i = 0; i < team->count; i++)
		device_restart(&team->devices[i], &team->loop);
}

/* Does `at` know of the acknowledgement that `of` has made last? */
struct wanted {
	struct team *team;
	int at, of;
};

static bool is_known(void *context)
{
	const struct wanted *wanted = context;
	const struct device_id device = id_of(wanted->team, wanted->of);
	const struct node_ack *there = node_ack_of(wanted->team->devices[wanted->at].node, &device),
	                      *own = node_ack_of(wanted->team->devices[wanted->of].node, &device);
	return team_saved(wanted->team) && there && own && there->ack.counter == own->ack.counter;
}

static void say(struct team *team, int of, int at)
{
	struct wanted wanted = {team, at, of};
	check_ok(node_acknowledge(team->devices[of].node));
	devices_run(&team->loop, is_known, &wanted);
}

static void open_three(struct team *team)
{
	team_open(team, 3);
	team_found(team);
	device_save(&team->devices[ANNA], DOSSIER, &team_patient, SECTION, NAME, "Martin");
	check_ok(team_join(team, ANNA, LEA, TEAM_ROLE_NURSE));
	check_ok(team_join(team, ANNA, MARC, TEAM_ROLE_NURSE));
	devices_run(&team->loop, team_equal, team);
	part(team);
}

/* All that Marc wrote is at Anna's. */
static bool is_there(void *context)
{
	struct team *team = context;
	return team_saved(team) && team_same_heads(&team->devices[MARC], &team->devices[ANNA]);
}

static bool is_met(void *context)
{
	return heard(context, ANNA, LEA).met_ms / 1000 == now_s(context, ANNA);
}

/* Marc meets Léa; an hour later Léa meets Anna, who hears of him through her. It stays so after a restart. */
static void somebody_is_heard_of_through_a_colleague(void **state)
{
	(void)state;
	struct team team;
	open_three(&team);
	const struct device_id lea = id_of(&team, LEA);
	pass(&team, 24 * 3600 * 1000);
	device_save(&team.devices[MARC], DOSSIER, &team_patient, SECTION, NAME, "Morvan");
	team_meet(&team, LEA, MARC);
	say(&team, MARC, LEA);
	assert_true(heard(&team, ANNA, MARC).said_ms / 1000 < now_s(&team, MARC));
	assert_true(complete(&team, ANNA, MARC).upto_ms / 1000 < now_s(&team, MARC) - 3600);
	const uint64_t met_marc_s = now_s(&team, LEA);
	part(&team);
	pass(&team, 3600 * 1000);
	team_meet(&team, ANNA, LEA);
	struct wanted wanted = {&team, ANNA, MARC};
	devices_run(&team.loop, is_known, &wanted);
	devices_run(&team.loop, is_there, &team);
	devices_run(&team.loop, is_met, &team);
	for (int again = 0; again < 2; again++) {
		struct node_heard of_marc = heard(&team, ANNA, MARC), of_lea = heard(&team, ANNA, LEA);
		assert_int_equal(of_marc.said_ms / 1000, met_marc_s);
		assert_int_equal(of_marc.heard_ms / 1000, now_s(&team, ANNA));
		assert_memory_equal(&of_marc.through, &lea, sizeof(lea));
		assert_true(of_marc.met_ms / 1000 < met_marc_s);
		assert_int_equal(of_lea.met_ms / 1000, now_s(&team, ANNA));
		assert_false(complete(&team, ANNA, MARC).is_lacking);
		assert_int_equal(complete(&team, ANNA, LEA).upto_ms / 1000, now_s(&team, LEA));
		if (!again)
			say(&team, ANNA, LEA); /* what was heard goes to the disk with it */
		device_restart(&team.devices[ANNA], &team.loop);
	}
	team_close(&team);
}

/* His word that he has more comes before what he wrote: then what is here is as old as the last entry of his. */
static void what_is_known_to_be_lacking_makes_it_older(void **state)
{
	(void)state;
	struct team team;
	struct buf row = {0};
	open_three(&team);
	const struct node_complete before = complete(&team, ANNA, MARC);
	assert_false(before.is_lacking);
	pass(&team, 24 * 3600 * 1000);
	device_save(&team.devices[MARC], DOSSIER, &team_patient, SECTION, NAME, "Morvan");
	devices_run(&team.loop, team_saved, &team);
	check_ok(node_acknowledge(team.devices[MARC].node));
	node_own_ack(team.devices[MARC].node, &row);
	assert_int_equal(node_state_put(team.devices[ANNA].node, buf_span(&row)), 1);
	const struct node_complete now = complete(&team, ANNA, MARC);
	assert_true(now.is_lacking); /* his first entry: of a feed that nothing is here of */
	assert_int_equal(now.upto_ms, 0);
	/* to somebody who has it, nothing is lacking */
	assert_false(complete(&team, MARC, ANNA).is_lacking);
	team_meet(&team, ANNA, MARC);
	devices_run(&team.loop, is_there, &team);
	device_restart(&team.devices[ANNA], &team.loop);
	device_restart(&team.devices[MARC], &team.loop);
	assert_false(complete(&team, ANNA, MARC).is_lacking);
	device_save(&team.devices[MARC], DOSSIER, &team_patient, SECTION, NAME, "Morin");
	pass(&team, 60 * 1000);
	devices_run(&team.loop, team_saved, &team);
	check_ok(node_acknowledge(team.devices[MARC].node));
	buf_clear(&row);
	node_own_ack(team.devices[MARC].node, &row);
	assert_int_equal(node_state_put(team.devices[ANNA].node, buf_span(&row)), 1);
	assert_int_equal(complete(&team, ANNA, MARC).missing, 1);
	assert_int_equal(complete(&team, ANNA, MARC).upto_ms / 1000, now_s(&team, MARC) - 60);
	buf_close(&row);
	team_close(&team);
}

/* An earlier version counts from 1 and says no moment: what is known is when we met, and what it wrote last. */
static void an_earlier_version_says_no_moment(void **state)
{
	(void)state;
	struct team team;
	open_three(&team);
	struct node *lea = team.devices[LEA].node, *anna = team.devices[ANNA].node;
	const struct device_id device = node_device(lea);
	for (uint32_t i = 0; i < anna->ack_count; i++) /* as if only the earlier one had ever run */
		if (device_id_eq(&anna->acks[i].device, &device)) {
			anna->acks[i].ack.counter = 7;
			anna->acks[i].bytes.data[1 + ID_LONG_BYTES] = 7;
			memset(anna->acks[i].bytes.data + 2 + ID_LONG_BYTES, 0, 7);
		}
	assert_int_equal(heard(&team, ANNA, LEA).said_ms, 0);
	const struct node_heard known = heard(&team, ANNA, LEA);
	assert_true(known.met_ms);
	assert_int_equal(complete(&team, ANNA, LEA).upto_ms, known.met_ms);
	/* its successor's counter is greater, whatever the clock */
	team.devices[LEA].seeded.now_ms = 5000;
	const uint64_t before = lea->ack_counter;
	check_ok(node_acknowledge(lea));
	assert_true(lea->ack_counter > before && ack_moment_ms(lea->ack_counter) == 5000);
	assert_true(ack_counter_next(7, 0) > 7);
	team_close(&team);
}

static uint64_t held(struct team *team, int at, int by, const struct feed_id *feed)
{
	uint32_t number;
	struct node *node = team->devices[at].node;
	const struct device_id device = id_of(team, by);
	assert_true(log_feed_number(node_log(node), feed, &number));
	return node_held_by(node, team_view_device(node_view(node), &device), number);
}

/* Whoever was put back from an older copy, and began under another number, is believed what it says, no more. */
static void an_author_who_began_again_may_have_lost_it(void **state)
{
	(void)state;
	struct team team;
	uint32_t number;
	open_three(&team);
	struct store_mem_image *image = store_mem_image_take(team.devices[MARC].store);
	device_save(&team.devices[MARC], DOSSIER, &team_patient, SECTION, NAME, "Morvan");
	check_ok(node_own_feed(team.devices[MARC].node, COMPARTMENT_CLINICAL, &number));
	const struct feed_id feed = log_feed(node_log(team.devices[MARC].node), number)->id;
	team_meet(&team, ANNA, MARC);
	devices_run(&team.loop, is_there, &team);
	struct wanted wanted = {&team, ANNA, MARC};
	check_ok(node_acknowledge(team.devices[MARC].node));
	devices_run(&team.loop, is_known, &wanted);
	assert_int_equal(held(&team, ANNA, MARC, &feed), 1);
	part(&team);
	device_put_back(&team.devices[MARC], &team.loop, image);
	store_mem_image_free(image);
	pass(&team, 60 * 1000);
	device_save(&team.devices[MARC], DOSSIER, &team_patient, SECTION, NAME, "Morin");
	devices_run(&team.loop, team_saved, &team);
	struct node_ack *ack = NULL;
	struct node *anna = team.devices[ANNA].node;
	const struct device_id marc = id_of(&team, MARC);
	for (uint32_t i = 0; i < anna->ack_count; i++)
		if (device_id_eq(&anna->acks[i].device, &marc))
			ack = &anna->acks[i];
	assert_non_null(ack);
	ack->ack.head_count = 0; /* what he would say now, if it had come */
	assert_int_equal(held(&team, ANNA, MARC, &feed), 1); /* nobody can know yet */
	const struct feed_id old = feed;
	struct node *back = team.devices[MARC].node;
	check_ok(node_own_feed(back, COMPARTMENT_CLINICAL, &number));
	assert_false(feed_id_eq(&log_feed(node_log(back), number)->id, &old));
	/* his new number is seen */
	uint32_t other;
	const struct incarnation_id later = {{99}};
	check_ok(node_feed_number(anna, &marc, COMPARTMENT_CLINICAL, &later, &other));
	((struct log_feed *)(uintptr_t)log_feed(node_log(anna), other))->hlc = UINT64_MAX;
	assert_int_equal(held(&team, ANNA, MARC, &feed), 0);
	team_close(&team);
}

static uint64_t only_at_annas(struct team *team, const struct feed_id *feed)
{
	uint32_t number;
	assert_true(log_feed_number(node_log(team->devices[ANNA].node), feed, &number));
	return node_only_here(team->devices[ANNA].node, number);
}

/* A device that left, or was suspended, is a copy that nobody meets any more. */
static void who_left_has_it_no_more(void **state)
{
	(void)state;
	struct team team;
	uint32_t number;
	open_three(&team);
	const struct device_id marc = id_of(&team, MARC);
	device_save(&team.devices[ANNA], DOSSIER, &team_patient, SECTION, NAME, "Morvan");
	devices_run(&team.loop, team_saved, &team);
	check_ok(node_own_feed(team.devices[ANNA].node, COMPARTMENT_CLINICAL, &number));
	const struct feed_id feed = log_feed(node_log(team.devices[ANNA].node), number)->id;
	const uint64_t alone = only_at_annas(&team, &feed); /* nobody has acknowledged any of it */
	assert_true(alone > 0);
	team_meet(&team, ANNA, MARC);
	devices_run(&team.loop, is_there, &team);
	while (!node_claimed(team.devices[ANNA].node, &marc, &feed) ||
	        held(&team, ANNA, MARC, &feed) <
	                log_feed(node_log(team.devices[ANNA].node), number)->committed_seq) {
		check_ok(node_acknowledge(team.devices[MARC].node));
		uv_run(&team.loop, UV_RUN_ONCE);
	}
	assert_int_equal(only_at_annas(&team, &feed), 0);
	check_ok(node_remove_device(team.devices[ANNA].node, &marc, 1, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	assert_int_equal(held(&team, ANNA, MARC, &feed), 0);
	assert_int_equal(only_at_annas(&team, &feed), alone);
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(somebody_is_heard_of_through_a_colleague),
	        cmocka_unit_test(what_is_known_to_be_lacking_makes_it_older),
	        cmocka_unit_test(an_earlier_version_says_no_moment),
	        cmocka_unit_test(an_author_who_began_again_may_have_lost_it),
	        cmocka_unit_test(who_left_has_it_no_more),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("node-heard", tests, NULL, NULL);
}
