#include "tests/lib/golden.h"
#include "tests/store/world.h"

#include <stdio.h>

#include "crdt/base/limits.h"
#include "crdt/base/mem.h"
#include "store/copy.h"
#include "store/store_mem.h"
#include "store/scrub.h"
#include "store/vault.h"

static const uint8_t KEY[VAULT_KEY_BYTES] = {1, 2, 3}, OTHER_KEY[VAULT_KEY_BYTES] = {1, 2, 4};
static struct rng rng;
static struct env env;

static struct vault *open_vault(struct store *store)
{
	struct vault *vault;
	env = world_env(&rng);
	check_ok(vault_new(store, KEY, &env, &vault));
	return vault;
}

static void put(
        struct vault *vault, struct store *store, enum store_table table, const char *key, const char *value)
{
	struct store_txn *txn;
	check_ok(store_begin(store, true, &txn));
	check_ok(vault_put(vault, txn, table, span_text(key), span_text(value)));
	check_ok(store_commit(txn));
}

static void check_row(struct vault *vault, struct store *store, enum store_table table, const char *key,
        int code, const char *value)
{
	struct store_txn *txn;
	struct buf out = {0};
	buf_add(&out, "stale", 5);
	check_ok(store_begin(store, false, &txn));
	check_code(vault_get(vault, txn, table, span_text(key), &out), code);
	check_span(buf_span(&out), code ? span_of(NULL, 0) : span_text(value));
	store_abort(txn);
	buf_close(&out);
}

/* A raw row, as the disk has it. */
static void copy_raw(struct store *store, enum store_table table, const char *key, struct buf *out)
{
	struct store_txn *txn;
	struct span value;
	check_ok(store_begin(store, false, &txn));
	check_ok(store_get(txn, table, span_text(key), &value));
	buf_clear(out);
	buf_add_span(out, value);
	store_abort(txn);
}

static void put_raw(struct store *store, enum store_table table, const char *key, struct span value)
{
	struct store_txn *txn;
	check_ok(store_begin(store, true, &txn));
	check_ok(store_put(txn, table, span_text(key), value));
	check_ok(store_commit(txn));
}

static void rows_come_back_sealed(void **state)
{
	struct world *world = *state;
	struct vault *vault = open_vault(world->store);
	struct buf raw = {0}, again = {0};
	put(vault, world->store, STORE_DOC, "k", "Mme Durand");
	check_row(vault, world->store, STORE_DOC, "k", 0, "Mme Durand");
	check_row(vault, world->store, STORE_DOC, "l", ERR_NOTFOUND, NULL);
	copy_raw(world->store, STORE_DOC, "k", &raw);
	assert_int_equal(raw.size, strlen("Mme Durand") + VAULT_OVERHEAD_BYTES);
	assert_null(memmem(raw.data, raw.size, "Durand", 6));
	put(vault, world->store, STORE_DOC, "k", "Mme Durand");
	copy_raw(world->store, STORE_DOC, "k", &again);
	assert_memory_not_equal(raw.data + 1, again.data + 1, 8); /* another version */
	assert_memory_not_equal(raw.data + 9, again.data + 9, 24); /* another nonce */
	put(vault, world->store, STORE_DOC, "empty", "");
	check_row(vault, world->store, STORE_DOC, "empty", 0, "");
	vault_free(vault);
	vault_free(NULL);
	buf_close(&raw);
	buf_close(&again);
}

static void sessions_continue(void **state)
{
	struct world *world = *state;
	struct buf first = {0}, second = {0};
	uint8_t id[VAULT_DATABASE_ID_BYTES];
	struct vault *vault = open_vault(world->store);
	memcpy(id, vault_database_id(vault), sizeof(id));
	put(vault, world->store, STORE_DOC, "k", "v");
	copy_raw(world->store, STORE_DOC, "k", &first);
	for (int session = 0; session < 3; session++) {
		vault_free(vault);
		world_restart(world);
		vault = open_vault(world->store);
		assert_memory_equal(vault_database_id(vault), id, sizeof(id));
		check_row(vault, world->store, STORE_DOC, "k", 0, "v");
		put(vault, world->store, STORE_DOC, "k", "v");
		copy_raw(world->store, STORE_DOC, "k", &second);
		assert_true(second.data[5] > first.data[5]); /* byte 4 of the version: the session's number */
		first.data[5] = second.data[5];
	}
	vault_free(vault);
	env = world_env(&rng);
	check_code(vault_new(world->store, OTHER_KEY, &env, &vault), ERR_BADSEAL);
	assert_null(vault);
	put_raw(world->store, STORE_META, "database", span_text("\3 from a later program"));
	check_code(vault_new(world->store, KEY, &env, &vault), ERR_VERSION);
	put_raw(world->store, STORE_META, "database", span_text("\1 cut"));
	check_code(vault_new(world->store, KEY, &env, &vault), ERR_CORRUPT);
	buf_close(&first);
	buf_close(&second);
}

static void a_lost_first_row_is_noticed(void **state)
{
	struct world *world = *state;
	struct store_txn *txn;
	struct vault *vault = open_vault(world->store);
	vault_free(vault);
	check_ok(store_begin(world->store, true, &txn));
	check_ok(store_remove(txn, STORE_META, span_text("database")));
	check_ok(store_commit(txn));
	check_code(vault_new(world->store, KEY, &env, &vault), ERR_CORRUPT);
}

/* Versions of a session whose first writes were all lost may be handed out again, but never those of a row that stayed. */
static void reservation_travels_until_written(void **state)
{
	struct world *world = *state;
	struct vault *vault = open_vault(world->store);
	vault_free(vault);
	vault = open_vault(world->store);
	struct store_batch batch = {0};
	check_ok(vault_batch_put(vault, &batch, STORE_DOC, span_text("a"), span_text("1")));
	check_ok(vault_batch_put(vault, &batch, STORE_DOC, span_text("b"), span_text("2")));
	check_ok(vault_batch_remove(vault, &batch, STORE_DOC, span_text("not there")));
	assert_int_equal(batch.count, 4);
	const struct store_batch *list = &batch;
	check_ok(store_apply(world->store, &list, 1));
	check_ok(store_apply(world->store, &list, 1)); /* again, as after an uncertain commit */
	vault_written(vault);
	struct store_batch later = {0};
	check_code(vault_batch_put(vault, &later, STORE_DOC, span_text(""), span_text("3")), ERR_INVALID);
	check_ok(vault_batch_put(vault, &later, STORE_DOC, span_text("a"), span_text("3")));
	assert_int_equal(later.count, 1);
	const struct store_batch *both[] = {&batch, &later};
	check_ok(store_apply(world->store, both, 2));
	check_row(vault, world->store, STORE_DOC, "a", 0, "3");
	check_row(vault, world->store, STORE_DOC, "b", 0, "2");
	store_batch_close(&batch);
	store_batch_close(&later);
	vault_free(vault);
}

/* Two rows under one lease, and one of the vault's own in between: all open, and no nonce or version comes twice. */
static void rows_are_sealed_under_a_lease(void **state)
{
	struct world *world = *state;
	struct vault *vault = open_vault(world->store);
	vault_free(vault);
	vault = open_vault(world->store); /* the session is not reserved yet */
	struct store_batch batch = {0};
	struct vault_lease lease, other;
	check_ok(vault_lease_begin(vault, &batch, 2, &lease));
	check_ok(vault_lease_begin(vault, &batch, 1, &other));
	assert_int_equal(batch.count, 1); /* the reservation */
	check_ok(vault_lease_put(&lease, &batch, STORE_LOG, span_text("a"), span_text("1")));
	check_ok(vault_batch_put(vault, &batch, STORE_LOG, span_text("b"), span_text("1")));
	check_ok(vault_lease_put(&lease, &batch, STORE_LOG, span_text("c"), span_text("1")));
	check_code(vault_lease_put(&other, &batch, STORE_LOG, span_text(""), span_text("1")), ERR_INVALID);
	check_ok(vault_lease_put(&other, &batch, STORE_LOG, span_text("d"), span_text("1")));
	const struct store_batch *list = &batch;
	check_ok(store_apply(world->store, &list, 1));
	const char *const keys[] = {"a", "b", "c", "d"};
	struct buf raw[4] = {{0}};
	for (int i = 0; i < 4; i++) {
		check_row(vault, world->store, STORE_LOG, keys[i], 0, "1");
		copy_raw(world->store, STORE_LOG, keys[i], &raw[i]);
		for (int j = 0; j < i; j++) {
			assert_memory_not_equal(raw[i].data + 1, raw[j].data + 1, 8);
			assert_memory_not_equal(raw[i].data + 9, raw[j].data + 9, 24);
		}
	}
	vault_lease_end(&lease);
	static const struct vault_lease wiped;
	assert_memory_equal(&lease, &wiped, sizeof(lease));
	vault_lease_end(&other);
	for (int i = 0; i < 4; i++)
		buf_close(&raw[i]);
	store_batch_close(&batch);
	vault_free(vault);
}

static void altered_moved_cut(void **state)
{
	struct world *world = *state;
	struct vault *vault = open_vault(world->store);
	struct buf raw = {0}, out = {0};
	put(vault, world->store, STORE_DOC, "k", "some value");
	copy_raw(world->store, STORE_DOC, "k", &raw);
	for (size_t bit = 0; bit < raw.size * 8; bit++) {
		raw.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		check_code(vault_unseal(vault, STORE_DOC, span_text("k"), buf_span(&raw), &out), ERR_BADSEAL);
		assert_int_equal(out.size, 0);
		raw.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t size = 0; size < raw.size; size++)
		check_code(vault_unseal(vault, STORE_DOC, span_text("k"), span_of(raw.data, size), &out),
		        ERR_BADSEAL);
	buf_add(&raw, "", 1);
	check_code(vault_unseal(vault, STORE_DOC, span_text("k"), buf_span(&raw), &out), ERR_BADSEAL);
	raw.size--;
	check_code(vault_unseal(vault, STORE_DOC, span_text("kk"), buf_span(&raw), &out), ERR_BADSEAL);
	check_code(vault_unseal(vault, STORE_DOC, span_text(""), buf_span(&raw), &out), ERR_BADSEAL);
	check_code(vault_unseal(vault, STORE_LOG, span_text("k"), buf_span(&raw), &out), ERR_BADSEAL);
	check_ok(vault_unseal(vault, STORE_DOC, span_text("k"), buf_span(&raw), &out));
	struct store *other = store_mem_new();
	struct vault *stranger = open_vault(other); /* the same key, another database */
	check_code(vault_unseal(stranger, STORE_DOC, span_text("k"), buf_span(&raw), &out), ERR_BADSEAL);
	vault_free(stranger);
	store_close(other);
	vault_free(vault);
	buf_close(&raw);
	buf_close(&out);
}

static void sizes_have_limits(void **state)
{
	struct world *world = *state;
	struct vault *vault = open_vault(world->store);
	struct store_batch batch = {0};
	struct store_txn *txn;
	uint8_t *bytes = mem_zero(1, LIMIT_STORE_VALUE_BYTES);
	const size_t most = LIMIT_STORE_VALUE_BYTES - VAULT_OVERHEAD_BYTES;
	check_code(vault_batch_put(vault, &batch, STORE_DOC, span_text("k"), span_of(bytes, most + 1)),
	        ERR_TOOBIG);
	check_code(
	        vault_batch_put(vault, &batch, STORE_DOC, span_of(bytes, 65), span_of(bytes, 1)), ERR_TOOBIG);
	check_code(vault_batch_remove(vault, &batch, STORE_DOC, span_of(bytes, 65)), ERR_TOOBIG);
	assert_int_equal(batch.count, 0);
	check_ok(vault_batch_put(vault, &batch, STORE_DOC, span_text("k"), span_of(bytes, most)));
	check_ok(store_begin(world->store, true, &txn));
	check_code(vault_put(vault, txn, STORE_DOC, span_text("k"), span_of(bytes, most + 1)), ERR_TOOBIG);
	check_ok(vault_put(vault, txn, STORE_DOC, span_text("k"), span_of(bytes, most)));
	check_ok(vault_remove(vault, txn, STORE_DOC, span_text("k")));
	store_abort(txn);
	store_batch_close(&batch);
	mem_free(bytes);
	vault_free(vault);
}

static void names_are_opaque(void **state)
{
	struct world *world = *state;
	struct vault *vault = open_vault(world->store);
	uint8_t a[VAULT_NAME_BYTES], b[VAULT_NAME_BYTES];
	vault_name(vault, a, STORE_INDEX, span_text("patients by name"));
	vault_name(vault, b, STORE_INDEX, span_text("patients by name"));
	assert_memory_equal(a, b, sizeof(a));
	vault_name(vault, b, STORE_DOC, span_text("patients by name"));
	assert_memory_not_equal(a, b, sizeof(a));
	vault_name(vault, b, STORE_INDEX, span_text("patients by date"));
	assert_memory_not_equal(a, b, sizeof(a));
	vault_free(vault);
}

static void a_flipped_bit_on_the_disk_is_noticed(void **state)
{
	struct world *world = *state;
	struct vault *vault = open_vault(world->store);
	put(vault, world->store, STORE_DOC, "k", "dose: 5 mg");
	check_ok(store_mem_flip_bit(world->store, STORE_DOC, span_text("k"), 8 * 40));
	check_row(vault, world->store, STORE_DOC, "k", ERR_BADSEAL, NULL);
	vault_free(vault);
}

/* The format, byte for byte: key 0 1 2 .. 31, database id and nonces from seed 1. */
static void golden_row(void **state)
{
	struct world *world = *state;
	uint8_t key[VAULT_KEY_BYTES];
	struct vault *vault;
	struct buf raw = {0};
	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	rng = rng_new(1);
	env = world_env(&rng);
	check_ok(vault_new(world->store, key, &env, &vault));
	put(vault, world->store, STORE_DOC, "k", "golden");
	copy_raw(world->store, STORE_DOC, "k", &raw);
	golden_check("store/vault-row.hex", buf_span(&raw));
	uint8_t name[VAULT_NAME_BYTES];
	vault_name(vault, name, STORE_DOC, span_text("golden"));
	golden_check("store/vault-name.hex", span_of(name, sizeof(name)));
	vault_free(vault);
	buf_close(&raw);
}

#define DISK(test) cmocka_unit_test_setup_teardown(test, world_open_disk, world_close)
#define MEMORY(test) cmocka_unit_test_setup_teardown(test, world_open_memory, world_close)

static void no_fault(void *context, const struct scrub_fault *fault)
{
	(void)context;
	fail_msg("the resealed database has a fault: %d", (int)fault->what);
}

static void check_sound(struct store *store, struct vault *vault)
{
	struct scrub *scrub;
	int result;
	check_ok(scrub_new(store, vault, no_fault, NULL, &scrub));
	while ((result = scrub_step(scrub, 16)) > 0)
		;
	check_ok(result);
	scrub_free(scrub);
}

/* Every row opens with the new key under the name it had, and none with the old one; twice in a row. */
static void another_key(void **state)
{
	struct world *world = *state;
	uint32_t damaged;
	struct vault *vault = open_vault(world->store), *other;
	struct store *next = store_mem_new(), *third = store_mem_new();
	uint8_t id[VAULT_DATABASE_ID_BYTES], before[VAULT_NAME_BYTES], after[VAULT_NAME_BYTES];
	memcpy(id, vault_database_id(vault), sizeof(id));
	vault_name(vault, before, STORE_LOCAL, span_text("news seen"));
	put(vault, world->store, STORE_DOC, "k", "Mme Durand");
	put(vault, world->store, STORE_LOCAL, "l", "");
	put(vault, world->store, STORE_META, "team", "t");
	put_raw(world->store, STORE_META, "incarnation", span_text("0123456789abcdef"));
	check_ok(store_reseal(world->store, vault, next, OTHER_KEY, &env, &damaged));
	assert_int_equal(damaged, 0);
	vault_free(vault);
	check_code(vault_new(next, KEY, &env, &vault), ERR_BADSEAL);
	check_ok(vault_new(next, OTHER_KEY, &env, &vault));
	assert_memory_equal(vault_database_id(vault), id, sizeof(id));
	vault_name(vault, after, STORE_LOCAL, span_text("news seen"));
	assert_memory_equal(after, before, sizeof(after));
	check_row(vault, next, STORE_DOC, "k", 0, "Mme Durand");
	check_row(vault, next, STORE_LOCAL, "l", 0, "");
	check_row(vault, next, STORE_META, "team", 0, "t");
	struct buf raw = {0};
	copy_raw(next, STORE_META, "incarnation", &raw);
	check_span(buf_span(&raw), span_text("0123456789abcdef"));
	check_sound(next, vault);
	put(vault, next, STORE_DOC, "m", "n");
	check_ok(store_reseal(next, vault, third, KEY, &env, &damaged));
	check_ok(vault_new(third, KEY, &env, &other));
	check_row(other, third, STORE_DOC, "m", 0, "n");
	check_sound(third, other);
	vault_free(other);
	vault_free(vault);
	/* A row that does not open goes on as one that does not, without its bytes. */
	check_ok(vault_new(third, KEY, &env, &other));
	static const char spoilt[] = "damaged, and longer than what a seal adds to a row of nothing";
	put_raw(third, STORE_DOC, "m", span_text(spoilt));
	struct store *fourth = store_mem_new();
	check_ok(store_reseal(third, other, fourth, OTHER_KEY, &env, &damaged));
	assert_int_equal(damaged, 1);
	copy_raw(fourth, STORE_DOC, "m", &raw);
	assert_null(memmem(raw.data, raw.size, "damaged", 7));
	struct vault *new;
	struct buf value = {0};
	check_ok(vault_new(fourth, OTHER_KEY, &env, &new));
	check_row(new, fourth, STORE_DOC, "k", 0, "Mme Durand");
	check_code(vault_unseal(new, STORE_DOC, span_text("m"), buf_span(&raw), &value), ERR_BADSEAL);
	vault_free(new);
	buf_close(&value);
	/* A failing disk: nothing is thrown away. */
	for (int i = 0; i < LIMIT_RESEAL_DAMAGED; i++) {
		char name[16];
		snprintf(name, sizeof(name), "x %d", i);
		put_raw(third, STORE_DOC, name, span_text(spoilt));
	}
	store_close(fourth);
	fourth = store_mem_new();
	check_code(store_reseal(third, other, fourth, OTHER_KEY, &env, &damaged), ERR_BADSEAL);
	vault_free(other);
	/* Without the names nothing would be found again. */
	struct store_txn *txn;
	check_ok(store_begin(third, true, &txn));
	check_ok(store_remove(txn, STORE_META, span_text("names")));
	check_ok(store_commit(txn));
	check_code(vault_new(third, KEY, &env, &other), ERR_CORRUPT);
	store_close(next);
	store_close(third);
	store_close(fourth);
	buf_close(&raw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        MEMORY(rows_come_back_sealed),
	        MEMORY(sessions_continue),
	        DISK(sessions_continue),
	        MEMORY(a_lost_first_row_is_noticed),
	        DISK(reservation_travels_until_written),
	        DISK(rows_are_sealed_under_a_lease),
	        MEMORY(altered_moved_cut),
	        MEMORY(sizes_have_limits),
	        MEMORY(names_are_opaque),
	        MEMORY(a_flipped_bit_on_the_disk_is_noticed),
	        MEMORY(golden_row),
	        MEMORY(another_key),
	        DISK(another_key),
	};
	rng = rng_new(20261122);
	return cmocka_run_group_tests_name("store vault", tests, NULL, NULL);
}
