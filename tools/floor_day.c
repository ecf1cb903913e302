/*
 * The day of 12 replicas: each writes its share offline, one durable transaction a record; then eleven bring theirs to
 * replica 0 and take what they miss, one durable transaction per exchange. Receivers open every record.
 */
#include <stdio.h>

#include "crdt/base/arena.h"
#include "crdt/base/err.h"
#include "tools/floor_own.h"

enum { REPLICA_COUNT = 12 };

struct item {
	struct span sealed;
	uint32_t replica;
};

struct meeting {
	struct floor_log logs[REPLICA_COUNT];
	struct item *items;
	struct arena arena;
	enum floor_signature signature;
};

static int open_replicas(struct floor *floor, struct meeting *meeting)
{
	char name[24];
	int result = 0;
	for (unsigned i = 0; i < REPLICA_COUNT && !result; i++) {
		snprintf(name, sizeof(name), "replica-%02u", i);
		result = floor_log_open(&meeting->logs[i], floor->directory, name, true, 0, 1);
	}
	return result;
}

static int work_offline(struct floor *floor, struct meeting *meeting)
{
	uint8_t sealed[FLOOR_SEALED_BYTES_MAX];
	uint64_t by;
	int result = 0;
	for (size_t i = 0; i < floor->day->count && !result; i++) {
		struct item *item = &meeting->items[i];
		struct span record = floor->day->lines[i];
		if ((result = floor_number(record, "\"by\":", &by)))
			break;
		item->replica = (uint32_t)(by % REPLICA_COUNT);
		size_t size = floor_seal(&floor->sealer, sealed, record, meeting->signature);
		item->sealed = arena_span(&meeting->arena, span_of(sealed, size));
		result = floor_log_append(&meeting->logs[item->replica], item->sealed);
	}
	return result;
}

/* From replica 0 to `leaf` what it lacks, or from `leaf` to replica 0 what it wrote. */
static int exchange(
        struct floor *floor, struct meeting *meeting, uint32_t leaf, bool upward, struct floor_day *out)
{
	uint8_t plain[FLOOR_RECORD_BYTES_MAX];
	size_t plain_bytes;
	struct floor_log *log = &meeting->logs[upward ? 0 : leaf];
	int result = 0;
	log->per_txn = UINT32_MAX;
	for (size_t i = 0; i < floor->day->count && !result; i++) {
		const struct item *item = &meeting->items[i];
		if ((item->replica == leaf) != upward)
			continue;
		result = floor_unseal(&floor->sealer, plain, &plain_bytes, item->sealed, meeting->signature);
		if (!result)
			result = floor_log_append(log, item->sealed);
		out->wire_bytes += item->sealed.size + 4;
	}
	return result ? result : floor_log_commit(log);
}

int floor_day(struct floor *floor, bool signed_each, struct floor_day *out)
{
	struct meeting meeting = {.signature = signed_each ? FLOOR_SIGNED : FLOOR_UNSIGNED};
	*out = (struct floor_day){.record_count = floor->day->count};
	meeting.items = mem_zero(floor->day->count, sizeof(*meeting.items));
	int result = open_replicas(floor, &meeting);
	double start_ms = floor_now_ms();
	if (!result)
		result = work_offline(floor, &meeting);
	out->offline_ms = floor_now_ms() - start_ms;
	start_ms = floor_now_ms();
	for (uint32_t leaf = 1; leaf < REPLICA_COUNT && !result; leaf++)
		result = exchange(floor, &meeting, leaf, true, out);
	for (uint32_t leaf = 1; leaf < REPLICA_COUNT && !result; leaf++)
		result = exchange(floor, &meeting, leaf, false, out);
	out->ms = floor_now_ms() - start_ms;
	for (uint32_t i = 0; i < REPLICA_COUNT; i++)
		floor_log_close(&meeting.logs[i]);
	arena_close(&meeting.arena);
	mem_free(meeting.items);
	return result;
}
