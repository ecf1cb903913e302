#include "node/survey/sum.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crdt/base/err.h"

enum { SUM_VERSION = 1, WAITING_VERSION = 1, FIELD_WEEK = 1, FIELD_SUM = 2 };

/* ---- Adding ------------------------------------------------------------------------------------------------------ */

const struct survey_count *survey_count_of(const struct survey_sum *sum, uint32_t question)
{
	for (uint32_t i = 0; i < sum->count; i++)
		if (sum->counts[i].question == question)
			return &sum->counts[i];
	return NULL;
}

/* The row of a question, made in its place when it is not there. There is room: the caller looked. */
static struct survey_count *row_of(struct survey_sum *sum, uint32_t question, uint32_t cell_count)
{
	uint32_t place = 0;
	while (place < sum->count && sum->counts[place].question < question)
		place++;
	if (place < sum->count && sum->counts[place].question == question)
		return &sum->counts[place];
	assert(sum->count < SURVEY_QUESTIONS_MAX);
	memmove(&sum->counts[place + 1], &sum->counts[place], (sum->count - place) * sizeof(*sum->counts));
	sum->count++;
	sum->counts[place] = (struct survey_count){.question = question, .cell_count = cell_count};
	return &sum->counts[place];
}

static bool is_of(const struct survey_sum *sum, uint32_t questionnaire, uint32_t version)
{
	return !sum->questionnaire || (sum->questionnaire == questionnaire && sum->version == version);
}

static bool has_number(const struct survey_sum *sum, uint64_t number, uint32_t *place)
{
	*place = 0;
	while (*place < sum->number_count && sum->numbers[*place] < number)
		++*place;
	return *place < sum->number_count && sum->numbers[*place] == number;
}

static bool fits(const struct survey_sum *sum, const struct survey_questionnaire *questionnaire)
{
	for (const struct survey_question *one = questionnaire->questions; one->number; one++) {
		const struct survey_count *row = survey_count_of(sum, one->number);
		if (row && row->cell_count != survey_cell_count(one))
			return false;
	}
	return true;
}

int survey_sum_form(struct survey_sum *sum, const struct survey_questionnaire *questionnaire,
        const struct survey_form *form, uint64_t number)
{
	uint32_t place;
	if (!is_of(sum, questionnaire->number, questionnaire->version) || !fits(sum, questionnaire))
		return ERR_CONFLICT;
	if (number && has_number(sum, number, &place))
		return ERR_EXISTS;
	if (sum->forms == SURVEY_FORMS_MAX || (number && sum->number_count == SURVEY_NUMBERS_MAX))
		return ERR_FULL;
	sum->questionnaire = questionnaire->number;
	sum->version = questionnaire->version;
	sum->forms++;
	for (uint32_t i = 0; questionnaire->questions[i].number; i++) {
		const struct survey_question *question = &questionnaire->questions[i];
		const uint32_t cell_count = survey_cell_count(question);
		if (cell_count && form->answers[i].cell)
			row_of(sum, question->number, cell_count)->cells[form->answers[i].cell - 1]++;
	}
	if (number) {
		memmove(&sum->numbers[place + 1], &sum->numbers[place],
		        (sum->number_count - place) * sizeof(*sum->numbers));
		sum->numbers[place] = number;
		sum->number_count++;
	}
	return 0;
}

/* Whether every row of `more` has its like in `sum`, or room there. */
static bool can_add(const struct survey_sum *sum, const struct survey_sum *more)
{
	uint32_t count = sum->count;
	for (uint32_t i = 0; i < more->count; i++) {
		const struct survey_count *row = survey_count_of(sum, more->counts[i].question);
		if (row && row->cell_count != more->counts[i].cell_count)
			return false;
		count += !row;
	}
	return count <= SURVEY_QUESTIONS_MAX;
}

int survey_sum_add(struct survey_sum *sum, const struct survey_sum *more)
{
	if (!more->questionnaire)
		return 0;
	if (!is_of(sum, more->questionnaire, more->version) || !can_add(sum, more))
		return ERR_CONFLICT;
	if (more->forms > SURVEY_FORMS_MAX - sum->forms)
		return ERR_FULL;
	sum->questionnaire = more->questionnaire;
	sum->version = more->version;
	sum->forms += more->forms;
	for (uint32_t i = 0; i < more->count; i++) {
		struct survey_count *row = row_of(sum, more->counts[i].question, more->counts[i].cell_count);
		for (uint32_t c = 0; c < row->cell_count; c++)
			row->cells[c] += more->counts[i].cells[c];
	}
	return 0;
}

/* ---- Bytes ------------------------------------------------------------------------------------------------------- */

void survey_sum_put(const struct survey_sum *sum, struct buf *out)
{
	wire_put_u8(out, SUM_VERSION);
	wire_put_varint(out, sum->questionnaire);
	wire_put_varint(out, sum->version);
	wire_put_varint(out, sum->forms);
	wire_put_varint(out, sum->count);
	for (uint32_t i = 0; i < sum->count; i++) {
		wire_put_varint(out, sum->counts[i].question);
		wire_put_varint(out, sum->counts[i].cell_count);
		for (uint32_t c = 0; c < sum->counts[i].cell_count; c++)
			wire_put_varint(out, sum->counts[i].cells[c]);
	}
	wire_put_varint(out, sum->number_count);
	for (uint32_t i = 0; i < sum->number_count; i++)
		wire_put_varint(out, sum->numbers[i] - (i ? sum->numbers[i - 1] : 0));
}

uint32_t survey_read_number(struct wire_in *in, uint32_t max)
{
	const uint64_t value = wire_varint(in);
	if (value <= max)
		return (uint32_t)value;
	wire_fail(in, ERR_TOOBIG);
	return 0;
}

static void read_row(struct wire_in *in, struct survey_sum *sum)
{
	struct survey_count *row = &sum->counts[sum->count];
	uint32_t total = 0;
	row->question = survey_read_number(in, 1000);
	row->cell_count = wire_count(in, SURVEY_CELLS_MAX, 1);
	for (uint32_t c = 0; c < row->cell_count; c++) {
		row->cells[c] = survey_read_number(in, SURVEY_FORMS_MAX);
		total += row->cells[c];
	}
	if (!row->question || !row->cell_count || total > sum->forms ||
	        (sum->count && row->question <= row[-1].question))
		wire_fail(in, ERR_MALFORMED);
	sum->count++;
}

static void read_numbers(struct wire_in *in, struct survey_sum *sum)
{
	const uint32_t count = wire_count(in, SURVEY_NUMBERS_MAX, 1);
	uint64_t last = 0;
	if (count > sum->forms)
		wire_fail(in, ERR_MALFORMED);
	for (uint32_t i = 0; i < count && !in->error; i++) {
		const uint64_t more = wire_varint(in);
		if (!more || more > UINT64_MAX - last)
			wire_fail(in, ERR_MALFORMED);
		last += more;
		sum->numbers[sum->number_count++] = last;
	}
}

int survey_sum_read(struct span bytes, struct survey_sum *sum)
{
	struct wire_in in = wire_begin(bytes);
	*sum = (struct survey_sum){0};
	if (wire_u8(&in) != SUM_VERSION)
		wire_fail(&in, ERR_MALFORMED);
	sum->questionnaire = survey_read_number(&in, 1000);
	sum->version = survey_read_number(&in, 1000);
	sum->forms = survey_read_number(&in, SURVEY_FORMS_MAX);
	if (!sum->questionnaire != !sum->version || (sum->forms && !sum->questionnaire))
		wire_fail(&in, ERR_MALFORMED);
	const uint32_t count = wire_count(&in, SURVEY_QUESTIONS_MAX, 3);
	for (uint32_t i = 0; i < count && !in.error; i++)
		read_row(&in, sum);
	read_numbers(&in, sum);
	const int result = wire_end(&in);
	if (result)
		*sum = (struct survey_sum){0};
	return result;
}

/* ---- What waits -------------------------------------------------------------------------------------------------- */

void survey_waiting_close(struct survey_waiting *waiting)
{
	for (uint32_t i = 0; i < waiting->word_count; i++) {
		void *text = (void *)(uintptr_t)waiting->words[i].text.data;
		mem_wipe(text, waiting->words[i].text.size);
		mem_free(text);
	}
	mem_free(waiting->words);
	mem_wipe(waiting, sizeof(*waiting));
}

static int word_cmp(const struct survey_word *a, uint32_t question, struct span text)
{
	if (a->question != question)
		return a->question < question ? -1 : 1;
	return span_cmp(a->text, text);
}

/* In its place: where it came from cannot be told by where it stands. */
static void add_word(struct survey_waiting *waiting, uint32_t question, struct span text)
{
	uint32_t place = 0;
	while (place < waiting->word_count && word_cmp(&waiting->words[place], question, text) <= 0)
		place++;
	waiting->words = mem_gap(
	        waiting->words, waiting->word_count, &waiting->word_capacity, sizeof(*waiting->words), place);
	waiting->words[place] = (struct survey_word){
	        question, span_of(mem_copy(text.data, text.size), text.size)};
	waiting->word_count++;
}

static uint32_t words_of(const struct survey_questionnaire *questionnaire, const struct survey_form *form)
{
	uint32_t count = 0;
	for (uint32_t i = 0; questionnaire->questions[i].number; i++)
		count += form->answers[i].text != NULL;
	return count;
}

int survey_waiting_form(struct survey_waiting *waiting, const struct survey_questionnaire *questionnaire,
        const struct survey_form *form, uint64_t number)
{
	if (words_of(questionnaire, form) > SURVEY_WORDS_MAX - waiting->word_count)
		return ERR_FULL;
	const int result = survey_sum_form(&waiting->sum, questionnaire, form, number);
	for (uint32_t i = 0; !result && questionnaire->questions[i].number; i++)
		if (form->answers[i].text)
			add_word(waiting, questionnaire->questions[i].number,
			        span_text(form->answers[i].text));
	return result;
}

void survey_waiting_put(const struct survey_waiting *waiting, struct buf *out)
{
	struct buf sum = {0};
	survey_sum_put(&waiting->sum, &sum);
	wire_put_u8(out, WAITING_VERSION);
	wire_put_blob(out, buf_span(&sum));
	wire_put_varint(out, waiting->word_count);
	for (uint32_t i = 0; i < waiting->word_count; i++) {
		wire_put_varint(out, waiting->words[i].question);
		wire_put_blob(out, waiting->words[i].text);
	}
	buf_wipe(&sum);
}

static void read_word(struct wire_in *in, struct survey_waiting *waiting)
{
	const uint32_t question = survey_read_number(in, 1000), count = waiting->word_count;
	const struct span text = wire_blob(in, SURVEY_TEXT_BYTES_MAX);
	if (!question || !text.size || (count && word_cmp(&waiting->words[count - 1], question, text) > 0))
		wire_fail(in, ERR_MALFORMED);
	if (!in->error)
		add_word(waiting, question, text);
}

int survey_waiting_read(struct span bytes, struct survey_waiting *waiting)
{
	struct wire_in in = wire_begin(bytes);
	*waiting = (struct survey_waiting){0};
	if (wire_u8(&in) != WAITING_VERSION)
		wire_fail(&in, ERR_MALFORMED);
	const struct span sum = wire_blob(&in, SURVEY_SUM_BYTES_MAX);
	const uint32_t count = wire_count(&in, SURVEY_WORDS_MAX, 3);
	for (uint32_t i = 0; i < count && !in.error; i++)
		read_word(&in, waiting);
	const int result = wire_end(&in);
	return result ? result : survey_sum_read(sum, &waiting->sum);
}

/* ---- A campaign -------------------------------------------------------------------------------------------------- */

bool survey_batch_at(const struct digest_source *campaign, uint32_t *cursor, struct crdt_event *event,
        int64_t *week, struct survey_sum *sum)
{
	while (crdt_doc_event(campaign->doc, SCHEMA_SURVEY_BATCH, cursor, event)) {
		struct schema_measures measures;
		struct schema_record record;
		if (event->is_corrected)
			continue;
		*sum = (struct survey_sum){0};
		*week = 0;
		if (!digest_event(campaign, event, &measures, &record))
			return true;
		const struct schema_value *bytes = schema_value(&record, FIELD_SUM),
		                          *day = schema_value(&record, FIELD_WEEK);
		if (day)
			*week = day->number;
		if (bytes && survey_sum_read(bytes->bytes, sum) == 0 && !sum->questionnaire)
			continue; /* it cancels another one, or began the campaign */
		return true;
	}
	return false;
}

/* Of this questionnaire, with the cells that it has; of none: a later program knows. */
static bool is_answered(const struct survey_questionnaire *questionnaire, const struct survey_sum *sum)
{
	if (!questionnaire)
		return sum->questionnaire != 0;
	if (sum->questionnaire != questionnaire->number || sum->version != questionnaire->version)
		return false;
	for (uint32_t i = 0; i < sum->count; i++) {
		const struct survey_question *one = survey_question(questionnaire, sum->counts[i].question);
		if (!one || survey_cell_count(one) != sum->counts[i].cell_count)
			return false;
	}
	return true;
}

void survey_campaign_sum(const struct digest_source *campaign, const struct survey_questionnaire *of,
        struct survey_campaign_sum *out)
{
	struct survey_sum *sum = mem_zero(1, sizeof(*sum));
	struct crdt_event event;
	int64_t week;
	*out = (struct survey_campaign_sum){0};
	for (uint32_t cursor = 0; survey_batch_at(campaign, &cursor, &event, &week, sum);) {
		const int result = is_answered(of, sum) ? survey_sum_add(&out->sum, sum) : ERR_MALFORMED;
		out->batches += result == 0;
		out->unread += result != 0;
		out->is_full |= result == ERR_FULL;
	}
	mem_free(sum);
}
