/*
 * Made-up feeds: the log has numbers for so many, for ever, and neither names nor one device's signatures use them up (node/README.md, "Feeds").
 */
#include "tests/lib/check.h"

#include <sodium.h>

#include "crdt/base/limits.h"
#include "net/session.h"
#include "node/peers_state.h"
#include "tests/lib/patched.h"
#include "tests/lib/team.h"

enum { VICTIM, ROGUE, NEWCOMER };

static const uint32_t FLOOD = LIMIT_FEEDS + 100;

static uint32_t feeds_of(struct device *at, const struct device_id *device)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < log_feed_count(node_log(at->node)); i++)
		count += device_id_eq(&log_feed(node_log(at->node), i)->device, device);
	return count;
}

/* The first entry of a made-up incarnation of `device`, signed by `signer`; what became of it at `at`, and whether it has a number there. */
static int begin_feed(struct device *at, struct device *signer, const struct device_id *device,
        uint32_t number, uint32_t *feed)
{
	const struct node_feed_name name = {.device = *device,
	        .compartment = COMPARTMENT_CLINICAL,
	        .incarnation = {{(uint8_t)number, (uint8_t)(number >> 8), 42}}};
	struct run_entry entry = {.header = {.kind = ENTRY_CHANGE}, .body = span_text("sealed")};
	struct buf run = {0};
	check_ok(team_epoch_to_write(signer->node->members, COMPARTMENT_CLINICAL, &entry.header.epoch));
	check_ok(node_cite_membership(signer->node, &entry.header.membership));
	patched_first_run(signer, &name, &entry, &run);
	int result = node_begin_feed(at->node, &name, buf_span(&run), feed);
	if (result == 0)
		check_ok(node_receive_run(at->node, *feed, buf_span(&run)));
	buf_close(&run);
	return result;
}

static bool newcomer_is_heard(void *context)
{
	struct team *team = context;
	char text[64];
	return team_saved(team) &&
	        device_values(&team->devices[VICTIM], TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME,
	                text, sizeof(text)) == 1;
}

static void one_device_does_not_use_up_the_log(void **state)
{
	(void)state;
	static struct team team;
	team_open_two_apart(&team, 3);
	struct device *victim = &team.devices[VICTIM], *rogue = &team.devices[ROGUE];
	const struct device_id device = node_device(rogue->node);
	uint32_t feed, given = 0;
	for (uint32_t i = 0; i < FLOOD; i++)
		given += begin_feed(victim, rogue, &device, i, &feed) == 0;
	assert_true(given > 50 * COMPARTMENT_LAST); /* more than an honest device ever begins */
	assert_true(given < LIMIT_FEEDS / LIMIT_FEEDS_SHARE);
	assert_int_equal(refusals_of(node_refusals(victim->node), REFUSED_FEED, TEAM_REASON_TOO_MANY_FEEDS),
	        FLOOD - given);
	devices_run(&team.loop, team_saved, &team);
	/* A newcomer finds its place, there and with whoever hears of it from there; and so it is after a restart. */
	check_ok(team_join(&team, VICTIM, NEWCOMER, TEAM_ROLE_NURSE));
	device_save(&team.devices[NEWCOMER], TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, "Martin");
	devices_run(&team.loop, newcomer_is_heard, &team);
	device_restart(victim, &team.loop);
	team_check_name(victim, 1, "Martin");
	team_close(&team);
}

/* However many devices do so, the next one has its few. */
static void many_devices_leave_room_for_one_more(void **state)
{
	(void)state;
	static struct team team;
	team_open_two_apart(&team, 2);
	struct device *victim = &team.devices[VICTIM];
	struct log *log = node_log(victim->node);
	uint32_t feed;
	for (uint8_t number = 1; number <= LIMIT_TEAM_DEVICES_ACTIVE; number++)
		for (uint32_t i = 0; i < LIMIT_FEEDS; i++) {
			const struct device_id device = {{200, number}};
			const struct incarnation_id incarnation = {{(uint8_t)i, (uint8_t)(i >> 8)}};
			if (node_feed_number(
			            victim->node, &device, COMPARTMENT_CLINICAL, &incarnation, &feed))
				break;
		}
	const struct device_id last = {{201}};
	for (uint8_t i = 0; i < LIMIT_FEEDS_DEVICE; i++) {
		const struct incarnation_id incarnation = {{i}};
		check_ok(node_feed_number(victim->node, &last, COMPARTMENT_CLINICAL, &incarnation, &feed));
	}
	assert_true(log_feed_count(log) < LIMIT_FEEDS - 3 * LIMIT_FEEDS_DEVICE);
	team_close(&team);
}

/* What somebody else signed, or nobody of the team, begins no feed. */
static void others_feeds_are_not_begun(void **state)
{
	(void)state;
	static struct team team;
	team_open_two_apart(&team, 2);
	struct device *victim = &team.devices[VICTIM], *rogue = &team.devices[ROGUE];
	const struct device_id honest = node_device(victim->node), stranger = {{77}};
	const uint32_t before = log_feed_count(node_log(victim->node));
	uint32_t feed;
	check_code(begin_feed(victim, rogue, &honest, 1, &feed), ERR_BADSIG);
	check_code(begin_feed(victim, rogue, &stranger, 1, &feed), ERR_BADSIG);
	assert_int_equal(log_feed_count(node_log(victim->node)), before);
	/* Signed as it should be, by a device that nobody admitted. */
	uint8_t seed[32] = {9}, secret[64], *own = rogue->node->identity.secrets->sign, kept[64];
	struct device_id outsider;
	crypto_sign_seed_keypair(outsider.bytes, secret, seed);
	memcpy(kept, own, sizeof(kept));
	memcpy(own, secret, sizeof(secret));
	assert_int_equal(begin_feed(victim, rogue, &outsider, 1, &feed), NODE_RUN_IGNORED);
	memcpy(own, kept, sizeof(kept));
	assert_int_equal(log_feed_count(node_log(victim->node)), before);
	assert_int_equal(
	        refusals_of(node_refusals(victim->node), REFUSED_FEED, TEAM_REASON_UNKNOWN_DEVICE), 1);
	team_close(&team);
}

static bool has_session(void *context)
{
	return peers_any_session(((struct team *)context)->devices[VICTIM].peers);
}

/* Whoever is connected can name as many feeds as it likes, of anybody. */
static void names_use_up_nothing(void **state)
{
	(void)state;
	static struct team team;
	team_open_two_apart(&team, 2);
	struct device *victim = &team.devices[VICTIM];
	const struct device_id honest = node_device(victim->node);
	team_meet(&team, ROGUE, VICTIM);
	devices_run(&team.loop, has_session, &team);
	devices_run(&team.loop, team_equal, &team);
	const uint32_t own = feeds_of(victim, &honest), before = log_feed_count(node_log(victim->node));
	struct peer *peer = queue_member(victim->peers->list.next, struct peer, link);
	struct buf names = {0}, heads = {0};
	enum { MADE_UP = 2000 };
	wire_put_varint(&names, MADE_UP);
	wire_put_u8(&heads, 0);
	wire_put_varint(&heads, MADE_UP);
	for (uint32_t i = 0; i < MADE_UP; i++) {
		const struct incarnation_id incarnation = {{(uint8_t)i, (uint8_t)(i >> 8), 42}};
		const uint8_t hash[NET_HEAD_HASH_BYTES] = {1};
		buf_add(&names, honest.bytes, sizeof(honest.bytes));
		wire_put_u8(&names, i % 2 ? COMPARTMENT_CLINICAL : COMPARTMENT_MEMBERSHIP);
		buf_add(&names, incarnation.bytes, sizeof(incarnation.bytes));
		wire_put_varint(&heads, i + before);
		wire_put_varint(&heads, 1000);
		buf_add(&heads, hash, sizeof(hash));
	}
	check_ok(net_session_receive(peer->session, NET_FRAME_FEEDS, buf_span(&names)));
	net_session_receive(peer->session, NET_FRAME_HEADS, buf_span(&heads));
	assert_int_equal(log_feed_count(node_log(victim->node)), before);
	assert_int_equal(feeds_of(victim, &honest), own);
	buf_close(&names);
	buf_close(&heads);
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(one_device_does_not_use_up_the_log),
	        cmocka_unit_test(many_devices_leave_room_for_one_more),
	        cmocka_unit_test(others_feeds_are_not_begun),
	        cmocka_unit_test(names_use_up_nothing),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("node-feeds", tests, NULL, NULL);
}
