#include "node/indicators/compute.h"

#include "node/calendar.h"
#include "node/indicators/computing.h"

static struct period period_of(int32_t month, uint32_t months)
{
	const int64_t from_s = calendar_month_start(month),
	              until_s = calendar_month_start(month + (int32_t)months);
	return (struct period){(int32_t)(from_s / 86400), (int32_t)(until_s / 86400) - 1, month,
	        (int32_t)months, from_s / 60, until_s / 60};
}

/* ---- The mix ----------------------------------------------------------------------------------------------------- */

static uint32_t age_of(const struct tally_patient *patient, const struct period *period)
{
	for (uint32_t i = 0; i < patient->count; i++) {
		if (patient->files[i].birth_day == FACTS_NO_DAY)
			continue;
		const struct calendar_date birth = calendar_date(patient->files[i].birth_day),
		                           last = calendar_date(period->last_day);
		const bool before = last.month < birth.month ||
		        (last.month == birth.month && last.day < birth.day);
		const int32_t years = last.year - birth.year - before;
		return strata_age(years < 0 ? 0 : years);
	}
	return strata_age(-1);
}

static bool is_ald(const struct tally_patient *patient, const struct period *period)
{
	for (uint32_t i = 0; i < patient->count; i++) {
		const struct facts_file *file = &patient->files[i];
		if (file->is_ald && (file->ald_from == FACTS_NO_DAY || file->ald_from <= period->last_day) &&
		        (file->ald_until == FACTS_NO_DAY || file->ald_until >= period->first_day))
			return true;
	}
	return false;
}

/* ---- Adding up --------------------------------------------------------------------------------------------------- */

static void add(struct indicator_amount *cell, const struct indicator *indicator, int64_t n, int64_t d)
{
	cell->is_known = true;
	cell->numerator += n;
	cell->denominator += d;
	cell->people += n != 0;
	cell->rest_people += indicator->form == INDICATOR_SHARE && d > n;
}

static void add_patient(
        struct computing *computing, const struct tally_patient *patient, const struct tally *tally)
{
	const uint32_t age = age_of(patient, &computing->period), ald = is_ald(patient, &computing->period);
	for (uint32_t i = 0; i < indicators_count; i++) {
		const struct indicator *indicator = &indicators_table[i];
		if (indicator->class != INDICATOR_PEOPLE || indicator->number == INDICATOR_PROBLEM ||
		        indicator->form == INDICATOR_RATIO)
			continue;
		const int64_t n = tally->numerator[indicator->number],
		              d = indicator->base ? tally->numerator[indicator->base] : 0;
		if (n == 0 && d == 0)
			continue;
		struct indicator_amount *cells = computing->out->cells[i];
		add(&cells[STRATA_CELL_ALL], indicator, n, d);
		add(&cells[STRATA_CELL_AGE + age], indicator, n, d);
		add(&cells[STRATA_CELL_ALD + ald], indicator, n, d);
	}
	const int64_t seen = tally->numerator[INDICATOR_PATIENTS];
	for (uint32_t code = 0; seen && code < STRATA_CODES; code++)
		add(&computing->out->problems[code], indicator_numbered(INDICATOR_PROBLEM),
		        tally->problems[code], 1);
}

static bool is_nothing(const struct tally *tally)
{
	int64_t any = 0;
	for (size_t i = 0; i < sizeof(tally->numerator) / sizeof(*tally->numerator); i++)
		any |= tally->numerator[i];
	return any == 0;
}

static void take_patient(struct computing *computing, const struct tally_patient *patient)
{
	struct tally tally;
	tally_of(computing, patient, &tally);
	computing->amo += tally.numerator[INDICATOR_AMO];
	if (!is_nothing(&tally))
		add_patient(computing, patient, &tally);
}

/* ---- Many periods at once ---------------------------------------------------------------------------------------- */

struct indicator_sums {
	struct computing *periods;
	uint32_t count;
	int64_t conflicts;
};

/* What nobody had is none, not unknown. */
static void know_people(struct computing *computing)
{
	for (uint32_t i = 0; i < indicators_count; i++)
		for (uint32_t cell = 0; cell < STRATA_CELLS; cell++)
			computing->out->cells[i][cell].is_known |= indicators_table[i].class ==
			        INDICATOR_PEOPLE;
}

struct indicator_sums *indicator_sums_new(
        const struct facts_team *team, struct arena *arena, struct indicator_values *values, uint32_t count)
{
	struct indicator_sums *sums = mem_zero(1, sizeof(*sums));
	sums->periods = mem_zero(count + 1, sizeof(*sums->periods));
	sums->count = count;
	for (uint32_t i = 0; i < count; i++) {
		struct indicator_values *out = &values[i];
		struct computing *computing = &sums->periods[i];
		*out = (struct indicator_values){
		        .month = out->month, .months = out->months, .is_observed = out->is_observed};
		out->cells = arena_zero(arena, indicators_count, sizeof(*out->cells));
		*computing = (struct computing){
		        .team = team, .period = period_of(out->month, out->months), .out = out};
		for (uint32_t j = 0; j < indicators_count; j++)
			computing->places[indicators_table[j].number] = j + 1;
		know_people(computing);
	}
	return sums;
}

void indicator_sums_add(struct indicator_sums *sums, const struct facts_file *files, uint32_t count)
{
	const struct tally_patient patient = {files, count};
	for (uint32_t i = 0; i < count; i++)
		sums->conflicts += files[i].has_conflict;
	for (uint32_t i = 0; count && i < sums->count; i++)
		take_patient(&sums->periods[i], &patient);
}

void indicator_sums_end(struct indicator_sums *sums)
{
	for (uint32_t i = 0; i < sums->count; i++)
		compute_team(&sums->periods[i], sums->conflicts);
	mem_free(sums->periods);
	mem_free(sums);
}

void indicators_compute(const struct facts_team *team, int32_t month, uint32_t months, struct arena *arena,
        struct indicator_values *out)
{
	*out = (struct indicator_values){.month = month, .months = months, .is_observed = true};
	struct indicator_sums *sums = indicator_sums_new(team, arena, out, 1);
	for (uint32_t i = 0, end; i < team->file_count; i = end) {
		for (end = i + 1;
		        end < team->file_count && record_id_eq(&team->files[end].id, &team->files[i].id);)
			end++;
		indicator_sums_add(sums, &team->files[i], end - i);
	}
	indicator_sums_end(sums);
}
