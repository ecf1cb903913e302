/*
 * Runs a fuzz target over the files of its corpus: what libFuzzer's main is replaced by when fuzzing is off, so that
 * corpora run in every build. Arguments: files, or folders whose files are meant.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crdt/base/mem.h"
#include "tests/fuzz/replay.h"

enum { INPUT_BYTES_MAX = 4 * 1024 * 1024 };

static int replay_file(const char *path)
{
	struct buf input = {0};
	FILE *file = fopen(path, "rb");
	if (!file) {
		perror(path);
		return 1;
	}
	for (size_t got = 1; got && input.size < INPUT_BYTES_MAX;) {
		uint8_t *room = buf_extend(&input, 65536);
		got = fread(room, 1, 65536, file);
		input.size -= 65536 - got;
	}
	fclose(file);
	/* An exact copy, so that a sanitizer sees any read past the end. */
	uint8_t *exact = mem_copy(input.data, input.size);
	LLVMFuzzerTestOneInput(exact, input.size);
	mem_free(exact);
	buf_close(&input);
	return 0;
}

static int replay_folder(const char *path, unsigned *count)
{
	DIR *folder = opendir(path);
	int failed = 0;
	if (!folder) {
		perror(path);
		return 1;
	}
	for (struct dirent *entry; (entry = readdir(folder));) {
		char name[4096];
		struct stat status;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (stat(name, &status) || !S_ISREG(status.st_mode))
			continue;
		failed |= replay_file(name);
		(*count)++;
	}
	closedir(folder);
	return failed;
}

int main(int argument_count, char **arguments)
{
	unsigned count = 0;
	int failed = 0;
	for (int i = 1; i < argument_count; i++) {
		struct stat status;
		if (stat(arguments[i], &status) == 0 && S_ISDIR(status.st_mode)) {
			failed |= replay_folder(arguments[i], &count);
		} else {
			failed |= replay_file(arguments[i]);
			count++;
		}
	}
	printf("%u inputs replayed\n", count);
	return failed || count == 0;
}
