#include "tools/train.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zdict.h>
#include <zstd.h>

#include "crdt/base/err.h"

enum { PATH_CHARS = 4096 };

int train_samples_add(struct train_samples *samples, struct span sample)
{
	if (sample.size > TRAIN_SAMPLE_BYTES_MAX || samples->count == TRAIN_SAMPLES_MAX ||
	        samples->bytes.size + sample.size > TRAIN_SAMPLES_BYTES_MAX)
		return ERR_TOOBIG;
	if (samples->count == samples->capacity) {
		samples->capacity = samples->capacity ? 2 * samples->capacity : 1024;
		samples->sizes = mem_resize(samples->sizes, samples->capacity, sizeof(*samples->sizes));
	}
	buf_add_span(&samples->bytes, sample);
	samples->sizes[samples->count++] = sample.size;
	return 0;
}

void train_samples_close(struct train_samples *samples)
{
	buf_close(&samples->bytes);
	mem_free(samples->sizes);
	*samples = (struct train_samples){0};
}

/* Adds `size` bytes of the stream as one sample. */
static int add_from(struct train_samples *samples, FILE *in, size_t size)
{
	struct buf sample = {0};
	int result = ERR_TOOBIG;
	if (size <= TRAIN_SAMPLE_BYTES_MAX) {
		buf_extend(&sample, size);
		bool whole = size == 0 || fread(sample.data, 1, size, in) == size;
		result = whole       ? train_samples_add(samples, buf_span(&sample))
		        : ferror(in) ? ERR_IO
		                     : ERR_TRUNCATED;
	}
	buf_close(&sample);
	return result;
}

int train_samples_read_stream(struct train_samples *samples, FILE *in)
{
	uint8_t length[4];
	size_t got;
	int result = 0;
	while (!result && (got = fread(length, 1, sizeof(length), in)) > 0) {
		if (got < sizeof(length))
			return ferror(in) ? ERR_IO : ERR_TRUNCATED;
		size_t size = (size_t)length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 |
		        (size_t)length[3] << 24;
		result = add_from(samples, in, size);
	}
	return !result && ferror(in) ? ERR_IO : result;
}

static int add_file(struct train_samples *samples, const char *folder, const char *name)
{
	char path[PATH_CHARS];
	struct stat stat_;
	int length = snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (length < 0 || length >= PATH_CHARS)
		return ERR_TOOBIG;
	if (stat(path, &stat_))
		return ERR_IO;
	if (!S_ISREG(stat_.st_mode))
		return 0;
	FILE *file = fopen(path, "rb");
	if (!file)
		return ERR_IO;
	int result = add_from(samples, file, (size_t)stat_.st_size);
	fclose(file);
	return result;
}

static int by_bytes(const struct dirent **left, const struct dirent **right)
{
	return strcmp((*left)->d_name, (*right)->d_name);
}

int train_samples_read_folder(struct train_samples *samples, const char *path)
{
	struct dirent **entries = NULL;
	int result = 0, count = scandir(path, &entries, NULL, by_bytes);
	if (count < 0)
		return errno == ENOENT ? ERR_NOTFOUND : ERR_IO;
	for (int i = 0; i < count; i++) {
		if (!result)
			result = add_file(samples, path, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return result;
}

int train_dictionary(struct buf *out, const struct train_samples *samples, size_t bytes_max)
{
	size_t before = out->size;
	uint8_t *room = buf_extend(out, bytes_max);
	size_t size = ZDICT_trainFromBuffer(
	        room, bytes_max, samples->bytes.data, samples->sizes, (unsigned)samples->count);
	bool bad = ZDICT_isError(size);
	out->size = before + (bad ? 0 : size);
	return bad ? ERR_MALFORMED : 0;
}

size_t train_compressed_bytes(struct span dictionary, const struct train_samples *samples)
{
	ZSTD_CDict *with = ZSTD_createCDict(dictionary.data, dictionary.size, TRAIN_LEVEL);
	ZSTD_CCtx *context = ZSTD_createCCtx();
	struct buf out = {0};
	size_t total = 0;
	const uint8_t *at = samples->bytes.data;
	assert(with && context);
	for (size_t i = 0; i < samples->count; at += samples->sizes[i], i++) {
		buf_clear(&out);
		size_t room = ZSTD_compressBound(samples->sizes[i]);
		size_t size = ZSTD_compress_usingCDict(
		        context, buf_extend(&out, room), room, at, samples->sizes[i], with);
		assert(!ZSTD_isError(size));
		total += size;
	}
	buf_close(&out);
	ZSTD_freeCCtx(context);
	ZSTD_freeCDict(with);
	return total;
}
