/* Laws of sums of answers: their order tells nothing, and nothing small can be told by what is shown of them. */
#include <stdio.h>
#include <string.h>

#include "node/survey/result.h"
#include "tests/prop/prop.h"

enum { FORMS = 60 };

static const struct survey_questionnaire *draw_questionnaire(struct prop *prop)
{
	return survey_questionnaire_at(prop_below(prop, 4));
}

static void draw_form(struct prop *prop, const struct survey_questionnaire *questionnaire, uint32_t leaning,
        struct survey_form *form)
{
	char text[16];
	*form = (struct survey_form){0};
	for (uint32_t i = 0; questionnaire->questions[i].number; i++) {
		const uint32_t cells = survey_cell_count(&questionnaire->questions[i]);
		if (cells)
			form->answers[i].cell = (uint8_t)(prop_chance(prop, leaning)
			                ? 1
			                : prop_below(prop, cells + 1));
		else if (prop_chance(prop, 20)) {
			snprintf(text, sizeof(text), "mots %u", (unsigned)prop_below(prop, 4));
			form->answers[i].text = mem_text(span_text(text));
		}
	}
}

static void put(const struct survey_waiting *waiting, struct buf *out)
{
	buf_clear(out);
	survey_waiting_put(waiting, out);
}

/* Whoever comes first: the same bytes. And reading gives them again. */
static bool order_tells_nothing(struct prop *prop)
{
	const struct survey_questionnaire *questionnaire = draw_questionnaire(prop);
	struct survey_form forms[FORMS];
	const uint32_t count = prop_below(prop, FORMS) + 1;
	struct survey_waiting *one = mem_zero(3, sizeof(*one)), *other = one + 1, *again = one + 2;
	struct buf first = {0}, second = {0};
	uint32_t order[FORMS];
	for (uint32_t i = 0; i < count; i++) {
		draw_form(prop, questionnaire, 0, &forms[i]);
		order[i] = i;
	}
	for (uint32_t i = count - 1; i > 0; i--) {
		const uint32_t j = prop_below(prop, i + 1), kept = order[i];
		order[i] = order[j];
		order[j] = kept;
	}
	for (uint32_t i = 0; i < count; i++) {
		survey_waiting_form(one, questionnaire, &forms[i], 0);
		survey_waiting_form(other, questionnaire, &forms[order[i]], 0);
		prop_edit(prop);
	}
	put(one, &first);
	put(other, &second);
	const bool same = span_eq(buf_span(&first), buf_span(&second));
	const bool read = survey_waiting_read(buf_span(&first), again) == 0;
	put(again, &second);
	const bool reads = read && span_eq(buf_span(&first), buf_span(&second));
	for (uint32_t i = 0; i < count; i++)
		survey_form_close(&forms[i]);
	for (uint32_t i = 0; i < 3; i++)
		survey_waiting_close(&one[i]);
	mem_free(one);
	buf_close(&first);
	buf_close(&second);
	return !same ? prop_fail(prop, "the order of forms shows")
	             : reads || prop_fail(prop, "not read again");
}

/* A row of a sum with any cells. */
static void draw_sum(struct prop *prop, struct survey_sum *sum)
{
	uint32_t most = 0;
	*sum = (struct survey_sum){.questionnaire = 1, .version = 1, .count = 1 + prop_below(prop, 3)};
	for (uint32_t i = 0; i < sum->count; i++) {
		uint32_t total = 0;
		sum->counts[i] = (struct survey_count){i + 1, 1 + prop_below(prop, SURVEY_CELLS_MAX), {0}};
		for (uint32_t c = 0; c < sum->counts[i].cell_count; c++)
			total += sum->counts[i].cells[c] = prop_below(prop, prop_chance(prop, 30) ? 200 : 15);
		most = total > most ? total : most;
	}
	sum->forms = most + prop_below(prop, prop_chance(prop, 30) ? 40 : 2);
}

/* What the hidden cells hold together is 11 or more, unless all of them are hidden; and no shown number is small. */
static bool small_counts_are_hidden(struct prop *prop)
{
	struct survey_sum *sum = mem_zero(1, sizeof(*sum));
	struct survey_shown *shown = mem_zero(1, sizeof(*shown));
	bool holds = true;
	draw_sum(prop, sum);
	survey_shown_of(sum, shown);
	if (sum->forms < SURVEY_SHOWN_MIN)
		holds = !shown->forms && !shown->count;
	for (uint32_t i = 0; holds && i < shown->count; i++) {
		const struct survey_shown_row *row = &shown->rows[i];
		uint32_t told = 0, hidden = 0;
		for (uint32_t c = 0; c < row->cell_count; c++) {
			const uint32_t cell = row->cells[c];
			const uint32_t true_one = c < sum->counts[i].cell_count ? sum->counts[i].cells[c] : 0;
			holds &= !cell || cell >= SURVEY_SHOWN_MIN;
			holds &= c + 1 == row->cell_count || !cell || row->at_least == c + 1 ||
			        cell == true_one;
			holds &= row->at_least != c + 1 || c + 1 == row->cell_count || cell <= true_one;
			told += cell;
			hidden += !cell;
		}
		holds &= row->at_least || !hidden || hidden == row->cell_count ||
		        sum->forms - told >= SURVEY_SHOWN_MIN;
	}
	mem_free(sum);
	mem_free(shown);
	return holds || prop_fail(prop, "a small count can be told");
}

/* Of whatever was shown and may be replaced, no number moved by less than 11. */
static bool differences_are_hidden(struct prop *prop)
{
	struct survey_sum *sum = mem_zero(2, sizeof(*sum));
	struct survey_shown *shown = mem_zero(2, sizeof(*shown));
	bool holds = true;
	draw_sum(prop, &sum[0]);
	sum[1] = sum[0];
	const uint32_t more = prop_below(prop, 40);
	for (uint32_t i = 0; i < more; i++) {
		sum[1].forms++;
		for (uint32_t r = 0; r < sum[1].count; r++)
			sum[1].counts[r].cells[prop_below(prop, sum[1].counts[r].cell_count)]++;
	}
	survey_shown_of(&sum[0], &shown[0]);
	survey_shown_of(&sum[1], &shown[1]);
	if (survey_may_replace(&shown[0], &shown[1]) && shown[0].forms) {
		holds = more == 0 || more >= SURVEY_SHOWN_MIN;
		for (uint32_t i = 0; i < shown[0].count; i++)
			for (uint32_t c = 0; c < shown[0].rows[i].cell_count; c++) {
				const uint32_t a = shown[0].rows[i].cells[c], b = shown[1].rows[i].cells[c];
				holds &= !a || !b || a == b || b >= a + SURVEY_SHOWN_MIN;
			}
	}
	mem_free(sum);
	mem_free(shown);
	return holds || prop_fail(prop, "a difference of fewer than 11 can be told");
}

int main(void)
{
	bool holds = prop_holds("the order of forms tells nothing", order_tells_nothing, 300);
	holds &= prop_holds("small counts are hidden", small_counts_are_hidden, 20000);
	holds &= prop_holds("differences are hidden", differences_are_hidden, 20000);
	return holds ? 0 : 1;
}
