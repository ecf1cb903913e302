/*
 * store/store_mem.h - the store in memory, with the faults of a disk: for tests and the simulator.
 *
 * Behaves as store.h says (tests/store holds it to the same suite as LMDB). Beginning and committing cost little, and an
 * image of the whole store costs nothing until one of the two changes. Nothing here happens by itself: the test chooses
 * each fault, or gives the seed that does.
 */
#ifndef STORE_STORE_MEM_H
#define STORE_STORE_MEM_H

#include <stdint.h>

#include "store/store.h"

/* Reports this much room unless told otherwise. */
#define STORE_MEM_CAPACITY_BYTES ((uint64_t)1 << 30)

struct store *store_mem_new(void);

/* Rows are counted with STORE_MEM_ROW_BYTES besides their own; a put past the capacity gives ERR_NOSPACE. */
enum { STORE_MEM_ROW_BYTES = 16 };
void store_mem_set_capacity(struct store *store, uint64_t bytes);

/* The machine goes down: what was not committed is gone. Open transactions are dead: each call on them gives ERR_CLOSED,
 * and they must still be ended. An uncertain state ends too, as a restart opens the database again. */
void store_mem_crash(struct store *store);

/* What came of a commit that reports ERR_UNCERTAIN. */
enum store_mem_outcome { STORE_MEM_LOST, STORE_MEM_APPLIED, STORE_MEM_RANDOM };

/* The `nth` commit of a writing transaction from now (1: the next) fails with `code`, ERR_NOSPACE or ERR_UNCERTAIN. The
 * outcome matters for the latter; STORE_MEM_RANDOM draws it from store_mem_seed(). `nth` 0 takes the order back. */
void store_mem_fail_commit(struct store *store, uint32_t nth, int code, enum store_mem_outcome outcome);
void store_mem_seed(struct store *store, uint64_t seed);

/* After `skip` more reads (get, seek) that work, `count` fail with ERR_IO. */
void store_mem_fail_reads(struct store *store, uint32_t skip, uint32_t count);

/* Invert one bit of a committed value, as a bad disk does. ERR_NOTFOUND: no such row, or its value ends before that bit. */
int store_mem_flip_bit(struct store *store, enum store_table table, struct span key, size_t bit);

/* Commits of writing transactions that succeeded: what fsyncs would have been. */
uint64_t store_mem_commit_count(const struct store *store);

/* Everything committed at one moment, as a backup holds it. The owner calls store_mem_image_free(); NULL is allowed. */
struct store_mem_image;
struct store_mem_image *store_mem_image_take(struct store *store);
void store_mem_image_free(struct store_mem_image *image);

/* The backup is put back: a crash, and then the image's content. The image stays usable. */
void store_mem_image_restore(struct store *store, const struct store_mem_image *image);

#endif
