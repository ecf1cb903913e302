#include "node/evaluation/rows.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/csv.h"
#include "node/omaha/omaha.h"

enum { PSEUDONYM_BYTES = 8, CODES = 100 };

static const char HEADER[] = "team,export,patient,month,age,ald,minutes,billable,cents,problems\r\n";
static const char *const AGES[EVALUATION_AGES] = {"", "under-60", "60-69", "70-79", "80-89", "90-over"};

/* What is made of a patient. */
struct shown {
	char pseudonym[2 * PSEUDONYM_BYTES + 1];
	bool has_visit, is_grouped; /* grouped: neither age nor ALD stands in the rows */
};

struct work {
	const struct evaluation_input *input;
	struct shown *shown;
	uint32_t groups[EVALUATION_AGES][2];
	bool is_hidden[EVALUATION_AGES][2];
	uint32_t codes[CODES];
};

enum evaluation_age evaluation_age_on(int64_t birth_day, int64_t day)
{
	const struct calendar_date born = calendar_date(birth_day), now = calendar_date(day);
	if (birth_day > day)
		return EVALUATION_NO_AGE;
	const int had_birthday = now.month > born.month || (now.month == born.month && now.day >= born.day);
	const int age = now.year - born.year - !had_birthday;
	return age < 60    ? EVALUATION_UNDER_60
	        : age < 70 ? EVALUATION_60
	        : age < 80 ? EVALUATION_70
	        : age < 90 ? EVALUATION_80
	                   : EVALUATION_90;
}

/* ---- Groups ------------------------------------------------------------------------------------------------------ */

static void count(struct work *work, struct evaluation_totals *totals)
{
	for (uint32_t i = 0; i < work->input->visit_count; i++)
		work->shown[work->input->visits[i].patient].has_visit = true;
	for (uint32_t i = 0; i < work->input->patient_count; i++) {
		const struct evaluation_patient *patient = &work->input->patients[i];
		if (!work->shown[i].has_visit)
			continue;
		totals->patients++;
		work->groups[patient->age][patient->has_ald]++;
		for (uint32_t c = 0; c < patient->code_count; c++)
			if (patient->codes[c] < CODES)
				work->codes[patient->codes[c]]++;
	}
}

/* The smallest group that is shown and has somebody. False: none. */
static bool smallest(const struct work *work, uint32_t *age, uint32_t *ald)
{
	uint32_t least = UINT32_MAX;
	for (uint32_t a = 0; a < EVALUATION_AGES; a++)
		for (uint32_t l = 0; l < 2; l++)
			if (work->groups[a][l] && !work->is_hidden[a][l] && work->groups[a][l] < least) {
				least = work->groups[a][l];
				*age = a;
				*ald = l;
			}
	return least != UINT32_MAX;
}

/* Small groups become one, which is itself none of fewer than 11. */
static void put_together(struct work *work)
{
	uint32_t together = 0, age = 0, ald = 0;
	while (smallest(work, &age, &ald) &&
	        (work->groups[age][ald] < EVALUATION_GROUP_MIN ||
	                (together && together < EVALUATION_GROUP_MIN))) {
		work->is_hidden[age][ald] = true;
		together += work->groups[age][ald];
	}
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

static void make_pseudonyms(struct work *work, struct evaluation_totals *totals)
{
	for (uint32_t i = 0; i < work->input->patient_count; i++) {
		const struct evaluation_patient *patient = &work->input->patients[i];
		uint8_t hash[16];
		crypto_generichash(hash, sizeof(hash), patient->id.bytes, sizeof(patient->id.bytes),
		        work->input->key, EVALUATION_KEY_BYTES);
		ids_hex(work->shown[i].pseudonym, hash, PSEUDONYM_BYTES);
		work->shown[i].is_grouped = work->is_hidden[patient->age][patient->has_ald];
		totals->grouped += work->shown[i].has_visit && work->shown[i].is_grouped;
	}
}

/* qsort() has no context: a visit's key stands beside it. */
struct sorted {
	const struct evaluation_visit *visit;
	const char *pseudonym;
};

static int sorted_cmp(const void *a, const void *b)
{
	const struct sorted *left = a, *right = b;
	const struct evaluation_visit *l = left->visit, *r = right->visit;
	if (l->month != r->month)
		return l->month < r->month ? -1 : 1;
	const int order = strcmp(left->pseudonym, right->pseudonym);
	if (order)
		return order;
	if (l->minutes != r->minutes)
		return l->minutes < r->minutes ? -1 : 1;
	if (l->is_billable != r->is_billable)
		return l->is_billable ? 1 : -1;
	return (l->cents > r->cents) - (l->cents < r->cents);
}

static int code_cmp(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

static void put_codes(const struct work *work, const struct evaluation_patient *patient, struct buf *csv)
{
	uint16_t codes[EVALUATION_CODES_MAX], last = 0;
	memcpy(codes, patient->codes, sizeof(codes));
	if (patient->code_count)
		qsort(codes, patient->code_count, sizeof(*codes), code_cmp);
	for (uint32_t i = 0; i < patient->code_count; i++) {
		char text[OMAHA_CODE_BYTES];
		if (codes[i] >= CODES || work->codes[codes[i]] < EVALUATION_GROUP_MIN || codes[i] == last)
			continue;
		omaha_write_code(text, OMAHA_PROBLEM, codes[i]);
		csv_text(csv, last ? " " : "");
		csv_text(csv, text);
		last = codes[i];
	}
}

static void put_row(const struct work *work, const struct evaluation_visit *visit, struct buf *csv)
{
	const struct evaluation_patient *patient = &work->input->patients[visit->patient];
	const struct shown *shown = &work->shown[visit->patient];
	const struct calendar_date first = calendar_date(calendar_month_start(visit->month) / 86400);
	char month[64];
	csv_hex(csv, work->input->team.bytes, sizeof(work->input->team.bytes));
	csv_text(csv, ",");
	csv_hex(csv, work->input->export_id, EVALUATION_EXPORT_BYTES);
	snprintf(month, sizeof(month), ",%s,%04d-%02u,%s,%s,", shown->pseudonym, (int)first.year % 10000,
	        (unsigned)first.month % 100, shown->is_grouped ? "" : AGES[patient->age],
	        shown->is_grouped          ? ""
	                : patient->has_ald ? "1"
	                                   : "0");
	csv_text(csv, month);
	csv_number(csv, visit->minutes);
	csv_text(csv, visit->is_billable ? ",1," : ",0,");
	if (visit->has_cents)
		csv_number(csv, visit->cents);
	csv_text(csv, ",");
	put_codes(work, patient, csv);
	csv_text(csv, "\r\n");
}

static void put_rows(const struct work *work, struct buf *csv, struct evaluation_totals *totals)
{
	const uint32_t visits = work->input->visit_count;
	struct sorted *sorted = mem_zero(visits + 1, sizeof(*sorted));
	for (uint32_t i = 0; i < visits; i++)
		sorted[i] = (struct sorted){
		        &work->input->visits[i], work->shown[work->input->visits[i].patient].pseudonym};
	if (visits)
		qsort(sorted, visits, sizeof(*sorted), sorted_cmp);
	csv_text(csv, HEADER);
	for (uint32_t i = 0; i < visits; i++) {
		put_row(work, sorted[i].visit, csv);
		totals->rows++;
		totals->minutes += sorted[i].visit->minutes;
		totals->cents += sorted[i].visit->has_cents ? sorted[i].visit->cents : 0;
	}
	mem_free(sorted);
}

int evaluation_rows(const struct evaluation_input *input, struct buf *csv, struct evaluation_totals *totals)
{
	struct work *work = mem_zero(1, sizeof(*work));
	*totals = (struct evaluation_totals){0};
	work->input = input;
	work->shown = mem_zero(input->patient_count + 1, sizeof(*work->shown));
	count(work, totals);
	const int result = totals->patients < EVALUATION_GROUP_MIN ? ERR_DENIED : 0;
	if (!result) {
		put_together(work);
		make_pseudonyms(work, totals);
		for (uint32_t i = 0; i < CODES; i++)
			totals->codes_left_out += work->codes[i] && work->codes[i] < EVALUATION_GROUP_MIN;
		put_rows(work, csv, totals);
	}
	mem_wipe(work->shown, (input->patient_count + 1) * sizeof(*work->shown));
	mem_free(work->shown);
	mem_free(work);
	return result;
}
