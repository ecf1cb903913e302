#include "node/survey/result.h"

#include <string.h>

#include "crdt/base/err.h"

enum { SHOWN_VERSION = 1 };

/* ---- Hiding ------------------------------------------------------------------------------------------------------ */

/* Of the cells that are shown the smallest, the first of several; cell_count: none. */
static uint32_t smallest(const struct survey_shown_row *row)
{
	uint32_t found = row->cell_count;
	for (uint32_t i = 0; i < row->cell_count; i++)
		if (row->cells[i] && (found == row->cell_count || row->cells[i] < row->cells[found]))
			found = i;
	return found;
}

static uint32_t total(const struct survey_shown_row *row)
{
	uint32_t sum = 0;
	for (uint32_t i = 0; i < row->cell_count; i++)
		sum += row->cells[i];
	return sum;
}

static void hide(struct survey_shown_row *row, uint32_t forms)
{
	uint32_t largest = 0, shown = 0;
	for (uint32_t i = 0; i < row->cell_count; i++)
		if (row->cells[i] > row->cells[largest])
			largest = i;
	const bool is_nearly_all = forms - row->cells[largest] < SURVEY_SHOWN_MIN;
	for (uint32_t i = 0; i < row->cell_count; i++) {
		if (row->cells[i] < SURVEY_SHOWN_MIN)
			row->cells[i] = 0;
		shown += row->cells[i] != 0;
	}
	while (shown && shown < row->cell_count && forms - total(row) < SURVEY_SHOWN_MIN) {
		row->cells[smallest(row)] = 0;
		shown--;
	}
	if (is_nearly_all && !shown && forms >= 2 * SURVEY_SHOWN_MIN) {
		row->cells[largest] = forms - (SURVEY_SHOWN_MIN - 1);
		row->at_least = largest + 1;
	}
}

void survey_shown_of(const struct survey_sum *sum, struct survey_shown *out)
{
	*out = (struct survey_shown){.questionnaire = sum->questionnaire, .version = sum->version};
	if (sum->forms < SURVEY_SHOWN_MIN)
		return;
	out->forms = sum->forms;
	for (uint32_t i = 0; i < sum->count; i++) {
		const struct survey_count *count = &sum->counts[i];
		struct survey_shown_row *row = &out->rows[out->count++];
		row->question = count->question;
		row->cell_count = count->cell_count + 1;
		memcpy(row->cells, count->cells, count->cell_count * sizeof(*count->cells));
		row->cells[count->cell_count] = sum->forms - total(row);
		hide(row, sum->forms);
	}
}

/* ---- Replacing --------------------------------------------------------------------------------------------------- */

static bool rose_enough(uint32_t before, uint32_t now)
{
	return now == before || (now > before && now - before >= SURVEY_SHOWN_MIN);
}

static const struct survey_shown_row *row_of(const struct survey_shown *shown, uint32_t question)
{
	for (uint32_t i = 0; i < shown->count; i++)
		if (shown->rows[i].question == question)
			return &shown->rows[i];
	return NULL;
}

static bool may_follow(const struct survey_shown_row *before, uint32_t forms_before,
        const struct survey_shown_row *now, uint32_t forms_now)
{
	bool hides_the_same = true;
	if (!now || now->cell_count != before->cell_count)
		return false;
	for (uint32_t i = 0; i < before->cell_count; i++) {
		if (before->cells[i] && now->cells[i] && !rose_enough(before->cells[i], now->cells[i]))
			return false;
		hides_the_same &= !before->cells[i] == !now->cells[i];
	}
	return !hides_the_same || before->at_least || now->at_least || !total(before) ||
	        rose_enough(forms_before - total(before), forms_now - total(now));
}

bool survey_may_replace(const struct survey_shown *before, const struct survey_shown *now)
{
	if (!before->forms)
		return true;
	if (before->questionnaire != now->questionnaire || before->version != now->version ||
	        !rose_enough(before->forms, now->forms))
		return false;
	for (uint32_t i = 0; i < before->count; i++)
		if (!may_follow(&before->rows[i], before->forms, row_of(now, before->rows[i].question),
		            now->forms))
			return false;
	return true;
}

/* ---- Bytes ------------------------------------------------------------------------------------------------------- */

void survey_shown_put(const struct survey_shown *shown, struct buf *out)
{
	wire_put_u8(out, SHOWN_VERSION);
	wire_put_varint(out, shown->questionnaire);
	wire_put_varint(out, shown->version);
	wire_put_varint(out, shown->forms);
	if (!shown->forms)
		return;
	wire_put_varint(out, shown->count);
	for (uint32_t i = 0; i < shown->count; i++) {
		const struct survey_shown_row *row = &shown->rows[i];
		wire_put_varint(out, row->question);
		wire_put_varint(out, row->cell_count);
		wire_put_varint(out, row->at_least);
		for (uint32_t c = 0; c < row->cell_count; c++)
			wire_put_varint(out, row->cells[c]);
	}
}

/* What nobody who keeps the rules writes: a small count; hidden ones that can be told; a bound that is none. */
static bool is_well_hidden(const struct survey_shown_row *row, uint32_t forms)
{
	uint32_t shown = 0, sum = 0;
	for (uint32_t i = 0; i < row->cell_count; i++) {
		if (row->cells[i] && row->cells[i] < SURVEY_SHOWN_MIN)
			return false;
		shown += row->cells[i] != 0;
		sum += row->cells[i];
	}
	if (sum > forms || row->at_least > row->cell_count)
		return false;
	if (row->at_least)
		return shown == 1 && row->cells[row->at_least - 1] == forms - (SURVEY_SHOWN_MIN - 1);
	return shown == 0 || (shown == row->cell_count ? sum == forms : forms - sum >= SURVEY_SHOWN_MIN);
}

static void read_row(struct wire_in *in, struct survey_shown *shown)
{
	struct survey_shown_row *row = &shown->rows[shown->count];
	row->question = survey_read_number(in, 1000);
	row->cell_count = wire_count(in, SURVEY_CELLS_MAX + 1, 1);
	row->at_least = survey_read_number(in, SURVEY_CELLS_MAX + 1);
	for (uint32_t c = 0; c < row->cell_count; c++)
		row->cells[c] = survey_read_number(in, SURVEY_FORMS_MAX);
	if (!row->question || row->cell_count < 2 || !is_well_hidden(row, shown->forms) ||
	        (shown->count && row->question <= row[-1].question))
		wire_fail(in, ERR_MALFORMED);
	shown->count++;
}

int survey_shown_read(struct span bytes, struct survey_shown *shown)
{
	struct wire_in in = wire_begin(bytes);
	*shown = (struct survey_shown){0};
	if (wire_u8(&in) != SHOWN_VERSION)
		wire_fail(&in, ERR_MALFORMED);
	shown->questionnaire = survey_read_number(&in, 1000);
	shown->version = survey_read_number(&in, 1000);
	shown->forms = survey_read_number(&in, SURVEY_FORMS_MAX);
	if (shown->forms && shown->forms < SURVEY_SHOWN_MIN)
		wire_fail(&in, ERR_MALFORMED);
	const uint32_t count = shown->forms && !in.error ? wire_count(&in, SURVEY_QUESTIONS_MAX, 5) : 0;
	for (uint32_t i = 0; i < count && !in.error; i++)
		read_row(&in, shown);
	const int result = wire_end(&in);
	if (result)
		*shown = (struct survey_shown){0};
	return result;
}

/* ---- Shares ------------------------------------------------------------------------------------------------------ */

bool survey_share_of(
        const struct survey_sum *sum, const struct survey_question *question, struct survey_share *out)
{
	const struct survey_count *count = survey_count_of(sum, question->number);
	*out = (struct survey_share){0};
	if (!count || count->cell_count != survey_cell_count(question))
		return false;
	for (uint32_t i = 0; i < count->cell_count; i++) {
		out->answered += count->cells[i];
		if (question->type == SURVEY_SCALE)
			out->sum += (uint64_t)i * count->cells[i];
		else if (i == 0)
			out->sum += count->cells[i];
	}
	return out->answered > 0;
}
