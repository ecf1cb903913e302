/*
 * A member who signs histories of her own feed as she likes: what others do and write goes on, and what counted goes on to count.
 */
#include "tests/lib/check.h"

#include "crdt/base/limits.h"
#include "node/node_state.h"
#include "tests/lib/carry.h"
#include "tests/lib/patched.h"

static bool settled(void *context)
{
	const struct team *team = context;
	for (int i = 0; i < team->count; i++) {
		const struct node *node = team->devices[i].node;
		if (!node_idle(node) || node->forks_due || node->weigh_again)
			return false;
	}
	return true;
}

static void save(struct team *team, int who, uint32_t field, const char *text)
{
	device_save(&team->devices[who], TEAM_DOSSIER, &team_patient, TEAM_SECTION, field, text);
	devices_run(&team->loop, settled, team);
}

/* One entry of `rogue`, whatever stands before it. `number` tells one from another. */
static void sign_entry(struct device *rogue, const struct feed_id *feed, uint64_t seq,
        const struct entry_hash *previous, uint32_t number, struct run_entry *entry, struct run *run)
{
	uint8_t body[4] = {(uint8_t)number, (uint8_t)(number >> 8)};
	*entry = (struct run_entry){.header = {.kind = ENTRY_CHANGE}, .body = span_of(body, sizeof(body))};
	check_ok(team_epoch_to_write(rogue->node->members, COMPARTMENT_CLINICAL, &entry->header.epoch));
	check_ok(node_cite_membership(rogue->node, &entry->header.membership));
	entry->header.version = ENTRY_VERSION;
	entry->header.feed = *feed;
	entry->header.compartment = COMPARTMENT_CLINICAL;
	entry->header.seq = seq;
	entry->header.body_bytes = sizeof(body);
	entry->header.lamport = rogue->node->clock.lamport + 1;
	*run = (struct run){.feed = *feed,
	        .compartment = COMPARTMENT_CLINICAL,
	        .previous = *previous,
	        .count = 1,
	        .entries = entry};
	run_hash(run);
	entry->is_signed = true;
	entry_sign(&entry->signature, &entry->hash, rogue->node->identity.secrets->sign);
}

static void make_proof(struct device *rogue, const struct incarnation_id *incarnation, uint64_t seq,
        const struct entry_hash *previous, uint32_t number, struct buf *out)
{
	const struct fork_feed feed = {node_device(rogue->node), COMPARTMENT_CLINICAL, *incarnation};
	const struct feed_id id = entry_feed_id(&feed.device, feed.compartment, incarnation);
	struct run_entry entries[2];
	struct run left, right;
	sign_entry(rogue, &id, seq, previous, 2 * number, &entries[0], &left);
	sign_entry(rogue, &id, seq, previous, 2 * number + 1, &entries[1], &right);
	buf_clear(out);
	check_ok(fork_prove(&feed, &left, &right, out));
}

static uint64_t came_again(struct device *device)
{
	return refusals_of(node_refusals(device->node), REFUSED_RUN, TEAM_REASON_EXISTS_ALREADY);
}

/* She proves a fork behind a header that nobody holds: that is looked into once, not whenever anybody writes. */
static void a_fork_that_never_was_is_looked_for_once(void **state)
{
	(void)state;
	struct team team;
	struct buf proof = {0};
	const struct entry_hash nowhere = {{7}};
	carry_open_team(&team);
	struct device *anna = &team.devices[ANNA], *rogue = &team.devices[LEA];
	for (uint32_t field = 1; field < 6; field++)
		save(&team, LEA, field, "hers");
	team_meet(&team, ANNA, LEA);
	team_meet(&team, ANNA, ZOE);
	devices_run(&team.loop, team_equal, &team);
	make_proof(rogue, &rogue->incarnation, 3, &nowhere, 1, &proof);
	assert_true(node_put_proof(anna->node, buf_span(&proof)) == 1);
	devices_run(&team.loop, team_equal, &team);
	const uint64_t before = came_again(anna);
	for (uint32_t i = 0; i < 20; i++) {
		save(&team, ZOE, 1 + i % 5, "another");
		devices_run(&team.loop, team_equal, &team);
	}
	assert_true(came_again(anna) - before <= 4);
	buf_close(&proof);
	team_close(&team);
}

/* No feed can be begun any more: who brings a proof about one is no enemy for that, and it is handed on. */
static void a_proof_has_no_place_in_a_full_log(void **state)
{
	(void)state;
	struct team team;
	struct buf proof = {0};
	const struct entry_hash none = {{0}};
	const struct incarnation_id made_up = {{42}};
	uint32_t feed;
	carry_open_team(&team);
	struct device *anna = &team.devices[ANNA], *rogue = &team.devices[LEA];
	const struct device_id others = {{201}};
	for (uint32_t i = 0; log_feed_count(anna->node->log) < LIMIT_FEEDS; i++) {
		const struct incarnation_id incarnation = {{(uint8_t)i, (uint8_t)(i >> 8), 1}};
		check_ok(log_feed_add(anna->node->log, &anna->node->batch, &others, COMPARTMENT_CLINICAL,
		        &incarnation, &feed));
	}
	make_proof(rogue, &made_up, 1, &none, 1, &proof);
	assert_int_equal(node_put_proof(anna->node, buf_span(&proof)), 1);
	assert_int_equal(node_put_proof(anna->node, buf_span(&proof)), 0);
	devices_run(&team.loop, settled, &team);
	device_restart(anna, &team.loop);
	assert_int_equal(anna->node->proof_count, 1);
	save(&team, ANNA, 1, "goes on");
	buf_close(&proof);
	team_close(&team);
}

/* As many devices as a team has use up their share; proofs, which make feeds too, do not take what is left for the next one. */
static void proofs_leave_room_for_one_more(void **state)
{
	(void)state;
	struct team team;
	struct buf proof = {0};
	const struct entry_hash none = {{0}};
	uint32_t feed;
	carry_open_team(&team);
	struct device *anna = &team.devices[ANNA], *rogue = &team.devices[LEA];
	for (uint8_t number = 1; number <= LIMIT_TEAM_DEVICES_ACTIVE; number++)
		for (uint32_t i = 0; i < LIMIT_FEEDS; i++) {
			const struct device_id device = {{200, number}};
			const struct incarnation_id incarnation = {{(uint8_t)i, (uint8_t)(i >> 8)}};
			if (node_feed_number(anna->node, &device, COMPARTMENT_CLINICAL, &incarnation, &feed))
				break;
		}
	for (uint8_t i = 0; i < LIMIT_PROOFS_PER_DEVICE; i++) {
		const struct incarnation_id made_up = {{42, i}};
		make_proof(rogue, &made_up, 1, &none, i, &proof);
		assert_int_equal(node_put_proof(anna->node, buf_span(&proof)), 1);
	}
	devices_run(&team.loop, settled, &team);
	const struct device_id hers = node_device(rogue->node), last = {{201}};
	uint32_t count = 0;
	for (uint32_t i = 0; i < log_feed_count(anna->node->log); i++)
		count += device_id_eq(&log_feed(anna->node->log, i)->device, &hers);
	assert_true(count <= LIMIT_FEEDS_DEVICE + 2);
	for (uint8_t i = 0; i < LIMIT_FEEDS_DEVICE; i++) {
		const struct incarnation_id incarnation = {{i}};
		check_ok(node_feed_number(anna->node, &last, COMPARTMENT_CLINICAL, &incarnation, &feed));
	}
	buf_close(&proof);
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_proof_has_no_place_in_a_full_log),
	        cmocka_unit_test(proofs_leave_room_for_one_more),
	        cmocka_unit_test(a_fork_that_never_was_is_looked_for_once),
	};
	return cmocka_run_group_tests_name("node-fork-rogue", tests, NULL, NULL);
}
