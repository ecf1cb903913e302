/* Whose word makes a copy partial, and for how long: three nurses' devices and a relay, of which one says that there is much more than there is. */
#include "tests/lib/check.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/keyring/ack.h"
#include "node/node_early.h"
#include "node/node_state.h"
#include "tests/lib/team.h"

enum { ANNA, LEA, MARC, RELAY, MANY = 1 << 20 };

static struct device_id id_of(struct team *team, int number)
{
	return node_device(team->devices[number].node);
}

static struct node *anna(struct team *team)
{
	return team->devices[ANNA].node;
}

static void open_three(struct team *team)
{
	team_open(team, RELAY + 1);
	team_found(team);
	check_ok(team_join(team, ANNA, LEA, TEAM_ROLE_NURSE));
	check_ok(team_join(team, ANNA, MARC, TEAM_ROLE_NURSE));
	device_save(&team->devices[ANNA], TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, "Martin");
	devices_run(&team->loop, team_saved, team);
	team_admit_relay(team, ANNA, RELAY);
	for (int i = 0; i < team->count; i++)
		device_restart(&team->devices[i], &team->loop);
}

static bool told(struct team *team, int by, uint64_t missing)
{
	const struct device_id id = id_of(team, by);
	return node_copy_told(anna(team), &id, missing);
}

static void level(struct team *team, int with, bool says_partial)
{
	const struct device_id id = id_of(team, with);
	node_copy_level(anna(team), &id, says_partial);
}

static bool is_partial(struct team *team)
{
	return node_copy(anna(team)).is_partial;
}

static void pass(struct team *team, uint64_t ms)
{
	team->devices[ANNA].seeded.now_ms += ms;
}

/* What a device's own program could sign of a feed of which nothing is here. */
static void sign(struct team *team, int by, uint64_t seq)
{
	struct node *signer_node = team->devices[by].node;
	const struct device_id self = id_of(team, by);
	struct ack_head head = {.feed = {{7}}, .seq = seq};
	struct ack ack = {.device = self,
	        .counter = signer_node->ack_counter + (UINT64_C(1) << 40) + seq,
	        .heads = &head,
	        .head_count = 1};
	struct key_signer signer = {*node_team(signer_node), self, node_identity(signer_node)->secrets->sign};
	const uint8_t kind = STATE_ACK;
	struct buf row = {0};
	check_ok(node_cite_membership(anna(team), &ack.membership));
	buf_add(&row, &kind, 1);
	check_ok(ack_encode(&ack, &signer, &row));
	assert_int_equal(node_state_put(anna(team), buf_span(&row)), 1);
	buf_close(&row);
}

static uint32_t unmet_count(struct team *team)
{
	struct device_id device;
	uint64_t goal;
	uint32_t count = 0;
	while (node_copy_unmet(anna(team), count, &device, &goal))
		count++;
	return count;
}

static bool is_saved(void *context)
{
	return node_idle(anna(context));
}

/* One nurse's device announces a million records, and goes. Nobody else ever heard of them: three days later a colleague's device outvotes it, and it is not believed a second
 * time, also after a restart. */
static void a_lone_word_has_an_end(void **state)
{
	struct team team;
	struct device_id device;
	uint64_t goal;
	(void)state;
	open_three(&team);
	assert_true(told(&team, LEA, MANY));
	level(&team, MARC, false);
	assert_true(is_partial(&team)); /* she may have them */
	pass(&team, LIMIT_EARLY_WORD_MS - 1);
	assert_true(told(&team, LEA, 2 * MANY));
	level(&team, MARC, false);
	assert_true(is_partial(&team));
	pass(&team, 1);
	level(&team, RELAY, false); /* it is no witness */
	assert_true(is_partial(&team));
	level(&team, MARC, true); /* he lacks them himself */
	assert_true(is_partial(&team));
	level(&team, MARC, false);
	assert_false(is_partial(&team));
	assert_true(node_copy_unmet(anna(&team), 0, &device, &goal));
	assert_memory_equal(&device, &team.devices[LEA].node->identity.device, sizeof(device));
	assert_in_range(goal, 2 * MANY, 2 * MANY + 100);
	assert_false(told(&team, LEA, 8 * MANY));
	assert_false(is_partial(&team));
	check_ok(node_flush(anna(&team)));
	devices_run(&team.loop, is_saved, &team);
	device_restart(&team.devices[ANNA], &team.loop);
	assert_int_equal(unmet_count(&team), 1);
	assert_false(told(&team, LEA, MANY));
	assert_true(told(&team, MARC, MANY)); /* others are believed */
	team_close(&team);
}

/* Nothing but that device was met since: it stays partial however long that takes. */
static void an_interruption_stays_partial(void **state)
{
	struct team team;
	(void)state;
	open_three(&team);
	assert_true(told(&team, LEA, MANY));
	pass(&team, UINT64_C(40) * LIMIT_EARLY_WORD_MS);
	check_ok(node_flush(anna(&team)));
	devices_run(&team.loop, is_saved, &team);
	device_restart(&team.devices[ANNA], &team.loop);
	assert_true(is_partial(&team));
	/* Marc signed that he has them as well: no word alone any more. */
	sign(&team, LEA, MANY);
	sign(&team, MARC, MANY);
	level(&team, MARC, false);
	assert_true(is_partial(&team));
	level(&team, LEA, false);
	assert_false(is_partial(&team));
	team_close(&team);
}

/* What one person's device has signed alone is her word. */
static void one_signature_is_one_word(void **state)
{
	struct team team;
	(void)state;
	open_three(&team);
	sign(&team, LEA, MANY);
	assert_true(told(&team, LEA, MANY));
	pass(&team, LIMIT_EARLY_WORD_MS);
	level(&team, MARC, false);
	assert_false(is_partial(&team));
	/* ... that of two is believed also of who is believed alone no more. */
	assert_false(told(&team, LEA, MANY));
	sign(&team, MARC, MANY / 2);
	assert_true(told(&team, LEA, MANY));
	assert_in_range(node_copy(anna(&team)).goal, MANY / 2, MANY / 2 + 100);
	team_close(&team);
}

/* It says that there is much, then that there is not, and so on: once. */
static void who_takes_it_back_is_not_believed_again(void **state)
{
	struct team team;
	(void)state;
	open_three(&team);
	assert_true(told(&team, LEA, MANY));
	level(&team, LEA, false);
	assert_false(is_partial(&team));
	assert_int_equal(unmet_count(&team), 1);
	assert_false(told(&team, LEA, MANY));
	assert_true(told(&team, MARC, MANY));
	const struct device_id marc = id_of(&team, MARC);
	node_copy_doubted(anna(&team), &marc);
	assert_false(is_partial(&team));
	assert_false(told(&team, MARC, MANY));
	assert_int_equal(unmet_count(&team), 2);
	team_close(&team);
}

/* Most of what she announced is here in the end. */
static void who_kept_her_word_is_believed_again(void **state)
{
	struct team team;
	(void)state;
	open_three(&team);
	const uint64_t here = node_copy(anna(&team)).records;
	assert_true(told(&team, LEA, here));
	assert_true(node_copy_accept(anna(&team)));
	assert_false(is_partial(&team));
	assert_false(node_copy_accept(anna(&team)));
	assert_int_equal(unmet_count(&team), 1);
	level(&team, LEA, false);
	assert_int_equal(unmet_count(&team), 1);
	for (uint64_t i = 0; i < here; i++)
		device_save(&team.devices[ANNA], TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME,
		        i % 2 ? "Petit" : "Martin");
	devices_run(&team.loop, is_saved, &team);
	level(&team, MARC, false);
	assert_int_equal(unmet_count(&team), 1); /* she has to have said it */
	level(&team, LEA, false);
	assert_int_equal(unmet_count(&team), 0);
	assert_true(told(&team, LEA, MANY));
	team_close(&team);
}

/* A relay writes nothing: only what a person's device signed makes a copy partial on its word. */
static void a_relay_makes_nothing_up(void **state)
{
	struct team team;
	(void)state;
	open_three(&team);
	assert_false(told(&team, RELAY, MANY));
	assert_false(is_partial(&team));
	sign(&team, RELAY, MANY);
	assert_false(told(&team, RELAY, MANY));
	sign(&team, LEA, MANY / 4);
	assert_true(told(&team, RELAY, MANY));
	assert_in_range(node_copy(anna(&team)).goal, MANY / 4, MANY / 4 + 100);
	pass(&team, LIMIT_EARLY_WORD_MS);
	level(&team, MARC, false);
	assert_false(is_partial(&team));
	assert_false(told(&team, RELAY, MANY));
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_lone_word_has_an_end),
	        cmocka_unit_test(an_interruption_stays_partial),
	        cmocka_unit_test(one_signature_is_one_word),
	        cmocka_unit_test(who_takes_it_back_is_not_believed_again),
	        cmocka_unit_test(who_kept_her_word_is_believed_again),
	        cmocka_unit_test(a_relay_makes_nothing_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
