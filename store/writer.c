#include "store/writer.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/mem.h"
#include "crdt/base/queue.h"

struct job {
	struct queue link;
	struct store_batch batch;
	store_writer_done done;
	void *context;
	int result;
};

struct store_writer {
	struct store *store;
	store_writer_wake wake;
	void *wake_context;
	bool threaded;
	pthread_t thread;
	pthread_mutex_t mutex; /* guards all below */
	pthread_cond_t work; /* something waits, or closing */
	struct queue waiting, done;
	struct store_writer_stats stats;
	uint32_t open_count; /* submitted and not yet polled */
	int stopped; /* the error, until resumed */
	bool closing;
	/* Used by whoever commits, one at a time. */
	const struct store_batch *group[LIMIT_WRITER_QUEUE];
};

/* Called with the mutex held. The jobs of one commit, moved to `out`. */
static size_t take_group(struct store_writer *writer, struct queue *out)
{
	size_t count = 0, bytes = 0;
	while (!queue_empty(&writer->waiting)) {
		struct job *job = queue_member(writer->waiting.next, struct job, link);
		if (count > 0 && bytes + store_batch_bytes(&job->batch) > LIMIT_WRITER_COMMIT_BYTES)
			break;
		assert(count < LIMIT_WRITER_QUEUE);
		queue_remove(&job->link);
		queue_push(out, &job->link);
		writer->group[count++] = &job->batch;
		bytes += store_batch_bytes(&job->batch);
	}
	writer->stats.waiting_count -= (uint32_t)count;
	writer->stats.waiting_bytes -= bytes;
	return count;
}

/* Called with the mutex held. */
static unsigned complete(struct store_writer *writer, struct queue *jobs, int result)
{
	unsigned count = 0;
	for (struct queue *link; (link = queue_pop(jobs)); count++) {
		queue_member(link, struct job, link)->result = result;
		queue_push(&writer->done, link);
	}
	return count;
}

/* The batches' own work first, so that the transaction is short. */
static int write_group(struct store_writer *writer, struct queue *jobs, size_t count)
{
	int result = 0;
	for (struct queue *link = jobs->next; link != jobs && result == 0; link = link->next)
		result = store_batch_work(&queue_member(link, struct job, link)->batch);
	return result ? result : store_apply(writer->store, writer->group, count);
}

/* Called with the mutex held, which is let go while the disk works. One group; the number of jobs completed. */
static unsigned commit_group(struct store_writer *writer)
{
	struct queue jobs;
	queue_init(&jobs);
	size_t count = take_group(writer, &jobs);
	if (count == 0)
		return 0;
	int result = writer->stopped;
	if (!result) {
		pthread_mutex_unlock(&writer->mutex);
		result = write_group(writer, &jobs, count);
		pthread_mutex_lock(&writer->mutex);
	}
	unsigned completed = complete(writer, &jobs, result);
	if (result) {
		writer->stopped = result;
		completed += complete(writer, &writer->waiting, result);
		writer->stats.waiting_count = 0;
		writer->stats.waiting_bytes = 0;
	} else {
		writer->stats.commit_count++;
		writer->stats.batch_count += count;
	}
	return completed;
}

static void *run(void *argument)
{
	struct store_writer *writer = argument;
	pthread_mutex_lock(&writer->mutex);
	for (;;) {
		while (queue_empty(&writer->waiting) && !writer->closing)
			pthread_cond_wait(&writer->work, &writer->mutex);
		if (commit_group(writer) == 0)
			break;
		pthread_mutex_unlock(&writer->mutex);
		writer->wake(writer->wake_context);
		pthread_mutex_lock(&writer->mutex);
	}
	pthread_mutex_unlock(&writer->mutex);
	return NULL;
}

/* Signals are the loop thread's business. */
static int start_thread(struct store_writer *writer)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int code = pthread_create(&writer->thread, NULL, run, writer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return code ? ERR_FULL : 0;
}

static void destroy(struct store_writer *writer)
{
	pthread_cond_destroy(&writer->work);
	pthread_mutex_destroy(&writer->mutex);
	mem_free(writer);
}

int store_writer_new(struct store *store, enum store_writer_mode mode, store_writer_wake wake, void *context,
        struct store_writer **out)
{
	struct store_writer *writer = mem_zero(1, sizeof(*writer));
	writer->store = store;
	writer->threaded = mode == STORE_WRITER_THREADED;
	writer->wake = wake;
	writer->wake_context = context;
	assert(wake || !writer->threaded);
	pthread_mutex_init(&writer->mutex, NULL);
	pthread_cond_init(&writer->work, NULL);
	queue_init(&writer->waiting);
	queue_init(&writer->done);
	*out = NULL;
	int err = writer->threaded ? start_thread(writer) : 0;
	if (err)
		destroy(writer);
	else
		*out = writer;
	return err;
}

void store_writer_free(struct store_writer *writer)
{
	if (!writer)
		return;
	pthread_mutex_lock(&writer->mutex);
	writer->closing = true;
	pthread_cond_signal(&writer->work);
	pthread_mutex_unlock(&writer->mutex);
	if (writer->threaded)
		pthread_join(writer->thread, NULL);
	else
		while (store_writer_step(writer) > 0)
			;
	store_writer_poll(writer); /* submissions from here are refused: ERR_CLOSED */
	assert(writer->open_count == 0);
	destroy(writer);
}

static int admit(const struct store_writer *writer, size_t bytes)
{
	if (writer->closing)
		return ERR_CLOSED;
	if (writer->stopped)
		return writer->stopped;
	if (writer->stats.waiting_count >= LIMIT_WRITER_QUEUE)
		return ERR_FULL;
	/* A batch alone is always taken, whatever its size. */
	bool over = writer->stats.waiting_bytes + bytes > LIMIT_WRITER_QUEUE_BYTES;
	return over && writer->stats.waiting_count > 0 ? ERR_FULL : 0;
}

int store_writer_submit(
        struct store_writer *writer, struct store_batch *batch, store_writer_done done, void *context)
{
	pthread_mutex_lock(&writer->mutex);
	int err = admit(writer, store_batch_bytes(batch));
	if (!err) {
		struct job *job = mem_alloc(sizeof(*job));
		*job = (struct job){.batch = *batch, .done = done, .context = context};
		*batch = (struct store_batch){0};
		queue_push(&writer->waiting, &job->link);
		writer->stats.waiting_count++;
		writer->stats.waiting_bytes += store_batch_bytes(&job->batch);
		writer->open_count++;
		pthread_cond_signal(&writer->work);
	}
	pthread_mutex_unlock(&writer->mutex);
	return err;
}

unsigned store_writer_poll(struct store_writer *writer)
{
	struct queue due;
	unsigned count = 0;
	queue_init(&due);
	pthread_mutex_lock(&writer->mutex);
	/* Only those due now: completions that submit more must not keep the owner here for ever. */
	for (struct queue *link; (link = queue_pop(&writer->done));)
		queue_push(&due, link);
	pthread_mutex_unlock(&writer->mutex);
	for (struct queue *link; (link = queue_pop(&due)); count++) {
		struct job *job = queue_member(link, struct job, link);
		job->done(job->context, job->result, &job->batch);
		store_batch_close(&job->batch);
		mem_free(job);
	}
	pthread_mutex_lock(&writer->mutex);
	writer->open_count -= count;
	pthread_mutex_unlock(&writer->mutex);
	return count;
}

unsigned store_writer_step(struct store_writer *writer)
{
	assert(!writer->threaded);
	pthread_mutex_lock(&writer->mutex);
	unsigned count = commit_group(writer);
	pthread_mutex_unlock(&writer->mutex);
	return count;
}

int store_writer_resume(struct store_writer *writer)
{
	pthread_mutex_lock(&writer->mutex);
	int err = writer->open_count > 0 ? ERR_BUSY : 0;
	if (!err)
		writer->stopped = 0;
	pthread_mutex_unlock(&writer->mutex);
	return err;
}

bool store_writer_idle(struct store_writer *writer)
{
	pthread_mutex_lock(&writer->mutex);
	bool idle = writer->open_count == 0;
	pthread_mutex_unlock(&writer->mutex);
	return idle;
}

void store_writer_stats(struct store_writer *writer, struct store_writer_stats *out)
{
	pthread_mutex_lock(&writer->mutex);
	*out = writer->stats;
	pthread_mutex_unlock(&writer->mutex);
}
