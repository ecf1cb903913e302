/*
 * Today's list: a process starts, opens a store of signed, sealed records and its index of days, and lists the last
 * day's visits with their patients' names. Its parent times it from spawn to exit.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "tools/floor_own.h"
#include "tools/train.h"

static const char PEAK_FILE[] = "today-peak"; /* of the child's memory, in KiB */

enum {
	RUN_COUNT = 9,
	ID_CHARS = 13,
	DAY_S = 86400,
	KEYS_BYTES = FLOOR_KEY_BYTES + crypto_sign_PUBLICKEYBYTES
};

struct tables {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi records; /* id -> sealed record */
	MDB_dbi days; /* number of the day -> ids of its visits */
};

static int tables_open(struct tables *tables, const char *directory, bool fresh)
{
	unsigned flags = fresh ? 0 : MDB_RDONLY, create = fresh ? MDB_CREATE : 0;
	*tables = (struct tables){0};
	int code, result = floor_env_open(&tables->env, directory, "today", fresh);
	if (result)
		return result;
	if ((code = mdb_txn_begin(tables->env, NULL, flags, &tables->txn)) == 0 &&
	        (code = mdb_dbi_open(tables->txn, "records", create, &tables->records)) == 0)
		code = mdb_dbi_open(tables->txn, "days", create | MDB_DUPSORT, &tables->days);
	return floor_lmdb_error(code);
}

static void tables_close(struct tables *tables)
{
	if (tables->txn)
		mdb_txn_abort(tables->txn);
	if (tables->env)
		mdb_env_close(tables->env);
}

static int add_record(struct floor *floor, struct tables *tables, struct span record)
{
	uint8_t sealed[FLOOR_SEALED_BYTES_MAX];
	struct span id = floor_field(record, "\"id\":\"", ID_CHARS);
	uint64_t start_s;
	if (floor_is(record, "nurse"))
		return 0;
	if (id.size != ID_CHARS)
		return ERR_MALFORMED;
	size_t size = floor_seal(&floor->sealer, sealed, record, FLOOR_SIGNED);
	MDB_val key = {id.size, (void *)(uintptr_t)id.data}, value = {size, sealed};
	int result = floor_lmdb_error(mdb_put(tables->txn, tables->records, &key, &value, 0));
	if (result || !floor_is(record, "visit"))
		return result;
	if ((result = floor_number(record, "\"start\":", &start_s)))
		return result;
	uint64_t day = __builtin_bswap64(start_s / DAY_S);
	MDB_val day_key = {sizeof(day), &day};
	return floor_lmdb_error(mdb_put(tables->txn, tables->days, &day_key, &key, 0));
}

int floor_today_build(struct floor *floor, size_t *file_bytes)
{
	struct tables tables;
	int result = tables_open(&tables, floor->directory, true);
	for (size_t i = 0; i < floor->history->count && !result; i++)
		result = add_record(floor, &tables, floor->history->lines[i]);
	if (!result) {
		MDB_txn *txn = tables.txn;
		tables.txn = NULL;
		result = floor_lmdb_error(mdb_txn_commit(txn));
		*file_bytes = floor_env_bytes(tables.env);
	}
	tables_close(&tables);
	return result;
}

/* A whole small file. */
static int read_file(const char *directory, const char *name, size_t max, struct buf *out)
{
	char path[FLOOR_PATH_CHARS];
	int result = floor_path(path, directory, name);
	if (result)
		return result;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return floor_io_error(path);
	ssize_t size = read(fd, buf_extend(out, max), max);
	out->size = size > 0 ? (size_t)size : 0;
	close(fd);
	return size > 0 ? 0 : floor_io_error(path);
}

static int sealer_read(struct floor_sealer *sealer, const char *directory)
{
	struct buf dictionary = {0}, keys = {0};
	int result = read_file(directory, "dictionary", TRAIN_DICTIONARY_BYTES_MAX, &dictionary);
	if (!result)
		result = read_file(directory, "keys", KEYS_BYTES, &keys);
	if (!result && keys.size != KEYS_BYTES)
		result = ERR_TRUNCATED;
	if (result) {
		buf_close(&dictionary);
	} else {
		sealer->dictionary = dictionary;
		sealer->inflate_with = ZSTD_createDDict(dictionary.data, dictionary.size);
		sealer->inflate = ZSTD_createDCtx();
		memcpy(sealer->key, keys.data, FLOOR_KEY_BYTES);
		memcpy(sealer->public_key, keys.data + FLOOR_KEY_BYTES, crypto_sign_PUBLICKEYBYTES);
	}
	buf_wipe(&keys);
	return result;
}

static int get_record(
        struct floor_sealer *sealer, struct tables *tables, struct span id, uint8_t *out, size_t *bytes)
{
	MDB_val key = {id.size, (void *)(uintptr_t)id.data}, value;
	int code = mdb_get(tables->txn, tables->records, &key, &value);
	if (code)
		return floor_lmdb_error(code);
	return floor_unseal(sealer, out, bytes, span_of(value.mv_data, value.mv_size), FLOOR_SIGNATURE_KNOWN);
}

/* One line: the patient's name, when the visit starts. */
static int list_visit(struct floor_sealer *sealer, struct tables *tables, struct span id, FILE *out)
{
	uint8_t visit[FLOOR_RECORD_BYTES_MAX], patient[FLOOR_RECORD_BYTES_MAX];
	size_t visit_bytes, patient_bytes;
	int result = get_record(sealer, tables, id, visit, &visit_bytes);
	if (result)
		return result;
	struct span patient_id = floor_field(span_of(visit, visit_bytes), "\"patient\":\"", ID_CHARS);
	if ((result = get_record(sealer, tables, patient_id, patient, &patient_bytes)))
		return result;
	struct span name = floor_field(span_of(patient, patient_bytes), "\"lastName\":\"", 12);
	struct span start = floor_field(span_of(visit, visit_bytes), "\"start\":", 22);
	if (!name.size || !start.size)
		return ERR_MALFORMED;
	fprintf(out, "%.*s %.*s\n", (int)name.size, (const char *)name.data, (int)start.size,
	        (const char *)start.data);
	return 0;
}

static int list_last_day(struct floor_sealer *sealer, struct tables *tables, FILE *out)
{
	MDB_cursor *cursor;
	MDB_val key, id;
	uint64_t last, day;
	int result = 0, code = mdb_cursor_open(tables->txn, tables->days, &cursor);
	if (code)
		return floor_lmdb_error(code);
	if ((code = mdb_cursor_get(cursor, &key, &id, MDB_LAST)) == 0) {
		memcpy(&last, key.mv_data, sizeof(last));
		do {
			result = list_visit(sealer, tables, span_of(id.mv_data, id.mv_size), out);
			code = mdb_cursor_get(cursor, &key, &id, MDB_PREV);
			if (code == 0)
				memcpy(&day, key.mv_data, sizeof(day));
		} while (!result && code == 0 && day == last);
	}
	mdb_cursor_close(cursor);
	return result || code == MDB_NOTFOUND ? result : floor_lmdb_error(code);
}

/* Leaves this process's peak memory for its parent: what the kernel reports to a waiting parent counts the parent's
 * own pages at the moment of the fork too. */
static int write_peak(const char *directory)
{
	char path[FLOOR_PATH_CHARS], line[256];
	int result = floor_path(path, directory, PEAK_FILE);
	if (result)
		return result;
	FILE *status = fopen("/proc/self/status", "r"), *out = fopen(path, "w");
	while (status && out && fgets(line, sizeof(line), status)) {
		if (strncmp(line, "VmHWM:", 6) == 0)
			fputs(line + 6, out);
	}
	if (status)
		fclose(status);
	return out && fclose(out) == 0 ? 0 : floor_io_error(path);
}

static int read_peak(const char *directory, double *peak_mb)
{
	struct buf text = {0};
	int result = read_file(directory, PEAK_FILE, 64, &text);
	if (!result) {
		*buf_extend(&text, 1) = 0;
		*peak_mb = strtod((const char *)text.data, NULL) / 1024;
	}
	buf_close(&text);
	return result;
}

int floor_today_child(const char *directory)
{
	struct floor_sealer sealer = {0};
	struct tables tables = {0};
	FILE *null = fopen("/dev/null", "w");
	int result = null ? sealer_read(&sealer, directory) : floor_io_error("/dev/null");
	if (!result)
		result = tables_open(&tables, directory, false);
	if (!result)
		result = list_last_day(&sealer, &tables, null);
	tables_close(&tables);
	floor_sealer_close(&sealer);
	if (null)
		fclose(null);
	return result ? result : write_peak(directory);
}

static int drop_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return ERR_UNSUPPORTED;
	sync();
	ssize_t written = write(fd, "3", 1);
	close(fd);
	return written == 1 ? 0 : ERR_UNSUPPORTED;
}

static int run_once(char *const command[], double *took_ms)
{
	pid_t child;
	int status;
	double start_ms = floor_now_ms();
	int code = posix_spawn(&child, command[0], NULL, NULL, command, environ);
	if (code) {
		errno = code;
		return floor_io_error(command[0]);
	}
	if (waitpid(child, &status, 0) != child)
		return floor_io_error(command[0]);
	*took_ms = floor_now_ms() - start_ms;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : ERR_IO;
}

int floor_today(struct floor *floor, char *const command[], bool cold, struct floor_today *out)
{
	double took_ms[RUN_COUNT];
	int result = 0;
	*out = (struct floor_today){0};
	for (int i = 0; i < RUN_COUNT && !result; i++) {
		result = cold ? drop_caches() : 0;
		if (!result)
			result = run_once(command, &took_ms[i]);
	}
	if (!result)
		result = read_peak(floor->directory, &out->child_peak_mb);
	if (result)
		return result;
	out->p50_ms = floor_percentile(took_ms, RUN_COUNT, 0.5);
	out->max_ms = floor_percentile(took_ms, RUN_COUNT, 1);
	return 0;
}
