#include "tools/floor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "tools/floor_own.h"
#include "tools/train.h"

enum { TRAIN_EACH = 5, TRAIN_RECORDS_MAX = 10000 };

static const char *load_name(bool signed_each)
{
	return signed_each ? "load-signed" : "load";
}

/* Trains on records spread evenly. */
static int train(struct buf *dictionary, const struct floor_records *records, struct floor_training *training)
{
	struct train_samples samples = {0};
	size_t step = records->count / TRAIN_RECORDS_MAX + 1;
	int result = 0;
	step = step < TRAIN_EACH ? TRAIN_EACH : step;
	for (size_t i = 0; i < records->count && !result; i += step)
		result = train_samples_add(&samples, records->lines[i]);
	double start_ms = floor_now_ms();
	if (!result)
		result = train_dictionary(dictionary, &samples, TRAIN_DICTIONARY_BYTES_MAX);
	*training = (struct floor_training){floor_now_ms() - start_ms, dictionary->size};
	if (result)
		buf_close(dictionary);
	train_samples_close(&samples);
	return result;
}

static int write_file(const char *directory, const char *name, struct span first, struct span second)
{
	char path[FLOOR_PATH_CHARS];
	int result = floor_path(path, directory, name);
	if (result)
		return result;
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return floor_io_error(path);
	if (write(fd, first.data, first.size) != (ssize_t)first.size ||
	        write(fd, second.data, second.size) != (ssize_t)second.size)
		result = floor_io_error(path);
	if (close(fd) && !result)
		result = floor_io_error(path);
	return result;
}

int floor_open(struct floor **out, const struct floor_records *history, const struct floor_records *day,
        const char *directory, struct floor_training *training)
{
	struct buf dictionary = {0};
	if (sodium_init() < 0)
		return ERR_INTERNAL;
	if (mkdir(directory, 0700) && errno != EEXIST)
		return floor_io_error(directory);
	int result = train(&dictionary, history, training);
	if (result)
		return result;
	struct floor *floor = mem_zero(1, sizeof(*floor));
	floor->history = history;
	floor->day = day;
	floor->directory = mem_text(span_text(directory));
	floor_sealer_init(&floor->sealer, dictionary);
	randombytes_buf(floor->sealer.key, sizeof(floor->sealer.key));
	crypto_sign_keypair(floor->sealer.public_key, floor->sealer.secret_key);
	result = write_file(directory, "dictionary", buf_span(&floor->sealer.dictionary), span_of(NULL, 0));
	if (!result)
		result = write_file(directory, "keys", span_of(floor->sealer.key, sizeof(floor->sealer.key)),
		        span_of(floor->sealer.public_key, sizeof(floor->sealer.public_key)));
	if (result) {
		floor_close(floor);
		return result;
	}
	*out = floor;
	return 0;
}

void floor_close(struct floor *floor)
{
	if (!floor)
		return;
	floor_sealer_close(&floor->sealer);
	mem_free(floor->directory);
	mem_free(floor);
}

int floor_load(struct floor *floor, bool signed_each, struct floor_load *out)
{
	uint8_t sealed[FLOOR_SEALED_BYTES_MAX];
	const struct floor_records *records = floor->history;
	enum floor_signature signature = signed_each ? FLOOR_SIGNED : FLOOR_UNSIGNED;
	struct floor_log log;
	*out = (struct floor_load){.record_count = records->count};
	int result = floor_log_open(&log, floor->directory, load_name(signed_each), true, 0, FLOOR_PER_TXN);
	if (result)
		return result;
	double start_ms = floor_now_ms();
	for (size_t i = 0; i < records->count && !result; i++) {
		size_t size = floor_seal(&floor->sealer, sealed, records->lines[i], signature);
		result = floor_log_append(&log, span_of(sealed, size));
		out->payload_bytes += size;
	}
	if (!result)
		result = floor_log_commit(&log);
	out->ms = floor_now_ms() - start_ms;
	out->file_bytes = floor_env_bytes(log.env);
	floor_log_close(&log);
	return result;
}

int floor_put(struct floor *floor, size_t count, struct floor_put *out)
{
	uint8_t sealed[FLOOR_SEALED_BYTES_MAX];
	const struct floor_records *records = floor->history;
	struct floor_log log;
	double *took_ms;
	int result = floor_log_open(&log, floor->directory, load_name(false), false, records->count, 1);
	if (result)
		return result;
	took_ms = mem_zero(count, sizeof(*took_ms));
	for (size_t i = 0; i < count && !result; i++) {
		struct span record = records->lines[records->count - 1 - i % records->count];
		double start_ms = floor_now_ms();
		size_t size = floor_seal(&floor->sealer, sealed, record, FLOOR_SIGNED);
		result = floor_log_append(&log, span_of(sealed, size));
		took_ms[i] = floor_now_ms() - start_ms;
	}
	out->count = count;
	out->p50_ms = floor_percentile(took_ms, count, 0.5);
	out->p99_ms = floor_percentile(took_ms, count, 0.99);
	out->max_ms = floor_percentile(took_ms, count, 1);
	mem_free(took_ms);
	floor_log_close(&log);
	return result;
}
