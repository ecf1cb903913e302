#include "tests/store/world.h"

#include <pthread.h>
#include <stdio.h>

#include "crdt/base/limits.h"
#include "crdt/base/mem.h"
#include "store/store_mem.h"
#include "store/writer.h"

/* What the loop would be: a flag that the writer's thread raises. */
struct owner {
	pthread_mutex_t mutex;
	pthread_cond_t woken;
	bool wake;
	/* Touched by completions only, that is by the test's own thread. */
	unsigned results[3]; /* 0, ERR_NOSPACE, ERR_UNCERTAIN */
	uint32_t next; /* number of the completion that must come next */
	struct store *store; /* when set: each row must be there when its completion runs */
};

static void wake(void *context)
{
	struct owner *owner = context;
	pthread_mutex_lock(&owner->mutex);
	owner->wake = true;
	pthread_cond_signal(&owner->woken);
	pthread_mutex_unlock(&owner->mutex);
}

static void wait_for_wake(struct owner *owner)
{
	pthread_mutex_lock(&owner->mutex);
	while (!owner->wake)
		pthread_cond_wait(&owner->woken, &owner->mutex);
	owner->wake = false;
	pthread_mutex_unlock(&owner->mutex);
}

static struct owner owner_new(void)
{
	struct owner owner = {0};
	pthread_mutex_init(&owner.mutex, NULL);
	pthread_cond_init(&owner.woken, NULL);
	return owner;
}

struct ticket {
	struct owner *owner;
	uint32_t number;
};

static bool has_row(struct store *store, uint32_t number)
{
	struct store_txn *txn;
	struct span value;
	check_ok(store_begin(store, false, &txn));
	int err = store_get(txn, STORE_LOG, span_of(&number, 4), &value);
	store_abort(txn);
	return err == 0;
}

static void done(void *context, int result, struct store_batch *batch)
{
	struct ticket *ticket = context;
	struct owner *owner = ticket->owner;
	assert_true(result == 0 || result == ERR_NOSPACE || result == ERR_UNCERTAIN);
	assert_int_equal(batch->count, 1);
	assert_int_equal(ticket->number, owner->next);
	owner->next++;
	owner->results[result == 0 ? 0 : result == ERR_NOSPACE ? 1 : 2]++;
	if (owner->store && result == 0)
		assert_true(has_row(owner->store, ticket->number));
	mem_free(ticket);
}

static int submit(struct store_writer *writer, struct owner *owner, uint32_t number, size_t value_bytes)
{
	struct store_batch batch = {0};
	uint8_t *value;
	struct ticket *ticket = mem_alloc(sizeof(*ticket));
	*ticket = (struct ticket){owner, number};
	check_ok(store_batch_put_room(&batch, STORE_LOG, span_of(&number, 4), value_bytes, &value));
	memset(value, 'v', value_bytes);
	int err = store_writer_submit(writer, &batch, done, ticket);
	if (err) {
		assert_int_equal(batch.count, 1); /* not taken */
		store_batch_close(&batch);
		mem_free(ticket);
	} else {
		assert_int_equal(batch.count, 0);
	}
	return err;
}

static void stepped_commits_in_groups(void **state)
{
	struct world *world = *state;
	struct owner owner = owner_new();
	struct store_writer *writer;
	struct store_writer_stats stats;
	owner.store = world->store;
	check_ok(store_writer_new(world->store, STORE_WRITER_STEPPED, NULL, NULL, &writer));
	assert_int_equal(store_writer_step(writer), 0);
	for (uint32_t i = 0; i < 10; i++)
		check_ok(submit(writer, &owner, i, 100));
	assert_int_equal(store_writer_poll(writer), 0);
	assert_false(has_row(world->store, 0));
	assert_false(store_writer_idle(writer));
	assert_int_equal(store_writer_step(writer), 10);
	assert_int_equal(owner.results[0], 0); /* the completions wait for the poll */
	assert_int_equal(store_writer_poll(writer), 10);
	assert_int_equal(owner.results[0], 10);
	assert_true(store_writer_idle(writer));
	/* Bounded groups: 3 MiB each, so two per commit of at most 8. */
	for (uint32_t i = 10; i < 15; i++)
		check_ok(submit(writer, &owner, i, 3 * 1024 * 1024));
	assert_int_equal(store_writer_step(writer), 2);
	assert_int_equal(store_writer_step(writer), 2);
	store_writer_stats(writer, &stats);
	assert_int_equal(stats.commit_count, 3);
	assert_int_equal(stats.batch_count, 14);
	assert_int_equal(stats.waiting_count, 1);
	store_writer_free(writer); /* drains */
	assert_int_equal(owner.results[0], 15);
	assert_true(has_row(world->store, 14));
}

static void queue_is_bounded(void **state)
{
	struct world *world = *state;
	struct owner owner = owner_new();
	struct store_writer *writer;
	uint32_t count = 0;
	check_ok(store_writer_new(world->store, STORE_WRITER_STEPPED, NULL, NULL, &writer));
	while (count < LIMIT_WRITER_QUEUE)
		check_ok(submit(writer, &owner, count++, 1));
	check_code(submit(writer, &owner, count, 1), ERR_FULL);
	assert_int_equal(store_writer_step(writer), LIMIT_WRITER_QUEUE);
	while (submit(writer, &owner, count, 4000000) == 0)
		count++;
	assert_int_equal(count, LIMIT_WRITER_QUEUE + 16); /* 64 MiB */
	store_writer_free(writer);
	assert_int_equal(owner.results[0], count);
}

static void a_failure_stops_everything(void **state)
{
	struct world *world = *state;
	struct owner owner = owner_new();
	struct store_writer *writer;
	check_ok(store_writer_new(world->store, STORE_WRITER_STEPPED, NULL, NULL, &writer));
	check_ok(submit(writer, &owner, 0, 3 * 1024 * 1024));
	for (uint32_t i = 1; i < 6; i++)
		check_ok(submit(writer, &owner, i, 3 * 1024 * 1024));
	store_mem_fail_commit(world->store, 2, ERR_UNCERTAIN, STORE_MEM_APPLIED);
	assert_int_equal(store_writer_step(writer), 2);
	assert_int_equal(
	        store_writer_step(writer), 4); /* the failed group and the two that waited behind it */
	check_code(submit(writer, &owner, 6, 1), ERR_UNCERTAIN);
	check_code(store_writer_resume(writer), ERR_BUSY);
	assert_int_equal(store_writer_poll(writer), 6);
	assert_int_equal(owner.results[0], 2);
	assert_int_equal(owner.results[2], 4);
	check_ok(store_reopen(world->store));
	assert_true(has_row(world->store, 3)); /* uncertain, and it did happen */
	assert_false(has_row(world->store, 4));
	check_ok(store_writer_resume(writer));
	owner.next = 2;
	for (uint32_t i = 2; i < 6; i++)
		check_ok(submit(writer, &owner, i, 10)); /* once more: idempotent */
	assert_int_equal(store_writer_step(writer), 4);
	store_mem_fail_commit(world->store, 1, ERR_NOSPACE, STORE_MEM_LOST);
	check_ok(submit(writer, &owner, 6, 1));
	assert_int_equal(store_writer_step(writer), 1);
	check_code(submit(writer, &owner, 7, 1), ERR_NOSPACE);
	store_writer_poll(writer);
	assert_int_equal(owner.results[0], 6);
	assert_int_equal(owner.results[1], 1);
	check_ok(store_writer_resume(writer));
	check_ok(submit(writer, &owner, 7, 1));
	store_writer_free(writer);
	assert_true(has_row(world->store, 7));
	store_writer_free(NULL);
}

static void threaded_keeps_order_and_durability(void **state)
{
	struct world *world = *state;
	struct owner owner = owner_new();
	struct store_writer *writer;
	struct store_writer_stats stats;
	owner.store = world->store; /* read from this thread while the other writes */
	check_ok(store_writer_new(world->store, STORE_WRITER_THREADED, wake, &owner, &writer));
	enum { COUNT = 2000 };
	for (uint32_t i = 0; i < COUNT; i++) {
		check_ok(submit(writer, &owner, i, 200));
		if (i % 100 == 99) {
			wait_for_wake(&owner);
			store_writer_poll(writer);
		}
	}
	while (owner.next < COUNT) {
		wait_for_wake(&owner);
		store_writer_poll(writer);
	}
	assert_true(store_writer_idle(writer));
	store_writer_stats(writer, &stats);
	assert_int_equal(stats.batch_count, COUNT);
	assert_true(stats.commit_count >= 1 && stats.commit_count <= COUNT);
	for (uint32_t i = COUNT; i < COUNT + 300; i++)
		check_ok(submit(writer, &owner, i, 200));
	store_writer_free(writer); /* drains */
	assert_int_equal(owner.results[0], COUNT + 300);
}

static void threaded_failure_reaches_all(void **state)
{
	struct world *world = *state;
	struct owner owner = owner_new();
	struct store_writer *writer;
	uint32_t taken = 0;
	check_ok(store_writer_new(world->store, STORE_WRITER_THREADED, wake, &owner, &writer));
	store_mem_fail_commit(world->store, 5, ERR_UNCERTAIN, STORE_MEM_LOST);
	for (int err = 0; err != ERR_UNCERTAIN;) {
		err = submit(writer, &owner, taken, 10);
		assert_true(err == 0 || err == ERR_FULL || err == ERR_UNCERTAIN);
		taken += err == 0;
		if (err == 0 && taken % 50)
			continue;
		while (!err &&
		        owner.next < taken) { /* one group at a time at least, so that there are five */
			wait_for_wake(&owner);
			store_writer_poll(writer);
		}
	}
	while (owner.next < taken) {
		wait_for_wake(&owner);
		store_writer_poll(writer);
	}
	assert_int_equal(owner.results[0] + owner.results[2], taken);
	assert_true(owner.results[2] >= 1);
	assert_int_equal(store_mem_commit_count(world->store), 4);
	check_ok(store_reopen(world->store));
	check_ok(store_writer_resume(writer));
	check_ok(submit(writer, &owner, taken, 10));
	store_writer_free(writer);
	assert_true(has_row(world->store, taken));
}

static void count_done(void *context, int result, struct store_batch *batch)
{
	struct owner *owner = context;
	check_ok(result);
	assert_int_equal(batch->count, 1);
	owner->next++;
}

static struct store_batch kept;

static void keep(void *context, int result, struct store_batch *batch)
{
	(void)context;
	assert_int_equal(result, ERR_UNCERTAIN);
	kept = *batch;
	*batch = (struct store_batch){0};
}

static void a_batch_can_be_kept_for_another_try(void **state)
{
	struct world *world = *state;
	struct owner owner = owner_new();
	struct store_writer *writer;
	struct store_batch batch = {0};
	uint32_t number = 9;
	check_ok(store_writer_new(world->store, STORE_WRITER_STEPPED, NULL, NULL, &writer));
	check_ok(store_batch_put(&batch, STORE_LOG, span_of(&number, 4), span_text("row")));
	store_mem_fail_commit(world->store, 1, ERR_UNCERTAIN, STORE_MEM_LOST);
	check_ok(store_writer_submit(writer, &batch, keep, NULL));
	store_writer_step(writer);
	store_writer_poll(writer);
	check_ok(store_reopen(world->store));
	check_ok(store_writer_resume(writer));
	check_ok(store_writer_submit(writer, &kept, count_done, &owner));
	store_writer_free(writer);
	assert_int_equal(owner.next, 1);
	assert_true(has_row(world->store, 9));
}

/* Work that puts one row, counts its runs, and fails when told to. */
struct counted_work {
	struct store_work work;
	uint32_t number;
	int result;
	unsigned *run_count, *free_count;
};

static struct counted_work *counted(struct store_work *work)
{
	return (struct counted_work *)(void *)work;
}

static int put_one(struct store_work *work, struct store_batch *batch)
{
	struct counted_work *counted_ = counted(work);
	++*counted_->run_count;
	if (counted_->result)
		return counted_->result;
	return store_batch_put(batch, STORE_LOG, span_of(&counted_->number, 4), span_text("made late"));
}

static void free_counted(struct store_work *work)
{
	++*counted(work)->free_count;
	mem_free(work);
}

static struct store_batch batch_with_work(uint32_t number, int result, unsigned counts[2])
{
	struct counted_work *work = mem_zero(1, sizeof(*work));
	*work = (struct counted_work){
	        {put_one, free_counted, 1000, false}, number, result, &counts[0], &counts[1]};
	return (struct store_batch){.work = &work->work};
}

static void work_is_done_once_before_the_commit(void **state)
{
	struct world *world = *state;
	struct owner owner = owner_new();
	struct store_writer *writer;
	struct store_writer_stats stats;
	unsigned counts[2] = {0};
	struct store_batch batch = batch_with_work(5, 0, counts);
	assert_false(store_batch_is_empty(&batch));
	check_ok(store_writer_new(world->store, STORE_WRITER_STEPPED, NULL, NULL, &writer));
	store_mem_fail_commit(world->store, 1, ERR_UNCERTAIN, STORE_MEM_LOST);
	check_ok(store_writer_submit(writer, &batch, keep, NULL));
	assert_true(store_batch_is_empty(&batch));
	store_writer_stats(writer, &stats);
	assert_int_equal(stats.waiting_bytes, 1000); /* as announced */
	assert_int_equal(counts[0], 0);
	store_writer_step(writer);
	store_writer_poll(writer);
	assert_int_equal(counts[0], 1);
	check_ok(store_reopen(world->store));
	check_ok(store_writer_resume(writer));
	check_ok(store_writer_submit(writer, &kept, count_done, &owner)); /* what was made stays the same */
	store_writer_step(writer);
	store_writer_stats(writer, &stats);
	assert_int_equal(stats.waiting_bytes, 0);
	store_writer_free(writer);
	assert_int_equal(counts[0], 1);
	assert_int_equal(counts[1], 1);
	assert_int_equal(owner.next, 1);
	assert_true(has_row(world->store, 5));
}

static void no_space(void *context, int result, struct store_batch *batch)
{
	(void)batch;
	assert_int_equal(result, ERR_NOSPACE);
	++*(unsigned *)context;
}

static void failing_work_stops_everything(void **state)
{
	struct world *world = *state;
	struct store_writer *writer;
	unsigned counts[2] = {0}, told = 0;
	uint32_t before = 1;
	struct store_batch first = {0}, second = batch_with_work(2, ERR_NOSPACE, counts),
	                   third = batch_with_work(3, 0, counts);
	check_ok(store_batch_put(&first, STORE_LOG, span_of(&before, 4), span_text("row")));
	check_ok(store_writer_new(world->store, STORE_WRITER_STEPPED, NULL, NULL, &writer));
	check_ok(store_writer_submit(writer, &first, no_space, &told));
	check_ok(store_writer_submit(writer, &second, no_space, &told));
	check_ok(store_writer_submit(writer, &third, no_space, &told));
	store_writer_step(writer);
	store_writer_poll(writer);
	assert_int_equal(told, 3);
	assert_int_equal(counts[0], 1); /* nothing after the one that failed */
	assert_int_equal(counts[1], 2);
	assert_false(has_row(world->store, 1));
	store_writer_free(writer);
}

#define DISK(test) cmocka_unit_test_setup_teardown(test, world_open_disk, world_close)
#define MEMORY(test) cmocka_unit_test_setup_teardown(test, world_open_memory, world_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        MEMORY(stepped_commits_in_groups),
	        DISK(stepped_commits_in_groups),
	        MEMORY(queue_is_bounded),
	        MEMORY(a_failure_stops_everything),
	        MEMORY(threaded_keeps_order_and_durability),
	        DISK(threaded_keeps_order_and_durability),
	        MEMORY(threaded_failure_reaches_all),
	        MEMORY(a_batch_can_be_kept_for_another_try),
	        MEMORY(work_is_done_once_before_the_commit),
	        MEMORY(failing_work_stops_everything),
	};
	return cmocka_run_group_tests_name("store writer", tests, NULL, NULL);
}
