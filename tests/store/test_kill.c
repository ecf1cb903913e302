/*
 * kill -9 at any moment loses nothing that was acknowledged. A child commits numbered batches through the writer's code and
 * the vault, and acknowledges each on a pipe after its commit; the parent kills it once it has read a random number of
 * acknowledgements, opens the database, and finds every acknowledged row, whole, in unbroken order.
 */
#include "tests/store/world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crdt/base/mem.h"
#include "store/store_lmdb.h"
#include "store/vault.h"

enum { ROUNDS = 30, ACKS_MAX = 60 };

static const uint8_t KEY[VAULT_KEY_BYTES] = {7};

static void row_key(uint32_t number, uint8_t out[4])
{
	for (unsigned i = 0; i < 4; i++)
		out[i] = (uint8_t)(number >> (24 - 8 * i));
}

/* Writes until it is killed; rows of many sizes, some of them replaced later. Never returns. */
static void child(const char *directory, uint32_t from, int acks, uint64_t seed)
{
	struct store *store;
	struct vault *vault;
	struct rng rng = rng_new(seed);
	struct env env = world_env(&rng);
	static uint8_t value[20000];
	if (store_lmdb_open(directory, STORE_LMDB_MAP_BYTES, &store) || vault_new(store, KEY, &env, &vault))
		_exit(1);
	for (uint32_t number = from;; number++) {
		struct store_batch batch = {0};
		const struct store_batch *list = &batch;
		uint8_t key[4];
		size_t size = 8 + (size_t)rng_below(&rng, rng_chance(&rng, 200) ? sizeof(value) - 8 : 300);
		row_key(number, key);
		memset(value, (int)(number & 255), size);
		if (vault_batch_put(vault, &batch, STORE_LOG, span_of(key, 4), span_of(value, size)))
			_exit(2);
		row_key((uint32_t)rng_below(&rng, 50), key);
		if (vault_batch_put(vault, &batch, STORE_DOC, span_of(key, 4), span_of(value, size)))
			_exit(3);
		if (store_apply(store, &list, 1))
			_exit(4);
		vault_written(vault);
		store_batch_close(&batch);
		if (write(acks, &number, sizeof(number)) != sizeof(number))
			_exit(5);
	}
}

/* Returns the number after the last acknowledged. */
static uint32_t run_and_kill(const char *directory, uint32_t from, unsigned ack_count, uint64_t seed)
{
	int acks[2], status;
	uint32_t next = from, number;
	assert_int_equal(pipe(acks), 0);
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(acks[0]);
		child(directory, from, acks[1], seed);
	}
	close(acks[1]);
	for (unsigned i = 0; i < ack_count; i++) {
		assert_int_equal(read(acks[0], &number, sizeof(number)), sizeof(number));
		assert_int_equal(number, next);
		next++;
	}
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	while (read(acks[0], &number, sizeof(number)) ==
	        sizeof(number)) { /* acknowledged while the signal was on its way */
		assert_int_equal(number, next);
		next++;
	}
	close(acks[0]);
	return next;
}

/* All rows up to `acknowledged` are there; at most one more, whose acknowledgement was never sent. Returns their number. */
static uint32_t check_rows(const char *directory, uint32_t acknowledged)
{
	struct store *store;
	struct vault *vault;
	struct store_txn *txn;
	struct rng rng = rng_new(1);
	struct env env = world_env(&rng);
	struct span key, sealed;
	struct buf value = {0};
	uint8_t want[4], from[5] = {0};
	uint32_t count = 0;
	check_ok(store_lmdb_open(directory, STORE_LMDB_MAP_BYTES, &store));
	check_ok(vault_new(store, KEY, &env, &vault));
	check_ok(store_begin(store, false, &txn));
	while (store_seek(txn, STORE_LOG, STORE_FIRST_FROM, span_of(from, count ? 5 : 4), &key, &sealed) ==
	        0) {
		row_key(count, want);
		check_span(key, span_of(want, 4));
		check_ok(vault_unseal(vault, STORE_LOG, key, sealed, &value));
		for (size_t i = 0; i < value.size; i++)
			assert_int_equal(value.data[i], count & 255);
		memcpy(from, key.data, 4);
		count++;
	}
	store_abort(txn);
	vault_free(vault);
	store_close(store);
	buf_close(&value);
	assert_true(count == acknowledged || count == acknowledged + 1);
	return count;
}

static void killed_at_any_moment(void **state)
{
	(void)state;
	const char *text = getenv("RELEVE_SEED");
	uint64_t seed = strtoull(text ? text : "20261122", NULL, 10);
	struct rng rng = rng_new(seed);
	char directory[64];
	uint32_t rows = 0;
	print_message("RELEVE_SEED=%llu\n", (unsigned long long)seed);
	world_make_directory(directory);
	for (int round = 0; round < ROUNDS; round++) {
		unsigned ack_count = (unsigned)rng_below(&rng, ACKS_MAX); /* 0: killed while it opens */
		rows = check_rows(directory, run_and_kill(directory, rows, ack_count, rng_u64(&rng)));
	}
	assert_true(rows > ROUNDS);
	world_remove_directory(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(killed_at_any_moment)};
	return cmocka_run_group_tests_name("store kill", tests, NULL, NULL);
}
