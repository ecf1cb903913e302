/*
 * What a patched program, a relay or a thief sends to an honest node, and what becomes of it: two nurses' devices that know each other,
 * then bytes handed to one of them as if they had come over a session. Long because every deed is told with the same two devices.
 */
#include "tests/lib/check.h"

#include <sodium.h>

#include "crdt/base/limits.h"
#include "node/node_state.h"
#include "node/pairing.h"
#include "node/schema/schema.h"
#include "store/fork.h"
#include "tests/lib/pair.h"
#include "tests/lib/patched.h"

enum { DOSSIER = SCHEMA_DOC_DOSSIER, SECTION = 2, NAME = 1, PHONE = 21 };

static const struct record_id patient = {{9, 9, 9}};

static uint64_t head(struct device *device, enum compartment compartment)
{
	return log_feed(node_log(device->node), patched_own_feed(device, compartment))->seq;
}

static void check_name(struct device *device, const char *name)
{
	char text[64];
	assert_int_equal(
	        device_values(device, DOSSIER, &patient, SECTION, NAME, text, sizeof(text)), name ? 1 : 0);
	if (name)
		assert_string_equal(text, name);
}

/* ---- Erased bodies ---------------------------------------------------------------------------------------------- */

/* What a carrier can make of any run without a key: the bodies left out, all signatures still good. */
static void strip_bodies(
        struct device *device, enum compartment compartment, const struct buf *from, struct buf *out)
{
	const struct log_feed *feed = log_feed(node_log(device->node), patched_own_feed(device, compartment));
	struct arena arena = {0};
	struct run run;
	check_ok(run_decode(&run, &feed->id, compartment, buf_span(from), &arena));
	run_hash(&run);
	for (uint32_t i = 0; i < run.count; i++) {
		run.entries[i].purged = true;
		run.entries[i].body = (struct span){NULL, 0};
	}
	buf_clear(out);
	run_encode(&run, out);
	arena_close(&arena);
}

static void a_carrier_strips_bodies(void **state)
{
	(void)state;
	struct pair team;
	struct buf whole = {0}, bare = {0};
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *author = &team.devices[0], *victim = &team.devices[1];
	device_save(author, DOSSIER, &patient, SECTION, NAME, "Martin");
	check_ok(node_rotate(author->node, COMPARTMENT_MESSAGE));
	devices_run(&team.loop, pair_saved, &team);
	static const enum compartment both[] = {COMPARTMENT_MEMBERSHIP, COMPARTMENT_CLINICAL};
	for (int i = 0; i < 2; i++) {
		uint32_t feed = patched_feed_at(victim, author, both[i]);
		uint64_t seq = node_received(victim->node, feed) + 1;
		patched_copy_run(author, both[i], seq, &whole);
		strip_bodies(author, both[i], &whole, &bare);
		assert_int_equal(node_receive_run(victim->node, feed, buf_span(&bare)),
		        i ? NODE_RUN_IGNORED : ERR_MALFORMED);
		assert_int_equal(log_feed(node_log(victim->node), feed)->state, LOG_FEED_OPEN);
		assert_int_equal(node_received(victim->node, feed), seq - 1);
		check_ok(node_receive_run(victim->node, feed, buf_span(&whole)));
		assert_int_equal(node_received(victim->node, feed), head(author, both[i]));
	}
	buf_close(&whole);
	buf_close(&bare);
	pair_close(&team);
}

/* ---- Heads that nobody proved ----------------------------------------------------------------------------------- */

static void a_claimed_head_of_our_own_feed_stops_nobody(void **state)
{
	(void)state;
	struct pair team;
	const uint8_t hash[16] = {1};
	pair_open(&team, TEAM_ROLE_FACILITATOR);
	struct device *victim = &team.devices[0];
	device_save(victim, DOSSIER, &patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, pair_saved, &team);
	uint32_t feed = patched_own_feed(victim, COMPARTMENT_CLINICAL);
	check_ok(node_announced(victim->node, feed, 1000, hash));
	assert_false(node_outdated(victim->node));
	device_save(victim, DOSSIER, &patient, SECTION, NAME, "Bernard");
	check_name(victim, "Bernard");
	pair_close(&team);
}

/* A database put back from a backup learns from its own signature that it wrote more. */
static void a_restored_backup_is_told_by_its_own_signature(void **state)
{
	(void)state;
	struct pair team;
	struct buf run = {0};
	struct node_change change;
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *device = &team.devices[0];
	device_save(device, DOSSIER, &patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, pair_saved, &team);
	struct store_mem_image *backup = store_mem_image_take(device->store);
	device_save(device, DOSSIER, &patient, SECTION, NAME, "Bernard");
	devices_run(&team.loop, pair_saved, &team);
	patched_copy_run(device, COMPARTMENT_CLINICAL, head(device, COMPARTMENT_CLINICAL), &run);
	store_mem_image_restore(device->store, backup);
	device_restart(device, &team.loop);
	uint32_t feed = patched_own_feed(device, COMPARTMENT_CLINICAL), old_feed = feed;
	assert_false(node_outdated(device->node));
	check_ok(node_receive_run(device->node, feed, buf_span(&run)));
	assert_true(node_outdated(device->node));
	check_code(node_change_begin(device->node, DOSSIER, &patient, &change), ERR_STALE);
	check_name(device, "Bernard");
	/* In a new incarnation it writes again, also when more of the old one comes. */
	devices_run(&team.loop, pair_saved, &team);
	store_mem_image_restore(device->store, backup);
	device->incarnation.bytes[0] = 77;
	device_restart(device, &team.loop);
	check_ok(node_receive_run(device->node, old_feed, buf_span(&run)));
	assert_false(node_outdated(device->node));
	device_save(device, DOSSIER, &patient, SECTION, NAME, "Morvan");
	check_name(device, "Morvan");
	store_mem_image_free(backup);
	buf_close(&run);
	pair_close(&team);
}

/* ---- Clocks ----------------------------------------------------------------------------------------------------- */

/* An entry of `device`, whose program was patched, with these clocks, received by `victim`. */
static int receive_with_clock(
        struct pair *team, struct device *device, struct device *victim, uint64_t lamport, uint64_t hlc)
{
	struct buf run = {0};
	struct crdt_clock before = device->node->clock;
	if (lamport)
		device->node->clock.lamport = lamport - 1;
	if (hlc)
		device->node->clock.hlc = hlc - 1;
	device_save(device, DOSSIER, &patient, SECTION, NAME, "Far");
	device->node->clock = before;
	node_flush(device->node);
	devices_run(&team->loop, pair_saved, team);
	uint32_t feed = patched_feed_at(victim, device, COMPARTMENT_CLINICAL);
	int result = 0;
	for (uint64_t seq = node_received(victim->node, feed) + 1;
	        result == 0 && seq <= head(device, COMPARTMENT_CLINICAL); seq++) {
		patched_copy_run(device, COMPARTMENT_CLINICAL, seq, &run);
		result = node_receive_run(victim->node, feed, buf_span(&run));
	}
	buf_close(&run);
	return result;
}

static void a_clock_ten_years_ahead_does_not_move_ours(void **state)
{
	(void)state;
	struct pair team;
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *victim = &team.devices[1];
	uint64_t limit_ms = env_wall_ms(&victim->env) + CRDT_CLOCK_AHEAD_MS + 60000;
	check_ok(receive_with_clock(&team, &team.devices[0], victim, 0, UINT64_MAX - 5));
	assert_true(crdt_hlc_ms(victim->node->clock.hlc) < limit_ms);
	devices_run(&team.loop, pair_saved, &team);
	device_restart(victim, &team.loop); /* what the log's heads say is not our clock */
	assert_true(crdt_hlc_ms(victim->node->clock.hlc) < limit_ms);
	device_save(victim, DOSSIER, &patient, SECTION, NAME, "Near");
	check_name(victim, "Near");
	pair_close(&team);
}

static void a_lamport_clock_near_its_end_is_not_taken_over(void **state)
{
	(void)state;
	struct pair team;
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *victim = &team.devices[1];
	int result = receive_with_clock(&team, &team.devices[0], victim, CRDT_LAMPORT_MAX, 0);
	assert_int_equal(result, NODE_RUN_IGNORED);
	device_save(victim, DOSSIER, &patient, SECTION, NAME, "Near");
	check_name(victim, "Near");
	pair_close(&team);
}

/* ---- Membership that does not reach the disk -------------------------------------------------------------------- */

/* The second entry of a run is nonsense: the first must not stay in memory, where others would build on it. */
static void a_half_good_membership_run_leaves_nothing(void **state)
{
	(void)state;
	struct pair team;
	struct buf run = {0}, body = {0};
	struct entry_hash cited;
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *rogue = &team.devices[1], *victim = &team.devices[0];
	struct team_action action = {.kind = TEAM_ACTION_LEAVE, .as.leave_until_ms = UINT64_C(1) << 45};
	team_action_encode(&action, &body);
	check_ok(node_cite_membership(rogue->node, &cited));
	struct run_entry entries[2] = {
	        {.header = {.kind = ENTRY_MEMBERSHIP, .membership = cited}, .body = buf_span(&body)},
	        {.header = {.kind = ENTRY_MEMBERSHIP, .membership = cited}, .body = span_text("?")}};
	patched_run(rogue, COMPARTMENT_MEMBERSHIP, entries, 2, &run);
	uint32_t before = team_membership_count(victim->node->members);
	uint32_t feed = patched_feed_at(victim, rogue, COMPARTMENT_MEMBERSHIP);
	node_receive_run(victim->node, feed, buf_span(&run));
	assert_int_equal(team_membership_count(victim->node->members), before);
	assert_int_equal(log_feed(node_log(victim->node), feed)->state, LOG_FEED_OPEN);
	/* What the victim writes next stands on what it has, and can be read again. */
	check_ok(node_rotate(victim->node, COMPARTMENT_MESSAGE));
	devices_run(&team.loop, pair_saved, &team);
	device_restart(victim, &team.loop);
	assert_int_equal(team_membership_count(victim->node->members), before + 1);
	/* The first entry alone, as others may hold it, is taken; then the second ends the feed. */
	patched_run(rogue, COMPARTMENT_MEMBERSHIP, entries, 1, &run);
	check_ok(node_receive_run(victim->node, feed, buf_span(&run)));
	assert_int_equal(node_received(victim->node, feed), entries[0].header.seq);
	buf_close(&run);
	buf_close(&body);
	pair_close(&team);
}

/* A notice that came with nonsense after it was taken back; when it comes as it should, what it says of her entries is heeded. */
static void what_was_taken_back_counts_when_it_comes_again(void **state)
{
	(void)state;
	struct pair team;
	struct buf run = {0}, body = {0};
	struct entry_hash cited;
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *rogue = &team.devices[1], *victim = &team.devices[0];
	device_save(rogue, DOSSIER, &patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, pair_saved, &team);
	for (uint32_t i = 0; i < node_state_count(rogue->node, NODE_STATE_ALL); i++)
		node_state_put(victim->node, node_state_row(rogue->node, NODE_STATE_ALL, i));
	patched_copy_run(rogue, COMPARTMENT_CLINICAL, 1, &run);
	check_ok(node_receive_run(
	        victim->node, patched_feed_at(victim, rogue, COMPARTMENT_CLINICAL), buf_span(&run)));
	devices_run(&team.loop, pair_saved, &team);
	check_name(victim, "Martin");
	const struct team_action action = {.kind = TEAM_ACTION_LEAVE, .as.leave_until_ms = 1000};
	team_action_encode(&action, &body);
	check_ok(node_cite_membership(rogue->node, &cited));
	struct run_entry entries[2] = {
	        {.header = {.kind = ENTRY_MEMBERSHIP, .membership = cited}, .body = buf_span(&body)},
	        {.header = {.kind = ENTRY_MEMBERSHIP, .membership = cited}, .body = span_text("?")}};
	for (uint32_t count = 2; count; count--) {
		patched_run(rogue, COMPARTMENT_MEMBERSHIP, entries, count, &run);
		node_receive_run(
		        victim->node, patched_feed_at(victim, rogue, COMPARTMENT_MEMBERSHIP), buf_span(&run));
		devices_run(&team.loop, pair_saved, &team);
		assert_int_equal(node_quarantine_count(victim->node), count == 2 ? 0 : 1);
	}
	device_restart(victim, &team.loop);
	assert_int_equal(node_quarantine_count(victim->node), 1);
	buf_close(&run);
	buf_close(&body);
	pair_close(&team);
}

/* Two devices' runs that name each other's entries are read again in the order of the entries. */
static void crossing_membership_runs_are_read_again(void **state)
{
	(void)state;
	struct pair team;
	struct buf run = {0};
	struct entry_hash merged;
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *first = &team.devices[0], *second = &team.devices[1];
	check_ok(node_rotate(first->node, COMPARTMENT_AGGREGATE));
	/* Meanwhile the other one writes; before the first run is signed its entry comes and is merged into the same run. */
	struct team_action action = {.kind = TEAM_ACTION_LEAVE, .as.leave_until_ms = UINT64_C(1) << 45};
	struct entry_hash hash;
	second->node->clock.lamport += 50;
	check_ok(node_act(second->node, &action, &hash, NULL, NULL));
	check_ok(node_flush(second->node));
	while (store_writer_step(second->writer) > 0)
		node_poll(second->node);
	patched_copy_run(second, COMPARTMENT_MEMBERSHIP, head(second, COMPARTMENT_MEMBERSHIP), &run);
	check_ok(node_receive_run(
	        first->node, patched_feed_at(first, second, COMPARTMENT_MEMBERSHIP), buf_span(&run)));
	check_ok(node_cite_membership(first->node, &merged));
	devices_run(&team.loop, pair_saved, &team);
	uint32_t count = team_membership_count(first->node->members);
	device_restart(first, &team.loop);
	assert_int_equal(team_membership_count(first->node->members), count);
	buf_close(&run);
	pair_close(&team);
}

/* ---- Dependencies ----------------------------------------------------------------------------------------------- */

/* An aggregate entry that builds on a clinical one, which facilitators never get, would keep them waiting for ever. */
static void a_dependency_that_readers_lack_is_refused(void **state)
{
	(void)state;
	struct pair team;
	struct buf run = {0};
	struct epoch_id epoch;
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *rogue = &team.devices[1], *victim = &team.devices[0];
	device_save(rogue, DOSSIER, &patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, pair_saved, &team);
	uint32_t clinical = patched_feed_at(victim, rogue, COMPARTMENT_CLINICAL);
	patched_copy_run(rogue, COMPARTMENT_CLINICAL, 1, &run);
	check_ok(node_receive_run(victim->node, clinical, buf_span(&run)));
	check_ok(team_epoch_to_write(rogue->node->members, COMPARTMENT_AGGREGATE, &epoch));
	const struct entry_ref dep = {log_feed(node_log(victim->node), clinical)->id, 1};
	struct run_entry entry = {
	        .header = {.kind = ENTRY_CHANGE, .epoch = epoch, .deps = &dep, .dep_count = 1},
	        .body = span_text("sealed")};
	check_ok(node_cite_membership(rogue->node, &entry.header.membership));
	patched_run(rogue, COMPARTMENT_AGGREGATE, &entry, 1, &run);
	uint32_t feed = patched_feed_at(victim, rogue, COMPARTMENT_AGGREGATE);
	node_receive_run(victim->node, feed, buf_span(&run));
	assert_int_equal(log_feed(node_log(victim->node), feed)->state, LOG_FEED_ENDED);
	buf_close(&run);
	pair_close(&team);
}

/* Replicas apply in the order of Lamport clocks: one that is not above what it builds on would be applied by some and not by others. */
static void a_clock_below_its_dependency_is_refused(void **state)
{
	(void)state;
	struct pair team;
	struct buf run = {0};
	struct epoch_id epoch;
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *rogue = &team.devices[1], *victim = &team.devices[0];
	device_save(victim, DOSSIER, &patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, pair_saved, &team);
	check_ok(team_epoch_to_write(rogue->node->members, COMPARTMENT_CLINICAL, &epoch));
	const struct log_feed *honest = log_feed(
	        node_log(victim->node), patched_own_feed(victim, COMPARTMENT_CLINICAL));
	const struct entry_ref dep = {honest->id, honest->seq};
	struct run_entry entry = {.header = {.kind = ENTRY_CHANGE,
	                                  .epoch = epoch,
	                                  .deps = &dep,
	                                  .dep_count = 1,
	                                  .lamport = honest->lamport},
	        .body = span_text("sealed")};
	check_ok(node_cite_membership(rogue->node, &entry.header.membership));
	patched_run(rogue, COMPARTMENT_CLINICAL, &entry, 1, &run);
	uint32_t feed = patched_feed_at(victim, rogue, COMPARTMENT_CLINICAL);
	node_receive_run(victim->node, feed, buf_span(&run));
	assert_int_equal(log_feed(node_log(victim->node), feed)->state, LOG_FEED_ENDED);
	buf_close(&run);
	pair_close(&team);
}

/* ---- Replicated state ------------------------------------------------------------------------------------------- */

static void remove_second(struct pair *team)
{
	struct device_id device = node_device(team->devices[1].node);
	struct team_action action = {.kind = TEAM_ACTION_REMOVE_PERSON};
	struct entry_hash hash;
	action.as.remove_person.person = team_view_device(node_view(team->devices[0].node), &device)->person;
	action.as.remove_person.reason = 4;
	check_ok(node_act(team->devices[0].node, &action, &hash, NULL, NULL));
	devices_run(&team->loop, pair_saved, team);
}

/* A packet for a device that nobody admitted takes no room; one for somebody of whom the news is still to come is taken then. */
static void keys_for_strangers_are_not_kept(void **state)
{
	(void)state;
	struct pair team;
	struct buf row = {0};
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *rogue = &team.devices[1], *victim = &team.devices[0];
	const uint32_t before = node_state_count(victim->node, NODE_STATE_ALL);
	for (int known = 0; known < 2; known++) {
		const struct device_id stranger = {{77}}, self = node_device(victim->node);
		patched_packet(rogue, victim, &patient, known ? &self : &stranger, &row);
		assert_int_equal(node_state_put(victim->node, buf_span(&row)), known);
		assert_int_equal(node_state_count(victim->node, NODE_STATE_ALL), before + (uint32_t)known);
	}
	check_code(node_state_put(victim->node, span_sub(buf_span(&row), 0, 40)), ERR_TRUNCATED);
	buf_close(&row);
	pair_close(&team);
}

/* An entry without its body is behind us all the same: what comes next is judged by the state of the team that it cited. */
static void an_erased_entry_is_passed(void **state)
{
	(void)state;
	struct pair team;
	struct buf row = {0}, whole = {0}, bare = {0};
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *author = &team.devices[0], *other = &team.devices[1];
	device_save(author, DOSSIER, &patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, pair_saved, &team);
	for (uint32_t i = 0; i < node_state_count(author->node, NODE_STATE_ALL); i++)
		node_state_put(other->node, node_state_row(author->node, NODE_STATE_ALL, i));
	patched_tombstone(author, &patient, &row);
	assert_int_equal(node_state_put(other->node, buf_span(&row)), 1);
	uint32_t feed = patched_feed_at(other, author, COMPARTMENT_CLINICAL);
	patched_copy_run(author, COMPARTMENT_CLINICAL, 1, &whole);
	strip_bodies(author, COMPARTMENT_CLINICAL, &whole, &bare);
	check_ok(node_receive_run(other->node, feed, buf_span(&bare)));
	devices_run(&team.loop, pair_saved, &team);
	const struct entry_hash cited = log_feed(node_log(other->node), feed)->membership;
	for (int i = 0; i < 2; i++) { /* as it came, and from the log */
		assert_int_equal(node_progress(other->node, feed)->applied, 1);
		assert_true(entry_hash_eq(&node_progress(other->node, feed)->cited, &cited));
		device_restart(other, &team.loop);
	}
	buf_close(&row);
	buf_close(&whole);
	buf_close(&bare);
	pair_close(&team);
}

/* Who erased may leave: erased it stays, also after a restart. */
static void erased_stays_erased_when_the_eraser_leaves(void **state)
{
	(void)state;
	struct pair team;
	struct buf row = {0};
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *keeper = &team.devices[0];
	patched_tombstone(&team.devices[1], &patient, &row);
	assert_int_equal(node_state_put(keeper->node, buf_span(&row)), 1);
	assert_true(key_table_erased(keeper->node->keys, &patient));
	remove_second(&team);
	device_restart(keeper, &team.loop);
	assert_true(key_table_erased(keeper->node->keys, &patient));
	buf_close(&row);
	pair_close(&team);
}

static bool acknowledged(struct device *device, uint64_t *seq)
{
	const struct device_id self = node_device(device->node);
	const struct log_feed *feed = log_feed(
	        node_log(device->node), patched_own_feed(device, COMPARTMENT_CLINICAL));
	return node_acknowledged(device->node, &self, &feed->id, seq);
}

static void receipts_go_on_after_a_restart(void **state)
{
	(void)state;
	struct pair team;
	uint64_t seq;
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *device = &team.devices[0];
	for (int i = 0; i < 3; i++) {
		device_save(device, DOSSIER, &patient, SECTION, NAME, i % 2 ? "Martin" : "Morvan");
		devices_run(&team.loop, pair_saved, &team);
		check_ok(node_acknowledge(device->node));
		devices_run(&team.loop, pair_saved, &team);
		assert_true(acknowledged(device, &seq));
		assert_int_equal(seq, head(device, COMPARTMENT_CLINICAL));
		device_restart(device, &team.loop);
	}
	pair_close(&team);
}

/* An acknowledgement by a copy of this device, which is ahead of it in one feed. Was it answered? */
static bool answers_copy(struct pair *team)
{
	struct node *node = team->devices[0].node;
	struct key_signer signer = {node->team, node->identity.device, node->identity.secrets->sign};
	const struct log_feed *feed = log_feed(node_log(node), node->own_feed[COMPARTMENT_CLINICAL]);
	struct ack_head head = {.feed = feed->id, .seq = feed->committed_seq + 1};
	struct ack ack = {.device = node->identity.device,
	        .counter = node->ack_counter + 1,
	        .heads = &head,
	        .head_count = 1};
	struct buf bytes = {0};
	check_ok(ack_encode(&ack, &signer, &bytes));
	assert_int_equal(node_put_ack(node, buf_span(&bytes)), 1);
	buf_close(&bytes);
	check_ok(node_flush(node));
	devices_run(&team->loop, pair_saved, team);
	return node->ack_counter > ack.counter;
}

/* Each of two copies may be ahead of the other in a feed that takes nothing more: they do not answer each other without end. */
static void copies_do_not_acknowledge_without_end(void **state)
{
	(void)state;
	struct pair team;
	pair_open(&team, TEAM_ROLE_NURSE);
	struct node *node = team.devices[0].node;
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, pair_saved, &team);
	assert_true(answers_copy(&team));
	check_ok(log_feed_set_state(node->log, &node->batch,
	        patched_own_feed(&team.devices[0], COMPARTMENT_CLINICAL), LOG_FEED_FROZEN));
	devices_run(&team.loop, pair_saved, &team);
	assert_false(answers_copy(&team));
	pair_close(&team);
}

/* The proof that `device` wrote two entries at one place of its feed. */
static void contradict(struct device *device, const struct incarnation_id *incarnation, uint64_t seq,
        uint64_t lamport, struct buf *proof)
{
	struct fork_feed feed = {node_device(device->node), COMPARTMENT_CLINICAL, *incarnation};
	struct run_entry entries[2] = {{.body = span_text("a")}, {.body = span_text("b")}};
	struct run runs[2];
	struct entry_hash previous = {{0}};
	uint32_t number;
	const struct feed_id id = entry_feed_id(&feed.device, feed.compartment, &feed.incarnation);
	if (seq > 1 && log_feed_number(node_log(device->node), &id, &number))
		check_ok(node_read_hash(device->node, number, seq - 1, &previous));
	for (int side = 0; side < 2; side++) {
		entries[side].header = (struct entry_header){.version = ENTRY_VERSION,
		        .kind = ENTRY_CHANGE,
		        .compartment = COMPARTMENT_CLINICAL,
		        .previous = previous,
		        .body_bytes = 1,
		        .feed = entry_feed_id(&feed.device, feed.compartment, &feed.incarnation),
		        .seq = seq,
		        .lamport = lamport};
		runs[side] = (struct run){.feed = entries[side].header.feed,
		        .compartment = COMPARTMENT_CLINICAL,
		        .previous = previous,
		        .count = 1,
		        .entries = &entries[side]};
		run_hash(&runs[side]);
		entries[side].is_signed = true;
		entry_sign(
		        &entries[side].signature, &entries[side].hash, device->node->identity.secrets->sign);
	}
	buf_clear(proof);
	check_ok(fork_prove(&feed, &runs[0], &runs[1], proof));
}

/* A patched device contradicts itself without end: its feeds are frozen, and memory stays bounded. */
static void proofs_about_one_device_are_few(void **state)
{
	(void)state;
	struct pair team;
	struct buf proof = {0};
	pair_open(&team, TEAM_ROLE_FACILITATOR);
	struct device *rogue = &team.devices[1], *victim = &team.devices[0];
	for (uint32_t i = 0; i < 4 * LIMIT_PROOFS_PER_DEVICE; i++) {
		const struct incarnation_id incarnation = {{(uint8_t)(i / 2), 9}};
		contradict(rogue, &incarnation, 1, 1 + i, &proof);
		assert_true(node_put_proof(victim->node, buf_span(&proof)) >= 0);
	}
	assert_int_equal(victim->node->proof_count, LIMIT_PROOFS_PER_DEVICE);
	buf_close(&proof);
	pair_close(&team);
}

static bool pair_settled(void *context)
{
	const struct pair *team = context;
	return pair_saved(context) && !team->devices[0].node->forks_due;
}

/* Where the log has no number left, who brings a proof about one more feed is no liar: the session goes on. */
static void a_proof_without_room_is_nobodys_fault(void **state)
{
	(void)state;
	struct pair team;
	struct buf proof = {0};
	pair_open(&team, TEAM_ROLE_FACILITATOR);
	struct device *rogue = &team.devices[1], *victim = &team.devices[0];
	struct log *log = node_log(victim->node);
	uint32_t number;
	for (uint32_t i = 0; log_feed_count(log) < LIMIT_FEEDS; i++) {
		const struct device_id device = {{200, (uint8_t)i, (uint8_t)(i >> 8)}};
		check_ok(log_feed_add(log, &victim->node->batch, &device, COMPARTMENT_CLINICAL,
		        &(struct incarnation_id){{1}}, &number));
	}
	contradict(rogue, &(struct incarnation_id){{77}}, 1, 1, &proof);
	assert_true(node_put_proof(victim->node, buf_span(&proof)) >= 0);
	buf_close(&proof);
	pair_close(&team);
}

/* Who hears of two histories before she has what they have in common comes to that, also over a restart, and to no more. */
static void a_proof_keeps_nobody_from_what_came_before(void **state)
{
	(void)state;
	struct pair team;
	struct buf proof = {0}, run = {0};
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *rogue = &team.devices[1], *victim = &team.devices[0];
	static const char *const names[] = {"Martin", "Morvan", "Le Goff", "Le Gall"};
	for (int i = 0; i < 4; i++) {
		device_save(rogue, DOSSIER, &patient, SECTION, NAME, names[i]);
		devices_run(&team.loop, pair_saved, &team); /* each in a run of its own */
	}
	for (uint32_t i = 0; i < node_state_count(rogue->node, NODE_STATE_ALL); i++)
		assert_true(
		        node_state_put(victim->node, node_state_row(rogue->node, NODE_STATE_ALL, i)) >= 0);
	contradict(rogue, &rogue->incarnation, 3, 1000, &proof);
	assert_true(node_put_proof(victim->node, buf_span(&proof)) >= 0);
	for (uint64_t seq = 1; seq <= 4; seq++) {
		uint32_t feed = patched_feed_at(victim, rogue, COMPARTMENT_CLINICAL);
		enum log_feed_state expected = seq < 3 ? LOG_FEED_OPEN : LOG_FEED_FROZEN;
		assert_int_equal(log_feed(node_log(victim->node), feed)->state, expected);
		patched_copy_run(rogue, COMPARTMENT_CLINICAL, seq, &run);
		check_code(
		        node_receive_run(victim->node, feed, buf_span(&run)), seq < 3 ? 0 : NODE_RUN_IGNORED);
		devices_run(&team.loop, pair_settled, &team);
		device_restart(victim, &team.loop);
	}
	check_name(victim, "Morvan");
	buf_close(&proof);
	buf_close(&run);
	pair_close(&team);
}

/* ---- Runs that wait for ever ------------------------------------------------------------------------------------ */

static void runs_that_wait_for_ever_stop_nobody(void **state)
{
	(void)state;
	struct pair team;
	struct buf run = {0};
	struct epoch_id epoch;
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *rogue = &team.devices[1], *victim = &team.devices[0];
	check_ok(team_epoch_to_write(rogue->node->members, COMPARTMENT_CLINICAL, &epoch));
	const struct entry_ref dep = {{{99}}, 1};
	uint8_t *body = mem_zero(1, LIMIT_ENTRY_BODY_BYTES);
	for (uint8_t i = 0; i < 20; i++) {
		struct incarnation_id incarnation = {{i, 42}};
		const struct device_id device = node_device(rogue->node);
		struct run_entry entry = {
		        .header = {.kind = ENTRY_CHANGE, .epoch = epoch, .deps = &dep, .dep_count = 1},
		        .body = span_of(body, LIMIT_ENTRY_BODY_BYTES)};
		uint32_t feed;
		rogue->node->own_feed[COMPARTMENT_CLINICAL] = NODE_NO_FEED;
		rogue->node->config.incarnation = incarnation;
		check_ok(node_cite_membership(rogue->node, &entry.header.membership));
		patched_run(rogue, COMPARTMENT_CLINICAL, &entry, 1, &run);
		check_ok(node_feed_number(victim->node, &device, COMPARTMENT_CLINICAL, &incarnation, &feed));
		assert_true(node_receive_run(victim->node, feed, buf_span(&run)) >= 0);
	}
	rogue->node->own_feed[COMPARTMENT_CLINICAL] = NODE_NO_FEED;
	rogue->node->config.incarnation = rogue->incarnation;
	device_save(rogue, DOSSIER, &patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, pair_saved, &team);
	patched_copy_run(rogue, COMPARTMENT_CLINICAL, 1, &run);
	uint32_t feed = patched_feed_at(victim, rogue, COMPARTMENT_CLINICAL);
	check_ok(node_receive_run(victim->node, feed, buf_span(&run)));
	assert_int_equal(node_received(victim->node, feed), 1);
	mem_free(body);
	buf_close(&run);
	pair_close(&team);
}

/* ---- Entries kept apart ----------------------------------------------------------------------------------------- */

static uint32_t events_in(struct device *device, int32_t month)
{
	const struct index_event *events;
	uint32_t count;
	check_ok(node_month(device->node, month, &events, &count));
	return count;
}

/* What lies beyond a cut leaves documents and indexes, and does not come back with a restart, a checkpoint or neither. */
static void beyond_a_cut_stays_apart_after_restarts(void **state)
{
	(void)state;
	struct pair team;
	struct buf run = {0};
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *keeper = &team.devices[0], *removed = &team.devices[1];
	device_save(removed, DOSSIER, &patient, SECTION, NAME, "Martin");
	devices_run(&team.loop, pair_saved, &team);
	/* The keys first, then the entry. */
	for (uint32_t i = 0; i < node_state_count(removed->node, NODE_STATE_ALL); i++)
		node_state_put(keeper->node, node_state_row(removed->node, NODE_STATE_ALL, i));
	patched_copy_run(removed, COMPARTMENT_CLINICAL, 1, &run);
	check_ok(node_receive_run(
	        keeper->node, patched_feed_at(keeper, removed, COMPARTMENT_CLINICAL), buf_span(&run)));
	devices_run(&team.loop, pair_saved, &team);
	check_name(keeper, "Martin");
	struct index_event event = {.when_s = 1000, .feed = 1, .seq = 1};
	int result;
	check_ok(index_add(keeper->node->index, node_txn(keeper->node, &result), &event));
	node_end_read(keeper->node);
	check_ok(node_checkpoint(keeper->node, true));
	devices_run(&team.loop, pair_saved, &team);
	assert_int_equal(events_in(keeper, 0), 1);
	remove_second(&team); /* its cut lists nothing: all of hers is apart */
	uint32_t count;
	assert_true(node_quarantine_count(keeper->node) > 0);
	for (int i = 0; i < 3; i++) {
		count = node_doc_count(keeper->node);
		for (uint32_t doc = 0; doc < count; doc++) {
			struct record_id id;
			uint32_t kind;
			check_ok(node_doc_at(keeper->node, doc, &kind, &id));
			assert_false(kind == DOSSIER && record_id_eq(&id, &patient));
		}
		assert_int_equal(events_in(keeper, 0), 0);
		if (i == 1)
			check_ok(node_checkpoint(keeper->node, true));
		devices_run(&team.loop, pair_saved, &team);
		device_restart(keeper, &team.loop);
	}
	buf_close(&run);
	pair_close(&team);
}

/* The keeper wrote over what the removed one had written. That is apart now, and what the keeper wrote counts, then and later, with what it did
 * not see replaced. */
static void what_builds_on_an_entry_kept_apart_counts(void **state)
{
	(void)state;
	struct pair team;
	char text[64];
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *keeper = &team.devices[0], *removed = &team.devices[1];
	device_save(keeper, DOSSIER, &patient, SECTION, NAME, "Martin");
	pair_meet(&team);
	device_save(removed, DOSSIER, &patient, SECTION, NAME, "Bernard");
	pair_meet(&team);
	check_name(keeper, "Bernard");
	device_save(keeper, DOSSIER, &patient, SECTION, NAME, "Morvan");
	device_save(keeper, DOSSIER, &patient, SECTION, PHONE, "0240");
	check_name(keeper, "Morvan");
	devices_run(&team.loop, pair_saved, &team);
	remove_second(&team);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
		        device_values(keeper, DOSSIER, &patient, SECTION, NAME, text, sizeof(text)), 2);
		assert_string_equal(text, "Morvan");
		assert_int_equal(
		        device_values(keeper, DOSSIER, &patient, SECTION, PHONE, text, sizeof(text)), 1);
		assert_string_equal(text, "0240");
		if (i == 1)
			check_ok(node_checkpoint(keeper->node, true));
		devices_run(&team.loop, pair_saved, &team);
		device_restart(keeper, &team.loop);
	}
	pair_close(&team);
}

/* ---- Citations -------------------------------------------------------------------------------------------------- */

/* Over what a colleague wrote in another dossier. */
static void save_over_another_document(struct device *device, const struct op_id *cited, const char *name)
{
	struct node_change change;
	struct crdt_path path = {0};
	struct buf value = {0};
	check_ok(node_change_begin(device->node, DOSSIER, &patient, &change));
	crdt_path_field(&path, SECTION);
	crdt_path_field(&path, NAME);
	mpack_put_str(&value, span_text(name));
	crdt_builder_set(&change.builder, crdt_path_span(&path), buf_span(&value),
	        (struct crdt_cites){cited, 1}, span_text("test"));
	check_ok(node_change_finish(device->node, &change, NULL, NULL, NULL));
	buf_close(&value);
}

static struct buf saved_document(struct device *device)
{
	struct crdt_doc *doc;
	struct buf out = {0};
	check_ok(node_doc(device->node, DOSSIER, &patient, &doc));
	crdt_doc_save(doc, &out);
	return out;
}

/* Everybody has the change and what its author wrote after it, as it came, from the log and from a checkpoint. */
static void a_citation_of_another_document_divides_nobody(void **state)
{
	(void)state;
	static const struct record_id other = {{8, 8, 8}};
	struct pair team;
	char text[64];
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *honest = &team.devices[0], *patched = &team.devices[1];
	device_save(honest, DOSSIER, &other, SECTION, NAME, "Martin");
	pair_meet(&team);
	const struct op_id cited = {
	        log_feed(node_log(honest->node), patched_own_feed(honest, COMPARTMENT_CLINICAL))->id, 1, 0};
	save_over_another_document(patched, &cited, "Bernard");
	device_save(patched, DOSSIER, &patient, SECTION, PHONE, "0240");
	pair_meet(&team);
	for (int i = 0; i < 3; i++) {
		struct buf left = saved_document(honest), right = saved_document(patched);
		check_span(buf_span(&left), buf_span(&right));
		buf_close(&left);
		buf_close(&right);
		check_name(honest, "Bernard");
		assert_int_equal(
		        device_values(honest, DOSSIER, &patient, SECTION, PHONE, text, sizeof(text)), 1);
		assert_string_equal(text, "0240");
		if (i == 1)
			check_ok(node_checkpoint(honest->node, true));
		devices_run(&team.loop, pair_saved, &team);
		device_restart(honest, &team.loop);
	}
	pair_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_carrier_strips_bodies),
	        cmocka_unit_test(a_claimed_head_of_our_own_feed_stops_nobody),
	        cmocka_unit_test(a_restored_backup_is_told_by_its_own_signature),
	        cmocka_unit_test(a_clock_ten_years_ahead_does_not_move_ours),
	        cmocka_unit_test(a_lamport_clock_near_its_end_is_not_taken_over),
	        cmocka_unit_test(a_half_good_membership_run_leaves_nothing),
	        cmocka_unit_test(what_was_taken_back_counts_when_it_comes_again),
	        cmocka_unit_test(crossing_membership_runs_are_read_again),
	        cmocka_unit_test(a_dependency_that_readers_lack_is_refused),
	        cmocka_unit_test(a_clock_below_its_dependency_is_refused),
	        cmocka_unit_test(an_erased_entry_is_passed),
	        cmocka_unit_test(erased_stays_erased_when_the_eraser_leaves),
	        cmocka_unit_test(receipts_go_on_after_a_restart),
	        cmocka_unit_test(copies_do_not_acknowledge_without_end),
	        cmocka_unit_test(keys_for_strangers_are_not_kept),
	        cmocka_unit_test(proofs_about_one_device_are_few),
	        cmocka_unit_test(a_proof_without_room_is_nobodys_fault),
	        cmocka_unit_test(a_proof_keeps_nobody_from_what_came_before),
	        cmocka_unit_test(runs_that_wait_for_ever_stop_nobody),
	        cmocka_unit_test(beyond_a_cut_stays_apart_after_restarts),
	        cmocka_unit_test(what_builds_on_an_entry_kept_apart_counts),
	        cmocka_unit_test(a_citation_of_another_document_divides_nobody),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("node-attack", tests, NULL, NULL);
}
