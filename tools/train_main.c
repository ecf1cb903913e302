/*
 * releve-train: makes the zstd dictionary for entry bodies. See usage() and tools/train.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crdt/base/err.h"
#include "tools/train.h"

enum { HELD_OUT_EACH = 10, DICTIONARY_BYTES_MIN = 256 };

static void usage(FILE *out)
{
	fputs("Usage: releve-train IN_DIR OUT [BYTES]\n"
	      "       releve-train - OUT [BYTES]\n"
	      "Trains a zstd dictionary of at most BYTES (112640) and writes it to OUT. The samples are the "
	      "files of IN_DIR,\n"
	      "in order of their names, or records on standard input, each after its length in 4 bytes, "
	      "little-endian.\n"
	      "Every tenth sample is held out of the training and tells how well the dictionary does. The "
	      "same samples\n"
	      "give the same dictionary. Never train on patients' data: pieces of the samples ship with the "
	      "program.\n",
	        out);
}

/* Moves every tenth sample to `held_out`, the others to `training`. */
static int split(
        const struct train_samples *all, struct train_samples *training, struct train_samples *held_out)
{
	size_t at = 0;
	int result = 0;
	for (size_t i = 0; i < all->count && !result; at += all->sizes[i], i++) {
		bool held = i % HELD_OUT_EACH == HELD_OUT_EACH - 1;
		result = train_samples_add(
		        held ? held_out : training, span_of(all->bytes.data + at, all->sizes[i]));
	}
	return result;
}

static int write_out(const char *path, struct span bytes)
{
	FILE *file = fopen(path, "wb");
	bool good = file && fwrite(bytes.data, 1, bytes.size, file) == bytes.size;
	if (file && fclose(file))
		good = false;
	if (!good)
		fprintf(stderr, "releve-train: %s: %s\n", path, strerror(errno));
	return good ? 0 : ERR_IO;
}

static int run(const char *in, const char *out, size_t bytes_max)
{
	struct train_samples all = {0}, training = {0}, held_out = {0};
	struct buf dictionary = {0};
	int result = strcmp(in, "-") == 0 ? train_samples_read_stream(&all, stdin)
	                                  : train_samples_read_folder(&all, in);
	if (!result)
		result = split(&all, &training, &held_out);
	if (!result)
		result = train_dictionary(&dictionary, &training, bytes_max);
	if (!result)
		result = write_out(out, buf_span(&dictionary));
	if (result) {
		fprintf(stderr, "releve-train: %s\n", err_sentence(result));
	} else {
		size_t plain = train_compressed_bytes(span_of(NULL, 0), &held_out);
		size_t with = train_compressed_bytes(buf_span(&dictionary), &held_out);
		printf("%zu bytes from %zu samples; %zu held out: %zu bytes, %zu compressed alone, %zu with "
		       "it\n",
		        dictionary.size, training.count, held_out.count, held_out.bytes.size, plain, with);
	}
	buf_close(&dictionary);
	train_samples_close(&all);
	train_samples_close(&training);
	train_samples_close(&held_out);
	return result ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		usage(stdout);
		return 0;
	}
	unsigned long bytes_max = argc == 4 ? strtoul(argv[3], NULL, 10) : TRAIN_DICTIONARY_BYTES_MAX;
	if (argc < 3 || argc > 4 || bytes_max < DICTIONARY_BYTES_MIN ||
	        bytes_max > TRAIN_DICTIONARY_BYTES_MAX) {
		usage(stderr);
		return 2;
	}
	return run(argv[1], argv[2], bytes_max);
}
