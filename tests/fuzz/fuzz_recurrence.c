/* A rule of recurrence that somebody wrote: whatever it is, what is read gives only days within its bounds, and the next one is the first of them. */
#include <assert.h>

#include "node/plan/former.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FIRST = 20000, DAYS = 60 };

/* The same as rules that an item had, a line each. */
static void read_former(struct span text)
{
	struct recurrence rule;
	struct buf out = {0};
	for (struct span rest = text; former_next(&rest, &rule);)
		assert(rule.hours && recurrence_hours(&rule, rule.begin - 1) == 0);
	former_put(span_text("FREQ=DAILY"), FIRST, FIRST + 1, text, &out);
	assert(out.size <= FORMER_BYTES_MAX);
	struct span rest = buf_span(&out);
	assert(former_next(&rest, &rule) && rule.begin == FIRST && rule.last == FIRST + 1);
	buf_close(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct recurrence rule;
	struct buf said = {0};
	int64_t next;
	read_former(span_of(data, size));
	recurrence_usual(span_of(data, size));
	if (recurrence_read(span_of(data, size), &rule) || recurrence_begin(&rule, FIRST, RECURRENCE_FOREVER))
		return 0;
	assert(recurrence_is_rule(span_of(data, size)) || data[0] == ' ' || data[0] == '\n' ||
	        data[0] == '\r');
	assert(rule.except_count <= RECURRENCE_EXCEPT_MAX && rule.hours);
	assert(recurrence_hours(&rule, FIRST - 1) == 0);
	if (rule.last < RECURRENCE_FOREVER)
		assert(recurrence_hours(&rule, rule.last + 1) == 0);
	bool any = recurrence_next(&rule, FIRST, &next);
	assert(!any || recurrence_hours(&rule, next));
	for (int64_t day = FIRST; day < FIRST + DAYS; day++)
		assert(!(recurrence_hours(&rule, day) & ~rule.hours) &&
		        (recurrence_hours(&rule, day) == 0 || (any && next <= day)));
	recurrence_words(&rule, SCHEMA_FR, &said);
	recurrence_words(&rule, SCHEMA_EN, &said);
	buf_close(&said);
	return 0;
}
