/* Sums, what waits, and what is shown: of whatever bytes, what is read is written again as the same bytes, and holds what the readers promise. The first byte says which. */
#include <assert.h>

#include "node/survey/result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_sum(struct span bytes)
{
	struct survey_sum *sum = mem_zero(2, sizeof(*sum));
	struct buf again = {0};
	if (survey_sum_read(bytes, &sum[0]) == 0) {
		struct survey_shown *shown = mem_zero(2, sizeof(*shown));
		survey_sum_put(&sum[0], &again);
		assert(span_eq(buf_span(&again), bytes));
		survey_shown_of(&sum[0], &shown[0]);
		buf_clear(&again);
		survey_shown_put(&shown[0], &again);
		assert(survey_shown_read(buf_span(&again), &shown[1]) == 0);
		assert(survey_may_replace(&shown[0], &shown[1]));
		if (survey_sum_add(&sum[1], &sum[0]) == 0 && sum[0].questionnaire)
			assert(sum[1].forms == sum[0].forms && sum[1].count == sum[0].count);
		mem_free(shown);
	}
	buf_close(&again);
	mem_free(sum);
}

static void try_waiting(struct span bytes)
{
	struct survey_waiting *waiting = mem_zero(1, sizeof(*waiting));
	struct buf again = {0};
	if (survey_waiting_read(bytes, waiting) == 0) {
		survey_waiting_put(waiting, &again);
		assert(span_eq(buf_span(&again), bytes));
	}
	survey_waiting_close(waiting);
	mem_free(waiting);
	buf_close(&again);
}

static void try_shown(struct span bytes)
{
	struct survey_shown *shown = mem_zero(1, sizeof(*shown));
	struct buf again = {0};
	if (survey_shown_read(bytes, shown) == 0) {
		survey_shown_put(shown, &again);
		assert(span_eq(buf_span(&again), bytes));
		for (uint32_t i = 0; i < shown->count; i++)
			for (uint32_t c = 0; c < shown->rows[i].cell_count; c++)
				assert(!shown->rows[i].cells[c] ||
				        shown->rows[i].cells[c] >= SURVEY_SHOWN_MIN);
	}
	mem_free(shown);
	buf_close(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	const struct span bytes = span_of(data + 1, size - 1);
	if (data[0] == 0)
		try_sum(bytes);
	else if (data[0] == 1)
		try_waiting(bytes);
	else
		try_shown(bytes);
	return 0;
}
