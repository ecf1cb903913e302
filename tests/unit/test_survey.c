/* Questionnaires, forms, sums, what is shown of them, numbers on paper (node/survey). */
#include "tests/lib/check.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "node/survey/number.h"
#include "node/survey/result.h"
#include "node/survey/sheet.h"
#include "tests/lib/desks.h"

static const struct record_id CAMPAIGN = {{0x70, 1}};

static const struct survey_questionnaire *patient(void)
{
	return survey_questionnaire_named("patient", 0);
}

static void the_table_is_consistent(void **state)
{
	(void)state;
	const struct survey_questionnaire *one;
	for (uint32_t i = 0; (one = survey_questionnaire_at(i)); i++) {
		assert_ptr_equal(survey_questionnaire(one->number, one->version), one);
		assert_ptr_equal(survey_questionnaire_named(one->name, one->version), one);
		assert_true(one->label.fr && one->label.en && one->note.fr && one->note.en);
		uint32_t last = 0;
		for (const struct survey_question *q = one->questions; q->number; q++) {
			assert_true(q->number > last && q->name && q->label.fr && q->label.en);
			assert_ptr_equal(survey_question_named(one, q->name), q);
			assert_true(survey_cell_count(q) <= SURVEY_CELLS_MAX);
			assert_int_equal(survey_cell_count(q) == 0, q->type == SURVEY_TEXT);
			assert_true(!q->is_indicator || q->type == SURVEY_YES_NO);
			last = q->number;
		}
		assert_true(last < SURVEY_QUESTIONS_MAX);
	}
	assert_null(survey_questionnaire(1, 99));
	assert_null(survey_questionnaire_named("no such one", 0));
}

static int read(const char *json, struct survey_form *form, struct buf *problem)
{
	json_t *answers = json_loads(json, JSON_DECODE_ANY, NULL);
	assert_non_null(answers);
	const int result = survey_form_read(patient(), answers, form, problem);
	json_decref(answers);
	return result;
}

static void forms_are_checked(void **state)
{
	static const char *const WRONG[] = {"[]", "{}", "{\"satisfaction\": 11}", "{\"satisfaction\": -1}",
	        "{\"satisfaction\": 7.5}", "{\"satisfaction\": \"7\"}", "{\"recommends\": true}",
	        "{\"recommends\": \"peut-être\"}", "{\"nobody\": \"yes\"}", "{\"words\": 3}",
	        "{\"words\": \"\"}", "{\"satisfaction\": 7, \"recommends\": 1}"};
	struct survey_form form;
	struct buf problem = {0};
	(void)state;
	for (size_t i = 0; i < sizeof(WRONG) / sizeof(*WRONG); i++) {
		buf_clear(&problem);
		assert_int_equal(read(WRONG[i], &form, &problem), ERR_INVALID);
		assert_true(problem.size > 0);
		for (uint32_t q = 0; q < SURVEY_QUESTIONS_MAX; q++)
			assert_true(!form.answers[q].cell && !form.answers[q].text);
	}
	char long_one[1200];
	snprintf(long_one, sizeof(long_one), "{\"words\": \"%0*d\"}", 1001, 7);
	assert_int_equal(read(long_one, &form, &problem), ERR_INVALID);
	assert_int_equal(read("{\"satisfaction\": 10, \"recommends\": \"no\", \"words\": \"e\\u0301te\", "
	                      "\"autonomy\": null}",
	                         &form, &problem),
	        0);
	assert_int_equal(form.answers[0].cell, 11);
	assert_int_equal(form.answers[1].cell, 2);
	assert_int_equal(form.answers[2].cell, 0);
	assert_string_equal(form.answers[6].text, "\xc3\xa9te"); /* one letter */
	survey_form_close(&form);
	buf_close(&problem);
}

static void add(struct survey_sum *sum, const char *json, uint64_t number, int expected)
{
	struct survey_form form;
	struct buf problem = {0};
	assert_int_equal(read(json, &form, &problem), 0);
	assert_int_equal(survey_sum_form(sum, patient(), &form, number), expected);
	survey_form_close(&form);
	buf_close(&problem);
}

static void a_number_counts_once(void **state)
{
	struct survey_sum *sum = mem_zero(2, sizeof(*sum)), kept;
	struct buf bytes = {0};
	(void)state;
	add(sum, "{\"satisfaction\": 9}", 500, 0);
	add(sum, "{\"satisfaction\": 9}", 200, 0);
	kept = *sum;
	add(sum, "{\"satisfaction\": 1}", 500, ERR_EXISTS);
	assert_memory_equal(sum, &kept, sizeof(kept));
	add(sum, "{\"satisfaction\": 9}", 0, 0);
	add(sum, "{\"satisfaction\": 9}", 0, 0);
	assert_int_equal(sum->forms, 4);
	assert_int_equal(sum->number_count, 2);
	assert_int_equal(sum->numbers[0], 200);
	survey_sum_put(sum, &bytes);
	assert_int_equal(survey_sum_read(buf_span(&bytes), &sum[1]), 0);
	assert_memory_equal(&sum[0], &sum[1], sizeof(*sum));
	/* one more cell than forms */
	bytes.data[3] = 3;
	assert_int_equal(survey_sum_read(buf_span(&bytes), &sum[1]), ERR_MALFORMED);
	assert_int_equal(sum[1].forms, 0);
	bytes.data[3] = 4;
	for (size_t i = 0; i < bytes.size; i++)
		assert_true(survey_sum_read(span_sub(buf_span(&bytes), 0, i), &sum[1]) < 0);
	mem_free(sum);
	buf_close(&bytes);
}

static void other_questions_are_not_added(void **state)
{
	struct survey_sum *sum = mem_zero(2, sizeof(*sum));
	(void)state;
	add(sum, "{\"satisfaction\": 9}", 0, 0);
	sum[1] = sum[0];
	sum[1].version = 2;
	assert_int_equal(survey_sum_add(&sum[0], &sum[1]), ERR_CONFLICT);
	sum[1].version = 1;
	sum[1].counts[0].cell_count = 5;
	assert_int_equal(survey_sum_add(&sum[0], &sum[1]), ERR_CONFLICT);
	assert_int_equal(sum[0].forms, 1);
	sum[1] = sum[0];
	sum[1].forms = SURVEY_FORMS_MAX;
	assert_int_equal(survey_sum_add(&sum[0], &sum[1]), ERR_FULL);
	assert_int_equal(survey_sum_add(&sum[0], &sum[0]), 0);
	assert_int_equal(sum[0].forms, 2);
	assert_int_equal(survey_count_of(sum, 1)->cells[9], 2);
	mem_free(sum);
}

static struct survey_sum yes_no(uint32_t yes, uint32_t no, uint32_t forms)
{
	return (struct survey_sum){
	        .questionnaire = 1, .version = 1, .forms = forms, .count = 1, .counts = {{2, 2, {yes, no}}}};
}

static struct survey_shown shown_of(uint32_t yes, uint32_t no, uint32_t forms)
{
	const struct survey_sum sum = yes_no(yes, no, forms);
	struct survey_shown shown;
	survey_shown_of(&sum, &shown);
	return shown;
}

static void what_is_small_is_hidden(void **state)
{
	(void)state;
	assert_int_equal(shown_of(10, 0, 10).forms, 0);
	struct survey_shown shown = shown_of(60, 40, 100); /* nobody left it open: that is small too */
	assert_int_equal(shown.rows[0].cells[0], 60);
	assert_int_equal(shown.rows[0].cells[1], 0); /* else the open ones could be told */
	assert_int_equal(shown.rows[0].cells[2], 0);
	shown = shown_of(97, 3, 100);
	assert_int_equal(shown.rows[0].at_least, 1);
	assert_int_equal(shown.rows[0].cells[0], 90);
	assert_int_equal(shown.rows[0].cells[1], 0);
	shown = shown_of(10, 10, 30); /* 10 each: not told by what is not said */
	assert_int_equal(shown.rows[0].at_least, 0);
	shown = shown_of(28, 2, 30);
	assert_int_equal(shown.rows[0].at_least, 0);
	shown = shown_of(30, 30, 70); /* 40 in two cells, of which none is over 30 */
	assert_int_equal(shown.rows[0].cells[0], 0);
	shown = shown_of(50, 30, 100);
	assert_int_equal(shown.rows[0].cells[0], 50);
	assert_int_equal(shown.rows[0].cells[1], 30);
	assert_int_equal(shown.rows[0].cells[2], 20);
	shown = shown_of(11, 1, 12);
	assert_int_equal(shown.forms, 12);
	assert_int_equal(shown.rows[0].at_least, 0);
	assert_int_equal(shown.rows[0].cells[0], 0);
}

static void late_forms_do_not_tell(void **state)
{
	const struct survey_shown before = shown_of(50, 30, 100), none = shown_of(3, 2, 5);
	struct survey_shown now = shown_of(51, 30, 101);
	(void)state;
	assert_true(survey_may_replace(&none, &before));
	assert_true(survey_may_replace(&before, &before));
	assert_false(survey_may_replace(&before, &now));
	now = shown_of(61, 30, 111);
	assert_true(survey_may_replace(&before, &now));
	now = shown_of(59, 32, 111);
	assert_false(survey_may_replace(&before, &now));
	now = shown_of(12, 5, 22);
	const struct survey_shown first = shown_of(12, 0, 12), bound = shown_of(36, 1, 37),
	                          more = shown_of(48, 1, 49), early = shown_of(6, 5, 12);
	assert_int_equal(bound.rows[0].at_least, 1);
	assert_true(survey_may_replace(&early, &before));
	assert_false(survey_may_replace(&bound, &more)); /* it stays */
	assert_true(survey_may_replace(&first, &bound));
	assert_false(survey_may_replace(&bound, &now));
	now = shown_of(49, 30, 100);
	assert_false(survey_may_replace(&before, &now));
}

static void shares_are_exact(void **state)
{
	struct survey_sum sum = yes_no(97, 3, 104);
	struct survey_share share;
	(void)state;
	assert_true(survey_share_of(&sum, survey_question(patient(), 2), &share));
	assert_int_equal(share.sum, 97);
	assert_int_equal(share.answered, 100);
	assert_false(survey_share_of(&sum, survey_question(patient(), 1), &share));
	assert_false(survey_share_of(&sum, survey_question(patient(), 7), &share));
	sum.counts[0] = (struct survey_count){1, 11, {[0] = 1, [10] = 2}};
	assert_true(survey_share_of(&sum, survey_question(patient(), 1), &share));
	assert_int_equal(share.sum, 20);
	assert_int_equal(share.answered, 3);
}

static void numbers_are_checked(void **state)
{
	static const struct record_id OTHER = {{0x70, 2}};
	const uint64_t number = survey_number(&CAMPAIGN, 4123456789u);
	char text[SURVEY_NUMBER_BYTES];
	unsigned passed = 0;
	(void)state;
	survey_number_text(text, number);
	assert_int_equal(strlen(text), 11);
	assert_true(survey_number_read(&CAMPAIGN, span_text(text)) == number);
	for (uint32_t i = 0; i < 9700; i++) {
		char one[SURVEY_NUMBER_BYTES];
		survey_number_text(one, survey_number(&CAMPAIGN, i * 7919));
		assert_true(survey_number_read(&CAMPAIGN, span_text(one)));
		passed += survey_number_read(&OTHER, span_text(one)) != 0;
	}
	assert_in_range(passed, 40, 180); /* one in 97 */
	assert_true(survey_number_read(&CAMPAIGN, span_text("")) == 0);
	assert_true(survey_number_read(&CAMPAIGN, span_text("12345 678901")) == 0);
	assert_true(survey_number_read(&CAMPAIGN, span_text("12345x67890")) == 0);
}

static void sheets_hold_numbers_and_no_markup_of_others(void **state)
{
	const uint64_t numbers[] = {1234567890, 9876543210};
	struct buf page = {0};
	(void)state;
	survey_sheet(&page, SCHEMA_FR, patient(), "<b>Printemps</b>", numbers, 2);
	buf_add(&page, "", 1);
	const char *html = (const char *)page.data;
	assert_non_null(strstr(html, "12345 67890"));
	assert_non_null(strstr(html, "98765 43210"));
	assert_non_null(strstr(html, "&lt;b&gt;Printemps"));
	assert_null(strstr(html, "<b>Printemps"));
	assert_non_null(strstr(html, "Recommanderiez-vous"));
	buf_close(&page);
}

static struct record_id batch(struct desks *desks, int who, const struct survey_sum *sum)
{
	static uint8_t count;
	const struct schema_kind *kind = schema_kind(SCHEMA_SURVEY_BATCH);
	struct record_edit edit = {.record = {.kind = kind, .id = {{0x71, ++count}}}};
	struct buf bytes = {0};
	survey_sum_put(sum, &bytes);
	schema_put(&edit.record, schema_field(kind, 1))->number = 20000;
	schema_put(&edit.record, schema_field(kind, 2))->bytes = buf_span(&bytes);
	desks_write(desks, who, &edit, NULL, NULL);
	buf_close(&bytes);
	return edit.record.id;
}

static void batches_add_up_everywhere(void **state)
{
	struct desks desks;
	struct survey_campaign_sum *total = mem_zero(1, sizeof(*total));
	const struct survey_sum none = {0}, one = yes_no(4, 1, 6), two = yes_no(3, 3, 7);
	struct survey_sum other = yes_no(1, 1, 5);
	other.version = 9;
	(void)state;
	desks_open(&desks, SCHEMA_DOC_SURVEY, CAMPAIGN);
	batch(&desks, 0, &none);
	batch(&desks, 0, &one);
	batch(&desks, 1, &two);
	batch(&desks, 2,
	        &other); /* of a later version: counted, and left aside by whoever began with another */
	desks_meet(&desks);
	for (int who = 0; who < DESKS; who++) {
		const struct digest_source view = desks_view(&desks, who);
		survey_campaign_sum(&view, patient(), total);
		assert_int_equal(total->batches, 2); /* whatever came first */
		assert_int_equal(total->unread, 1);
		assert_int_equal(total->sum.forms, 13);
	}
	desks_close(&desks);
	desks_open(&desks, SCHEMA_DOC_SURVEY, CAMPAIGN);
	batch(&desks, 0, &one);
	batch(&desks, 1, &two);
	desks_meet(&desks);
	for (int who = 0; who < DESKS; who++) {
		const struct digest_source view = desks_view(&desks, who);
		survey_campaign_sum(&view, patient(), total);
		assert_int_equal(total->sum.forms, 13);
		assert_int_equal(survey_count_of(&total->sum, 2)->cells[0], 7);
		assert_int_equal(total->unread, 0);
	}
	desks_close(&desks);
	mem_free(total);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_table_is_consistent),
	        cmocka_unit_test(forms_are_checked),
	        cmocka_unit_test(a_number_counts_once),
	        cmocka_unit_test(other_questions_are_not_added),
	        cmocka_unit_test(what_is_small_is_hidden),
	        cmocka_unit_test(late_forms_do_not_tell),
	        cmocka_unit_test(shares_are_exact),
	        cmocka_unit_test(numbers_are_checked),
	        cmocka_unit_test(sheets_hold_numbers_and_no_markup_of_others),
	        cmocka_unit_test(batches_add_up_everywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
