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

/* ---- What a reader who knows the rules can tell, of every distribution ------------------------------------------------------------------ */

enum { PLACES_MAX = 4 };

struct told {
	uint32_t forms, cells[PLACES_MAX], output;
	struct survey_shown_row row;
};

/* All that is possible behind one reading, or behind two: what it always is, and whether it is. */
struct possible {
	bool is_any;
	uint8_t first[2 * PLACES_MAX], varies;
};

struct every {
	struct told *told;
	uint32_t count, places, least, most;
};

static bool reads_alike(const struct told *a, const struct told *b, uint32_t places)
{
	return a->forms == b->forms && a->row.at_least == b->row.at_least &&
	        memcmp(a->row.cells, b->row.cells, places * sizeof(*a->row.cells)) == 0;
}

static void add_every(struct every *every, uint32_t place, struct told *told)
{
	if (place + 1 < every->places) {
		for (uint32_t i = 0; told->forms + i <= every->most; i++) {
			struct told more = *told;
			more.cells[place] = i;
			more.forms += i;
			add_every(every, place + 1, &more);
		}
		return;
	}
	for (uint32_t i = 0; told->forms + i <= every->most; i++) {
		struct told *out = &every->told[every->count];
		*out = *told;
		out->cells[place] = i;
		out->forms += i;
		if (out->forms < every->least || i == out->forms)
			continue; /* nothing is shown; nobody answered it */
		out->row = (struct survey_shown_row){.cell_count = every->places};
		memcpy(out->row.cells, out->cells, every->places * sizeof(*out->cells));
		survey_row_hide(&out->row, out->forms, every->least);
		out->output = every->count;
		for (uint32_t j = 0; j < every->count; j++)
			if (reads_alike(&every->told[j], out, every->places)) {
				out->output = every->told[j].output;
				break;
			}
		every->count++;
	}
}

static void may_be(struct possible *possible, const uint32_t *cells, uint32_t count, uint32_t from)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!possible->is_any)
			possible->first[from + i] = (uint8_t)cells[i];
		else if (possible->first[from + i] != cells[i])
			possible->varies |= (uint8_t)(1U << (from + i));
	}
}

static bool tells(const struct possible *possible, uint32_t count, uint32_t least)
{
	for (uint32_t i = 0; possible->is_any && i < count; i++)
		if (!(possible->varies >> i & 1) && possible->first[i] && possible->first[i] < least)
			return true;
	return false;
}

static bool grew(const struct told *a, const struct told *b, uint32_t places)
{
	for (uint32_t i = 0; i < places; i++)
		if (b->cells[i] < a->cells[i])
			return false;
	return true;
}

/* One reading, and two of which the second may replace the first. */
static bool nothing_small_is_told(uint32_t places, uint32_t least, uint32_t most, uint32_t room)
{
	struct every every = {mem_zero(room, sizeof(struct told)), 0, places, least, most};
	add_every(&every, 0, &(struct told){0});
	const uint32_t n = every.count;
	struct possible *alone = mem_zero(n, sizeof(*alone)), *both = mem_zero((size_t)n * n, sizeof(*both));
	uint32_t replaced = 0, told = 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct told *a = &every.told[i];
		may_be(&alone[a->output], a->cells, places, 0);
		alone[a->output].is_any = true;
		for (uint32_t j = 0; j < n; j++) {
			const struct told *b = &every.told[j];
			if (!grew(a, b, places) ||
			        !survey_row_may_follow(&a->row, a->forms, &b->row, b->forms, least))
				continue;
			struct possible *pair = &both[(size_t)a->output * n + b->output];
			may_be(pair, a->cells, places, 0);
			may_be(pair, b->cells, places, PLACES_MAX);
			pair->is_any = true;
			replaced += b->forms > a->forms;
		}
	}
	for (uint32_t i = 0; i < n; i++)
		told += tells(&alone[i], places, least);
	const uint32_t told_alone = told;
	for (size_t i = 0; i < (size_t)n * n; i++)
		told += tells(&both[i], 2 * PLACES_MAX, least);
	printf("%u cells, %u: %u distributions, %u pairs, %u + %u can be told\n", places, least, n, replaced,
	        told_alone, told - told_alone);
	mem_free(every.told);
	mem_free(alone);
	mem_free(both);
	return !told && replaced;
}

int main(void)
{
	bool holds = prop_holds("the order of forms tells nothing", order_tells_nothing, 300);
	holds &= prop_holds("small counts are hidden", small_counts_are_hidden, 20000);
	holds &= prop_holds("differences are hidden", differences_are_hidden, 20000);
	holds &= nothing_small_is_told(2, 4, 40, 1000);
	holds &= nothing_small_is_told(3, 4, 20, 2000);
	holds &= nothing_small_is_told(3, 3, 18, 1500);
	holds &= nothing_small_is_told(4, 3, 12, 2000);
	return holds ? 0 : 1;
}
