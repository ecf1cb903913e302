/* A member whose device keeps from others what they need: it names heads and never sends what it is asked for, or grants nonsense as a key. */
#include "tests/lib/check.h"

#include "crdt/base/limits.h"
#include "crdt/base/queue.h"
#include "net/session.h"
#include "node/node_state.h"
#include "node/peers_state.h"
#include "tests/lib/team.h"

enum { ANNA, ROGUE, VICTIM, COUNT };

static uint64_t ahead_ms;
static uint64_t (*loop_ms)(void *context);
static int (*send_really)(void *context, struct net_session *session, uint8_t type, struct span payload);

static uint64_t later_ms(void *context)
{
	return loop_ms(context) + ahead_ms;
}

static int withhold(void *context, struct net_session *session, uint8_t type, struct span payload)
{
	return type == NET_FRAME_RUN || type == NET_FRAME_SUPPLIED
	        ? 0
	        : send_really(context, session, type, payload);
}

static uint64_t named, told;
static bool is_record[64]; /* by the number in its table of names */

/* Each feed of records has grown. */
static int name_more(void *context, struct net_session *session)
{
	struct buf heads = {0};
	uint64_t count = 0;
	told++;
	for (uint64_t i = 0; i < named; i++)
		count += is_record[i];
	wire_put_u8(&heads, 0);
	wire_put_varint(&heads, count);
	for (uint64_t i = 0; i < named; i++) {
		if (!is_record[i])
			continue;
		wire_put_varint(&heads, i);
		wire_put_varint(&heads, 1000 + told);
		memset(buf_extend(&heads, NET_HEAD_HASH_BYTES), (int)told, NET_HEAD_HASH_BYTES);
	}
	int result = send_really(context, session, NET_FRAME_HEADS, buf_span(&heads));
	buf_close(&heads);
	return result;
}

/* Answers at once that this was all, and that there is more. */
static int give_nothing(void *context, struct net_session *session, uint8_t type, struct span payload)
{
	struct wire_in in = wire_begin(payload);
	if (type == NET_FRAME_RUN)
		return 0;
	if (type == NET_FRAME_FEEDS)
		for (uint64_t count = wire_varint(&in); count > 0; count--) {
			assert_true(named < 64);
			is_record[named++] = wire_span(&in, NET_FEED_NAME_BYTES).data[32] !=
			        COMPARTMENT_MEMBERSHIP;
		}
	int result = type == NET_FRAME_SUPPLIED ? name_more(context, session) : 0;
	return result ? result : send_really(context, session, type, payload);
}

static struct peer *only_peer(struct device *device)
{
	assert_int_equal(peers_count(device->peers), 1);
	return queue_member(device->peers->list.next, struct peer, link);
}

static struct peer *peer_with(struct device *device, struct device *other)
{
	const struct device_id id = node_device(other->node);
	for (struct queue *link = device->peers->list.next; link != &device->peers->list; link = link->next) {
		struct peer *peer = queue_member(link, struct peer, link);
		if (peer->session && device_id_eq(&peer->device, &id))
			return peer;
	}
	return NULL;
}

static bool is_waiting(void *context)
{
	struct team *team = context;
	struct peer *peer = peer_with(&team->devices[VICTIM], &team->devices[ROGUE]);
	uint64_t entries;
	return peer && net_session_asking(peer->session, &entries);
}

static bool anna_told_all(void *context)
{
	struct team *team = context;
	struct peer *peer = peer_with(&team->devices[VICTIM], &team->devices[ANNA]);
	struct peer *there = peer_with(&team->devices[ANNA], &team->devices[VICTIM]);
	return team_saved(team) && peer && there && net_session_progress(peer->session).peer_complete &&
	        net_session_state_settled(there->session);
}

static bool victim_has_all(void *context)
{
	struct team *team = context;
	char text[8];
	return team_same_heads(&team->devices[ANNA], &team->devices[VICTIM]) &&
	        device_values(&team->devices[VICTIM], TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME,
	                text, sizeof(text)) == 1;
}

static void part(struct team *team)
{
	for (int i = 0; i < COUNT; i++)
		device_restart(&team->devices[i], &team->loop);
}

/* Anna wrote something, which the rogue has too; the victim meets the rogue first. */
static void open_story(struct team *team, bool with_membership)
{
	team_open(team, COUNT);
	team_found(team);
	check_ok(team_join(team, ANNA, ROGUE, TEAM_ROLE_NURSE));
	check_ok(team_join(team, ANNA, VICTIM, TEAM_ROLE_NURSE));
	devices_run(&team->loop, team_equal, team);
	part(team);
	struct device *anna = &team->devices[ANNA];
	device_save(anna, TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, "Martin");
	if (with_membership)
		check_ok(node_rotate(anna->node, COMPARTMENT_CLINICAL));
	devices_run(&team->loop, team_saved, team);
	team->count = VICTIM;
	team_meet(team, ROGUE, ANNA);
	devices_run(&team->loop, team_equal, team);
	team->count = COUNT;
	part(team);
}

static void claims_end(struct team *team, bool with_membership)
{
	open_story(team, with_membership);
	struct device *victim = &team->devices[VICTIM];
	ahead_ms = 0;
	loop_ms = victim->env.monotonic_ms;
	victim->env.monotonic_ms = later_ms;
	team_meet(team, ROGUE, VICTIM);
	struct peer *rogue = only_peer(&team->devices[ROGUE]);
	send_really = rogue->host.send;
	rogue->host.send = withhold;
	devices_run(&team->loop, is_waiting, team);
	team_meet(team, ANNA, VICTIM);
	devices_run(&team->loop, anna_told_all, team);
	assert_false(victim_has_all(team)); /* it waits for the rogue */
	ahead_ms = LIMIT_CLAIM_MS;
	devices_run(&team->loop, victim_has_all, team);
	assert_non_null(peer_with(victim, &team->devices[ROGUE])); /* nobody was accused */
	team_close(team);
}

static void who_never_answers_keeps_records_from_nobody(void **state)
{
	struct team team;
	(void)state;
	claims_end(&team, false);
}

static void nor_the_membership(void **state)
{
	struct team team;
	(void)state;
	claims_end(&team, true);
}

/* No deadline passes here: each empty answer lets the others ask first. */
static void who_answers_with_nothing_asks_last(void **state)
{
	struct team team;
	(void)state;
	open_story(&team, false);
	named = told = 0;
	team_meet(&team, ROGUE, VICTIM);
	struct peer *rogue = only_peer(&team.devices[ROGUE]);
	send_really = rogue->host.send;
	rogue->host.send = give_nothing;
	devices_run(&team.loop, is_waiting, &team);
	team_meet(&team, ANNA, VICTIM);
	devices_run(&team.loop, victim_has_all, &team);
	assert_true(told > 0);
	team_close(&team);
}

/* ---- What is not new -------------------------------------------------------------------------------------------- */

static struct net_feed_name names[64];

static int withhold_and_name(void *context, struct net_session *session, uint8_t type, struct span payload)
{
	struct wire_in in = wire_begin(payload);
	if (type == NET_FRAME_FEEDS)
		for (uint64_t count = wire_varint(&in); count > 0; count--) {
			assert_true(named < 64);
			wire_raw(&in, names[named++].bytes, NET_FEED_NAME_BYTES);
		}
	return withhold(context, session, type, payload);
}

static uint64_t index_of(const struct log_feed *feed)
{
	for (uint64_t i = 0; i < named; i++)
		if (memcmp(names[i].bytes, feed->device.bytes, 32) == 0 &&
		        names[i].bytes[32] == feed->compartment &&
		        memcmp(names[i].bytes + 33, feed->incarnation.bytes, 16) == 0)
			return i;
	fail();
	return 0;
}

/* Says that it has another history of that feed, and then gives the end of the one that is here. */
static void doubt_and_confirm(struct device *victim, struct peer *peer, uint32_t number)
{
	const struct log_feed *feed = log_feed(node_log(victim->node), number);
	struct log_reader reader = {0};
	struct store_txn *txn;
	struct buf head = {0}, run = {0};
	wire_put_u8(&head, 0);
	wire_put_varint(&head, 1);
	wire_put_varint(&head, index_of(feed));
	wire_put_varint(&head, feed->committed_seq);
	memset(buf_extend(&head, NET_HEAD_HASH_BYTES), 1, NET_HEAD_HASH_BYTES);
	check_ok(net_session_receive(peer->session, NET_FRAME_HEADS, buf_span(&head)));
	check_ok(node_begin_read(victim->node, &txn));
	check_ok(log_read_run(node_log(victim->node), txn, &reader, number, feed->committed_seq));
	wire_put_varint(&run, index_of(feed));
	buf_add_span(&run, reader.bytes);
	check_ok(net_session_receive(peer->session, NET_FRAME_RUN, buf_span(&run)));
	log_reader_close(&reader);
	store_abort(txn);
	buf_close(&head);
	buf_close(&run);
}

/* A claim is longer for what is new; what was here all the time makes it no longer. */
static void what_is_here_already_makes_no_claim_longer(void **state)
{
	struct team team;
	uint64_t entries;
	uint32_t number = 0;
	(void)state;
	open_story(&team, false);
	struct device *victim = &team.devices[VICTIM];
	named = 0;
	team_meet(&team, ROGUE, VICTIM);
	struct peer *rogue = only_peer(&team.devices[ROGUE]);
	send_really = rogue->host.send;
	rogue->host.send = withhold_and_name;
	devices_run(&team.loop, is_waiting, &team);
	const struct device_id anna = node_device(team.devices[ANNA].node);
	while (log_feed(node_log(victim->node), number)->compartment != COMPARTMENT_MEMBERSHIP ||
	        !device_id_eq(&log_feed(node_log(victim->node), number)->device, &anna))
		number++;
	struct peer *peer = peer_with(victim, &team.devices[ROGUE]);
	for (int i = 0; i < 3; i++)
		doubt_and_confirm(victim, peer, number);
	assert_true(net_session_asking(peer->session, &entries));
	assert_int_equal(entries, 0);
	team_close(&team);
}

/* ---- Replicated state ------------------------------------------------------------------------------------------- */

static int withhold_rows(void *context, struct net_session *session, uint8_t type, struct span payload)
{
	return type == NET_FRAME_STATE_ROWS ? 0 : send_really(context, session, type, payload);
}

static bool rows_are_waited_for(void *context)
{
	struct team *team = context;
	struct peer *peer = peer_with(&team->devices[VICTIM], &team->devices[ROGUE]);
	return peer && net_session_asking_state(peer->session);
}

/* Of all that have other rows one is asked at a time: one that never answers is waited for no longer than others can wait. */
static void who_never_gives_rows_keeps_nobody_away(void **state)
{
	struct team team;
	(void)state;
	open_story(&team, true); /* with other keys */
	struct device *victim = &team.devices[VICTIM];
	ahead_ms = 0;
	loop_ms = victim->env.monotonic_ms;
	victim->env.monotonic_ms = later_ms;
	team_meet(&team, ROGUE, VICTIM);
	struct peer *rogue = only_peer(&team.devices[ROGUE]);
	send_really = rogue->host.send;
	rogue->host.send = withhold_rows;
	devices_run(&team.loop, rows_are_waited_for, &team);
	team_meet(&team, ANNA, VICTIM);
	devices_run(&team.loop, anna_told_all, &team);
	assert_false(victim_has_all(&team));
	ahead_ms = LIMIT_STATE_CLAIM_MS;
	devices_run(&team.loop, victim_has_all, &team);
	team_close(&team);
}

/* Answers a question for rows at once with none, and says in the same breath that it has others. */
static int always_has_other_rows(
        void *context, struct net_session *session, uint8_t type, struct span payload)
{
	const bool ends = type == NET_FRAME_STATE_ROWS && payload.data[0] == 0;
	uint8_t digest[NET_DIGEST_BYTES];
	if (type == NET_FRAME_STATE_ROWS && !ends)
		return 0;
	told += ends;
	memset(digest, 0, sizeof(digest));
	memcpy(digest, &told, sizeof(told));
	if (type == NET_FRAME_STATE_DIGEST)
		return send_really(context, session, type, span_of(digest, sizeof(digest)));
	int result = send_really(context, session, type, payload);
	return result || !ends
	        ? result
	        : send_really(context, session, NET_FRAME_STATE_DIGEST, span_of(digest, sizeof(digest)));
}

static bool was_asked_often(void *context)
{
	(void)context;
	return told > 3;
}

/* Time goes on as the rogue answers, a little each time: none of its questions is ever an old one. */
static bool victim_has_all_in_time(void *context)
{
	static uint64_t seen;
	if (told != seen)
		ahead_ms += LIMIT_STATE_CLAIM_MS / 20;
	seen = told;
	assert_true(ahead_ms < 20 * LIMIT_STATE_CLAIM_MS);
	return victim_has_all(context);
}

/* Nothing goes between the victim and others before their rows were compared. */
static void who_always_has_other_rows_keeps_nobody_away(void **state)
{
	struct team team;
	(void)state;
	open_story(&team, false);
	struct device *victim = &team.devices[VICTIM];
	told = ahead_ms = 0;
	loop_ms = victim->env.monotonic_ms;
	victim->env.monotonic_ms = later_ms;
	team_meet(&team, ROGUE, VICTIM);
	struct peer *rogue = only_peer(&team.devices[ROGUE]);
	send_really = rogue->host.send;
	rogue->host.send = always_has_other_rows;
	devices_run(&team.loop, was_asked_often, &team);
	team_meet(&team, ANNA, VICTIM);
	devices_run(&team.loop, anna_told_all, &team);
	devices_run(&team.loop, victim_has_all_in_time, &team);
	assert_non_null(peer_with(victim, &team.devices[ROGUE]));
	team_close(&team);
}

/* ---- Keys ---------------------------------------------------------------------------------------------------------- */

enum { BEA = 1, READER = 2, NEWCOMER = 3 };

struct granting {
	struct team *team;
	int who;
	struct epoch_id epoch;
	struct device_id newcomer;
};

static bool knows_both(void *context)
{
	struct granting *granting = context;
	struct node *node = granting->team->devices[granting->who].node;
	return team_saved(granting->team) && epochs_find(node->epochs, &granting->epoch) &&
	        team_view_device(node_view(node), &granting->newcomer);
}

static bool has_grant(void *context)
{
	struct granting *granting = context;
	uint8_t box[TEAM_KEY_BOX_BYTES];
	return team_epoch_box(granting->team->devices[granting->who].node->members, &granting->epoch,
	        &granting->newcomer, 0, box);
}

static bool has_key(void *context)
{
	struct granting *granting = context;
	return epochs_find(granting->team->devices[NEWCOMER].node->epochs, &granting->epoch);
}

static void grant_nonsense(struct granting *granting)
{
	struct node *node = granting->team->devices[READER].node;
	struct team_action action = {.kind = TEAM_ACTION_GRANT};
	struct entry_hash hash;
	memcpy(action.as.grant.source.bytes, granting->epoch.bytes, sizeof(granting->epoch.bytes));
	action.as.grant.box.device = granting->newcomer;
	memset(action.as.grant.box.box, 5, sizeof(action.as.grant.box.box));
	check_ok(node_act(node, &action, &hash, NULL, NULL));
}

/* Anna began an epoch while Bea, apart, let somebody in. A reader hears of both first, and grants the newcomer nonsense. */
static void nonsense_that_a_reader_grants_keeps_no_key_away(void **state)
{
	struct team team;
	struct granting granting = {.team = &team, .who = READER};
	(void)state;
	team_open(&team, 4);
	team.count = 3;
	team_found(&team);
	check_ok(team_join(&team, ANNA, BEA, TEAM_ROLE_NURSE));
	check_ok(team_join(&team, ANNA, READER, TEAM_ROLE_READER));
	devices_run(&team.loop, team_equal, &team);
	part(&team);
	team.count = 4;
	check_ok(team_join(&team, BEA, NEWCOMER, TEAM_ROLE_NURSE));
	devices_run(&team.loop, team_saved, &team);
	device_restart(&team.devices[BEA], &team.loop);
	device_restart(&team.devices[NEWCOMER], &team.loop);
	granting.newcomer = node_device(team.devices[NEWCOMER].node);
	check_ok(node_rotate(team.devices[ANNA].node, COMPARTMENT_CLINICAL));
	check_ok(
	        team_epoch_to_write(team.devices[ANNA].node->members, COMPARTMENT_CLINICAL, &granting.epoch));
	team_meet(&team, ANNA, READER);
	team_meet(&team, BEA, READER);
	devices_run(&team.loop, knows_both, &granting);
	grant_nonsense(&granting);
	granting.who = BEA;
	devices_run(&team.loop, has_grant, &granting);
	for (int i = 0; i < 3; i++)
		device_restart(&team.devices[i], &team.loop);
	assert_false(has_key(&granting));
	team_meet(&team, BEA, NEWCOMER);
	devices_run(&team.loop, has_key, &granting);
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(who_never_answers_keeps_records_from_nobody),
	        cmocka_unit_test(nor_the_membership),
	        cmocka_unit_test(who_answers_with_nothing_asks_last),
	        cmocka_unit_test(what_is_here_already_makes_no_claim_longer),
	        cmocka_unit_test(who_never_gives_rows_keeps_nobody_away),
	        cmocka_unit_test(who_always_has_other_rows_keeps_nobody_away),
	        cmocka_unit_test(nonsense_that_a_reader_grants_keeps_no_key_away),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
