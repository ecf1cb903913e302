/*
 * What a stolen or patched device tries with old states, side entries and the rules' own exceptions, and what stands after it:
 * whoever was removed takes nothing with her, and one person's signature never passes for two.
 */
#include "tests/lib/team_checks.h"

#include "crdt/base/limits.h"
#include "node/team/epoch.h"

static const struct entry_hash none;

/* The first entry of a fresh incarnation of `by`, citing `cited`: what a thief writes who passes an old state for the newest. */
static void forge(struct world *world, uint32_t by, uint8_t incarnation, const struct entry_hash *cited,
        struct team_action action, struct entry_hash *hash)
{
	struct incarnation_id fresh = {{incarnation}};
	check_ok(world_forge(world, by, &fresh, 1, &none, cited, &action, hash));
}

/* A device of `person` by the invitation of `host`, admitted by the same. */
static uint32_t admit_for(struct world *world, uint32_t host, const struct person_id *person, uint8_t role)
{
	struct world_invitation invitation;
	check_ok(world_invite(world, host, role, &invitation));
	uint32_t newcomer = world_device(world, person);
	world_write_ok(world, host, world_admit(world, &invitation, newcomer), NULL);
	return newcomer;
}

static void one_of_two_nurses_does_not_write_in_the_others_name(void **state)
{
	(void)state;
	struct world *world = world_team(2, 101);
	uint32_t x = admit_for(world, A, &world->devices[B].person, TEAM_ROLE_NURSE);
	assert_int_equal(world_state(world, A, x), TEAM_DEVICE_PENDING);
	struct team_action endorse = world_endorse(&world_row(world, A, x)->admission);
	world_check_void(world, A, &endorse, TEAM_REASON_SAME_PERSON);
	world_meet_all(world);
	world_write_ok(world, B, endorse, NULL);
	assert_int_equal(world_state(world, B, x), TEAM_DEVICE_ACTIVE);
	world_free(world);
	/* Her only device is lost: openly, by a removal, she comes back under her name. */
	world = world_team(2, 102);
	world_write_ok(world, A, world_remove_person(world, B), NULL);
	x = admit_for(world, A, &world->devices[B].person, TEAM_ROLE_NURSE);
	assert_int_equal(world_state(world, A, B), TEAM_DEVICE_REMOVED);
	assert_int_equal(world_state(world, A, x), TEAM_DEVICE_ACTIVE);
	assert_true(world_manages(world, A, x));
	world_free(world);
}

/* A team of three that a fourth joined by A's invitation, endorsed by C; then `remover` removes B's phone, and its thief revokes, at
 * the state when it was open, the invitation by which the fourth came long ago. */
static struct world *revoked_afterwards(uint64_t seed, uint32_t remover, struct world_invitation *invitation)
{
	struct world *world = world_team(3, seed);
	struct entry_hash admit;
	check_ok(world_invite(world, A, TEAM_ROLE_NURSE, invitation));
	world_meet_all(world);
	uint32_t newcomer = world_device(world, NULL);
	assert_int_equal(newcomer, D);
	world_write_ok(world, A, world_admit(world, invitation, newcomer), &admit);
	world_meet_all(world);
	world_write_ok(world, C, world_endorse(&admit), NULL);
	world_meet_all(world);
	world_write_ok(world, remover, world_remove_device(world, B), NULL);
	forge(world, B, 9, &invitation->hash,
	        (struct team_action){.kind = TEAM_ACTION_REVOKE, .as.invitation = invitation->hash}, NULL);
	world_meet_all(world);
	return world;
}

static void a_removed_device_contests_no_admission(void **state)
{
	(void)state;
	struct world_invitation invitation;
	struct world *world = revoked_afterwards(103, C, &invitation);
	assert_int_equal(world_state(world, A, D), TEAM_DEVICE_ACTIVE);
	assert_true(world_manages(world, A, D));
	assert_int_equal(
	        team_view_invitation(world_view(world, A), &invitation.hash)->state, TEAM_INVITATION_USED);
	world_free(world);
}

/* Nor that of who removed it: her removal stands though what it rests on is contested by whom it removes. */
static void nor_the_admission_of_who_removed_it(void **state)
{
	(void)state;
	struct world_invitation invitation;
	struct world *world = revoked_afterwards(104, D, &invitation);
	assert_int_equal(world_state(world, A, D), TEAM_DEVICE_ACTIVE);
	assert_int_equal(world_state(world, A, B), TEAM_DEVICE_SUSPENDED);
	world_free(world);
}

/* The stolen phone admits a second device of its owner, that one a third, and the third removes who removed the phone. */
static void a_chain_of_own_devices_outweighs_nobody(void **state)
{
	(void)state;
	struct world *world = world_team(3, 105);
	world_meet_all(world);
	struct entry_hash old = world_head(world, B), of_a;
	world_write_ok(world, A, world_remove_device(world, B), NULL);
	uint32_t second = admit_for(world, B, &world->devices[B].person, TEAM_ROLE_NURSE);
	world_sync(world, B, second);
	uint32_t third = admit_for(world, second, &world->devices[B].person, TEAM_ROLE_NURSE);
	world_sync(world, second, third);
	assert_true(world_manages(world, third, third));
	world_write_ok(world, third, world_remove_device(world, A), &of_a);
	world_meet_all(world);
	assert_int_equal(world_state(world, C, A), TEAM_DEVICE_SUSPENDED);
	assert_int_equal(world_state(world, C, B), TEAM_DEVICE_SUSPENDED);
	assert_int_not_equal(world_state(world, C, third), TEAM_DEVICE_ACTIVE);
	/* A second nurse takes A's suspension back and signs against the phone as well: then its next forgery is void. */
	world_write_ok(world, C, world_undo(world, &of_a), NULL);
	world_write_ok(world, C, world_remove_device(world, B), NULL);
	world_meet_all(world);
	assert_int_equal(world_state(world, C, A), TEAM_DEVICE_ACTIVE);
	assert_int_equal(world_state(world, C, B), TEAM_DEVICE_SUSPENDED);
	forge(world, B, 9, &old, world_remove_device(world, A), NULL);
	world_meet_all(world);
	assert_int_equal(world_state(world, C, A), TEAM_DEVICE_ACTIVE);
	world_free(world);
}

/* A's device in the locum's name waits for another's word; that two nurses make the locum a nurse is not that word. */
static void a_promotion_vouches_for_no_waiting_device(void **state)
{
	(void)state;
	struct world *world = world_team(3, 106);
	uint32_t locum = world_join(world, A, UINT32_MAX, TEAM_ROLE_LOCUM, NULL);
	uint32_t x = admit_for(world, A, &world->devices[locum].person, TEAM_ROLE_LOCUM);
	assert_int_equal(world_state(world, A, x), TEAM_DEVICE_PENDING);
	struct entry_hash proposal;
	world_write_ok(world, A, world_role(&world->devices[locum].person, TEAM_ROLE_NURSE), &proposal);
	world_meet_all(world);
	world_write_ok(world, B, world_confirm(&proposal), NULL);
	assert_true(world_manages(world, B, locum));
	assert_int_equal(world_state(world, B, x), TEAM_DEVICE_PENDING);
	world_free(world);
}

/* The team grew by promotions; the founder's second device, stolen, cites the days when she was alone. */
static void a_team_that_grew_by_promotions_is_not_small(void **state)
{
	(void)state;
	struct world *world = world_team(1, 107);
	uint32_t second = admit_for(world, A, &world->devices[A].person, TEAM_ROLE_NURSE);
	uint32_t first_locum = world_join(world, A, UINT32_MAX, TEAM_ROLE_LOCUM, NULL);
	uint32_t other_locum = world_join(world, A, UINT32_MAX, TEAM_ROLE_LOCUM, NULL);
	struct world_invitation invitation;
	check_ok(world_invite(world, A, TEAM_ROLE_NURSE, &invitation));
	world_meet_all(world);
	struct entry_hash proposal;
	world_write_ok(world, A, world_role(&world->devices[first_locum].person, TEAM_ROLE_NURSE), NULL);
	world_write_ok(world, A, world_role(&world->devices[other_locum].person, TEAM_ROLE_NURSE), &proposal);
	world_meet_all(world);
	world_write_ok(world, first_locum, world_confirm(&proposal), NULL);
	world_meet_all(world);
	uint32_t puppet = world_device(world, NULL);
	forge(world, second, 9, &invitation.hash, world_admit(world, &invitation, puppet), NULL);
	world_meet_all(world);
	assert_true(world_manages(world, A, other_locum));
	assert_int_equal(world_state(world, A, puppet), TEAM_DEVICE_ACTIVE);
	assert_false(world_manages(world, A, puppet)); /* it writes, and waits for another nurse's endorse */
	world_free(world);
}

static void nobody_uses_up_the_numbers_of_the_leases(void **state)
{
	(void)state;
	struct world *world = world_team(2, 108);
	struct team_action lease = {.kind = TEAM_ACTION_LEASE};
	lease.as.lease.holder = world->devices[A].author.device;
	lease.as.lease.fence = UINT64_MAX;
	world_check_void(world, B, &lease, TEAM_REASON_STALE_FENCE);
	lease.as.lease.fence = 1;
	world_write_ok(world, B, lease, NULL);
	world_meet_all(world);
	lease.as.lease.fence = 3;
	world_check_void(world, A, &lease, TEAM_REASON_STALE_FENCE);
	lease.as.lease.fence = 2;
	world_write_ok(world, A, lease, NULL);
	world_free(world);
}

/* A removed device's distribution, void, names the epoch before it and encrypts nonsense as its key: who comes later would not
 * get at that epoch if the next distribution left it out. */
static void a_void_epoch_hides_no_good_one(void **state)
{
	(void)state;
	struct world *world = world_team(3, 109);
	struct epoch_id good = world_rotate(world, A, COMPARTMENT_CLINICAL);
	world_meet_all(world);
	struct entry_hash cited = world_head(world, B);
	world_write_ok(world, A, world_remove_device(world, B), NULL);
	struct team_parent parent = {.epoch = good, .has_key = true};
	struct team_action epoch = world_epoch(world, B, COMPARTMENT_CLINICAL);
	epoch.as.epoch.parent_count = 1;
	epoch.as.epoch.parents = &parent;
	struct entry_hash forged;
	forge(world, B, 9, &cited, epoch, &forged);
	world_meet_all(world);
	struct epoch_id parents[LIMIT_EPOCH_PARENTS];
	uint32_t count = team_epoch_parents(world->devices[A].copy, COMPARTMENT_CLINICAL, parents);
	bool has_good = false, has_void = false;
	for (uint32_t i = 0; i < count; i++) {
		has_good |= epoch_id_eq(&parents[i], &good);
		has_void |= memcmp(parents[i].bytes, forged.bytes, 32) == 0;
	}
	assert_true(has_good);
	assert_true(has_void); /* what was sealed under it is kept apart, and can be read */
	assert_int_equal(count, 2);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(one_of_two_nurses_does_not_write_in_the_others_name),
	        cmocka_unit_test(a_removed_device_contests_no_admission),
	        cmocka_unit_test(nor_the_admission_of_who_removed_it),
	        cmocka_unit_test(a_chain_of_own_devices_outweighs_nobody),
	        cmocka_unit_test(a_promotion_vouches_for_no_waiting_device),
	        cmocka_unit_test(a_team_that_grew_by_promotions_is_not_small),
	        cmocka_unit_test(nobody_uses_up_the_numbers_of_the_leases),
	        cmocka_unit_test(a_void_epoch_hides_no_good_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
