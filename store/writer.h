/*
 * store/writer.h - group commit: batches in, one transaction for all that wait, results out in the order of submission.
 *
 * Normal course: the owner's thread submits batches; the writer's thread takes all that wait (up to
 * LIMIT_WRITER_COMMIT_BYTES), applies them in one transaction, commits, and calls `wake`; the owner's thread then calls
 * store_writer_poll(), which runs the completions. A completion with 0 means: durable.
 *
 * Failures: on any error nothing more is written. All batches that wait are completed with that error, in order, and so
 * is every later submission (as the result of the call), because what follows a lost batch may build on it. The owner
 * looks at what happened (after ERR_UNCERTAIN: store_reopen(), and reads), calls store_writer_resume(), and submits again
 * what must be: applying is idempotent.
 *
 * Stepped, there is no thread and store_writer_step() does the same work when the simulator says so.
 *
 * Threads: every function here belongs to the owner's thread; only `wake` is called from the writer's.
 */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include <stdbool.h>

#include "store/batch.h"

struct store_writer;

enum store_writer_mode { STORE_WRITER_THREADED, STORE_WRITER_STEPPED };

/* A batch was committed (0) or not. It is closed after the call, unless moved out to be submitted again.
 * May submit; must not free the writer. */
typedef void (*store_writer_done)(void *context, int result, struct store_batch *batch);

/* Called from the writer's thread when there is something to poll: must only pass that on (uv_async_send() in production).
 * Several commits may come to one call. */
typedef void (*store_writer_wake)(void *context);

/* The store is borrowed; nobody else begins writing transactions until store_writer_free(). `wake` may be NULL when stepped.
 * ERR_FULL: the system gives no more threads. */
int store_writer_new(struct store *store, enum store_writer_mode mode, store_writer_wake wake, void *context,
        struct store_writer **out);

/* Writes all that waits, ends the thread, runs the last completions. NULL is allowed. */
void store_writer_free(struct store_writer *writer);

/* Takes the batch (it becomes empty) when the result is 0; `done` is then called exactly once, from a later poll or free.
 * ERR_FULL: LIMIT_WRITER_QUEUE or LIMIT_WRITER_QUEUE_BYTES waiting. Also the error that stopped the writer. */
int store_writer_submit(
        struct store_writer *writer, struct store_batch *batch, store_writer_done done, void *context);

/* Runs the completions that are due; the number of them. */
unsigned store_writer_poll(struct store_writer *writer);

/* Stepped only: one group commit; the number of batches completed by it (still to be polled), 0 when none waited. */
unsigned store_writer_step(struct store_writer *writer);

/* After an error: go on. ERR_BUSY: completions are still to be polled. */
int store_writer_resume(struct store_writer *writer);

/* Nothing waits, and every completion was polled: the store may be compacted or reopened. */
bool store_writer_idle(struct store_writer *writer);

struct store_writer_stats {
	uint64_t commit_count, batch_count;
	uint32_t waiting_count;
	size_t waiting_bytes;
};

void store_writer_stats(struct store_writer *writer, struct store_writer_stats *out);

#endif
