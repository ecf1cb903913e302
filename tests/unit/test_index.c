#include "tests/lib/check.h"

#include "crdt/base/limits.h"
#include "node/calendar.h"
#include "node/index.h"
#include "store/store_mem.h"
#include "tests/lib/seeded.h"

enum { MONTH_START_S = 1767225600 /* 2026-01-01 */, OVER = 100 };

/* An author who fills a month takes lists nothing but what is over the bound: adding, saving and reading go on. */
static void a_full_month_stops_nothing(void **state)
{
	static const uint8_t key[VAULT_KEY_BYTES] = {1, 2, 3};
	struct seeded seeded;
	struct vault *vault;
	struct store *store = store_mem_new();
	struct store_batch batch = {0};
	const struct store_batch *batches[] = {&batch};
	const struct index_event *events;
	struct store_txn *txn;
	uint32_t count;
	(void)state;
	seeded_init(&seeded, 1);
	check_ok(vault_new(store, key, &seeded.env, &vault));
	struct index *index = index_new(vault);
	check_ok(store_begin(store, false, &txn));
	for (uint32_t i = 0; i < LIMIT_MONTH_EVENTS + OVER; i++) {
		struct index_event event = {.when_s = MONTH_START_S + (i % 2 ? 2600000 : 0),
		        .seq = i % 2 ? UINT32_MAX - i : i + 1,
		        .feed = LIMIT_FEEDS - 1,
		        .doc = LIMIT_DOCS - 1,
		        .kind = 255,
		        .op = LIMIT_CHANGE_OPS - 1};
		check_ok(index_add(index, txn, &event));
	}
	store_abort(txn);
	check_ok(index_save(index, &batch));
	index_saving(index);
	check_ok(store_apply(store, batches, 1));
	vault_written(vault);
	store_batch_close(&batch);
	index_free(index);
	index = index_new(vault);
	check_ok(store_begin(store, false, &txn));
	check_ok(index_month(index, txn, calendar_month(MONTH_START_S, 0), &events, &count));
	assert_int_equal(count, LIMIT_MONTH_EVENTS);
	store_abort(txn);
	index_free(index);
	vault_free(vault);
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_full_month_stops_nothing)};
	return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
