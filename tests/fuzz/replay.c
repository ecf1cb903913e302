/* Runs a fuzz target over the files and folders named on the command line: how corpora run in every ordinary build. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
	struct buf bytes = {0};
	FILE *file = fopen(path, "rb");
	if (!file) {
		perror(path);
		return -1;
	}
	for (;;) {
		buf_reserve(&bytes, 65536);
		size_t got = fread(bytes.data + bytes.size, 1, 65536, file);
		if (got == 0)
			break;
		bytes.size += got;
	}
	fclose(file);
	LLVMFuzzerTestOneInput(bytes.data, bytes.size);
	buf_close(&bytes);
	return 0;
}

/* The number of inputs that ran; negative when one could not be read. */
static int run_folder(const char *path)
{
	DIR *folder = opendir(path);
	int count = 0;
	if (!folder)
		return run_file(path) ? -1 : 1;
	for (struct dirent *item; count >= 0 && (item = readdir(folder));) {
		char name[4096];
		if (item->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, item->d_name);
		count = run_file(name) ? -1 : count + 1;
	}
	closedir(folder);
	return count;
}

int main(int argc, char **argv)
{
	int total = 0;
	for (int i = 1; i < argc; i++) {
		int count = run_folder(argv[i]);
		if (count < 0)
			return EXIT_FAILURE;
		total += count;
	}
	printf("%d inputs\n", total);
	return total > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
