/*
 * tests/lib/golden.h - committed files that hold the exact bytes of a format, under tests/golden.
 *
 * A test that makes the bytes calls golden_check(). With GOLDEN_WRITE=1 in the environment the files are written anew: a
 * change of a format then shows in the diff.
 */
#ifndef TESTS_LIB_GOLDEN_H
#define TESTS_LIB_GOLDEN_H

#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/mem.h"
#include "tests/lib/check.h"

enum { GOLDEN_BYTES_MAX = 4 * 1024 * 1024 };

static inline FILE *golden_file(const char *name, const char *mode)
{
	char path[512];
	assert_true(
	        snprintf(path, sizeof(path), "%s/tests/golden/%s", SOURCE_ROOT, name) < (int)sizeof(path));
	FILE *file = fopen(path, mode);
	if (!file)
		fail_msg("no golden file %s", path);
	return file;
}

/* The whole file. Owner calls buf_close(). */
static inline struct buf golden_read(const char *name)
{
	struct buf out = {0};
	FILE *file = golden_file(name, "rb");
	uint8_t part[4096];
	for (size_t got; (got = fread(part, 1, sizeof(part), file)) > 0 && out.size < GOLDEN_BYTES_MAX;)
		buf_add(&out, part, got);
	fclose(file);
	return out;
}

static inline void golden_check(const char *name, struct span bytes)
{
	if (getenv("GOLDEN_WRITE")) {
		FILE *file = golden_file(name, "wb");
		assert_int_equal(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
		assert_int_equal(fclose(file), 0);
	}
	struct buf want = golden_read(name);
	check_span(bytes, buf_span(&want));
	buf_close(&want);
}

#endif
