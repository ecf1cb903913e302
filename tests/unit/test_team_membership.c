/*
 * What the membership allows and what it withstands: growing, removing, keys, judging, hostile entries.
 * Long because every rule of node/team/README.md has its attack here, and all of them share one small team and its helpers.
 */
#include "tests/lib/check.h"

#include "crdt/base/limits.h"
#include "node/team/epoch.h"
#include "node/team/statement.h"
#include "tests/lib/team_checks.h"

/* --- Growing ----------------------------------------------------------------------------------------------------------- */

static void a_team_grows_with_second_signatures(void **state)
{
	(void)state;
	struct world *world = world_team(2, 1);
	struct entry_hash admit;
	assert_true(world_manages(world, A, B));
	uint32_t c = world_join(world, A, UINT32_MAX, TEAM_ROLE_NURSE, &admit);
	assert_int_equal(world_state(world, B, c), TEAM_DEVICE_ACTIVE);
	assert_false(world_manages(world, B, c));
	assert_int_equal(
	        team_view_level(world_view(world, B), &world->devices[c].author.device, COMPARTMENT_CLINICAL),
	        TEAM_LEVEL_WRITE);
	struct team_action endorse = world_endorse(&admit);
	world_check_void(world, A, &endorse, TEAM_REASON_SAME_PERSON);
	world_check_void(world, c, &endorse, TEAM_REASON_NOT_MANAGER);
	struct world_invitation invitation;
	assert_int_equal(world_invite(world, c, TEAM_ROLE_NURSE, &invitation), TEAM_MEMBERSHIP_VOID);
	world_write_ok(world, B, endorse, NULL);
	world_meet_all(world);
	assert_true(world_manages(world, A, c));
	check_ok(world_invite(world, c, TEAM_ROLE_LOCUM, &invitation));
	world_free(world);
}

static void an_admission_must_be_as_invited(void **state)
{
	(void)state;
	struct world *world = world_team(3, 2);
	struct world_invitation invitation;
	check_ok(world_invite(world, A, TEAM_ROLE_READER, &invitation));
	uint32_t x = world_device(world, NULL);
	struct team_action good = world_admit(world, &invitation, x), bad = good;
	bad.as.admit.role = TEAM_ROLE_NURSE; /* forged role, signatures as they were */
	world_check_void(world, A, &bad, TEAM_REASON_WRONG_ROLE);
	invitation.role = TEAM_ROLE_NURSE; /* forged role, rightly signed */
	bad = world_admit(world, &invitation, x);
	world_check_void(world, A, &bad, TEAM_REASON_WRONG_ROLE);
	bad = good;
	bad.as.admit.keys.sealing[0] ^= 1;
	world_check_void(world, A, &bad, TEAM_REASON_BAD_SIGNATURE);
	bad = good;
	bad.as.admit.person.bytes[0] ^= 1;
	world_check_void(world, A, &bad, TEAM_REASON_BAD_SIGNATURE);
	bad = good;
	memcpy(bad.as.admit.newcomer_signature, good.as.admit.invitation_signature, 64);
	world_check_void(world, A, &bad, TEAM_REASON_BAD_SIGNATURE);
	world_meet_all(world);
	world_write_ok(world, B, good, NULL);
	world_check_void(world, B, &good, TEAM_REASON_INVITATION_CLOSED);
	/* Self-admission with an invitation of its own making: a stranger's entry is not even kept. */
	uint32_t stranger = world_device(world, NULL), puppet = world_device(world, NULL);
	world_sync(world, A, stranger);
	struct team_action invite = {.kind = TEAM_ACTION_INVITE};
	invite.as.invite.role = TEAM_ROLE_NURSE;
	check_code(world_write(world, stranger, &invite, NULL), ERR_DENIED);
	/* A reader who invites and admits itself a nurse: both without power. */
	world_meet_all(world);
	struct world_invitation own;
	assert_int_equal(world_invite(world, x, TEAM_ROLE_NURSE, &own), TEAM_MEMBERSHIP_VOID);
	struct team_action admit = world_admit(world, &own, puppet);
	world_check_void(world, x, &admit, TEAM_REASON_NOT_MANAGER);
	world_meet_all(world);
	world_check_void(world, A, &admit, TEAM_REASON_NO_SUCH_THING);
	assert_int_equal(world_state(world, A, puppet), 0);
	world_free(world);
}

static void an_admission_does_not_travel_to_another_team(void **state)
{
	(void)state;
	struct world *one = world_team(1, 3), *two = world_team(1, 4);
	struct world_invitation invitation;
	check_ok(world_invite(one, A, TEAM_ROLE_NURSE, &invitation));
	uint32_t x = world_device(one, NULL);
	struct team_action admit = world_admit(one, &invitation, x), invite = {.kind = TEAM_ACTION_INVITE};
	/* The other team's founder repeats the invitation's key and replays the admission. */
	memcpy(invite.as.invite.invitation, invitation.key, 32);
	invite.as.invite.role = TEAM_ROLE_NURSE;
	struct entry_hash hash;
	world_write_ok(two, A, invite, &hash);
	admit.as.admit.invite = hash;
	world_check_void(two, A, &admit, TEAM_REASON_BAD_SIGNATURE);
	world_free(one);
	world_free(two);
}

static void an_invitation_redeemed_twice_waits_for_a_choice(void **state)
{
	(void)state;
	struct world *world = world_team(3, 5);
	struct world_invitation invitation;
	check_ok(world_invite(world, A, TEAM_ROLE_LOCUM, &invitation));
	world_meet_all(world);
	uint32_t x = world_device(world, NULL), y = world_device(world, NULL);
	struct entry_hash first, second;
	world_write_ok(world, A, world_admit(world, &invitation, x), &first);
	world_write_ok(world, B, world_admit(world, &invitation, y), &second);
	struct entry_hash seen_by_a = world_head(world, A);
	struct epoch_id epoch = world_rotate(world, A, COMPARTMENT_CLINICAL);
	world_check_judged(world_judge(world, A, x, COMPARTMENT_CLINICAL, &epoch, 1, &seen_by_a, NULL),
	        TEAM_VERDICT_ACCEPTED, TEAM_REASON_NONE);
	world_meet_all(world);
	assert_int_equal(world_state(world, C, x), TEAM_DEVICE_PENDING);
	assert_int_equal(world_state(world, C, y), TEAM_DEVICE_PENDING);
	world_check_judged(world_judge(world, C, x, COMPARTMENT_CLINICAL, &epoch, 1, &seen_by_a, NULL),
	        TEAM_VERDICT_QUARANTINED, TEAM_REASON_PENDING);
	struct team_action choose = {.kind = TEAM_ACTION_CHOOSE};
	choose.as.choose.invite = invitation.hash;
	choose.as.choose.admit = second;
	world_write_ok(world, C, choose, NULL);
	world_meet_all(world);
	assert_int_equal(world_state(world, A, x), TEAM_DEVICE_VOID);
	assert_int_equal(world_state(world, A, y), TEAM_DEVICE_ACTIVE);
	world_check_judged(world_judge(world, C, x, COMPARTMENT_CLINICAL, &epoch, 1, &seen_by_a, NULL),
	        TEAM_VERDICT_QUARANTINED, TEAM_REASON_ADMISSION_VOID);
	world_free(world);
}

static void a_revocation_beside_an_admission_waits_too(void **state)
{
	(void)state;
	struct world *world = world_team(3, 6);
	struct world_invitation invitation;
	check_ok(world_invite(world, A, TEAM_ROLE_LOCUM, &invitation));
	world_meet_all(world);
	uint32_t x = world_device(world, NULL);
	struct team_action revoke = {.kind = TEAM_ACTION_REVOKE, .as.invitation = invitation.hash};
	world_write_ok(world, A, revoke, NULL);
	struct team_action admit = world_admit(world, &invitation, x);
	world_check_void(world, A, &admit, TEAM_REASON_INVITATION_CLOSED);
	world_write_ok(world, B, admit, NULL);
	world_meet_all(world);
	assert_int_equal(world_state(world, C, x), TEAM_DEVICE_PENDING);
	struct team_action choose = {.kind = TEAM_ACTION_CHOOSE};
	choose.as.choose.invite = invitation.hash; /* none of them */
	world_write_ok(world, C, choose, NULL);
	assert_int_equal(world_state(world, C, x), TEAM_DEVICE_VOID);
	assert_int_equal(
	        team_view_invitation(world_view(world, C), &invitation.hash)->state, TEAM_INVITATION_REVOKED);
	world_free(world);
}

/* --- Removing ---------------------------------------------------------------------------------------------------------- */

static void a_last_device_is_only_suspended(void **state)
{
	(void)state;
	struct world *world = world_team(3, 7);
	struct entry_hash removal;
	world_write_ok(world, A, world_remove_device(world, B), &removal);
	world_meet_all(world);
	assert_int_equal(world_state(world, C, B), TEAM_DEVICE_SUSPENDED);
	struct team_action undo = world_undo(world, &removal);
	world_check_void(world, B, &undo, TEAM_REASON_NOT_ACTIVE);
	world_meet_all(world);
	world_write_ok(world, C, undo, NULL);
	world_meet_all(world);
	assert_int_equal(world_state(world, A, B), TEAM_DEVICE_ACTIVE);
	assert_true(world_manages(world, A, B));
	/* The nurse's second device, by her own invitation: a manager at once; the lost one then goes for good. */
	struct world_invitation invitation;
	check_ok(world_invite(world, B, TEAM_ROLE_NURSE, &invitation));
	uint32_t second = world_device(world, &world->devices[B].person);
	world_meet_all(world);
	world_write_ok(world, A, world_admit(world, &invitation, second), NULL);
	assert_true(world_manages(world, A, second));
	world_write_ok(world, C, world_remove_device(world, B), &removal);
	assert_int_equal(
	        world_state(world, C, B), TEAM_DEVICE_SUSPENDED); /* C does not know the second one yet */
	world_meet_all(world);
	undo = world_undo(world, &removal);
	world_write_ok(world, A, world_undo(world, &removal), NULL);
	world_write_ok(world, A, world_remove_device(world, B), &removal);
	assert_int_equal(world_state(world, A, B), TEAM_DEVICE_REMOVED);
	world_check_void(world, A, &undo, TEAM_REASON_NO_SUCH_THING);
	world_free(world);
}

static void removing_a_person_takes_two(void **state)
{
	(void)state;
	struct world *world = world_team(4, 8);
	struct entry_hash proposal;
	world_write_ok(world, A, world_remove_person(world, D), &proposal);
	assert_int_equal(world_state(world, A, D), TEAM_DEVICE_ACTIVE);
	struct team_action confirm = world_confirm(&proposal);
	world_check_void(world, A, &confirm, TEAM_REASON_SAME_PERSON);
	world_meet_all(world);
	world_check_void(world, D, &confirm, TEAM_REASON_SAME_PERSON);
	world_write_ok(world, B, confirm, NULL);
	world_meet_all(world);
	assert_int_equal(world_state(world, D, D), TEAM_DEVICE_REMOVED);
	world_free(world);
	/* One while there are two. */
	world = world_team(2, 9);
	world_write_ok(world, A, world_remove_person(world, B), NULL);
	assert_int_equal(world_state(world, A, B), TEAM_DEVICE_REMOVED);
	world_free(world);
	/* One for a person who said herself that she leaves. */
	world = world_team(3, 10);
	struct team_action leave = {.kind = TEAM_ACTION_LEAVE, .as.leave_until_ms = 1000};
	world_write_ok(world, C, leave, NULL);
	world_meet_all(world);
	world_write_ok(world, A, world_remove_person(world, C), NULL);
	assert_int_equal(world_state(world, A, C), TEAM_DEVICE_REMOVED);
	world_free(world);
}

static void removal_wins_over_what_is_concurrent(void **state)
{
	(void)state;
	struct world *world = world_team(4, 11);
	struct entry_hash proposal, admit;
	world_write_ok(world, A, world_remove_person(world, D), &proposal);
	world_sync(world, A, B);
	world_write_ok(world, B, world_confirm(&proposal), NULL);
	/* Meanwhile D, unaware or not, brings in a puppet, which then removes the devices of A and C. */
	struct world_invitation invitation;
	check_ok(world_invite(world, D, TEAM_ROLE_NURSE, &invitation));
	uint32_t puppet = world_device(world, NULL);
	world_write_ok(world, D, world_admit(world, &invitation, puppet), &admit);
	world_sync(world, D, C);
	world_write_ok(world, C, world_endorse(&admit), NULL);
	world_sync(world, C, puppet);
	world_write_ok(world, puppet, world_remove_device(world, C), NULL);
	world_write_ok(world, puppet, world_remove_device(world, A), NULL);
	world_meet_all(world);
	for (uint32_t at = 0; at < world->device_count; at++) {
		assert_int_equal(world_state(world, at, D), TEAM_DEVICE_REMOVED);
		assert_int_equal(world_state(world, at, puppet), TEAM_DEVICE_VOID);
		assert_int_equal(world_state(world, at, A), TEAM_DEVICE_ACTIVE);
		assert_int_equal(world_state(world, at, C), TEAM_DEVICE_ACTIVE);
	}
	world_free(world);
}

/* A thief forges removals of everybody who removed the stolen device: one against one suspends both; the second nurse who
 * signs ends it. */
static void two_removers_outweigh_the_removed(void **state)
{
	(void)state;
	struct world *world = world_team(4, 30);
	struct entry_hash old = world_head(world, D), none = {{0}}, hash;
	world_write_ok(world, A, world_remove_device(world, D), NULL);
	struct incarnation_id first = {{1}}, second = {{2}};
	struct team_action removal = world_remove_device(world, A);
	check_ok(world_forge(world, D, &first, 1, &none, &old, &removal, &hash));
	world_meet_all(world);
	assert_int_equal(world_state(world, C, A), TEAM_DEVICE_SUSPENDED);
	assert_int_equal(world_state(world, C, D), TEAM_DEVICE_SUSPENDED);
	world_write_ok(world, C, world_undo(world, &hash), NULL);
	assert_int_equal(world_state(world, C, A), TEAM_DEVICE_ACTIVE);
	/* C signs as well: what the device forges from now on is void, against A or against C. */
	world_write_ok(world, C, world_remove_device(world, D), NULL);
	struct team_action again = world_remove_device(world, D);
	world_check_void(world, C, &again, TEAM_REASON_EXISTS_ALREADY);
	world_meet_all(world);
	removal = world_remove_device(world, A);
	check_ok(world_forge(world, D, &second, 1, &none, &old, &removal, &hash));
	removal = world_remove_device(world, C);
	check_ok(world_forge(world, D, &second, 2, &hash, &hash, &removal, NULL));
	world_meet_all(world);
	assert_int_equal(world_state(world, B, A), TEAM_DEVICE_ACTIVE);
	assert_int_equal(world_state(world, B, C), TEAM_DEVICE_ACTIVE);
	assert_int_equal(world_state(world, B, D), TEAM_DEVICE_SUSPENDED);
	world_free(world);
	/* Two nurses removed it, unaware of each other. */
	world = world_team(4, 31);
	old = world_head(world, D);
	world_write_ok(world, A, world_remove_device(world, D), NULL);
	world_write_ok(world, C, world_remove_device(world, D), NULL);
	removal = world_remove_device(world, A);
	check_ok(world_forge(world, D, &first, 1, &none, &old, &removal, &hash));
	removal = world_remove_device(world, C);
	check_ok(world_forge(world, D, &first, 2, &hash, &hash, &removal, NULL));
	world_meet_all(world);
	assert_int_equal(world_state(world, B, A), TEAM_DEVICE_ACTIVE);
	assert_int_equal(world_state(world, B, C), TEAM_DEVICE_ACTIVE);
	assert_int_equal(world_state(world, B, D), TEAM_DEVICE_SUSPENDED);
	world_free(world);
}

static void mutual_removal_suspends_both(void **state)
{
	(void)state;
	struct world *world = world_team(3, 12);
	struct entry_hash of_a, of_b;
	world_write_ok(world, A, world_remove_device(world, B), &of_b);
	world_write_ok(world, B, world_remove_device(world, A), &of_a);
	world_meet_all(world);
	for (uint32_t at = 0; at < 3; at++) {
		assert_int_equal(world_state(world, at, A), TEAM_DEVICE_SUSPENDED);
		assert_int_equal(world_state(world, at, B), TEAM_DEVICE_SUSPENDED);
	}
	struct team_action undo = world_undo(world, &of_a);
	world_check_void(world, A, &undo, TEAM_REASON_NOT_ACTIVE);
	world_meet_all(world);
	world_write_ok(world, C, undo, NULL);
	world_meet_all(world);
	assert_int_equal(world_state(world, B, A), TEAM_DEVICE_ACTIVE);
	assert_int_equal(world_state(world, B, B), TEAM_DEVICE_SUSPENDED);
	struct world_invitation invitation;
	check_ok(world_invite(world, A, TEAM_ROLE_LOCUM, &invitation));
	world_free(world);
}

/* A circle of three; and a removal that comes from inside the circle does not reach an outsider. */
static void circles_of_removals_suspend_their_members_only(void **state)
{
	(void)state;
	struct world *world = world_team(4, 13);
	world_write_ok(world, A, world_remove_device(world, B), NULL);
	world_write_ok(world, B, world_remove_device(world, C), NULL);
	world_write_ok(world, C, world_remove_device(world, A), NULL);
	struct entry_hash stray;
	world_write_ok(world, B, world_remove_device(world, D), &stray);
	world_meet_all(world);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(world_state(world, D, i), TEAM_DEVICE_SUSPENDED);
	assert_int_equal(world_state(world, A, D), TEAM_DEVICE_ACTIVE);
	world_free(world);
}

/* Old states do not help: neither from the own feed nor from a fresh incarnation. */
static void old_states_do_not_bring_power_back(void **state)
{
	(void)state;
	struct world *world = world_team(4, 14);
	struct entry_hash old = world_head(world, D), proposal;
	world_write_ok(world, A, world_remove_person(world, D), &proposal);
	world_sync(world, A, B);
	world_write_ok(world, B, world_confirm(&proposal), NULL);
	world_meet_all(world);
	struct incarnation_id fresh = {{9}};
	struct entry_hash none = {{0}}, forged;
	struct team_action removal = world_remove_device(world, A);
	assert_int_equal(world_forge(world, D, &fresh, 1, &none, &old, &removal, &forged), 0);
	world_meet_all(world);
	assert_int_equal(world_state(world, B, A), TEAM_DEVICE_ACTIVE);
	/* Within its feed the cited state may not go back either. */
	struct world_device *device = &world->devices[A];
	assert_true(device->seq > 1);
	check_code(world_forge(world, A, &device->author.incarnation, device->seq + 1, &device->last, &old,
	                   &removal, &forged),
	        ERR_INVALID);
	world_free(world);
}

/* The founder cites the days when she was alone, from a fresh incarnation, to bring in a manager by one signature. */
static void the_small_team_exception_does_not_outlive_the_small_team(void **state)
{
	(void)state;
	struct world *world = world_new(15);
	world_device(world, NULL);
	struct entry_hash founding, invite, admit, none = {{0}}, cited;
	world_write_ok(world, A, world_found(world, A), &founding);
	world_join(world, A, UINT32_MAX, TEAM_ROLE_NURSE, NULL);
	struct entry_hash two_people = world_head(world, B);
	world_join(world, A, B, TEAM_ROLE_NURSE, NULL);
	world_join(world, A, B, TEAM_ROLE_NURSE, NULL);
	struct incarnation_id fresh = {{7}}, other = {{8}};
	struct world_invitation invitation = {.role = TEAM_ROLE_NURSE};
	crypto_sign_keypair(invitation.key, invitation.secret);
	struct team_action action = {.kind = TEAM_ACTION_INVITE};
	memcpy(action.as.invite.invitation, invitation.key, 32);
	action.as.invite.role = TEAM_ROLE_NURSE;
	check_ok(world_forge(world, A, &fresh, 1, &none, &founding, &action, &invite));
	invitation.hash = invite;
	uint32_t puppet = world_device(world, NULL);
	action = world_admit(world, &invitation, puppet);
	check_ok(world_forge(world, A, &fresh, 2, &invite, &invite, &action, &admit));
	world_meet_all(world);
	assert_int_equal(world_state(world, C, puppet), TEAM_DEVICE_ACTIVE);
	assert_false(world_manages(world, C, puppet)); /* it writes, and waits for another nurse's endorse */
	assert_true(world_manages(world, C, B)); /* and the true second nurse lost nothing by it */
	/* Likewise the removal of a person by one, citing a team of two. */
	action = world_remove_person(world, B);
	check_ok(world_forge(world, A, &other, 1, &none, &two_people, &action, &cited));
	world_meet_all(world);
	assert_int_equal(world_state(world, C, B), TEAM_DEVICE_ACTIVE);
	world_free(world);
}

/* Unconfirmed, a demotion by one signature would be a removal by one signature. */
static void roles_to_and_from_nurse_take_two(void **state)
{
	(void)state;
	struct world *world = world_team(3, 16);
	struct entry_hash proposal;
	const struct person_id *c = &world->devices[C].person;
	world_write_ok(world, A, world_role(c, TEAM_ROLE_READER), &proposal);
	assert_true(world_manages(world, A, C));
	world_meet_all(world);
	world_write_ok(world, B, world_confirm(&proposal), NULL);
	world_meet_all(world);
	assert_int_equal(
	        team_view_role(world_view(world, C), &world->devices[C].author.device), TEAM_ROLE_READER);
	world_write_ok(
	        world, A, world_role(c, TEAM_ROLE_LOCUM), NULL); /* between lesser roles one is enough */
	world_write_ok(world, A, world_role(c, TEAM_ROLE_NURSE), &proposal);
	assert_false(world_manages(world, A, C));
	world_meet_all(world);
	world_write_ok(world, B, world_confirm(&proposal), NULL);
	assert_true(world_manages(world, B, C));
	world_free(world);
}

/* Who lost the right to write keeps what stands before the cut, and cannot go on by citing the days before. */
static void a_lesser_role_ends_at_its_cut(void **state)
{
	(void)state;
	struct world *world = world_team(2, 32);
	uint32_t x = world_join(world, A, UINT32_MAX, TEAM_ROLE_LOCUM, NULL);
	struct epoch_id clinical = world_rotate(world, A, COMPARTMENT_CLINICAL);
	world_meet_all(world);
	struct entry_hash before = world_head(world, x);
	const struct team_author *author = &world->devices[x].author;
	struct team_cut_place place = {
	        entry_feed_id(&author->device, COMPARTMENT_CLINICAL, &author->incarnation), 3, {{1}}};
	struct team_action change = world_role(&world->devices[x].person, TEAM_ROLE_READER);
	change.as.role.cut = (struct team_cut){1, &place};
	struct entry_hash after;
	world_write_ok(world, A, change, &after);
	world_check_judged(world_judge(world, A, x, COMPARTMENT_CLINICAL, &clinical, 2, &before, &before),
	        TEAM_VERDICT_ACCEPTED, TEAM_REASON_NONE);
	world_check_judged(world_judge(world, A, x, COMPARTMENT_CLINICAL, &clinical, 4, &before, &before),
	        TEAM_VERDICT_QUARANTINED, TEAM_REASON_BEYOND_CUT);
	world_check_judged(world_judge(world, A, x, COMPARTMENT_CLINICAL, &clinical, 4, &after, &before),
	        TEAM_VERDICT_REFUSED, TEAM_REASON_NOT_ALLOWED);
	world_free(world);
	/* Where a role needs a confirm, the confirm's cut holds. */
	world = world_team(3, 35);
	clinical = world_rotate(world, A, COMPARTMENT_CLINICAL);
	world_meet_all(world);
	before = world_head(world, C);
	author = &world->devices[C].author;
	place.feed = entry_feed_id(&author->device, COMPARTMENT_CLINICAL, &author->incarnation);
	struct entry_hash proposal;
	world_write_ok(world, A, world_role(&world->devices[C].person, TEAM_ROLE_READER), &proposal);
	world_meet_all(world);
	struct team_action confirm = world_confirm(&proposal);
	confirm.as.confirm.cut = (struct team_cut){1, &place};
	world_write_ok(world, B, confirm, NULL);
	world_check_judged(world_judge(world, B, C, COMPARTMENT_CLINICAL, &clinical, 2, &before, &before),
	        TEAM_VERDICT_ACCEPTED, TEAM_REASON_NONE);
	world_check_judged(world_judge(world, B, C, COMPARTMENT_CLINICAL, &clinical, 4, &before, &before),
	        TEAM_VERDICT_QUARANTINED, TEAM_REASON_BEYOND_CUT);
	world_free(world);
}

/* One nurse admits a device of her own in a colleague's name: it may do nothing until the colleague, or another, agrees. */
static void nobody_writes_in_anothers_name(void **state)
{
	(void)state;
	struct world *world = world_team(3, 33);
	struct epoch_id clinical = world_rotate(world, A, COMPARTMENT_CLINICAL);
	struct world_invitation invitation;
	check_ok(world_invite(world, A, TEAM_ROLE_NURSE, &invitation));
	uint32_t x = world_device(world, &world->devices[B].person);
	struct entry_hash admit;
	world_write_ok(world, A, world_admit(world, &invitation, x), &admit);
	world_meet_all(world);
	assert_int_equal(world_state(world, C, x), TEAM_DEVICE_PENDING);
	struct entry_hash now = world_head(world, C);
	world_check_judged(world_judge(world, C, x, COMPARTMENT_CLINICAL, &clinical, 1, &now, NULL),
	        TEAM_VERDICT_QUARANTINED, TEAM_REASON_PENDING);
	struct team_action leave = {.kind = TEAM_ACTION_LEAVE, .as.leave_until_ms = 1};
	struct team_action endorse = world_endorse(&admit);
	world_check_void(world, x, &leave, TEAM_REASON_NOT_ACTIVE);
	world_check_void(world, A, &endorse, TEAM_REASON_SAME_PERSON);
	world_write_ok(world, B, endorse, NULL);
	assert_int_equal(world_state(world, B, x), TEAM_DEVICE_ACTIVE);
	assert_true(world_manages(world, B, x));
	world_free(world);
	/* Nor by citing the days before the colleague came. */
	world = world_new(34);
	world_device(world, NULL);
	struct entry_hash founding, invite, none = {{0}};
	world_write_ok(world, A, world_found(world, A), &founding);
	world_join(world, A, UINT32_MAX, TEAM_ROLE_NURSE, NULL);
	struct incarnation_id fresh = {{7}};
	crypto_sign_keypair(invitation.key, invitation.secret);
	struct team_action action = {.kind = TEAM_ACTION_INVITE};
	memcpy(action.as.invite.invitation, invitation.key, 32);
	action.as.invite.role = TEAM_ROLE_NURSE;
	check_ok(world_forge(world, A, &fresh, 1, &none, &founding, &action, &invite));
	invitation.hash = invite;
	x = world_device(world, &world->devices[B].person);
	action = world_admit(world, &invitation, x);
	check_ok(world_forge(world, A, &fresh, 2, &invite, &invite, &action, NULL));
	world_meet_all(world);
	assert_int_equal(world_state(world, B, x), TEAM_DEVICE_PENDING);
	assert_int_equal(world_state(world, B, B), TEAM_DEVICE_ACTIVE);
	assert_true(world_manages(world, B, B));
	world_free(world);
}

static void concurrent_roles_give_the_lesser(void **state)
{
	(void)state;
	struct world *world = world_team(2, 17);
	uint32_t x = world_join(world, A, UINT32_MAX, TEAM_ROLE_LOCUM, NULL);
	world_write_ok(world, A, world_role(&world->devices[x].person, TEAM_ROLE_FACILITATOR), NULL);
	world_write_ok(world, B, world_role(&world->devices[x].person, TEAM_ROLE_READER), NULL);
	world_meet_all(world);
	assert_int_equal(team_view_role(world_view(world, x), &world->devices[x].author.device),
	        TEAM_ROLE_FACILITATOR);
	world_free(world);
}

/* --- Keys -------------------------------------------------------------------------------------------------------------- */

/* The attack behind TryQuiet/quiet #3431: a distribution whose recipients are not the membership. */
static void a_distribution_reaches_exactly_the_entitled(void **state)
{
	(void)state;
	struct world *world = world_team(3, 18);
	uint32_t facilitator = world_join(world, A, UINT32_MAX, TEAM_ROLE_FACILITATOR, NULL);
	uint32_t newcomer = world_join(world, A, UINT32_MAX, TEAM_ROLE_NURSE, NULL);
	struct team_action good = world_epoch(world, A, COMPARTMENT_CLINICAL), bad = good;
	assert_int_equal(
	        good.as.epoch.recipients.count, 4); /* three nurses and the newcomer, no facilitator */
	struct team_key_box boxes[6];
	memcpy(boxes, good.as.epoch.recipients.boxes, 4 * sizeof(*boxes));
	memset(&boxes[4], 0xff, sizeof(*boxes)); /* a stranger */
	bad.as.epoch.recipients = (struct team_key_boxes){5, boxes};
	world_check_void(world, A, &bad, TEAM_REASON_WRONG_RECIPIENTS);
	bad.as.epoch.recipients.count = 3; /* somebody left out */
	world_check_void(world, A, &bad, TEAM_REASON_WRONG_RECIPIENTS);
	memset(boxes[3].device.bytes, 0xff, 32); /* somebody replaced */
	bad.as.epoch.recipients.count = 4;
	world_check_void(world, A, &bad, TEAM_REASON_WRONG_RECIPIENTS);
	struct device_id left = good.as.epoch.recipients.boxes[3].device;
	bad.as.epoch.recipients.count = 3; /* left out under the pretext of dates that she does not have */
	bad.as.epoch.omitted = (struct team_device_list){1, &left};
	world_check_void(world, A, &bad, TEAM_REASON_WRONG_RECIPIENTS);
	world_meet_all(world);
	world_check_void(world, facilitator, &good, TEAM_REASON_NOT_MANAGER);
	world_check_void(world, newcomer, &good, TEAM_REASON_NOT_MANAGER);
	struct epoch_id write;
	check_code(team_epoch_to_write(world->devices[A].copy, COMPARTMENT_CLINICAL, &write), ERR_NOTFOUND);
	struct epoch_id epoch = world_rotate(world, A, COMPARTMENT_CLINICAL);
	check_ok(team_epoch_to_write(world->devices[A].copy, COMPARTMENT_CLINICAL, &write));
	assert_true(epoch_id_eq(&epoch, &write));
	world_free(world);
}

static void nobody_writes_under_a_removed_devices_epoch(void **state)
{
	(void)state;
	struct world *world = world_team(3, 19);
	struct epoch_id first = world_rotate(world, A, COMPARTMENT_CLINICAL), write;
	world_meet_all(world);
	struct entry_hash removal;
	world_write_ok(world, A, world_remove_device(world, C), &removal);
	check_code(team_epoch_to_write(world->devices[A].copy, COMPARTMENT_CLINICAL, &write), ERR_NOTFOUND);
	struct epoch_id second = world_rotate(world, A, COMPARTMENT_CLINICAL);
	/* Concurrently C rotates too; the removal makes it unfit for writing, still fit for reading. */
	struct epoch_id third = world_rotate(world, C, COMPARTMENT_CLINICAL);
	struct entry_hash seen_by_b = world_head(world, B);
	world_meet_all(world);
	check_ok(team_epoch_to_write(world->devices[B].copy, COMPARTMENT_CLINICAL, &write));
	assert_true(epoch_id_eq(&write, &second));
	world_check_judged(world_judge(world, A, B, COMPARTMENT_CLINICAL, &third, 1, &seen_by_b, NULL),
	        TEAM_VERDICT_ACCEPTED, TEAM_REASON_NONE);
	world_check_judged(world_judge(world, A, B, COMPARTMENT_CLINICAL, &first, 1, &seen_by_b, NULL),
	        TEAM_VERDICT_ACCEPTED, TEAM_REASON_NONE);
	world_check_judged(world_judge(world, A, B, COMPARTMENT_TEAM, &first, 1, &seen_by_b, NULL),
	        TEAM_VERDICT_REFUSED, TEAM_REASON_BAD_EPOCH);
	/* Two concurrent rotations: one and the same is written under everywhere. */
	struct epoch_id of_a = world_rotate(world, A, COMPARTMENT_TEAM),
	                of_b = world_rotate(world, B, COMPARTMENT_TEAM), at_a, at_b;
	world_meet_all(world);
	check_ok(team_epoch_to_write(world->devices[A].copy, COMPARTMENT_TEAM, &at_a));
	check_ok(team_epoch_to_write(world->devices[B].copy, COMPARTMENT_TEAM, &at_b));
	assert_true(epoch_id_eq(&at_a, &at_b));
	struct epoch_id parents[8];
	assert_int_equal(team_epoch_parents(world->devices[A].copy, COMPARTMENT_TEAM, parents), 2);
	assert_true(epoch_id_cmp(&parents[0], &parents[1]) < 0);
	assert_true(epoch_id_eq(&parents[0], &of_a) || epoch_id_eq(&parents[0], &of_b));
	world_free(world);
}

static void a_locum_gets_no_older_keys(void **state)
{
	(void)state;
	struct world *world = world_team(2, 20);
	struct epoch_id before = world_rotate(world, A, COMPARTMENT_CLINICAL);
	uint32_t locum = world_join(world, A, UINT32_MAX, TEAM_ROLE_LOCUM, NULL);
	struct team_action next = world_epoch(world, A, COMPARTMENT_CLINICAL),
	                   grant = {.kind = TEAM_ACTION_GRANT};
	struct team_parent parent = {.epoch = before, .has_key = true};
	next.as.epoch.parent_count = 1;
	next.as.epoch.parents = &parent;
	world_check_void(world, A, &next, TEAM_REASON_BAD_PARENTS);
	memcpy(grant.as.grant.source.bytes, before.bytes, 32);
	grant.as.grant.box.device = world->devices[locum].author.device;
	world_check_void(world, A, &grant, TEAM_REASON_WRONG_RECIPIENTS);
	parent.has_key = false;
	struct entry_hash hash;
	world_write_ok(world, A, next, &hash);
	/* The one after may carry the key that the locum holds. */
	memcpy(parent.epoch.bytes, hash.bytes, 32);
	parent.has_key = true;
	struct team_action later = world_epoch(world, A, COMPARTMENT_CLINICAL);
	later.as.epoch.parent_count = 1;
	later.as.epoch.parents = &parent;
	world_write_ok(world, A, later, NULL);
	/* A nurse who joins concurrently is granted the old key by anybody entitled. */
	uint32_t nurse = world_join(world, A, B, TEAM_ROLE_NURSE, NULL);
	grant.as.grant.box.device = world->devices[nurse].author.device;
	world_meet_all(world);
	world_write_ok(world, locum, grant, NULL);
	uint32_t facilitator = world_join(world, A, UINT32_MAX, TEAM_ROLE_FACILITATOR, NULL);
	grant.as.grant.box.device = world->devices[facilitator].author.device;
	world_check_void(world, A, &grant, TEAM_REASON_WRONG_RECIPIENTS);
	world_free(world);
}

/* --- Judging ----------------------------------------------------------------------------------------------------------- */

static void headers_are_judged_by_the_state_they_cite(void **state)
{
	(void)state;
	struct world *world = world_team(3, 21);
	uint32_t facilitator = world_join(world, A, UINT32_MAX, TEAM_ROLE_FACILITATOR, NULL);
	uint32_t reader = world_join(world, A, UINT32_MAX, TEAM_ROLE_READER, NULL);
	struct epoch_id clinical = world_rotate(world, A, COMPARTMENT_CLINICAL), none = {{0}},
	                unknown = {{5}};
	struct epoch_id billing = world_rotate(world, A, COMPARTMENT_BILLING);
	world_meet_all(world);
	struct entry_hash now = world_head(world, A), nowhere = {{3}};
	world_meet_all(world);
	world_check_judged(world_judge(world, C, B, COMPARTMENT_CLINICAL, &clinical, 1, &now, NULL),
	        TEAM_VERDICT_ACCEPTED, TEAM_REASON_NONE);
	world_check_judged(world_judge(world, C, facilitator, COMPARTMENT_CLINICAL, &clinical, 1, &now, NULL),
	        TEAM_VERDICT_REFUSED, TEAM_REASON_NOT_ALLOWED);
	world_check_judged(world_judge(world, C, reader, COMPARTMENT_CLINICAL, &clinical, 1, &now, NULL),
	        TEAM_VERDICT_REFUSED, TEAM_REASON_NOT_ALLOWED);
	world_check_judged(world_judge(world, C, B, COMPARTMENT_BILLING, &billing, 1, &now, NULL),
	        TEAM_VERDICT_REFUSED, TEAM_REASON_NOT_ALLOWED);
	world_check_judged(world_judge(world, C, B, COMPARTMENT_CLINICAL, &none, 1, &now, NULL),
	        TEAM_VERDICT_REFUSED, TEAM_REASON_NOT_SEALED);
	world_check_judged(world_judge(world, C, B, COMPARTMENT_CLINICAL, &unknown, 1, &now, NULL),
	        TEAM_VERDICT_WAITING, TEAM_REASON_UNKNOWN_EPOCH);
	world_check_judged(world_judge(world, C, B, COMPARTMENT_CLINICAL, &clinical, 1, &nowhere, NULL),
	        TEAM_VERDICT_WAITING, TEAM_REASON_UNKNOWN_STATE);
	uint32_t stranger = world_device(world, NULL);
	world_check_judged(world_judge(world, C, stranger, COMPARTMENT_CLINICAL, &clinical, 1, &now, NULL),
	        TEAM_VERDICT_REFUSED, TEAM_REASON_UNKNOWN_DEVICE);
	/* The billing lease lets its holder write, and nobody else. */
	struct team_action lease = {.kind = TEAM_ACTION_LEASE};
	lease.as.lease.holder = world->devices[B].author.device;
	lease.as.lease.fence = 1;
	world_write_ok(world, A, lease, NULL);
	world_check_void(world, A, &lease, TEAM_REASON_STALE_FENCE);
	now = world_head(world, A);
	world_sync(world, A, C);
	world_check_judged(world_judge(world, C, B, COMPARTMENT_BILLING, &billing, 1, &now, NULL),
	        TEAM_VERDICT_ACCEPTED, TEAM_REASON_NONE);
	world_check_judged(world_judge(world, C, A, COMPARTMENT_BILLING, &billing, 1, &now, NULL),
	        TEAM_VERDICT_REFUSED, TEAM_REASON_NOT_ALLOWED);
	world_free(world);
}

static void cuts_end_the_authority_of_a_feed(void **state)
{
	(void)state;
	struct world *world = world_team(4, 22);
	struct epoch_id clinical = world_rotate(world, A, COMPARTMENT_CLINICAL);
	world_meet_all(world);
	struct entry_hash before = world_head(world, D), proposal;
	const struct team_author *author = &world->devices[D].author;
	struct feed_id feed = entry_feed_id(&author->device, COMPARTMENT_CLINICAL, &author->incarnation);
	struct team_cut_place long_cut = {feed, 10, {{1}}}, short_cut = {feed, 5, {{1}}};
	struct team_action remove = world_remove_person(world, D), confirm;
	world_write_ok(world, A, remove, &proposal);
	world_meet_all(world);
	confirm = world_confirm(&proposal);
	confirm.as.confirm.cut = (struct team_cut){1, &long_cut};
	world_write_ok(world, B, confirm, NULL);
	confirm.as.confirm.cut = (struct team_cut){1, &short_cut};
	world_write_ok(world, C, confirm, NULL);
	struct entry_hash after_b = world_head(world, B);
	world_check_judged(world_judge(world, B, D, COMPARTMENT_CLINICAL, &clinical, 9, &before, &before),
	        TEAM_VERDICT_ACCEPTED, TEAM_REASON_NONE);
	world_check_judged(world_judge(world, B, D, COMPARTMENT_CLINICAL, &clinical, 10, &before, &before),
	        TEAM_VERDICT_QUARANTINED, TEAM_REASON_BEYOND_CUT); /* the place, with another hash */
	world_check_judged(world_judge(world, B, D, COMPARTMENT_CLINICAL, &clinical, 11, &before, &before),
	        TEAM_VERDICT_QUARANTINED, TEAM_REASON_BEYOND_CUT);
	world_check_judged(world_judge(world, B, D, COMPARTMENT_CLINICAL, &clinical, 9, &after_b, &before),
	        TEAM_VERDICT_QUARANTINED, TEAM_REASON_NOT_ACTIVE);
	world_check_judged(world_judge(world, B, C, COMPARTMENT_CLINICAL, &clinical, 2, &before, &after_b),
	        TEAM_VERDICT_QUARANTINED, TEAM_REASON_BACKDATED);
	world_check_judged(world_judge(world, B, D, COMPARTMENT_TEAM, &clinical, 1, &before, NULL),
	        TEAM_VERDICT_REFUSED, TEAM_REASON_BAD_EPOCH);
	struct epoch_id team = world_rotate(world, A, COMPARTMENT_TEAM);
	world_meet_all(world);
	world_check_judged(world_judge(world, B, D, COMPARTMENT_TEAM, &team, 1, &before,
	                           NULL), /* feed not listed: cut at 0 */
	        TEAM_VERDICT_QUARANTINED, TEAM_REASON_BEYOND_CUT);
	world_check_judged(world_judge(world, B, D, COMPARTMENT_CLINICAL, &clinical, 4, &before, &before),
	        TEAM_VERDICT_ACCEPTED, TEAM_REASON_NONE);
	world_check_judged(world_judge(world, B, D, COMPARTMENT_CLINICAL, &clinical, 6, &before, &before),
	        TEAM_VERDICT_QUARANTINED, TEAM_REASON_BEYOND_CUT); /* the minimum of the two */
	world_free(world);
}

/* A smaller cut than what its author knew cannot void what the removed device did in the membership. */
static void a_small_cut_does_not_undo_history(void **state)
{
	(void)state;
	struct world *world = world_team(2, 23);
	struct world_invitation invitation;
	check_ok(world_invite(world, B, TEAM_ROLE_NURSE, &invitation));
	uint32_t second = world_device(world, &world->devices[B].person);
	world_write_ok(world, B, world_admit(world, &invitation, second), NULL);
	world_meet_all(world);
	uint32_t c = world_join(world, B, A, TEAM_ROLE_NURSE, NULL);
	world_write_ok(world, A, world_remove_device(world, B), NULL); /* one signature, an empty cut */
	world_meet_all(world);
	assert_int_equal(world_state(world, c, B), TEAM_DEVICE_REMOVED);
	assert_true(world_manages(world, c, c));
	assert_true(world_manages(world, c, second));
	world_free(world);
}

static void dates_quarantine_and_excuse(void **state)
{
	(void)state;
	struct world *world = world_team(2, 40);
	struct team_action invite = {.kind = TEAM_ACTION_INVITE};
	struct world_invitation invitation = {.role = TEAM_ROLE_LOCUM};
	crypto_sign_keypair(invitation.key, invitation.secret);
	memcpy(invite.as.invite.invitation, invitation.key, 32);
	invite.as.invite.role = TEAM_ROLE_LOCUM;
	invite.as.invite.expires_ms = 1; /* long past: honest devices refuse, the entry stays good */
	invite.as.invite.rights_from_ms = 1000;
	invite.as.invite.rights_until_ms = 2000;
	world_write_ok(world, A, invite, &invitation.hash);
	uint32_t locum = world_device(world, NULL);
	world_write_ok(world, A, world_admit(world, &invitation, locum), NULL);
	/* A distribution may leave the dated locum out, and says so. */
	struct team_action epoch = world_epoch_without(world, A, COMPARTMENT_CLINICAL, locum);
	struct team_action silent = epoch;
	silent.as.epoch.omitted.count = 0;
	world_check_void(world, A, &silent, TEAM_REASON_WRONG_RECIPIENTS);
	struct entry_hash hash;
	struct epoch_id id;
	world_write_ok(world, A, epoch, &hash);
	memcpy(id.bytes, hash.bytes, sizeof(id.bytes));
	static const struct {
		uint64_t wrote_ms;
		enum team_verdict verdict;
	} cases[] = {{999, TEAM_VERDICT_QUARANTINED}, {1000, TEAM_VERDICT_ACCEPTED},
	        {1999, TEAM_VERDICT_ACCEPTED}, {2000, TEAM_VERDICT_QUARANTINED}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		world_check_visit(world, locum, &id, cases[i].wrote_ms, cases[i].verdict,
		        cases[i].verdict ? TEAM_REASON_RIGHTS_DATES : TEAM_REASON_NONE);
	world_free(world);
}

static void secrets_of_the_network_reach_members(void **state)
{
	(void)state;
	struct world *world = world_team(2, 41);
	uint32_t facilitator = world_join(world, A, UINT32_MAX, TEAM_ROLE_FACILITATOR, NULL);
	struct team_action discovery = world_epoch(world, A, COMPARTMENT_MEMBERSHIP);
	struct team_key_boxes everybody = discovery.as.epoch.recipients;
	assert_int_equal(everybody.count, 3);
	discovery = (struct team_action){.kind = TEAM_ACTION_DISCOVERY, .as.secret.recipients = everybody};
	world_check_void(world, facilitator, &discovery, TEAM_REASON_NOT_MANAGER);
	struct team_action partial = discovery;
	partial.as.secret.recipients.count = 2;
	world_check_void(world, A, &partial, TEAM_REASON_WRONG_RECIPIENTS);
	struct entry_hash hash;
	world_write_ok(world, A, discovery, &hash);
	assert_int_equal(world_view(world, A)->discovery_node,
	        team_dag_find(team_membership_dag(world->devices[A].copy), &hash));
	/* A device's beacon secret is for managers alone. */
	struct team_action beacon = {.kind = TEAM_ACTION_BEACON, .as.secret.recipients = everybody};
	world_check_void(world, facilitator, &beacon, TEAM_REASON_WRONG_RECIPIENTS);
	struct team_key_box managers[2];
	uint32_t count = 0;
	for (uint32_t i = 0; i < 3; i++)
		if (team_view_manages(world_view(world, A), &everybody.boxes[i].device))
			managers[count++] = everybody.boxes[i];
	assert_int_equal(count, 2);
	beacon.as.secret.recipients = (struct team_key_boxes){2, managers};
	world_write_ok(world, facilitator, beacon, NULL);
	assert_true(world_row(world, facilitator, facilitator)->beacon);
	world_free(world);
}

static void a_lease_passes_by_release_or_by_force(void **state)
{
	(void)state;
	struct world *world = world_team(3, 42);
	struct team_action lease = {.kind = TEAM_ACTION_LEASE}, release = {.kind = TEAM_ACTION_RELEASE};
	lease.as.lease.holder = world->devices[B].author.device;
	lease.as.lease.fence = 1;
	struct entry_hash first;
	world_write_ok(world, A, lease, &first);
	world_meet_all(world);
	release.as.release.lease = first;
	world_check_void(world, C, &release, TEAM_REASON_NOT_ALLOWED);
	world_write_ok(world, B, release, NULL);
	assert_false(world_view(world, B)->lease.held);
	assert_int_equal(
	        team_view_role(world_view(world, B), &world->devices[B].author.device), TEAM_ROLE_NURSE);
	lease.as.lease.fence = 2;
	lease.as.lease.holder = world->devices[C].author.device;
	world_write_ok(world, B, lease, NULL);
	assert_true(world_view(world, B)->lease.handed_over);
	/* A did not hear of it and designates itself: the same number on both sides, and everybody sees it. */
	lease.as.lease.holder = world->devices[A].author.device;
	world_write_ok(world, A, lease, NULL);
	assert_false(world_view(world, A)->lease.handed_over);
	world_meet_all(world);
	assert_true(world_view(world, C)->lease.contested);
	assert_true(device_id_eq(&world_view(world, C)->lease.holder, &world_view(world, A)->lease.holder));
	lease.as.lease.fence = 3;
	world_write_ok(world, C, lease, NULL);
	assert_false(world_view(world, C)->lease.contested);
	world_free(world);
}

static void a_relay_stores_and_does_nothing_else(void **state)
{
	(void)state;
	struct world *world = world_team(2, 43);
	uint32_t box = world_device(world, NULL);
	struct team_action admit = {.kind = TEAM_ACTION_RELAY};
	struct team_id team;
	assert_true(team_membership_id(world->devices[A].copy, &team));
	admit.as.relay.device = world->devices[box].author.device;
	admit.as.relay.keys = world->devices[box].keys;
	world_check_void(world, A, &admit, TEAM_REASON_BAD_SIGNATURE);
	team_statement_relay_sign(
	        admit.as.relay.newcomer_signature, &team, &admit.as.relay, world->devices[box].secret);
	struct entry_hash hash;
	world_write_ok(world, A, admit, &hash);
	world_meet_all(world);
	const struct device_id *id = &world->devices[box].author.device;
	assert_int_equal(team_view_role(world_view(world, B), id), TEAM_ROLE_RELAY);
	assert_int_equal(team_view_level(world_view(world, B), id, COMPARTMENT_CLINICAL), TEAM_LEVEL_RELAY);
	struct team_action epoch = world_epoch(world, A, COMPARTMENT_CLINICAL);
	assert_null(team_action_box(&epoch.as.epoch.recipients, id));
	struct team_action leave = {.kind = TEAM_ACTION_LEAVE, .as.leave_until_ms = 1};
	world_check_void(world, box, &leave, TEAM_REASON_NOT_ALLOWED);
	world_check_void(world, box, &epoch, TEAM_REASON_NOT_MANAGER);
	world_write_ok(world, B, world_remove_device(world, box), NULL);
	assert_int_equal(world_state(world, B, box), TEAM_DEVICE_REMOVED); /* it is nobody's last device */
	world_free(world);
}

/* An action of a later version: kept, built upon, without power. */
static void unknown_actions_are_kept(void **state)
{
	(void)state;
	struct world *world = world_team(2, 44);
	struct world_device *device = &world->devices[B];
	struct entry_hash head = world_head(world, B);
	struct span body = span_of("\x01\xf0later", 7);
	struct entry_header header = {.version = ENTRY_VERSION,
	        .kind = ENTRY_MEMBERSHIP,
	        .compartment = COMPARTMENT_MEMBERSHIP,
	        .body_bytes = (uint32_t)body.size,
	        .feed = device->feed,
	        .seq = device->seq + 1,
	        .lamport = team_membership_lamport(device->copy) + 1,
	        .previous = device->last,
	        .membership = head,
	        .body = entry_body_hash(body)};
	struct entry_hash hash = entry_hash(&header);
	assert_int_equal(team_membership_add(device->copy, &header, &hash, &device->author, body),
	        TEAM_MEMBERSHIP_VOID);
	assert_int_equal(world_reason(world, B, &hash), TEAM_REASON_UNKNOWN_ACTION);
	header.kind = 200; /* and so is a later kind of entry */
	header.seq++;
	header.lamport++;
	header.previous = header.membership = hash;
	hash = entry_hash(&header);
	assert_int_equal(team_membership_add(device->copy, &header, &hash, &device->author, body),
	        TEAM_MEMBERSHIP_VOID);
	device->seq = header.seq;
	device->last = hash;
	world_write_ok(world, B, world_remove_person(world, A), NULL);
	assert_int_equal(world_state(world, B, A), TEAM_DEVICE_REMOVED);
	world_free(world);
}

static void senseless_arrivals_have_no_power(void **state)
{
	(void)state;
	struct world *world = world_team(3, 50);
	struct entry_hash nothing = {{4}}, admit;
	uint32_t locum = world_join(world, A, UINT32_MAX, TEAM_ROLE_LOCUM, &admit);
	struct world_invitation one, two;
	struct team_action action = {.kind = TEAM_ACTION_INVITE, .as.invite.role = TEAM_ROLE_RELAY};
	world_check_void(world, A, &action, TEAM_REASON_WRONG_ROLE);
	action.as.invite.role = TEAM_ROLE_BILLING;
	world_check_void(world, A, &action, TEAM_REASON_WRONG_ROLE);
	struct team_psk_box box = {.device = world->devices[locum].author.device};
	action.as.invite.role = TEAM_ROLE_NURSE;
	action.as.invite.psk_boxes = &box;
	action.as.invite.psk_count = 1;
	world_check_void(world, A, &action, TEAM_REASON_WRONG_RECIPIENTS);
	action.as.invite.psk_count = 0;
	world_write_ok(world, A, action, NULL);
	world_check_void(world, A, &action, TEAM_REASON_EXISTS_ALREADY);
	check_ok(world_invite(world, A, TEAM_ROLE_LOCUM, &one));
	check_ok(world_invite(world, A, TEAM_ROLE_READER, &two));
	action = world_admit(world, &one, locum);
	world_check_void(world, A, &action, TEAM_REASON_EXISTS_ALREADY);
	uint32_t other = world_device(world, &world->devices[locum].person);
	action = world_admit(world, &two, other);
	world_check_void(world, A, &action, TEAM_REASON_WRONG_ROLE);
	action = (struct team_action){.kind = TEAM_ACTION_RELAY};
	action.as.relay.device = world->devices[locum].author.device;
	world_check_void(world, A, &action, TEAM_REASON_EXISTS_ALREADY);
	action = world_endorse(&nothing);
	world_check_void(world, B, &action, TEAM_REASON_NO_SUCH_THING);
	action = world_endorse(&admit);
	world_check_void(world, B, &action, TEAM_REASON_WRONG_ROLE);
	world_join(world, A, B, TEAM_ROLE_NURSE, &admit);
	action = world_endorse(&admit);
	world_check_void(world, C, &action, TEAM_REASON_EXISTS_ALREADY);
	action = (struct team_action){.kind = TEAM_ACTION_REVOKE, .as.invitation = nothing};
	world_check_void(world, A, &action, TEAM_REASON_NO_SUCH_THING);
	action.as.invitation = one.hash;
	world_write_ok(world, A, action, NULL);
	world_check_void(world, A, &action, TEAM_REASON_INVITATION_CLOSED);
	action = (struct team_action){.kind = TEAM_ACTION_CHOOSE, .as.choose.invite = two.hash};
	world_check_void(world, A, &action, TEAM_REASON_NO_SUCH_THING);
	/* Both sides of a partition redeem; the choice falls on an admit of another invitation. */
	world_meet_all(world);
	uint32_t x = world_device(world, NULL), y = world_device(world, NULL);
	world_write_ok(world, A, world_admit(world, &two, x), NULL);
	world_write_ok(world, B, world_admit(world, &two, y), NULL);
	world_meet_all(world);
	action.as.choose.admit = admit;
	world_check_void(world, C, &action, TEAM_REASON_NO_SUCH_THING);
	world_free(world);
}

static void senseless_removals_and_roles_have_no_power(void **state)
{
	(void)state;
	struct world *world = world_team(4, 51);
	struct entry_hash nothing = {{4}}, first, second, removal;
	uint32_t stranger = world_device(world, NULL);
	struct team_action action = world_role(&world->devices[stranger].person, TEAM_ROLE_READER);
	world_check_void(world, A, &action, TEAM_REASON_NO_SUCH_THING);
	action = world_role(&world->devices[B].person, TEAM_ROLE_RELAY);
	world_check_void(world, A, &action, TEAM_REASON_WRONG_ROLE);
	action = world_remove_device(world, stranger);
	world_check_void(world, A, &action, TEAM_REASON_NO_SUCH_THING);
	action = world_remove_device(world, A);
	world_check_void(world, A, &action, TEAM_REASON_NOT_ALLOWED);
	action = world_remove_person(world, stranger);
	world_check_void(world, A, &action, TEAM_REASON_NO_SUCH_THING);
	action = world_remove_person(world, A);
	world_check_void(world, A, &action, TEAM_REASON_SAME_PERSON);
	action = world_confirm(&nothing);
	world_check_void(world, A, &action, TEAM_REASON_NO_SUCH_THING);
	action = world_found(world, A);
	world_check_void(world, A, &action, TEAM_REASON_EXISTS_ALREADY);
	world_write_ok(world, A, world_remove_person(world, D), &first);
	world_write_ok(world, A, world_remove_person(world, D), &second);
	world_meet_all(world);
	world_write_ok(world, B, world_confirm(&first), NULL);
	action = world_confirm(&first);
	world_check_void(world, B, &action, TEAM_REASON_EXISTS_ALREADY);
	action = world_confirm(&second);
	world_check_void(world, B, &action, TEAM_REASON_EXISTS_ALREADY);
	/* Nobody undoes a suspension of her own with another device. */
	struct world_invitation invitation;
	world_meet_all(world);
	check_ok(world_invite(world, A, TEAM_ROLE_NURSE, &invitation));
	uint32_t other = world_device(world, &world->devices[A].person);
	world_write_ok(world, A, world_admit(world, &invitation, other), NULL);
	world_meet_all(world);
	world_write_ok(world, A, world_remove_device(world, B), NULL);
	world_write_ok(world, B, world_remove_device(world, A), &removal);
	world_meet_all(world);
	assert_int_equal(world_state(world, other, A), TEAM_DEVICE_SUSPENDED);
	action = world_undo(world, &removal);
	world_check_void(world, other, &action, TEAM_REASON_SAME_PERSON);
	/* What B wrote beside its removal is void in the whole set, and says so. */
	action = (struct team_action){.kind = TEAM_ACTION_LEAVE};
	world_check_void(world, C, &action, TEAM_REASON_NO_SUCH_THING);
	uint32_t newcomer = world_join(world, C, UINT32_MAX, TEAM_ROLE_NURSE, NULL);
	action.as.leave_until_ms = 5;
	world_check_void(world, newcomer, &action, TEAM_REASON_NOT_MANAGER);
	enum team_reason reason;
	uint32_t outsider = world_device(world, NULL);
	check_code(team_membership_try(
	                   world->devices[A].copy, &world->devices[outsider].author.device, &action, &reason),
	        ERR_DENIED);
	assert_int_equal(reason, TEAM_REASON_UNKNOWN_DEVICE);
	world_free(world);
}

static void senseless_keys_and_leases_have_no_power(void **state)
{
	(void)state;
	struct world *world = world_team(2, 52);
	uint32_t facilitator = world_join(world, A, UINT32_MAX, TEAM_ROLE_FACILITATOR, NULL);
	struct epoch_id team = world_rotate(world, A, COMPARTMENT_TEAM),
	                clinical = world_rotate(world, A, COMPARTMENT_CLINICAL);
	struct team_parent parent = {.epoch = team};
	struct team_action action = world_epoch(world, A, COMPARTMENT_CLINICAL);
	action.as.epoch.parent_count = 1;
	action.as.epoch.parents = &parent;
	world_check_void(world, A, &action, TEAM_REASON_BAD_PARENTS);
	parent.epoch.bytes[0] ^= 1;
	world_check_void(world, A, &action, TEAM_REASON_BAD_PARENTS);
	action = (struct team_action){.kind = TEAM_ACTION_GRANT};
	action.as.grant.box.device = world->devices[B].author.device;
	world_check_void(world, A, &action, TEAM_REASON_NO_SUCH_THING);
	action.as.grant.source = world->entries[0].hash;
	world_check_void(world, A, &action, TEAM_REASON_NO_SUCH_THING);
	memcpy(action.as.grant.source.bytes, clinical.bytes, 32);
	world_meet_all(world);
	world_check_void(world, facilitator, &action, TEAM_REASON_NOT_ALLOWED);
	memset(&action.as.grant.box.device, 3, 32);
	world_check_void(world, A, &action, TEAM_REASON_WRONG_RECIPIENTS);
	action = (struct team_action){.kind = TEAM_ACTION_LEASE, .as.lease.fence = 1};
	action.as.lease.holder = world->devices[facilitator].author.device;
	world_check_void(world, A, &action, TEAM_REASON_WRONG_ROLE);
	action = (struct team_action){.kind = TEAM_ACTION_RELEASE};
	world_check_void(world, A, &action, TEAM_REASON_NO_SUCH_THING);
	world_free(world);
}

/* Not more devices than a distribution can hold. */
static void a_full_team_admits_nobody(void **state)
{
	(void)state;
	struct world *world = world_team(2, 53);
	struct team_action relay = {.kind = TEAM_ACTION_RELAY};
	struct team_id team;
	assert_true(team_membership_id(world->devices[A].copy, &team));
	for (uint32_t i = 2; i <= LIMIT_TEAM_DEVICES_ACTIVE; i++) {
		uint8_t seed[32] = {(uint8_t)i}, secret[64];
		crypto_sign_seed_keypair(relay.as.relay.device.bytes, secret, seed);
		team_statement_relay_sign(relay.as.relay.newcomer_signature, &team, &relay.as.relay, secret);
		if (i < LIMIT_TEAM_DEVICES_ACTIVE)
			world_write_ok(world, A, relay, NULL);
	}
	world_check_void(world, A, &relay, TEAM_REASON_TEAM_FULL);
	struct world_invitation invitation;
	check_ok(world_invite(world, A, TEAM_ROLE_NURSE, &invitation));
	struct team_action admit = world_admit(world, &invitation, world_device(world, NULL));
	world_check_void(world, A, &admit, TEAM_REASON_TEAM_FULL);
	world_free(world);
}

/* The promotion came from somebody who had been removed: what it allowed is quarantined when both sides meet. */
static void rights_fall_with_what_they_rest_on(void **state)
{
	(void)state;
	struct world *world = world_team(3, 54);
	uint32_t x = world_join(world, A, UINT32_MAX, TEAM_ROLE_READER, NULL);
	struct epoch_id clinical = world_rotate(world, A, COMPARTMENT_CLINICAL);
	world_meet_all(world);
	struct entry_hash role, invite, admit;
	world_write_ok(world, B, world_role(&world->devices[x].person, TEAM_ROLE_LOCUM), &role);
	struct world_invitation invitation;
	check_ok(world_invite(world, B, TEAM_ROLE_LOCUM, &invitation));
	invite = invitation.hash;
	uint32_t y = world_device(world, NULL);
	world_write_ok(world, B, world_admit(world, &invitation, y), &admit);
	world_check_judged(world_judge(world, B, x, COMPARTMENT_CLINICAL, &clinical, 1, &role, NULL),
	        TEAM_VERDICT_ACCEPTED, TEAM_REASON_NONE);
	world_write_ok(world, A, world_remove_device(world, B), NULL);
	world_meet_all(world);
	world_check_judged(world_judge(world, C, x, COMPARTMENT_CLINICAL, &clinical, 1, &role, NULL),
	        TEAM_VERDICT_QUARANTINED, TEAM_REASON_ADMISSION_VOID);
	world_check_judged(world_judge(world, C, y, COMPARTMENT_CLINICAL, &clinical, 1, &admit, NULL),
	        TEAM_VERDICT_QUARANTINED, TEAM_REASON_ADMISSION_VOID);
	struct entry_hash now = world_head(world, C);
	world_check_judged(world_judge(world, C, y, COMPARTMENT_CLINICAL, &clinical, 1, &now, NULL),
	        TEAM_VERDICT_QUARANTINED, TEAM_REASON_ADMISSION_VOID);
	for (uint32_t i = 0; i < world->entry_count; i++) {
		if (!entry_hash_eq(&world->entries[i].hash, &invite))
			continue;
		world_check_judged(team_judge(world->devices[C].copy, &world->entries[i].header, &invite,
		                           &world->entries[i].author, NULL),
		        TEAM_VERDICT_QUARANTINED, TEAM_REASON_REMOVED_CONCURRENTLY);
	}
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_distribution_reaches_exactly_the_entitled),
	        cmocka_unit_test(a_team_grows_with_second_signatures),
	        cmocka_unit_test(an_admission_must_be_as_invited),
	        cmocka_unit_test(an_admission_does_not_travel_to_another_team),
	        cmocka_unit_test(an_invitation_redeemed_twice_waits_for_a_choice),
	        cmocka_unit_test(a_revocation_beside_an_admission_waits_too),
	        cmocka_unit_test(a_last_device_is_only_suspended),
	        cmocka_unit_test(removing_a_person_takes_two),
	        cmocka_unit_test(removal_wins_over_what_is_concurrent),
	        cmocka_unit_test(two_removers_outweigh_the_removed),
	        cmocka_unit_test(mutual_removal_suspends_both),
	        cmocka_unit_test(circles_of_removals_suspend_their_members_only),
	        cmocka_unit_test(old_states_do_not_bring_power_back),
	        cmocka_unit_test(the_small_team_exception_does_not_outlive_the_small_team),
	        cmocka_unit_test(roles_to_and_from_nurse_take_two),
	        cmocka_unit_test(a_lesser_role_ends_at_its_cut),
	        cmocka_unit_test(nobody_writes_in_anothers_name),
	        cmocka_unit_test(concurrent_roles_give_the_lesser),
	        cmocka_unit_test(nobody_writes_under_a_removed_devices_epoch),
	        cmocka_unit_test(a_locum_gets_no_older_keys),
	        cmocka_unit_test(headers_are_judged_by_the_state_they_cite),
	        cmocka_unit_test(cuts_end_the_authority_of_a_feed),
	        cmocka_unit_test(a_small_cut_does_not_undo_history),
	        cmocka_unit_test(dates_quarantine_and_excuse),
	        cmocka_unit_test(secrets_of_the_network_reach_members),
	        cmocka_unit_test(a_lease_passes_by_release_or_by_force),
	        cmocka_unit_test(a_relay_stores_and_does_nothing_else),
	        cmocka_unit_test(unknown_actions_are_kept),
	        cmocka_unit_test(senseless_arrivals_have_no_power),
	        cmocka_unit_test(senseless_removals_and_roles_have_no_power),
	        cmocka_unit_test(senseless_keys_and_leases_have_no_power),
	        cmocka_unit_test(a_full_team_admits_nobody),
	        cmocka_unit_test(rights_fall_with_what_they_rest_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
