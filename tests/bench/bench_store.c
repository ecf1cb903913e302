/*
 * The store beside its floors, in one run: sealing beside bare XChaCha20-Poly1305, loading and single commits beside bare
 * LMDB (MDB_APPEND, no vault) with the same rows. Medians of rounds that alternate between the two.
 */
#include <dirent.h>
#include <lmdb.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crdt/base/rng.h"
#include "store/file.h"
#include "store/store_lmdb.h"
#include "store/store_mem.h"
#include "store/vault.h"
#include "store/writer.h"

enum { ROUNDS = 9, SEALS = 20000, ROWS = 50000, ROW_BYTES = 400, PER_BATCH = 64, SAVES = 300 };

#define must(call) \
	do { \
		if ((call) != 0) { \
			fprintf(stderr, "%s\n", #call); \
			exit(1); \
		} \
	} while (0)

static uint64_t no_clock(void *context)
{
	(void)context;
	return 0;
}

static void system_bytes(void *context, void *out, size_t size)
{
	(void)context;
	randombytes_buf(out, size);
}

static const struct env env = {no_clock, no_clock, system_bytes, NULL};
static const uint8_t KEY[32] = {1};
static uint8_t payload[16384], sealed[16384 + 64];
static char folder[64];
static struct store *memory;
static struct vault *vault;

static double now_us(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void row_key(uint32_t number, uint8_t key[12])
{
	memset(key, 0, 12);
	for (unsigned i = 0; i < 4; i++)
		key[8 + i] = (uint8_t)(number >> (24 - 8 * i));
}

/* --- Sealing ----------------------------------------------------------------------------------------------- */

static size_t seal_bytes;

static void floor_seal(void)
{
	for (int i = 0; i < SEALS; i++) {
		randombytes_buf(sealed, 24);
		crypto_aead_xchacha20poly1305_ietf_encrypt(
		        sealed + 24, NULL, payload, seal_bytes, NULL, 0, NULL, sealed, KEY);
	}
}

static void our_seal(void)
{
	struct store_batch batch = {0};
	for (int i = 0; i < SEALS; i++) {
		batch.bytes.size = 0;
		batch.count = 0;
		must(vault_batch_put(
		        vault, &batch, STORE_LOG, span_text("a key of 12."), span_of(payload, seal_bytes)));
	}
	store_batch_close(&batch);
}

static void floor_open(void)
{
	static uint8_t plain[16384];
	randombytes_buf(sealed, 24);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
	        sealed + 24, NULL, payload, seal_bytes, NULL, 0, NULL, sealed, KEY);
	for (int i = 0; i < SEALS; i++)
		must(crypto_aead_xchacha20poly1305_ietf_decrypt(
		        plain, NULL, NULL, sealed + 24, seal_bytes + 16, NULL, 0, sealed, KEY));
}

static void our_open(void)
{
	struct store_txn *txn;
	struct span row;
	struct buf plain = {0};
	must(store_begin(memory, true, &txn));
	must(vault_put(vault, txn, STORE_LOG, span_text("k"), span_of(payload, seal_bytes)));
	must(store_get(txn, STORE_LOG, span_text("k"), &row));
	for (int i = 0; i < SEALS; i++)
		must(vault_unseal(vault, STORE_LOG, span_text("k"), row, &plain));
	store_abort(txn);
	buf_close(&plain);
}

/* --- Loading ----------------------------------------------------------------------------------------------- */

static uint64_t floor_file_bytes, our_file_bytes;

static void empty_folder(void)
{
	DIR *directory = opendir(folder);
	for (struct dirent *entry; (entry = readdir(directory));) {
		char *path = file_join(folder, entry->d_name);
		unlink(path);
		mem_free(path);
	}
	closedir(directory);
}

static uint64_t data_bytes(void)
{
	struct stat status;
	char *path = file_join(folder, "data.mdb");
	must(stat(path, &status));
	mem_free(path);
	return (uint64_t)status.st_size;
}

static MDB_env *floor_env(MDB_dbi *dbi)
{
	MDB_env *mdb_env;
	MDB_txn *txn;
	empty_folder();
	must(mdb_env_create(&mdb_env));
	must(mdb_env_set_maxdbs(mdb_env, 9));
	must(mdb_env_set_mapsize(mdb_env, (size_t)1 << 30));
	must(mdb_env_open(mdb_env, folder, MDB_NOTLS, 0600));
	must(mdb_txn_begin(mdb_env, NULL, 0, &txn));
	must(mdb_dbi_open(txn, "log", MDB_CREATE, dbi));
	must(mdb_txn_commit(txn));
	return mdb_env;
}

static void floor_load(void)
{
	MDB_dbi dbi;
	MDB_txn *txn;
	MDB_env *mdb_env = floor_env(&dbi);
	must(mdb_txn_begin(mdb_env, NULL, 0, &txn));
	for (uint32_t i = 0; i < ROWS; i++) {
		uint8_t key[12];
		row_key(i, key);
		MDB_val k = {12, key}, v = {ROW_BYTES, payload};
		must(mdb_put(txn, dbi, &k, &v, MDB_APPEND));
	}
	must(mdb_txn_commit(txn));
	mdb_env_close(mdb_env);
	floor_file_bytes = data_bytes();
}

static void our_load(void)
{
	struct store *store;
	struct store_txn *txn;
	empty_folder();
	must(store_lmdb_open(folder, (uint64_t)1 << 30, &store));
	must(store_begin(store, true, &txn));
	for (uint32_t i = 0; i < ROWS; i++) {
		uint8_t key[12];
		row_key(i, key);
		must(store_put(txn, STORE_LOG, span_of(key, 12), span_of(payload, ROW_BYTES)));
	}
	must(store_commit(txn));
	store_close(store);
	our_file_bytes = data_bytes();
}

static void memory_load(void)
{
	struct store *store = store_mem_new();
	struct store_txn *txn;
	must(store_begin(store, true, &txn));
	for (uint32_t i = 0; i < ROWS; i++) {
		uint8_t key[12];
		row_key(i * 2654435761u, key);
		must(store_put(txn, STORE_LOG, span_of(key, 12), span_of(payload, ROW_BYTES)));
	}
	must(store_commit(txn));
	store_close(store);
}

/* --- One save, durable ------------------------------------------------------------------------------------- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t woken = PTHREAD_COND_INITIALIZER;
static bool awake;
static MDB_env *save_env;
static MDB_dbi save_dbi;
static struct store *save_store;
static struct store_writer *writer;
static struct vault *save_vault;
static uint32_t saved;

static void wake(void *context)
{
	(void)context;
	pthread_mutex_lock(&mutex);
	awake = true;
	pthread_cond_signal(&woken);
	pthread_mutex_unlock(&mutex);
}

static void done(void *context, int result, struct store_batch *batch)
{
	(void)context;
	(void)batch;
	must(result);
	vault_written(save_vault);
}

static void floor_save(void)
{
	for (int i = 0; i < SAVES; i++) {
		MDB_txn *txn;
		uint8_t key[12];
		row_key(saved++, key);
		MDB_val k = {12, key}, v = {ROW_BYTES, payload};
		must(mdb_txn_begin(save_env, NULL, 0, &txn));
		must(mdb_put(txn, save_dbi, &k, &v, MDB_APPEND));
		must(mdb_txn_commit(txn));
	}
}

static void our_save(void)
{
	for (int i = 0; i < SAVES; i++) {
		struct store_batch batch = {0};
		uint8_t key[12];
		row_key(saved++, key);
		must(vault_batch_put(
		        save_vault, &batch, STORE_LOG, span_of(key, 12), span_of(payload, ROW_BYTES)));
		must(store_writer_submit(writer, &batch, done, NULL));
		while (store_writer_poll(writer) == 0) {
			pthread_mutex_lock(&mutex);
			while (!awake)
				pthread_cond_wait(&woken, &mutex);
			awake = false;
			pthread_mutex_unlock(&mutex);
		}
	}
}

/* --- Reporting --------------------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void compare(const char *name, int count, double aim, void (*floor_run)(void), void (*our_run)(void))
{
	double floor_us[ROUNDS], our_us[ROUNDS];
	for (int round = 0; round < ROUNDS; round++) {
		double start = now_us();
		floor_run();
		double middle = now_us();
		our_run();
		floor_us[round] = (middle - start) / count;
		our_us[round] = (now_us() - middle) / count;
	}
	qsort(floor_us, ROUNDS, sizeof(*floor_us), by_value);
	qsort(our_us, ROUNDS, sizeof(*our_us), by_value);
	double base = floor_us[ROUNDS / 2], us = our_us[ROUNDS / 2];
	printf("%s: %.3f us, floor %.3f us, %.2f x (aim %.1f)\n", name, us, base, us / base, aim);
}

int main(void)
{
	static const size_t sizes[] = {400, 12000};
	char name[64], *second;
	must(sodium_init() < 0);
	snprintf(folder, sizeof(folder), "/tmp/releve-bench-XXXXXX");
	must(mkdtemp(folder) == NULL);
	memory = store_mem_new();
	must(vault_new(memory, KEY, &env, &vault));
	for (size_t i = 0; i < 2; i++) {
		seal_bytes = sizes[i];
		snprintf(name, sizeof(name), "seal %zu bytes", seal_bytes);
		compare(name, SEALS, 1.2, floor_seal, our_seal);
		snprintf(name, sizeof(name), "open %zu bytes", seal_bytes);
		compare(name, SEALS, 1.2, floor_open, our_open);
	}
	compare("load one ascending row", ROWS, 1.3, floor_load, our_load);
	printf("file after loading: %.1f MB, floor %.1f MB\n", (double)our_file_bytes / 1e6,
	        (double)floor_file_bytes / 1e6);
	compare("the same into memory, scattered", ROWS, 1.0, floor_load, memory_load);
	save_env = floor_env(&save_dbi);
	second = file_join(folder, "store");
	must(store_lmdb_open(second, (uint64_t)1 << 30, &save_store));
	must(vault_new(save_store, KEY, &env, &save_vault));
	must(store_writer_new(save_store, STORE_WRITER_THREADED, wake, NULL, &writer));
	compare("one durable save, sealed, through the writer", SAVES, 2.0, floor_save, our_save);
	store_writer_free(writer);
	vault_free(save_vault);
	store_close(save_store);
	mdb_env_close(save_env);
	empty_folder();
	snprintf(folder, sizeof(folder), "%s", second);
	empty_folder();
	must(rmdir(folder));
	*strrchr(second, '/') = '\0';
	must(rmdir(second));
	mem_free(second);
	vault_free(vault);
	store_close(memory);
	return 0;
}
