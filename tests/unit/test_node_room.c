/*
 * Room in the membership: one device that floods it, in one feed or in many, at colleagues who do not meet, is removed, and everybody comes to the same
 * (node/team/README.md, section 9).
 */
#include "tests/lib/check.h"

#include <sodium.h>

#include "crdt/base/limits.h"
#include "node/node_state.h"
#include "node/peers.h"
#include "tests/lib/patched.h"
#include "tests/lib/team.h"

enum { VICTIM, COLLEAGUE, NEWCOMER };

/* Where a feed of the rogue's stands. */
struct flood {
	struct run run;
	uint64_t seq, lamport;
	struct entry_hash last;
	uint32_t number; /* of the feed, at whom it is sent to */
};

/* So many entries of one feed, each on top of the one before, signed by the rogue; as often as a run takes. */
static void make_run(struct flood *flood, const struct patched_guest *rogue, const struct entry_hash *cited,
        enum team_action_kind kind, uint32_t count, struct buf *out)
{
	struct run_entry entries[LIMIT_UNSIGNED_RUN] = {0};
	const struct team_action action = {.kind = kind};
	struct buf body = {0};
	team_action_encode(&action, &body);
	flood->run.entries = entries;
	flood->run.previous = flood->last;
	for (uint32_t i = 0; i < count; i++) {
		entries[i].body = buf_span(&body);
		entries[i].header = (struct entry_header){.version = ENTRY_VERSION,
		        .kind = ENTRY_MEMBERSHIP,
		        .compartment = COMPARTMENT_MEMBERSHIP,
		        .feed = flood->run.feed,
		        .seq = flood->seq + i + 1,
		        .lamport = ++flood->lamport,
		        .body_bytes = (uint32_t)body.size,
		        .membership = flood->seq + i ? flood->last : *cited};
		flood->run.count = i + 1;
		run_hash(&flood->run);
		flood->last = entries[i].hash;
	}
	entries[count - 1].is_signed = true;
	entry_sign(&entries[count - 1].signature, &entries[count - 1].hash, rogue->secret);
	flood->seq += count;
	buf_clear(out);
	run_encode(&flood->run, out);
	buf_close(&body);
}

static void check_no_room(struct device *at, uint64_t count)
{
	assert_int_equal(
	        refusals_of(node_refusals(at->node), REFUSED_MEMBERSHIP, TEAM_REASON_NO_ROOM), count);
}

static uint32_t entries_here(struct device *at)
{
	return team_membership_count(at->node->members);
}

static void begin(struct flood *flood, struct device *at, const struct patched_guest *rogue, uint8_t number)
{
	const struct incarnation_id incarnation = {{number, 42}};
	*flood = (struct flood){.lamport = at->node->clock.lamport,
	        .run = {.feed = entry_feed_id(&rogue->device, COMPARTMENT_MEMBERSHIP, &incarnation),
	                .compartment = COMPARTMENT_MEMBERSHIP}};
	check_ok(node_feed_number(
	        at->node, &rogue->device, COMPARTMENT_MEMBERSHIP, &incarnation, &flood->number));
}

/* Writes about itself, which every device may, as often as there is room, and then once more. */
static void flood(struct device *at, const struct patched_guest *rogue, uint8_t number)
{
	struct entry_hash cited;
	struct flood one;
	struct buf run = {0};
	begin(&one, at, rogue, number);
	check_ok(node_cite_membership(at->node, &cited));
	const uint32_t before = entries_here(at);
	for (uint32_t i = 0; i < LIMIT_MEMBERSHIP_FEED; i += LIMIT_UNSIGNED_RUN) {
		make_run(&one, rogue, &cited, TEAM_ACTION_BEACON, LIMIT_UNSIGNED_RUN, &run);
		check_ok(node_receive_run(at->node, one.number, buf_span(&run)));
	}
	assert_int_equal(entries_here(at), before + LIMIT_MEMBERSHIP_FEED);
	/* The feed ends here, as for everybody. */
	make_run(&one, rogue, &cited, TEAM_ACTION_BEACON, 1, &run);
	check_ok(node_receive_run(at->node, one.number, buf_span(&run)));
	check_no_room(at, 1);
	assert_int_equal(log_feed(node_log(at->node), one.number)->state, LOG_FEED_ENDED);
	/* In others there is no room either, and they stay open. */
	for (uint8_t i = 1; i <= 100; i++) {
		begin(&one, at, rogue, number + i);
		make_run(&one, rogue, &cited, TEAM_ACTION_BEACON, 1, &run);
		node_receive_run(at->node, one.number, buf_span(&run));
		assert_int_equal(log_feed(node_log(at->node), one.number)->state, LOG_FEED_OPEN);
	}
	check_no_room(at, 101);
	assert_int_equal(entries_here(at), before + LIMIT_MEMBERSHIP_FEED);
	buf_close(&run);
}

/* A reader's device that two nurses know, who are apart. */
static void open_with_rogue(struct team *team, int count, struct patched_guest *rogue)
{
	struct team_invitation invitation;
	team_open_two_apart(team, count);
	check_ok(node_invite(team->devices[VICTIM].node, TEAM_ROLE_READER, 0, 0, 0, &invitation, NULL, NULL));
	patched_admit(&team->devices[VICTIM], &invitation, 1, rogue);
	team_invitation_wipe(&invitation);
	team_meet(team, COLLEAGUE, VICTIM);
	devices_run(&team->loop, team_first_two_equal, team);
	for (int i = 0; i < 2; i++)
		device_restart(&team->devices[i], &team->loop);
}

static int state_of(struct device *at, const struct patched_guest *device)
{
	return (int)team_view_device(node_view(at->node), &device->device)->state;
}

static void one_rogue_keeps_nobody_from_removing_it(void **state)
{
	(void)state;
	static struct team team;
	struct patched_guest rogue;
	open_with_rogue(&team, 3, &rogue);
	struct device *victim = &team.devices[VICTIM], *colleague = &team.devices[COLLEAGUE];
	flood(victim, &rogue, 0);
	flood(colleague, &rogue, 128);
	/* Both save meanwhile, on top of what they have, and then each finds out. */
	device_save(victim, TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, "Martin");
	check_ok(node_remove_device(victim->node, &rogue.device, 2, NULL, NULL));
	check_ok(node_remove_device(colleague->node, &rogue.device, 2, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	assert_int_equal(state_of(victim, &rogue), TEAM_DEVICE_SUSPENDED);
	/* What either built on is taken by the other, and by who comes after. */
	team_meet(&team, COLLEAGUE, VICTIM);
	devices_run(&team.loop, team_first_two_equal, &team);
	check_ok(team_join(&team, COLLEAGUE, NEWCOMER, TEAM_ROLE_NURSE));
	devices_run(&team.loop, team_equal, &team);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(state_of(&team.devices[i], &rogue), TEAM_DEVICE_SUSPENDED);
		assert_int_equal(entries_here(&team.devices[i]), entries_here(victim));
		team_check_name(&team.devices[i], 1, "Martin");
	}
	/* So it is when they are read from their disks, in another order. */
	for (int i = 0; i < 3; i++) {
		const uint32_t before = entries_here(&team.devices[i]);
		device_restart(&team.devices[i], &team.loop);
		assert_int_equal(entries_here(&team.devices[i]), before);
		assert_int_equal(state_of(&team.devices[i], &rogue), TEAM_DEVICE_SUSPENDED);
	}
	team_close(&team);
}

/* Where one colleague alone was flooded, everybody takes the same without a second removal. */
static void one_removal_is_enough_where_all_took_the_same(void **state)
{
	(void)state;
	static struct team team;
	struct patched_guest rogue;
	open_with_rogue(&team, 3, &rogue);
	struct device *victim = &team.devices[VICTIM];
	flood(victim, &rogue, 0);
	check_ok(node_remove_device(victim->node, &rogue.device, 2, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	team_meet(&team, COLLEAGUE, VICTIM);
	devices_run(&team.loop, team_first_two_equal, &team);
	check_ok(team_join(&team, VICTIM, NEWCOMER, TEAM_ROLE_NURSE));
	devices_run(&team.loop, team_equal, &team);
	for (int i = 0; i < 3; i++)
		assert_int_equal(state_of(&team.devices[i], &rogue), TEAM_DEVICE_SUSPENDED);
	team_close(&team);
}

/* A rogue that writes beside all that a colleague writes makes her join heads at each save. When she has no room for that any more, she saves without,
 * and can still remove it. */
static void who_cannot_join_heads_any_more_saves(void **state)
{
	(void)state;
	static struct team team;
	struct patched_guest rogue;
	struct entry_hash cited;
	struct flood beside;
	struct buf run = {0};
	const struct team_action action = {.kind = TEAM_ACTION_BEACON};
	char name[24];
	open_with_rogue(&team, 2, &rogue);
	struct device *victim = &team.devices[VICTIM];
	const struct device_id self = node_device(victim->node);
	check_ok(node_cite_membership(victim->node, &cited));
	begin(&beside, victim, &rogue, 0);
	beside.lamport = 1000;
	struct entry_hash unused;
	while (node_act(victim->node, &action, &unused, NULL, NULL) == 0)
		;
	check_code(node_act(victim->node, &action, &unused, NULL, NULL), ERR_FULL);
	assert_int_equal(node_denied_why(victim->node), TEAM_REASON_NO_ROOM);
	for (int i = 0; i < 2 * LIMIT_MEMBERSHIP_LAST; i++) {
		make_run(&beside, &rogue, &cited, TEAM_ACTION_BEACON, 1, &run);
		check_ok(node_receive_run(victim->node, beside.number, buf_span(&run)));
		snprintf(name, sizeof(name), "Martin %d", i);
		device_save(victim, TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, name);
		team_check_name(victim, 1, name);
	}
	assert_true(team_membership_has_room(
	        victim->node->members, &self, TEAM_ACTION_REMOVE_DEVICE, LIMIT_MEMBERSHIP_LAST, false));
	check_ok(node_remove_device(victim->node, &rogue.device, 2, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	assert_int_equal(state_of(victim, &rogue), TEAM_DEVICE_SUSPENDED);
	device_restart(victim, &team.loop);
	team_meet(&team, COLLEAGUE, VICTIM);
	devices_run(&team.loop, team_first_two_equal, &team);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(state_of(&team.devices[i], &rogue), TEAM_DEVICE_SUSPENDED);
		team_check_name(&team.devices[i], 1, name);
	}
	buf_close(&run);
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(one_rogue_keeps_nobody_from_removing_it),
	        cmocka_unit_test(one_removal_is_enough_where_all_took_the_same),
	        cmocka_unit_test(who_cannot_join_heads_any_more_saves),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("node-room", tests, NULL, NULL);
}
