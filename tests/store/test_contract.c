/*
 * The one contract of store.h, held against both implementations: what passes on the memory store means something for the
 * disk only because the same suite passes on LMDB.
 */
#include "tests/store/world.h"

#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/limits.h"
#include "crdt/base/mem.h"
#include "crdt/base/rng.h"

static void rows_come_back(void **state)
{
	struct world *world = *state;
	struct store_txn *txn;
	struct span value;
	world_put(world, STORE_DOC, "a", "one");
	world_put(world, STORE_LOG, "a", "other table");
	assert_string_equal(world_get(world, STORE_DOC, "a"), "one");
	assert_string_equal(world_get(world, STORE_LOG, "a"), "other table");
	world_put(world, STORE_DOC, "a", "replaced by more");
	assert_string_equal(world_get(world, STORE_DOC, "a"), "replaced by more");
	check_ok(store_begin(world->store, true, &txn));
	check_ok(store_remove(txn, STORE_DOC, span_text("a")));
	check_code(store_get(txn, STORE_DOC, span_text("a"), &value), ERR_NOTFOUND);
	check_code(store_remove(txn, STORE_DOC, span_text("a")), ERR_NOTFOUND);
	check_ok(store_put(txn, STORE_DOC, span_text("empty"), span_of(NULL, 0)));
	check_ok(store_commit(txn)); /* a row that was not there is no failure of the transaction */
	check_ok(store_begin(world->store, false, &txn));
	check_code(store_get(txn, STORE_DOC, span_text("a"), &value), ERR_NOTFOUND);
	check_ok(store_get(txn, STORE_DOC, span_text("empty"), &value));
	assert_int_equal(value.size, 0);
	store_abort(txn);
	assert_string_equal(world_get(world, STORE_LOG, "a"), "other table");
}

static void limits_hold(void **state)
{
	struct world *world = *state;
	struct store_txn *txn;
	struct span found, value;
	uint8_t *bytes = mem_zero(1, LIMIT_STORE_VALUE_BYTES + 1);
	bytes[LIMIT_STORE_VALUE_BYTES - 1] = 7;
	check_ok(store_begin(world->store, true, &txn));
	check_code(store_put(txn, STORE_DOC, span_of(bytes, 0), span_text("x")), ERR_INVALID);
	check_code(store_put(txn, STORE_DOC, span_of(bytes, LIMIT_STORE_KEY_BYTES + 1), span_text("x")),
	        ERR_TOOBIG);
	check_code(store_put(txn, STORE_DOC, span_text("k"), span_of(bytes, LIMIT_STORE_VALUE_BYTES + 1)),
	        ERR_TOOBIG);
	check_code(store_get(txn, STORE_DOC, span_of(bytes, 0), &value), ERR_INVALID);
	check_code(store_remove(txn, STORE_DOC, span_of(bytes, 65)), ERR_TOOBIG);
	check_ok(store_put(txn, STORE_DOC, span_of(bytes, LIMIT_STORE_KEY_BYTES),
	        span_of(bytes, LIMIT_STORE_VALUE_BYTES)));
	/* One byte more than a key may have is how a walk goes on from the longest. */
	check_code(store_seek(txn, STORE_DOC, STORE_FIRST_FROM, span_of(bytes, 65), &found, &value),
	        ERR_NOTFOUND);
	check_code(
	        store_seek(txn, STORE_DOC, STORE_FIRST_FROM, span_of(bytes, 66), &found, &value), ERR_TOOBIG);
	check_ok(store_seek(txn, STORE_DOC, STORE_LAST_UPTO, span_of(bytes, 65), &found, &value));
	check_span(value, span_of(bytes, LIMIT_STORE_VALUE_BYTES));
	check_ok(store_commit(txn)); /* refused arguments have not spoilt it */
	check_ok(store_begin(world->store, false, &txn));
	check_code(store_put(txn, STORE_DOC, span_text("k"), span_text("v")), ERR_DENIED);
	check_code(store_remove(txn, STORE_DOC, span_text("k")), ERR_DENIED);
	check_ok(store_get(txn, STORE_DOC, span_of(bytes, 64), &value));
	check_span(value, span_of(bytes, LIMIT_STORE_VALUE_BYTES));
	check_ok(store_commit(txn));
	mem_free(bytes);
}

static void seek_both_ways(void **state)
{
	struct world *world = *state;
	struct store_txn *txn;
	struct span found, value;
	static const char *const keys[] = {"b", "d", "da", "f"};
	check_ok(store_begin(world->store, true, &txn));
	check_code(
	        store_seek(txn, STORE_ACK, STORE_FIRST_FROM, span_text("a"), &found, &value), ERR_NOTFOUND);
	check_code(store_seek(txn, STORE_ACK, STORE_LAST_UPTO, span_text("z"), &found, &value), ERR_NOTFOUND);
	for (size_t i = 4; i > 0; i--)
		check_ok(store_put(txn, STORE_ACK, span_text(keys[i - 1]), span_text(keys[i - 1])));
	static const struct {
		const char *key, *from, *upto;
	} cases[] = {
	        {"a", "b", NULL},
	        {"b", "b", "b"},
	        {"c", "d", "b"},
	        {"d", "d", "d"},
	        {"d!", "da", "d"},
	        {"e", "f", "da"},
	        {"f", "f", "f"},
	        {"g", NULL, "f"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (int how = STORE_FIRST_FROM; how <= STORE_LAST_UPTO; how++) {
			const char *want = how == STORE_FIRST_FROM ? cases[i].from : cases[i].upto;
			int err = store_seek(txn, STORE_ACK, (enum store_seek)how, span_text(cases[i].key),
			        &found, &value);
			if (!want) {
				check_code(err, ERR_NOTFOUND);
				continue;
			}
			check_ok(err);
			check_span(found, span_text(want));
			check_span(value, span_text(want));
		}
	}
	store_abort(txn);
}

static void readers_see_their_begin(void **state)
{
	struct world *world = *state;
	struct store_txn *before, *writer, *after;
	struct span value, found;
	world_put(world, STORE_DOC, "k", "old");
	check_ok(store_begin(world->store, false, &before));
	check_ok(store_begin(world->store, true, &writer));
	check_ok(store_put(writer, STORE_DOC, span_text("k"), span_text("new")));
	check_ok(store_put(writer, STORE_DOC, span_text("l"), span_text("more")));
	check_ok(store_get(writer, STORE_DOC, span_text("k"), &value));
	check_span(value, span_text("new")); /* its own writes */
	check_ok(store_get(before, STORE_DOC, span_text("k"), &value));
	check_span(value, span_text("old"));
	check_ok(store_commit(writer));
	check_ok(store_begin(world->store, false, &after));
	check_ok(store_get(before, STORE_DOC, span_text("k"), &value));
	check_span(value, span_text("old"));
	check_code(store_seek(before, STORE_DOC, STORE_FIRST_FROM, span_text("l"), &found, &value),
	        ERR_NOTFOUND);
	check_ok(store_get(after, STORE_DOC, span_text("k"), &value));
	check_span(value, span_text("new"));
	store_abort(before);
	store_abort(after);
}

static void abort_leaves_no_trace(void **state)
{
	struct world *world = *state;
	struct store_txn *txn;
	world_put(world, STORE_DOC, "kept", "v");
	check_ok(store_begin(world->store, true, &txn));
	check_ok(store_put(txn, STORE_DOC, span_text("new"), span_text("v")));
	check_ok(store_put(txn, STORE_DOC, span_text("kept"), span_text("w")));
	check_ok(store_remove(txn, STORE_DOC, span_text("kept")));
	store_abort(txn);
	store_abort(NULL);
	assert_string_equal(world_get(world, STORE_DOC, "new"), "");
	assert_string_equal(world_get(world, STORE_DOC, "kept"), "v");
}

static void one_writer_and_no_surprise_while_open(void **state)
{
	struct world *world = *state;
	struct store_txn *first, *second;
	check_ok(store_begin(world->store, true, &first));
	check_code(store_begin(world->store, true, &second), ERR_BUSY);
	assert_null(second);
	check_code(store_compact(world->store), ERR_BUSY);
	check_code(store_reopen(world->store), ERR_BUSY);
	store_abort(first);
	check_ok(store_begin(world->store, true, &second));
	check_ok(store_commit(second));
	check_ok(store_begin(world->store, false, &first));
	check_code(store_compact(world->store), ERR_BUSY);
	store_abort(first);
	check_ok(store_compact(world->store));
	check_ok(store_reopen(world->store));
}

static void committed_rows_survive_a_restart(void **state)
{
	struct world *world = *state;
	world_put(world, STORE_DOC, "k", "v");
	world_restart(world);
	assert_string_equal(world_get(world, STORE_DOC, "k"), "v");
	world_put(world, STORE_DOC, "l", "w");
	check_ok(store_reopen(world->store));
	assert_string_equal(world_get(world, STORE_DOC, "l"), "w");
}

static void compacting_keeps_rows(void **state)
{
	struct world *world = *state;
	struct store_txn *txn;
	struct store_usage before, after;
	char key[16], value[200];
	memset(value, 'v', sizeof(value));
	for (int round = 0; round < 2; round++) {
		check_ok(store_begin(world->store, true, &txn));
		for (int i = 0; i < 5000; i++) {
			snprintf(key, sizeof(key), "%08d", i * 7919 % 5000);
			if (round == 0)
				check_ok(store_put(
				        txn, STORE_DOC, span_text(key), span_of(value, sizeof(value))));
			else if (i >= 10)
				check_ok(store_remove(txn, STORE_DOC, span_text(key)));
		}
		check_ok(store_commit(txn));
	}
	check_ok(store_usage(world->store, &before));
	check_ok(store_compact(world->store));
	check_ok(store_usage(world->store, &after));
	assert_true(after.used_bytes <= before.used_bytes);
	assert_true(after.file_bytes <= before.file_bytes);
	if (world->on_disk)
		assert_true(after.file_bytes < before.file_bytes / 4);
	for (int i = 0; i < 10; i++) {
		snprintf(key, sizeof(key), "%08d", i * 7919 % 5000);
		assert_int_equal(strlen(world_get(world, STORE_DOC, key)), sizeof(value));
	}
	world_put(world, STORE_DOC, "and on", "it goes");
	world_restart(world);
	assert_string_equal(world_get(world, STORE_DOC, "and on"), "it goes");
}

static void usage_follows_rows(void **state)
{
	struct world *world = *state;
	struct store_txn *txn;
	struct store_usage empty, full, emptied;
	uint8_t *block = mem_zero(1, 64 * 1024);
	check_ok(store_usage(world->store, &empty));
	check_ok(store_begin(world->store, true, &txn));
	for (uint8_t i = 0; i < 50; i++)
		check_ok(store_put(txn, STORE_BLOB, span_of(&i, 1), span_of(block, 64 * 1024)));
	check_ok(store_commit(txn));
	check_ok(store_usage(world->store, &full));
	assert_true(full.used_bytes >= empty.used_bytes + 50 * 64 * 1024);
	assert_true(full.used_bytes <= empty.used_bytes + 50 * 76 * 1024);
	assert_true(full.used_bytes <= full.file_bytes && full.file_bytes <= full.map_bytes);
	check_ok(store_begin(world->store, true, &txn));
	for (uint8_t i = 0; i < 50; i++)
		check_ok(store_remove(txn, STORE_BLOB, span_of(&i, 1)));
	check_ok(store_commit(txn));
	check_ok(store_usage(world->store, &emptied));
	assert_true(emptied.used_bytes < empty.used_bytes + 64 * 1024); /* free pages do not count */
	mem_free(block);
}

static void room_has_thresholds(void **state)
{
	(void)state;
	struct store_usage usage = {.map_bytes = 1000, .used_bytes = 599};
	assert_int_equal(store_room(&usage), STORE_ROOM_OK);
	usage.used_bytes = 600;
	assert_int_equal(store_room(&usage), STORE_ROOM_WARN);
	usage.used_bytes = 699;
	assert_int_equal(store_room(&usage), STORE_ROOM_WARN);
	usage.used_bytes = 700;
	assert_int_equal(store_room(&usage), STORE_ROOM_REFUSE);
}

/* A plain array of rows, as slow as it is obvious. */
enum { MODEL_KEYS = 300, MODEL_STEPS = 6000 };
struct model {
	int size[MODEL_KEYS]; /* of the value; -1: no row */
	uint8_t fill[MODEL_KEYS];
};

static struct span model_key(unsigned number)
{
	static uint8_t key[2][3];
	static unsigned turn;
	uint8_t *k = key[turn++ & 1];
	k[0] = (uint8_t)(number >> 4);
	k[1] = (uint8_t)(number & 15);
	k[2] = 1;
	return span_of(k, 2 + number % 2);
}

static void check_seek(struct store_txn *txn, const struct model *model, int at, enum store_seek how)
{
	struct span found, value;
	int want = at, step = how == STORE_FIRST_FROM ? 1 : -1;
	while (want >= 0 && want < MODEL_KEYS && model->size[want] < 0)
		want += step;
	int err = store_seek(txn, STORE_INDEX, how, model_key((unsigned)at), &found, &value);
	if (want < 0 || want >= MODEL_KEYS) {
		check_code(err, ERR_NOTFOUND);
		return;
	}
	check_ok(err);
	check_span(found, model_key((unsigned)want));
	assert_int_equal(value.size, model->size[want]);
	for (size_t i = 0; i < value.size; i += 97)
		assert_int_equal(value.data[i], model->fill[want]);
}

static void as_a_plain_array(void **state)
{
	struct world *world = *state;
	struct rng rng = rng_new(20261122);
	static struct model model, saved;
	static uint8_t bytes[9000];
	struct store_txn *txn;
	for (int i = 0; i < MODEL_KEYS; i++)
		model.size[i] = -1;
	saved = model;
	check_ok(store_begin(world->store, true, &txn));
	for (int step = 0; step < MODEL_STEPS; step++) {
		unsigned at = (unsigned)rng_below(&rng, MODEL_KEYS);
		unsigned what = (unsigned)rng_below(&rng, 100);
		if (what < 35) {
			model.size[at] = (int)rng_below(&rng, what < 3 ? sizeof(bytes) : 300);
			model.fill[at] = (uint8_t)step;
			memset(bytes, model.fill[at], (size_t)model.size[at]);
			check_ok(store_put(
			        txn, STORE_INDEX, model_key(at), span_of(bytes, (size_t)model.size[at])));
		} else if (what < 65) {
			check_code(store_remove(txn, STORE_INDEX, model_key(at)),
			        model.size[at] < 0 ? ERR_NOTFOUND : 0);
			model.size[at] = -1;
		} else if (what < 98) {
			check_seek(txn, &model, (int)at, what % 2 ? STORE_FIRST_FROM : STORE_LAST_UPTO);
		} else {
			if (rng_chance(&rng, 700)) {
				check_ok(store_commit(txn));
				saved = model;
			} else {
				store_abort(txn);
				model = saved;
			}
			if (rng_chance(&rng, 100))
				world_restart(world);
			check_ok(store_begin(world->store, true, &txn));
		}
	}
	for (int i = 0; i < MODEL_KEYS; i++)
		check_seek(txn, &model, i, STORE_FIRST_FROM);
	store_abort(txn);
}

#define BOTH(test) \
	cmocka_unit_test_setup_teardown(test, world_open_disk, world_close), \
	        cmocka_unit_test_setup_teardown(test, world_open_memory, world_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        BOTH(rows_come_back),
	        BOTH(limits_hold),
	        BOTH(seek_both_ways),
	        BOTH(readers_see_their_begin),
	        BOTH(abort_leaves_no_trace),
	        BOTH(one_writer_and_no_surprise_while_open),
	        BOTH(committed_rows_survive_a_restart),
	        BOTH(compacting_keeps_rows),
	        BOTH(usage_follows_rows),
	        BOTH(as_a_plain_array),
	        cmocka_unit_test(room_has_thresholds),
	};
	return cmocka_run_group_tests_name("store contract", tests, NULL, NULL);
}
