/* A prescriber's words: whatever they are, what is understood of them holds together. */
#include <assert.h>

#include "node/medication/drug.h"
#include "node/medication/schedule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct schedule schedule;
	struct drug_name name;
	struct arena arena = {0};
	unsigned days = 0;
	schedule_read(span_of(data, size), &schedule);
	assert(schedule.slot_count <= SCHEDULE_SLOTS_MAX && schedule.every_days >= 1);
	assert(schedule.is_understood ||
	        (!schedule.slot_count && !schedule.times && !schedule.as_needed && !schedule.max_per_day));
	for (uint32_t i = 0; i < schedule.slot_count; i++) {
		assert(schedule.slots[i].minute < 24 * 60);
		assert(i == 0 || schedule.slots[i].minute > schedule.slots[i - 1].minute);
	}
	for (int64_t day = 100; day < 100 + SCHEDULE_PERIOD_MAX; day++)
		days += schedule_is_on(&schedule, 100, day);
	assert((days > 0) == (schedule.is_understood && !schedule.as_needed));
	drug_name_read(span_of(data, size), &arena, &name);
	assert(name.word_count <= DRUG_WORDS_MAX && (!name.word_count || drug_alike(&name, &name)));
	arena_close(&arena);
	return 0;
}
