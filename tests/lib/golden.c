#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/ids.h"
#include "crdt/base/mem.h"
#include "tests/lib/golden.h"

enum { LINE_BYTES = 32 };

static void write_file(const char *path, struct span bytes)
{
	FILE *file = fopen(path, "w");
	if (!file)
		fail_msg("cannot write %s", path);
	for (size_t at = 0; at < bytes.size; at += LINE_BYTES) {
		char line[2 * LINE_BYTES + 1];
		struct span part = span_sub(bytes, at, LINE_BYTES);
		ids_hex(line, part.data, part.size);
		fprintf(file, "%s\n", line);
	}
	fclose(file);
}

static struct buf read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	struct buf bytes = {0};
	char line[2 * LINE_BYTES + 2];
	if (!file)
		fail_msg("%s is missing: run with RELEVE_GOLDEN=write once", path);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		size_t size = strlen(line) / 2;
		if (!ids_from_hex(buf_extend(&bytes, size), size, line))
			fail_msg("%s is not hexadecimal", path);
	}
	fclose(file);
	return bytes;
}

static void golden_path(char path[512], const char *name)
{
	snprintf(path, 512, "%s/%s", GOLDEN_DIR, name);
}

struct buf golden_read(const char *name)
{
	char path[512];
	golden_path(path, name);
	return read_file(path);
}

void golden_check(const char *name, struct span bytes)
{
	char path[512];
	const char *mode = getenv("RELEVE_GOLDEN");
	golden_path(path, name);
	if (mode && strcmp(mode, "write") == 0)
		write_file(path, bytes);
	struct buf want = read_file(path);
	if (!span_eq(bytes, buf_span(&want)))
		fail_msg("%s: the bytes of this format have changed", name);
	buf_close(&want);
}
