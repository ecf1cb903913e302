/*
 * tests/lib/golden.h - committed bytes of every wire and file format.
 *
 * A golden file is hexadecimal text, 64 digits a line, under tests/golden. With RELEVE_GOLDEN=write in the environment the
 * files are written instead of compared; a change of one is a change of format and needs a new version.
 */
#ifndef TESTS_LIB_GOLDEN_H
#define TESTS_LIB_GOLDEN_H

#include "crdt/base/mem.h"
#include "crdt/base/span.h"

/* Fails the running test when `bytes` are not those of the file `name` (for example "store/run-plain.hex"). */
void golden_check(const char *name, struct span bytes);

/* The bytes of a golden file, for formats whose writer may choose (a compressor). Owner calls buf_close(). */
struct buf golden_read(const char *name);

#endif
