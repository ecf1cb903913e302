/* The log, its feeds and runs, and what waits for them. Long because everything is told with the same two logs. */
#include "tests/lib/check.h"

#include "crdt/base/limits.h"
#include "store/fork.h"
#include "store/log.h"
#include "store/store_mem.h"
#include "store/waiting.h"
#include "tests/lib/feeds.h"
#include "tests/lib/golden.h"
#include "tests/lib/seeded.h"

/* A node's log over a store in memory, and one device that writes into it. */
struct world {
	struct store *store;
	struct vault *vault;
	struct log *log;
	struct store_batch batch;
	struct test_device device;
	struct seeded seeded;
	uint64_t lamport;
};

static void world_open(struct world *world, uint8_t device)
{
	static const uint8_t key[VAULT_KEY_BYTES] = {1, 2, 3};
	*world = (struct world){.device = test_device(device)};
	seeded_init(&world->seeded, device);
	world->store = store_mem_new();
	check_ok(vault_new(world->store, key, &world->seeded.env, &world->vault));
	world->log = log_new(world->vault);
}

static void world_close(struct world *world)
{
	store_batch_close(&world->batch);
	log_free(world->log);
	vault_free(world->vault);
	store_close(world->store);
}

static void commit(struct world *world)
{
	const struct store_batch *batches[] = {&world->batch};
	struct log_mark *marks;
	check_ok(store_apply(world->store, batches, 1));
	vault_written(world->vault);
	uint32_t count = log_take_marks(world->log, &marks);
	log_committed(world->log, marks, count);
	mem_free(marks);
	store_batch_close(&world->batch);
}

static struct store_txn *reading(struct world *world)
{
	struct store_txn *txn;
	check_ok(store_begin(world->store, false, &txn));
	return txn;
}

static uint32_t own_feed(struct world *world, enum compartment compartment)
{
	struct incarnation_id incarnation = {{1}};
	uint32_t feed;
	check_ok(
	        log_feed_add(world->log, &world->batch, &world->device.id, compartment, &incarnation, &feed));
	return feed;
}

static void append(struct world *world, uint32_t feed, const char *body, const struct entry_ref *deps,
        uint32_t dep_count)
{
	struct entry_header header = {.kind = ENTRY_CHANGE, .deps = deps, .dep_count = dep_count};
	header.lamport = ++world->lamport;
	header.hlc = world->lamport << 16;
	header.membership.bytes[0] = 7;
	header.epoch.bytes[0] = 8;
	header.dossier.bytes[0] = (uint8_t)(world->lamport % 5);
	check_ok(log_append(
	        world->log, &world->batch, feed, &header, span_text(body), world->device.secret_key));
}

static void entries_come_back(void **state)
{
	(void)state;
	struct world world;
	struct log_reader reader = {0};
	char body[32];
	world_open(&world, 1);
	uint32_t feed = own_feed(&world, COMPARTMENT_CLINICAL);
	for (int i = 1; i <= 300; i++) {
		snprintf(body, sizeof(body), "entry %d", i);
		append(&world, feed, body, NULL, 0);
		if (i % 100 == 0 || i <= 3) {
			check_ok(log_seal(world.log, &world.batch, feed, world.device.secret_key));
			commit(&world);
		}
	}
	struct log_feed before = *log_feed(world.log, feed);
	assert_int_equal(before.seq, 300);
	assert_int_equal(before.committed_seq, 300);
	for (int reload = 0; reload < 2; reload++) {
		struct store_txn *txn = reading(&world);
		for (uint64_t seq = 300; seq >= 1; seq -= 13 < seq ? 13 : seq) {
			const struct run_entry *entry;
			snprintf(body, sizeof(body), "entry %d", (int)seq);
			check_ok(log_read_entry(world.log, txn, &reader, feed, seq, &entry));
			check_span(entry->body, span_text(body));
			assert_int_equal(entry->header.lamport, seq);
			if (seq == 1)
				break;
		}
		const struct run_entry *entry;
		check_code(log_read_entry(world.log, txn, &reader, feed, 301, &entry), ERR_NOTFOUND);
		check_ok(log_load(world.log, txn));
		store_abort(txn);
		const struct log_feed *after = log_feed(world.log, feed);
		assert_int_equal(after->seq, 300);
		assert_true(entry_hash_eq(&after->hash, &before.hash));
		assert_true(entry_hash_eq(&after->membership, &before.membership));
	}
	log_reader_close(&reader);
	world_close(&world);
}

/* What was appended but not committed is gone after a reload, and the same sequence is written again. */
static void uncommitted_entries_are_forgotten(void **state)
{
	(void)state;
	struct world world;
	world_open(&world, 1);
	uint32_t feed = own_feed(&world, COMPARTMENT_CLINICAL);
	append(&world, feed, "saved", NULL, 0);
	check_ok(log_seal(world.log, &world.batch, feed, world.device.secret_key));
	commit(&world);
	append(&world, feed, "lost", NULL, 0);
	assert_int_equal(log_feed(world.log, feed)->seq, 2);
	assert_int_equal(log_feed(world.log, feed)->committed_seq, 1);
	struct store_txn *txn = reading(&world);
	check_ok(log_load(world.log, txn));
	store_abort(txn);
	assert_int_equal(log_feed(world.log, feed)->seq, 1);
	world_close(&world);
}

static struct entry_header header_at(uint64_t lamport)
{
	struct entry_header header = {.kind = ENTRY_CHANGE, .lamport = lamport, .hlc = lamport << 16};
	header.membership.bytes[0] = 7;
	header.epoch.bytes[0] = 8;
	return header;
}

/* Drafts take their places at once; written later, they are the same entries as those that were appended. */
static void drafts_become_the_same_entries(void **state)
{
	(void)state;
	enum { COUNT = 100, LAST_OF_FIRST = 70 };
	struct world now, later;
	struct entry_header headers[COUNT];
	struct tail *tail = NULL;
	struct vault_lease lease;
	world_open(&now, 1);
	world_open(&later, 1);
	uint32_t feed = own_feed(&now, COMPARTMENT_CLINICAL);
	assert_int_equal(own_feed(&later, COMPARTMENT_CLINICAL), feed);
	for (uint64_t i = 0; i < COUNT; i++) {
		struct entry_header header = header_at(i + 1);
		check_ok(log_append(
		        now.log, &now.batch, feed, &header, span_text("body"), now.device.secret_key));
		headers[i] = header_at(i + 1);
		check_ok(log_draft(later.log, feed, &headers[i], &tail));
		assert_int_equal(headers[i].seq, i + 1);
		if (i + 1 == LAST_OF_FIRST)
			check_ok(log_seal(now.log, &now.batch, feed, now.device.secret_key));
	}
	check_ok(log_seal(now.log, &now.batch, feed, now.device.secret_key));
	commit(&now);
	assert_int_equal(log_feed(later.log, feed)->seq, COUNT);
	assert_true(entry_hash_is_zero(&log_feed(later.log, feed)->hash)); /* not known yet */
	check_ok(log_seal(later.log, &later.batch, feed, later.device.secret_key)); /* not its turn */
	assert_int_equal(later.batch.count, 1); /* the feed's row */
	check_ok(vault_lease_begin(later.vault, &later.batch, COUNT, &lease));
	for (int i = 0; i < COUNT; i++) {
		check_ok(tail_append(
		        tail, &lease, &later.batch, &headers[i], span_text("body"), later.device.secret_key));
		if (i + 1 == LAST_OF_FIRST)
			check_ok(tail_seal(tail, &lease, &later.batch, later.device.secret_key));
	}
	check_ok(tail_seal(tail, &lease, &later.batch, later.device.secret_key));
	vault_lease_end(&lease);
	struct log_mark *marks;
	const struct store_batch *batches[] = {&later.batch};
	check_ok(store_apply(later.store, batches, 1));
	assert_int_equal(log_take_marks(later.log, &marks), 1);
	assert_true(entry_hash_is_zero(&marks[0].hash));
	marks[0].hash = tail->hash;
	log_committed(later.log, marks, 1);
	mem_free(marks);
	assert_int_equal(log_feed(later.log, feed)->committed_seq, COUNT);
	assert_true(entry_hash_eq(&log_feed(later.log, feed)->hash, &log_feed(now.log, feed)->hash));
	/* The feed takes both kinds again, and its head on the disk is the one in memory. */
	struct entry_header next = header_at(COUNT + 1);
	check_ok(
	        log_append(later.log, &later.batch, feed, &next, span_text("body"), later.device.secret_key));
	check_ok(log_seal(later.log, &later.batch, feed, later.device.secret_key));
	store_batch_close(&later.batch);
	struct store_txn *txn = reading(&later);
	check_ok(log_load(later.log, txn));
	store_abort(txn);
	assert_true(entry_hash_eq(&log_feed(later.log, feed)->hash, &log_feed(now.log, feed)->hash));
	world_close(&now);
	world_close(&later);
}

static void a_draft_is_checked_at_once(void **state)
{
	(void)state;
	struct world world;
	struct tail *tail;
	world_open(&world, 1);
	uint32_t feed = own_feed(&world, COMPARTMENT_CLINICAL);
	struct entry_ref self = {log_feed(world.log, feed)->id, 1};
	struct entry_header header = header_at(1);
	header.deps = &self;
	header.dep_count = 1;
	check_code(log_draft(world.log, feed, &header, &tail), ERR_MALFORMED);
	check_ok(log_feed_set_state(world.log, &world.batch, feed, LOG_FEED_FROZEN));
	header.dep_count = 0;
	check_code(log_draft(world.log, feed, &header, &tail), ERR_DENIED);
	assert_int_equal(log_feed(world.log, feed)->seq, 0);
	world_close(&world);
}

/* Copies what the stream yields into another node's log, as a session does. */
static void copy(struct world *from, struct world *to, const struct log_range *ranges, uint32_t count,
        uint64_t *entries)
{
	struct log_stream *stream = log_stream_new(from->log, ranges, count);
	struct store_txn *txn = reading(from);
	struct span bytes;
	uint32_t feed, there;
	int result;
	uint64_t lamport = 0;
	while ((result = log_stream_next(stream, txn, &feed, &bytes)) == 1) {
		const struct log_feed *known = log_feed(from->log, feed);
		check_ok(log_feed_add(to->log, &to->batch, &known->device, known->compartment,
		        &known->incarnation, &there));
		struct waiting_run *item = waiting_run_new(there, bytes);
		check_ok(run_decode(
		        &item->run, &known->id, known->compartment, buf_span(&item->bytes), &item->arena));
		run_hash(&item->run);
		assert_true(run_signed_by(&item->run, &known->device));
		assert_true(item->run.entries[0].header.lamport > lamport);
		lamport = item->run.entries[0].header.lamport;
		check_ok(log_accept(to->log, &to->batch, item));
		*entries += item->run.count;
		waiting_run_free(item);
	}
	check_ok(result);
	store_abort(txn);
	log_stream_free(stream);
	commit(to);
}

static void streams_in_causal_order(void **state)
{
	(void)state;
	struct world from, to;
	world_open(&from, 1);
	world_open(&to, 2);
	uint32_t clinical = own_feed(&from, COMPARTMENT_CLINICAL), team = own_feed(&from, COMPARTMENT_TEAM);
	for (int i = 0; i < 200; i++) {
		append(&from, i % 7 == 0 ? team : clinical, "body", NULL, 0);
		if (i % 20 == 19) {
			check_ok(log_seal(from.log, &from.batch, clinical, from.device.secret_key));
			check_ok(log_seal(from.log, &from.batch, team, from.device.secret_key));
		}
	}
	commit(&from);
	uint64_t entries = 0;
	/* First a part that ends inside stored runs is no part: runs are whole. Then the rest, which starts inside one. */
	struct log_range all[2] = {
	        {clinical, 1, log_feed(from.log, clinical)->seq}, {team, 1, log_feed(from.log, team)->seq}};
	copy(&from, &to, all, 2, &entries);
	assert_int_equal(entries, 200);
	assert_true(entry_hash_eq(&log_feed(from.log, clinical)->hash, &log_feed(to.log, 0)->hash) ||
	        entry_hash_eq(&log_feed(from.log, clinical)->hash, &log_feed(to.log, 1)->hash));
	struct log_range rest = {clinical, 5, 9};
	struct log_stream *stream = log_stream_new(from.log, &rest, 1);
	struct store_txn *txn = reading(&from);
	struct span bytes;
	struct arena arena = {0};
	struct run run;
	uint32_t feed;
	assert_int_equal(log_stream_next(stream, txn, &feed, &bytes), 1);
	check_ok(run_decode(&run, &log_feed(from.log, feed)->id, COMPARTMENT_CLINICAL, bytes, &arena));
	assert_int_equal(run_first_seq(&run), 5);
	run_hash(&run);
	assert_true(run_signed_by(&run, &from.device.id));
	assert_int_equal(log_stream_next(stream, txn, &feed, &bytes), 0);
	log_stream_free(stream);
	store_abort(txn);
	arena_close(&arena);
	world_close(&from);
	world_close(&to);
}

/* ---- Waiting ---- */

struct heads {
	struct world *world;
	bool knows;
};

static uint64_t head(void *context, uint32_t feed)
{
	const struct heads *heads = context;
	return feed < log_feed_count(heads->world->log) ? log_feed(heads->world->log, feed)->seq : 0;
}

static bool number(void *context, const struct feed_id *id, uint32_t *out)
{
	return log_feed_number(((const struct heads *)context)->world->log, id, out);
}

static bool knows(void *context, const struct entry_hash *hash)
{
	(void)hash;
	return ((const struct heads *)context)->knows;
}

static struct waiting_run *nth_run(struct world *from, struct world *to, uint32_t feed, uint64_t seq)
{
	struct log_reader reader = {0};
	struct store_txn *txn = reading(from);
	const struct log_feed *known = log_feed(from->log, feed);
	uint32_t there;
	check_ok(log_read_run(from->log, txn, &reader, feed, seq));
	check_ok(log_feed_add(
	        to->log, &to->batch, &known->device, known->compartment, &known->incarnation, &there));
	struct waiting_run *item = waiting_run_new(there, reader.bytes);
	check_ok(
	        run_decode(&item->run, &known->id, known->compartment, buf_span(&item->bytes), &item->arena));
	run_hash(&item->run);
	log_reader_close(&reader);
	store_abort(txn);
	return item;
}

/* Two runs that need each other go together; one that needs something else stays. */
static void closed_sets_go_together(void **state)
{
	(void)state;
	struct world from, to;
	world_open(&from, 1);
	world_open(&to, 2);
	uint32_t a = own_feed(&from, COMPARTMENT_CLINICAL), b = own_feed(&from, COMPARTMENT_TEAM);
	struct entry_ref on_b = {log_feed(from.log, b)->id, 1}, on_a = {log_feed(from.log, a)->id, 1},
	                 far = {log_feed(from.log, a)->id, 3};
	append(&from, a, "a1", NULL, 0);
	append(&from, b, "b1", &on_a, 1);
	append(&from, a, "a2", &on_b, 1);
	check_ok(log_seal(from.log, &from.batch, a, from.device.secret_key));
	append(&from, b, "b2", &far, 1);
	check_ok(log_seal(from.log, &from.batch, b, from.device.secret_key));
	append(&from, a, "a3", NULL, 0);
	check_ok(log_seal(from.log, &from.batch, a, from.device.secret_key));
	commit(&from);

	struct heads heads = {&to, false};
	struct waiting_world world = {&heads, head, number, knows, NULL};
	struct waiting *waiting = waiting_new();
	check_ok(waiting_add(waiting, &world, nth_run(&from, &to, a, 1))); /* a1, a2: needs b1 */
	heads.knows = true;
	assert_null(waiting_take(waiting, &world));
	check_ok(waiting_add(waiting, &world, nth_run(&from, &to, b, 1))); /* b1, b2: needs a3 */
	assert_null(waiting_take(waiting, &world));
	check_code(waiting_add(waiting, &world, nth_run(&from, &to, b, 1)), ERR_GAP); /* twice */
	check_ok(waiting_add(waiting, &world, nth_run(&from, &to, a, 3)));
	heads.knows = false;
	assert_null(waiting_take(waiting, &world)); /* the membership they cite is not known */
	heads.knows = true;
	struct waiting_run *set = waiting_take(waiting, &world);
	int count = 0;
	for (struct waiting_run *item = set, *next; item; item = next, count++) {
		next = item->next;
		check_ok(log_accept(to.log, &to.batch, item));
		waiting_run_free(item);
	}
	assert_int_equal(count, 3);
	assert_int_equal(waiting_count(waiting), 0);
	waiting_free(waiting);
	world_close(&from);
	world_close(&to);
}

/* Saves of one entry each in two feeds, each of which needs one in the other feed: the one before it, or, as nobody honest writes, the one after it.
 * The first in the one case, the last in the other, needs what never comes. How many still wait after they were looked at. */
static uint32_t still_waiting(int count, bool backward)
{
	struct world from, to;
	world_open(&from, 1);
	world_open(&to, 2);
	const uint32_t feeds[2] = {own_feed(&from, COMPARTMENT_CLINICAL), own_feed(&from, COMPARTMENT_TEAM)};
	const uint32_t far = own_feed(&from, COMPARTMENT_MESSAGE);
	struct heads heads = {&to, true};
	struct waiting_world world = {&heads, head, number, knows, NULL};
	struct waiting *waiting = waiting_new();
	for (int i = 0; i < 2 * count; i++) {
		const uint64_t seq = (uint64_t)i / 2 + 1;
		struct entry_ref dep = {log_feed(from.log, feeds[1 - i % 2])->id,
		        backward        ? seq + 1
		                : i % 2 ? seq
		                        : seq - 1};
		if (i == 0 && !backward)
			dep = (struct entry_ref){log_feed(from.log, far)->id, 1};
		append(&from, feeds[i % 2], "one save", &dep, 1);
		check_ok(log_seal(from.log, &from.batch, feeds[i % 2], from.device.secret_key));
	}
	commit(&from);
	for (int i = 0; i < 2 * count; i++) {
		/* A feed that gave way begins anew: what follows of it here has a gap. */
		const int result = waiting_add(
		        waiting, &world, nth_run(&from, &to, feeds[i % 2], (uint64_t)i / 2 + 1));
		assert_true(result == 0 || (result == ERR_GAP && 2 * count > LIMIT_WAITING_RUNS));
	}
	assert_null(waiting_take(waiting, &world));
	const uint32_t left = waiting_count(waiting);
	waiting_free(waiting);
	world_close(&from);
	world_close(&to);
	return left;
}

/* Looking through what waits takes as many passes as the longest chain against the order of arrival: such a chain gives way. */
static void a_chain_against_its_order_gives_way(void **state)
{
	(void)state;
	assert_int_equal(still_waiting(150, false), 300);
	assert_int_equal(still_waiting(LIMIT_WAITING_PASSES / 4, true), LIMIT_WAITING_PASSES / 2);
	assert_true(still_waiting(150, true) < 300);
}

/* However much comes that waits for what never does. */
static void what_waits_is_bounded(void **state)
{
	(void)state;
	const uint32_t left = still_waiting(LIMIT_WAITING_RUNS / 2 + 50, false);
	assert_true(left > 0 && left <= LIMIT_WAITING_RUNS);
}

/* An import's runs end where the next entry would need another page, and not much before. */
static void runs_fill_their_pages(void **state)
{
	(void)state;
	struct world world;
	struct log_reader reader = {0};
	char body[300];
	world_open(&world, 1);
	uint32_t feed = own_feed(&world, COMPARTMENT_CLINICAL), other = own_feed(&world, COMPARTMENT_TEAM);
	struct entry_ref dep = {log_feed(world.log, other)->id, 1};
	for (int i = 0; i < 600; i++) {
		snprintf(body, sizeof(body), "%0*d", 180 + i * 37 % 110, i);
		append(&world, feed, body, &dep, i == 300 ? 1 : 0);
	}
	check_ok(log_seal(world.log, &world.batch, feed, world.device.secret_key));
	commit(&world);
	struct store_txn *txn = reading(&world);
	for (uint64_t seq = 1; seq <= 600; seq += reader.run.count) {
		check_ok(log_read_run(world.log, txn, &reader, feed, seq));
		assert_true(reader.bytes.size <= LIMIT_RUN_SHARED_BYTES);
		if (seq + reader.run.count <= 600)
			assert_true(reader.bytes.size > LIMIT_RUN_SHARED_BYTES - 290 - 120);
	}
	log_reader_close(&reader);
	store_abort(txn);
	world_close(&world);
}

/* ---- Folding ---- */

/* `count` saves of one entry each; every other one may stand in another feed, on which the next depends. */
static void save_singly(struct world *world, uint32_t a, uint32_t b, int count)
{
	for (int i = 0; i < count; i++) {
		uint32_t feed = i % 2 ? b : a, other = i % 2 ? a : b;
		struct entry_ref dep = {log_feed(world->log, other)->id, log_feed(world->log, other)->seq};
		append(world, feed, "one save", &dep, a != b && dep.seq ? 1 : 0);
		check_ok(log_seal(world->log, &world->batch, feed, world->device.secret_key));
	}
	commit(world);
}

static void small_runs_are_folded(void **state)
{
	(void)state;
	struct world from, to;
	uint64_t entries = 0, runs = 0;
	world_open(&from, 1);
	world_open(&to, 2);
	uint32_t feed = own_feed(&from, COMPARTMENT_CLINICAL), number_;
	save_singly(&from, feed, feed, 150);
	struct log_range all = {feed, 1, 150};
	copy(&from, &to, &all, 1, &entries); /* checks the last signature of every run */
	assert_int_equal(entries, 150);
	assert_true(entry_hash_eq(&log_feed(from.log, feed)->hash, &log_feed(to.log, 0)->hash));
	struct log_reader reader = {0};
	struct store_txn *txn = reading(&to);
	for (uint64_t seq = 1; seq <= 150; seq += reader.run.count, runs++) {
		check_ok(log_read_run(to.log, txn, &reader, 0, seq));
		for (uint32_t i = 0; i + 1 < reader.run.count; i++)
			assert_false(reader.run.entries[i].is_signed);
	}
	assert_int_equal(runs, 3); /* 64 + 64 + 22 */
	log_reader_close(&reader);
	store_abort(txn);
	world_close(&to);

	/* From the middle of a stored run on, and not past what was asked for in a run that begins there. */
	world_open(&to, 2);
	struct log_range head = {feed, 1, 10}, rest = {feed, 11, 150};
	copy(&from, &to, &head, 1, &entries);
	assert_true(log_feed_number(to.log, &log_feed(from.log, feed)->id, &number_));
	assert_int_equal(log_feed(to.log, number_)->seq, 10);
	copy(&from, &to, &rest, 1, &entries);
	assert_int_equal(log_feed(to.log, number_)->seq, 150);
	world_close(&to);
	world_close(&from);
}

static int runs_of(struct world *world, uint32_t feed, uint64_t upto)
{
	struct log_range all = {feed, 1, upto};
	struct log_stream *stream = log_stream_new(world->log, &all, 1);
	struct store_txn *txn = reading(world);
	struct span bytes;
	uint32_t number_;
	int runs = 0, result;
	while ((result = log_stream_next(stream, txn, &number_, &bytes)) == 1)
		runs++;
	check_ok(result);
	log_stream_free(stream);
	store_abort(txn);
	return runs;
}

/* One that cites another state might be refused where its neighbours are not. */
static void only_what_is_judged_alike_is_folded(void **state)
{
	(void)state;
	struct world world;
	world_open(&world, 1);
	uint32_t feed = own_feed(&world, COMPARTMENT_CLINICAL),
	         members = own_feed(&world, COMPARTMENT_MEMBERSHIP);
	for (int i = 0; i < 9; i++) {
		struct entry_header header = {.kind = (uint8_t)(i < 8 ? ENTRY_CHANGE : 77)};
		header.lamport = ++world.lamport;
		header.hlc = world.lamport << 16;
		header.membership.bytes[0] = (uint8_t)(i < 4 ? 7 : 9);
		header.epoch.bytes[0] = (uint8_t)(i < 6 ? 8 : 10);
		check_ok(log_append(
		        world.log, &world.batch, feed, &header, span_text("body"), world.device.secret_key));
		check_ok(log_seal(world.log, &world.batch, feed, world.device.secret_key));
	}
	for (int i = 0; i < 3; i++) {
		struct entry_header header = {.kind = ENTRY_MEMBERSHIP, .lamport = ++world.lamport};
		header.membership.bytes[0] = 7;
		check_ok(log_append(world.log, &world.batch, members, &header, span_text("body"),
		        world.device.secret_key));
		check_ok(log_seal(world.log, &world.batch, members, world.device.secret_key));
	}
	commit(&world);
	assert_int_equal(runs_of(&world, feed, 9), 4); /* 4, 2, 2, 1 */
	assert_int_equal(runs_of(&world, members, 3), 3);
	world_close(&world);
}

/* A damaged row does not keep back what comes before it. */
static void folding_ends_before_damage(void **state)
{
	(void)state;
	struct world world;
	world_open(&world, 1);
	uint32_t feed = own_feed(&world, COMPARTMENT_CLINICAL), number_;
	save_singly(&world, feed, feed, 5);
	static const uint8_t key[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4};
	check_ok(store_mem_flip_bit(world.store, STORE_LOG, span_of(key, sizeof(key)), 500));
	struct log_range all = {feed, 1, 5};
	struct log_stream *stream = log_stream_new(world.log, &all, 1);
	struct store_txn *txn = reading(&world);
	struct span bytes;
	struct run run;
	struct arena arena = {0};
	assert_int_equal(log_stream_next(stream, txn, &number_, &bytes), 1);
	check_ok(run_decode(&run, &log_feed(world.log, feed)->id, COMPARTMENT_CLINICAL, bytes, &arena));
	assert_int_equal(run.count, 3);
	check_code(log_stream_next(stream, txn, &number_, &bytes), ERR_BADSEAL);
	log_stream_free(stream);
	store_abort(txn);
	arena_close(&arena);
	world_close(&world);
}

/* Two feeds that build on each other entry by entry, received as one folded run each. */
static void entries_come_after_what_they_need(void **state)
{
	(void)state;
	struct world from, to;
	uint64_t entries = 0;
	world_open(&from, 1);
	world_open(&to, 2);
	uint32_t a = own_feed(&from, COMPARTMENT_CLINICAL), b = own_feed(&from, COMPARTMENT_TEAM), feed;
	save_singly(&from, a, b, 40);
	struct log_range ranges[2] = {{a, 1, 20}, {b, 1, 20}};
	copy(&from, &to, ranges, 2, &entries);
	for (uint32_t i = 0; i < 2; i++)
		ranges[i].feed = i;
	struct log_stream *stream = log_stream_new(to.log, ranges, 2);
	struct store_txn *txn = reading(&to);
	const struct run_entry *entry;
	uint64_t lamport = 0;
	int result;
	while ((result = log_stream_next_entry(stream, txn, &feed, &entry)) == 1) {
		assert_int_equal(entry->header.lamport, ++lamport);
		check_span(entry->body, span_text("one save"));
	}
	check_ok(result);
	assert_int_equal(lamport, 40);
	log_stream_free(stream);
	store_abort(txn);
	world_close(&from);
	world_close(&to);
}

/* ---- Forks ---- */

static void forks_are_proved(void **state)
{
	(void)state;
	struct world left, right; /* the same device, restored from a copy */
	world_open(&left, 1);
	world_open(&right, 1);
	struct fork_feed feed = {left.device.id, COMPARTMENT_CLINICAL, {{1}}};
	for (int i = 0; i < 2; i++) {
		struct world *world = i ? &right : &left;
		uint32_t number_ = own_feed(world, COMPARTMENT_CLINICAL);
		append(world, number_, "common", NULL, 0);
		check_ok(log_seal(world->log, &world->batch, number_, world->device.secret_key));
		append(world, number_, i ? "one way" : "the other", NULL, 0);
		append(world, number_, "and on", NULL, 0);
		check_ok(log_seal(world->log, &world->batch, number_, world->device.secret_key));
		commit(world);
	}
	struct waiting_run *a = nth_run(&left, &left, 0, 2), *b = nth_run(&right, &left, 0, 2),
	                   *same = nth_run(&left, &left, 0, 1);
	struct buf proof = {0};
	struct fork fork;
	check_code(fork_prove(&feed, &a->run, &a->run, &proof), ERR_INVALID);
	check_code(fork_prove(&feed, &a->run, &same->run, &proof), ERR_INVALID);
	check_ok(fork_prove(&feed, &a->run, &b->run, &proof));
	struct buf other = {0};
	check_ok(fork_prove(&feed, &b->run, &a->run, &other)); /* whoever finds it: the same bytes */
	check_span(buf_span(&other), buf_span(&proof));
	check_ok(fork_check(buf_span(&proof), &fork));
	assert_int_equal(fork.seq, 2);
	golden_check("store/fork-proof.hex", buf_span(&proof));
	for (size_t at = 0; at < proof.size; at++) {
		check_code(fork_check(span_sub(buf_span(&proof), 0, at), &fork) < 0, true);
		proof.data[at] ^= 1;
		check_code(fork_check(buf_span(&proof), &fork) < 0, true);
		proof.data[at] ^= 1;
	}
	/* A log that holds one side does not take the other. */
	b->feed = 0;
	struct world reader;
	world_open(&reader, 3);
	uint32_t there;
	check_ok(log_feed_add(
	        reader.log, &reader.batch, &feed.device, feed.compartment, &feed.incarnation, &there));
	check_ok(log_accept(reader.log, &reader.batch, same));
	check_ok(log_accept(reader.log, &reader.batch, a));
	check_code(log_accept(reader.log, &reader.batch, b), ERR_GAP);
	world_close(&reader);
	waiting_run_free(a);
	waiting_run_free(b);
	waiting_run_free(same);
	buf_close(&proof);
	buf_close(&other);
	world_close(&left);
	world_close(&right);
}

static void damaged_rows_are_noticed(void **state)
{
	(void)state;
	struct world world;
	world_open(&world, 1);
	uint32_t feed = own_feed(&world, COMPARTMENT_CLINICAL);
	append(&world, feed, "body", NULL, 0);
	check_ok(log_seal(world.log, &world.batch, feed, world.device.secret_key));
	commit(&world);
	static const uint8_t key[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
	check_ok(store_mem_flip_bit(world.store, STORE_LOG, span_of(key, 12), 500));
	struct store_txn *txn = reading(&world);
	struct log_reader reader = {0};
	check_code(log_read_run(world.log, txn, &reader, feed, 1), ERR_BADSEAL);
	check_code(log_load(world.log, txn), ERR_BADSEAL);
	log_reader_close(&reader);
	store_abort(txn);
	world_close(&world);
}

/* A feed whose stored run goes over the fork is parted: what is before and behind it stays readable, under two names, also after a restart; the run is
 * sent whole for the end of the one, from the fork on for the other; both are parted once more. */
static void a_feed_is_parted(void **state)
{
	(void)state;
	struct world world;
	uint32_t branch, other, third, earlier;
	world_open(&world, 1);
	uint32_t feed = own_feed(&world, COMPARTMENT_CLINICAL);
	for (int i = 1; i <= 12; i++)
		append(&world, feed, i <= 5 ? "before" : "behind", NULL, 0);
	check_ok(log_seal(world.log, &world.batch, feed, world.device.secret_key)); /* one run */
	commit(&world);
	struct store_txn *txn = reading(&world);
	check_ok(log_part(world.log, txn, &world.batch, feed, 6, &branch));
	check_ok(log_branch_add(world.log, &world.batch, feed, &(struct entry_hash){{9}}, &other));
	assert_int_equal(log_feed(world.log, feed)->seq, 5);
	assert_int_equal(log_feed(world.log, branch)->seq, 12);
	assert_int_equal(log_feed(world.log, other)->seq, 5); /* empty */
	store_abort(txn);
	commit(&world);
	for (int reload = 0; reload < 3; reload++) {
		struct log_reader reader = {0};
		const struct run_entry *entry;
		txn = reading(&world);
		check_code(log_read_entry(world.log, txn, &reader, feed, 6, &entry), ERR_NOTFOUND);
		check_code(log_read_entry(world.log, txn, &reader, branch, 5, &entry), ERR_NOTFOUND);
		check_code(log_read_entry(world.log, txn, &reader, other, 6, &entry), ERR_NOTFOUND);
		check_ok(log_read_entry(world.log, txn, &reader, feed, 5, &entry));
		check_span(entry->body, span_text("before"));
		check_ok(log_read_entry(world.log, txn, &reader, branch, 6, &entry));
		check_span(entry->body, span_text("behind"));
		log_reader_close(&reader);
		const struct log_range ranges[] = {{feed, 1, 5}, {branch, 1, 12}};
		struct log_stream *stream = log_stream_new(world.log, ranges, 2);
		uint32_t number, runs = 0;
		struct span bytes;
		while (log_stream_next(stream, txn, &number, &bytes) == 1) {
			struct arena arena = {0};
			struct run run;
			check_ok(run_decode(&run, &log_feed(world.log, number)->written, COMPARTMENT_CLINICAL,
			        bytes, &arena));
			run_hash(&run);
			assert_true(run_signed_by(&run, &world.device.id));
			assert_int_equal(run_first_seq(&run), number == feed ? 1 : 6);
			assert_int_equal(run_last(&run)->header.seq, 12);
			arena_close(&arena);
			runs++;
		}
		assert_int_equal(runs, 2);
		log_stream_free(stream);
		const struct log_feed left = *log_feed(world.log, feed), right = *log_feed(world.log, branch);
		check_ok(log_load(world.log, txn));
		store_abort(txn);
		assert_true(entry_hash_eq(&log_feed(world.log, feed)->hash, &left.hash));
		assert_true(entry_hash_eq(&log_feed(world.log, branch)->hash, &right.hash));
		assert_true(feed_id_eq(&log_feed(world.log, branch)->id, &right.id));
		assert_int_equal(log_feed(world.log, branch)->lamport, 12);
		assert_int_equal(log_feed(world.log, other)->seq, 5);
		assert_int_equal(log_feed(world.log, other)->lamport, 5);
	}
	/* Behind the fork, and before it: the part in the middle ends where the branches begin. */
	txn = reading(&world);
	check_ok(log_part(world.log, txn, &world.batch, branch, 9, &third));
	check_ok(log_part(world.log, txn, &world.batch, feed, 3, &earlier));
	store_abort(txn);
	commit(&world);
	txn = reading(&world);
	check_ok(log_load(world.log, txn));
	store_abort(txn);
	static const uint64_t ends[][2] = {{1, 2}, {6, 8}, {9, 12}, {3, 5}};
	const uint32_t parts[] = {feed, branch, third, earlier};
	for (int i = 0; i < 4; i++) {
		assert_int_equal(log_feed(world.log, parts[i])->begin, ends[i][0]);
		assert_int_equal(log_feed(world.log, parts[i])->seq, ends[i][1]);
		assert_int_equal(log_feed(world.log, parts[i])->is_parted, parts[i] != third);
	}
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(entries_come_back),
	        cmocka_unit_test(uncommitted_entries_are_forgotten),
	        cmocka_unit_test(drafts_become_the_same_entries),
	        cmocka_unit_test(a_draft_is_checked_at_once),
	        cmocka_unit_test(streams_in_causal_order),
	        cmocka_unit_test(closed_sets_go_together),
	        cmocka_unit_test(a_chain_against_its_order_gives_way),
	        cmocka_unit_test(what_waits_is_bounded),
	        cmocka_unit_test(runs_fill_their_pages),
	        cmocka_unit_test(small_runs_are_folded),
	        cmocka_unit_test(only_what_is_judged_alike_is_folded),
	        cmocka_unit_test(folding_ends_before_damage),
	        cmocka_unit_test(entries_come_after_what_they_need),
	        cmocka_unit_test(forks_are_proved),
	        cmocka_unit_test(a_feed_is_parted),
	        cmocka_unit_test(damaged_rows_are_noticed),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
