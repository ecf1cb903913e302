/*
 * Invitations that somebody knows who is out: whoever removes her withdraws them, and nobody is let in by one (node/team/README.md, section 3, "Invitations").
 */
#include "tests/lib/check.h"

#include "node/node_state.h"
#include "node/pairing.h"
#include "tests/lib/carry.h"

enum { GUEST = 3 };

/* Léa has seen that there is this invitation, whose secret is sealed to her too; the fourth device is nobody's yet. */
static void open_invited(struct team *team, int inviter, struct team_invitation *invitation)
{
	carry_open_team(team);
	device_open(&team->devices[GUEST], &team->loop, GUEST + 1);
	team->count = GUEST + 1;
	check_ok(node_invite(team->devices[inviter].node, TEAM_ROLE_NURSE, 0, 0, 0, invitation, NULL, NULL));
	devices_run(&team->loop, team_saved, team);
	for (int i = 0; i < GUEST; i++)
		if (i != inviter)
			carry(team, &team->devices[inviter], &team->devices[i], NULL, COMPARTMENT_MEMBERSHIP);
	devices_run(&team->loop, team_saved, team);
}

static int redeem(struct team *team, int host, const struct team_invitation *invitation)
{
	int result = 1;
	check_ok(pairing_start(team->devices[GUEST].peers, &team->devices[host].address, invitation,
	        span_text("Guest"), team_joined, &result));
	devices_run(&team->loop, team_has_result, &result);
	return result;
}

static void remove_lea(struct team *team, int who)
{
	struct device_id lost = carry_device(team, LEA);
	check_ok(node_remove_device(team->devices[who].node, &lost, 2, NULL, NULL));
	devices_run(&team->loop, team_saved, team);
}

static enum team_invitation_state state_at(struct team *team, int who)
{
	const struct team_view *view = node_view(team->devices[who].node);
	return view->invitations[view->invitation_count - 1].state;
}

/* Would a newcomer who has this invitation be answered there? */
static bool has_secret(struct team *team, int who, const struct team_invitation *invitation)
{
	uint8_t key[TEAM_KEY_BYTES], psk[32], own[TEAM_KEY_BYTES], secret[64];
	team_invitation_keys(invitation, own, secret);
	for (uint32_t i = 0; node_open_invitation(team->devices[who].node, i, key, psk); i++)
		if (memcmp(key, own, sizeof(own)) == 0)
			return true;
	return false;
}

static void tell_membership(struct team *team, int from, int to)
{
	carry(team, &team->devices[from], &team->devices[to], NULL, COMPARTMENT_MEMBERSHIP);
	devices_run(&team->loop, team_saved, team);
}

/* Whoever made it. */
static void a_removal_withdraws_what_the_removed_knows(void **state)
{
	(void)state;
	for (int inviter = ANNA; inviter <= LEA; inviter++) {
		static struct team team;
		struct team_invitation invitation;
		open_invited(&team, inviter, &invitation);
		assert_true(has_secret(&team, LEA, &invitation));
		remove_lea(&team, ANNA);
		assert_int_equal(state_at(&team, ANNA), TEAM_INVITATION_REVOKED);
		tell_membership(&team, ANNA, ZOE);
		assert_int_equal(state_at(&team, ZOE), TEAM_INVITATION_REVOKED);
		assert_false(has_secret(&team, ANNA, &invitation) || has_secret(&team, ZOE, &invitation));
		assert_true(redeem(&team, ZOE, &invitation) < 0);
		assert_true(redeem(&team, ANNA, &invitation) < 0);
		team_invitation_wipe(&invitation);
		team_close(&team);
	}
}

/* Written at the same time as the removal, sealed to her too: nobody is let in by it, and whoever manages withdraws it when reminded of old keys. */
static void an_invitation_beside_a_removal_lets_nobody_in(void **state)
{
	(void)state;
	static struct team team;
	struct team_invitation invitation;
	carry_open_team(&team);
	device_open(&team.devices[GUEST], &team.loop, GUEST + 1);
	team.count = GUEST + 1;
	check_ok(node_invite(team.devices[ZOE].node, TEAM_ROLE_READER, 0, 0, 0, &invitation, NULL, NULL));
	remove_lea(&team, ANNA);
	tell_membership(&team, ANNA, ZOE);
	assert_int_equal(state_at(&team, ZOE), TEAM_INVITATION_OPEN);
	assert_false(has_secret(&team, ZOE, &invitation));
	assert_true(redeem(&team, ZOE, &invitation) < 0);
	check_ok(node_renew_old_keys(team.devices[ZOE].node, 0));
	devices_run(&team.loop, team_saved, &team);
	assert_int_equal(state_at(&team, ZOE), TEAM_INVITATION_REVOKED);
	const uint32_t count = team_membership_count(team.devices[ZOE].node->members);
	check_ok(node_renew_old_keys(team.devices[ZOE].node, 0));
	assert_int_equal(team_membership_count(team.devices[ZOE].node->members), count);
	team_invitation_wipe(&invitation);
	team_close(&team);
}

/* A colleague who had not heard of the removal let the newcomer in: a nurse chooses. */
static void who_came_in_meanwhile_waits_for_a_choice(void **state)
{
	(void)state;
	static struct team team;
	struct team_invitation invitation;
	open_invited(&team, ANNA, &invitation);
	check_ok(redeem(&team, ZOE, &invitation));
	const struct device_id guest = node_device(team.devices[GUEST].node);
	remove_lea(&team, ANNA);
	tell_membership(&team, ZOE, ANNA);
	tell_membership(&team, ANNA, ZOE);
	assert_int_equal(state_at(&team, ANNA), TEAM_INVITATION_CONTESTED);
	for (int i = ANNA; i <= ZOE; i += ZOE - ANNA)
		assert_int_equal(team_view_device(node_view(team.devices[i].node), &guest)->state,
		        TEAM_DEVICE_PENDING);
	check_ok(node_choose(team.devices[ANNA].node, &guest, NULL, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	tell_membership(&team, ANNA, ZOE);
	for (int i = ANNA; i <= ZOE; i += ZOE - ANNA)
		assert_int_equal(
		        team_view_device(node_view(team.devices[i].node), &guest)->state, TEAM_DEVICE_ACTIVE);
	team_invitation_wipe(&invitation);
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_removal_withdraws_what_the_removed_knows),
	        cmocka_unit_test(an_invitation_beside_a_removal_lets_nobody_in),
	        cmocka_unit_test(who_came_in_meanwhile_waits_for_a_choice),
	};
	return cmocka_run_group_tests_name("node-invited", tests, NULL, NULL);
}
