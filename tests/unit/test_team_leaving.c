/*
 * A nurse leaves with notice: what holds before the date and after it, whose signatures her removal takes, and how a notice
 * is taken back. And changes of role that cross each other.
 */
#include "tests/lib/team_checks.h"

enum { NOTICE_MS = 2592000, EARLIER_MS = 1000000 };

static struct team_action notice(uint64_t until_ms)
{
	return (struct team_action){.kind = TEAM_ACTION_LEAVE, .as.leave_until_ms = until_ms};
}

static struct team_action role_until(struct world *world, uint32_t device, uint8_t role, uint64_t until_ms)
{
	struct team_action action = world_role(&world->devices[device].person, role);
	action.as.role.rights_until_ms = until_ms;
	return action;
}

static const struct team_person *person_of(struct world *world, uint32_t at, uint32_t device)
{
	return team_view_person(world_view(world, at), &world->devices[device].person);
}

static void rights_end_at_the_date_of_the_notice(void **state)
{
	(void)state;
	struct world *world = world_team(3, 201);
	struct epoch_id epoch = world_rotate(world, A, COMPARTMENT_CLINICAL);
	world_meet_all(world);
	world_write_ok(world, C, notice(NOTICE_MS), NULL);
	world_meet_all(world);
	/* Until then she works as before, and manages. */
	assert_int_equal(world_state(world, A, C), TEAM_DEVICE_ACTIVE);
	assert_true(world_manages(world, A, C));
	assert_int_equal(person_of(world, A, C)->rights_until_ms, NOTICE_MS);
	world_check_visit(world, C, &epoch, NOTICE_MS - 1, TEAM_VERDICT_ACCEPTED, TEAM_REASON_NONE);
	world_check_visit(world, C, &epoch, NOTICE_MS, TEAM_VERDICT_QUARANTINED, TEAM_REASON_RIGHTS_DATES);
	world_check_visit(world, B, &epoch, NOTICE_MS, TEAM_VERDICT_ACCEPTED, TEAM_REASON_NONE);
	/* Whoever rotates after the date leaves her out, and says so. */
	world_write_ok(world, B, world_epoch_without(world, B, COMPARTMENT_CLINICAL, C), NULL);
	world_free(world);
}

static void her_removal_takes_one_signature(void **state)
{
	(void)state;
	struct world *world = world_team(4, 202);
	world_write_ok(world, A, world_remove_person(world, C), NULL);
	assert_int_equal(world_state(world, A, C), TEAM_DEVICE_ACTIVE); /* a proposal: A knows of no notice */
	world_write_ok(world, C, notice(NOTICE_MS), NULL);
	world_meet_all(world);
	assert_int_equal(world_state(world, A, C), TEAM_DEVICE_ACTIVE);
	world_write_ok(world, B, world_remove_person(world, C), NULL);
	world_meet_all(world);
	for (uint32_t at = 0; at < 4; at++)
		assert_int_equal(world_state(world, at, C), TEAM_DEVICE_REMOVED);
	/* Nobody else's removal became easier. */
	world_write_ok(world, B, world_remove_person(world, D), NULL);
	assert_int_equal(world_state(world, B, D), TEAM_DEVICE_ACTIVE);
	world_free(world);
}

/* Her phone is stolen, and the thief gives notice in her name: removed without knowing of it, the phone signed nothing, and the
 * removal that took its word for the second signature has one too few. */
static void a_stolen_phone_gives_no_notice(void **state)
{
	(void)state;
	struct world *world = world_team(3, 203);
	struct world_invitation invitation;
	check_ok(world_invite(world, C, TEAM_ROLE_NURSE, &invitation));
	uint32_t phone = world_device(world, &world->devices[C].person);
	world_write_ok(world, C, world_admit(world, &invitation, phone), NULL);
	world_meet_all(world);
	world_write_ok(world, phone, notice(1), NULL);
	world_write_ok(world, A, world_remove_device(world, phone), NULL);
	world_sync(world, phone, B);
	world_write_ok(world, B, world_remove_person(world, C), NULL);
	assert_int_equal(world_state(world, B, C), TEAM_DEVICE_REMOVED);
	world_meet_all(world);
	assert_int_equal(world_state(world, B, C), TEAM_DEVICE_ACTIVE);
	assert_int_equal(world_state(world, B, phone), TEAM_DEVICE_REMOVED);
	assert_int_equal(person_of(world, B, C)->rights_until_ms, 0);
	world_free(world);
}

static void of_two_notices_the_earlier_date_holds(void **state)
{
	(void)state;
	struct world *world = world_team(3, 204);
	world_write_ok(world, C, notice(NOTICE_MS), NULL);
	world_write_ok(world, C, notice(EARLIER_MS), NULL);
	world_write_ok(world, C, notice(NOTICE_MS + 1), NULL);
	assert_int_equal(person_of(world, C, C)->rights_until_ms, EARLIER_MS);
	world_free(world);
}

/* She stays after all: as for every change of a nurse's dates, two colleagues sign; then it is as if she had not given notice. */
static void who_sets_new_dates_takes_the_notice_back(void **state)
{
	(void)state;
	struct world *world = world_team(4, 205);
	struct entry_hash proposal, unaware;
	world_write_ok(world, A, role_until(world, C, TEAM_ROLE_NURSE, 0), &unaware);
	world_write_ok(world, C, notice(EARLIER_MS), NULL);
	world_write_ok(world, C, notice(NOTICE_MS), NULL);
	world_meet_all(world);
	/* Dates set by who did not know the notice leave it standing. */
	world_write_ok(world, B, world_confirm(&unaware), NULL);
	world_meet_all(world);
	assert_int_equal(person_of(world, A, C)->rights_until_ms, EARLIER_MS);
	world_write_ok(world, A, role_until(world, C, TEAM_ROLE_NURSE, 0), &proposal);
	assert_int_equal(person_of(world, A, C)->rights_until_ms, EARLIER_MS);
	world_meet_all(world);
	world_write_ok(world, B, world_confirm(&proposal), NULL);
	world_meet_all(world);
	assert_int_equal(person_of(world, C, C)->rights_until_ms, 0);
	assert_true(world_manages(world, C, C));
	world_write_ok(world, A, world_remove_person(world, C), NULL);
	assert_int_equal(world_state(world, A, C), TEAM_DEVICE_ACTIVE); /* two again */
	/* She may change her mind once more. */
	world_write_ok(world, C, notice(NOTICE_MS), NULL);
	assert_int_equal(person_of(world, C, C)->rights_until_ms, NOTICE_MS);
	world_free(world);
}

/* B steps down while A, who made her a reader and does not know it, makes her a nurse again: what both sides know of her is
 * less than a nurse, in whichever order the entries sort. */
static void crossing_changes_of_role_give_the_least(void **state)
{
	(void)state;
	for (uint64_t seed = 300; seed < 316; seed++) {
		struct world *world = world_team(2, seed);
		world_write_ok(world, A, role_until(world, B, TEAM_ROLE_READER, 0), NULL);
		world_write_ok(world, B, role_until(world, B, TEAM_ROLE_READER, 0), NULL);
		world_write_ok(world, A, role_until(world, B, TEAM_ROLE_NURSE, 0), NULL);
		assert_true(world_manages(world, A, B));
		world_meet_all(world);
		assert_int_equal(person_of(world, A, B)->role, TEAM_ROLE_READER);
		world_free(world);
	}
}

/* The same role on both sides until two dates: the earlier one. */
static void crossing_dates_give_the_narrower(void **state)
{
	(void)state;
	for (uint64_t seed = 320; seed < 336; seed++) {
		struct world *world = world_team(3, seed);
		uint32_t locum = world_join(world, A, UINT32_MAX, TEAM_ROLE_LOCUM, NULL);
		world_write_ok(world, A, role_until(world, locum, TEAM_ROLE_LOCUM, NOTICE_MS), NULL);
		world_write_ok(world, B, role_until(world, locum, TEAM_ROLE_LOCUM, EARLIER_MS), NULL);
		world_write_ok(world, C, role_until(world, locum, TEAM_ROLE_LOCUM, 0), NULL);
		world_meet_all(world);
		assert_int_equal(person_of(world, C, locum)->rights_until_ms, EARLIER_MS);
		world_free(world);
	}
}

/* Admitted as a nurse at one side and as a locum at the other: when the first admission turns out void, what she wrote stands as far as a locum may
 * write. */
static void a_lesser_admission_carries_less(void **state)
{
	(void)state;
	struct world *world = world_team(3, 11);
	struct world_invitation as_nurse, as_locum;
	assert_int_equal(world_invite(world, A, TEAM_ROLE_NURSE, &as_nurse), 0);
	assert_int_equal(world_invite(world, A, TEAM_ROLE_LOCUM, &as_locum), 0);
	struct epoch_id team = world_rotate(world, A, COMPARTMENT_TEAM);
	struct epoch_id clinical = world_rotate(world, A, COMPARTMENT_CLINICAL);
	world_meet_all(world);
	uint32_t guest = world_device(world, NULL);
	world_write_ok(world, B, world_admit(world, &as_nurse, guest), NULL);
	struct entry_hash cited = world_head(world, B);
	world_sync(world, B, A);
	world_check_judged(world_judge(world, A, guest, COMPARTMENT_TEAM, &team, 1, &cited, NULL),
	        TEAM_VERDICT_ACCEPTED, TEAM_REASON_NONE);
	world_write_ok(world, C, world_admit(world, &as_locum, guest), NULL);
	/* C never heard of that admission when it removes the device that wrote it. */
	world_write_ok(world, C, world_remove_device(world, B), NULL);
	world_sync(world, C, A);
	assert_int_equal(world_state(world, A, guest), TEAM_DEVICE_ACTIVE);
	assert_int_equal(
	        team_view_role(world_view(world, A), &world->devices[guest].author.device), TEAM_ROLE_LOCUM);
	world_check_judged(world_judge(world, A, guest, COMPARTMENT_CLINICAL, &clinical, 1, &cited, NULL),
	        TEAM_VERDICT_ACCEPTED, TEAM_REASON_NONE);
	world_check_judged(world_judge(world, A, guest, COMPARTMENT_TEAM, &team, 1, &cited, NULL),
	        TEAM_VERDICT_QUARANTINED, TEAM_REASON_ADMISSION_VOID);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_lesser_admission_carries_less),
	        cmocka_unit_test(rights_end_at_the_date_of_the_notice),
	        cmocka_unit_test(her_removal_takes_one_signature),
	        cmocka_unit_test(a_stolen_phone_gives_no_notice),
	        cmocka_unit_test(of_two_notices_the_earlier_date_holds),
	        cmocka_unit_test(who_sets_new_dates_takes_the_notice_back),
	        cmocka_unit_test(crossing_changes_of_role_give_the_least),
	        cmocka_unit_test(crossing_dates_give_the_narrower),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
