#include "node/survey/result.h"

#include <string.h>

#include "crdt/base/err.h"

enum { SHOWN_VERSION = 1 };

/* ---- Hiding ------------------------------------------------------------------------------------------------------ */

static uint32_t total(const struct survey_shown_row *row)
{
	uint32_t sum = 0;
	for (uint32_t i = 0; i < row->cell_count; i++)
		sum += row->cells[i];
	return sum;
}

static void sort(const struct survey_shown_row *row, uint32_t *sorted)
{
	for (uint32_t i = 0; i < row->cell_count; i++) {
		uint32_t at = i;
		for (; at && sorted[at - 1] > row->cells[i]; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = row->cells[i];
	}
}

/* The `hidden` smallest hold `sum` together, which the reader can tell: does each of them have more than one way to be? Either all are small, whatever each is; or any one of them is large, and
 * the others hold fewer than `least` together. Equal ones are hidden together, so that no place tells. */
static bool leaves_doubt(const uint32_t *sorted, uint32_t hidden, uint32_t sum, uint32_t least)
{
	const uint32_t next = sorted[hidden];
	if (hidden < 2 || sum < least || next == sorted[hidden - 1])
		return false;
	if (sum <= (hidden - 1) * (least - 1))
		return true;
	const uint32_t from = sum - (least - 1) > least ? sum - (least - 1) : least;
	return (sum < next ? sum : next - 1) > from;
}

/* A bound tells that the rest is small. Where all may be hidden because all are small, and add up to nearly the most that small ones can, whoever misses the bound could tell each. */
static bool may_bound(uint32_t cell_count, uint32_t forms, uint32_t least)
{
	return forms >= 2 * least &&
	        (forms <= (cell_count - 1) * (least - 1) || forms > cell_count * (least - 1));
}

static void hide_all(struct survey_shown_row *row, uint32_t forms, uint32_t least)
{
	for (uint32_t i = 0; i < row->cell_count; i++) {
		const bool is_nearly_all = forms - row->cells[i] < least;
		row->cells[i] = 0;
		if (is_nearly_all && may_bound(row->cell_count, forms, least)) {
			row->cells[i] = forms - (least - 1);
			row->at_least = i + 1;
		}
	}
}

void survey_row_hide(struct survey_shown_row *row, uint32_t forms, uint32_t least)
{
	uint32_t sorted[SURVEY_CELLS_MAX + 1], hidden = 0, sum = 0;
	sort(row, sorted);
	while (hidden < row->cell_count && sorted[hidden] < least)
		sum += sorted[hidden++];
	if (!hidden)
		return;
	while (hidden < row->cell_count && !leaves_doubt(sorted, hidden, sum, least))
		sum += sorted[hidden++];
	if (hidden == row->cell_count) {
		hide_all(row, forms, least);
		return;
	}
	for (uint32_t i = 0; i < row->cell_count; i++)
		if (row->cells[i] < sorted[hidden])
			row->cells[i] = 0;
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
		survey_row_hide(row, sum->forms, SURVEY_SHOWN_MIN);
	}
}

/* ---- Replacing --------------------------------------------------------------------------------------------------- */

static bool rose_enough(uint32_t before, uint32_t now, uint32_t least)
{
	return now == before || (now > before && now - before >= least);
}

static const struct survey_shown_row *row_of(const struct survey_shown *shown, uint32_t question)
{
	for (uint32_t i = 0; i < shown->count; i++)
		if (shown->rows[i].question == question)
			return &shown->rows[i];
	return NULL;
}

static bool hides_the_same(const struct survey_shown_row *before, const struct survey_shown_row *now)
{
	for (uint32_t i = 0; i < before->cell_count; i++)
		if (!before->cells[i] != !now->cells[i])
			return false;
	return true;
}

/* So few that no bound was missed, and all of them may be in a cell that is shown now. */
static bool told_nothing(const struct survey_shown_row *before, uint32_t forms_before,
        const struct survey_shown_row *now, uint32_t least)
{
	bool has_room = false;
	for (uint32_t i = 0; i < now->cell_count; i++)
		has_room |= now->cells[i] >= forms_before;
	return has_room && !total(before) && forms_before < 2 * least;
}

bool survey_row_may_follow(const struct survey_shown_row *before, uint32_t forms_before,
        const struct survey_shown_row *now, uint32_t forms_now, uint32_t least)
{
	uint32_t hidden = 0;
	if (now->cell_count != before->cell_count || !rose_enough(forms_before, forms_now, least))
		return false;
	if (forms_now == forms_before)
		return now->at_least == before->at_least &&
		        memcmp(now->cells, before->cells, now->cell_count * sizeof(*now->cells)) == 0;
	if (told_nothing(before, forms_before, now, least))
		return true;
	if (before->at_least || now->at_least || !hides_the_same(before, now))
		return false;
	for (uint32_t i = 0; i < before->cell_count; i++) {
		hidden += !before->cells[i];
		if (!rose_enough(before->cells[i], now->cells[i], least))
			return false;
	}
	const uint32_t most = hidden * (least - 1), held = forms_before - total(before),
	               holds = forms_now - total(now);
	return held == holds || (rose_enough(held, holds, least) && held != most && holds != most);
}

bool survey_may_replace(const struct survey_shown *before, const struct survey_shown *now)
{
	if (!before->forms)
		return true;
	if (before->questionnaire != now->questionnaire || before->version != now->version ||
	        !rose_enough(before->forms, now->forms, SURVEY_SHOWN_MIN))
		return false;
	for (uint32_t i = 0; i < before->count; i++) {
		const struct survey_shown_row *row = row_of(now, before->rows[i].question);
		if (!row ||
		        !survey_row_may_follow(
		                &before->rows[i], before->forms, row, now->forms, SURVEY_SHOWN_MIN))
			return false;
	}
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
