/* One patient's numbers of a period, from her files. */
#include <string.h>

#include "node/calendar.h"
#include "node/indicators/computing.h"

enum { NIGHT_FROM = 20 * 60, NIGHT_UNTIL = 6 * 60, DAY_MINUTES = 24 * 60, READ_WITHIN_MS = 24 * 3600 * 1000 };
enum { PLACE_HOME = 1, PLACE_PRACTICE = 2 };

static bool has_day(const struct period *period, int32_t day)
{
	return period_has_day(period, day);
}

static bool has_minute(const struct period *period, int64_t minute)
{
	return minute >= period->from_minute && minute < period->until_minute;
}

static int32_t day_of(int64_t minute)
{
	return (int32_t)(minute / DAY_MINUTES - (minute % DAY_MINUTES < 0));
}

/* ---- Visits ------------------------------------------------------------------------------------------------------ */

static const uint8_t *referent_of(const struct tally_patient *patient)
{
	for (uint32_t i = 0; i < patient->count; i++)
		if (patient->files[i].has_referent)
			return patient->files[i].referent;
	return NULL;
}

static void note_nurse(uint8_t (*nurses)[SCHEMA_SHORT_BYTES], uint32_t *count, const uint8_t *nurse)
{
	for (uint32_t i = 0; i < *count; i++)
		if (memcmp(nurses[i], nurse, SCHEMA_SHORT_BYTES) == 0)
			return;
	if (*count < COMPUTING_NURSES_MAX)
		memcpy(nurses[(*count)++], nurse, SCHEMA_SHORT_BYTES);
}

static void tally_visit(const struct facts_visit *visit, int64_t *n)
{
	const int64_t of_day = ((visit->start_minute % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES;
	n[INDICATOR_VISITS]++;
	n[INDICATOR_MINUTES] += visit->minutes;
	n[visit->place == PLACE_HOME ? INDICATOR_VISITS_HOME : INDICATOR_VISITS_AWAY]++;
	n[INDICATOR_VISITS_PRACTICE] += visit->place == PLACE_PRACTICE;
	n[INDICATOR_VISITS_NIGHT] += of_day >= NIGHT_FROM || of_day < NIGHT_UNTIL;
	for (uint32_t i = 0; i < FACTS_CATEGORIES; i++) {
		n[INDICATOR_TEACHING + i] += visit->done[i];
		n[INDICATOR_INTERVENTIONS] += visit->done[i];
	}
}

/* The first visit of a file that is not before the minute: visits are in order of time. */
static uint32_t first_visit_from(const struct facts_file *file, int64_t minute)
{
	uint32_t low = 0;
	for (uint32_t high = file->visit_count; low < high;) {
		const uint32_t middle = low + (high - low) / 2;
		if (file->visits[middle].start_minute < minute)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* *first: the minute of the very first visit; INT64_MAX: none. */
static void tally_visits(
        struct computing *computing, const struct tally_patient *patient, int64_t *n, int64_t *first)
{
	uint8_t nurses[COMPUTING_NURSES_MAX][SCHEMA_SHORT_BYTES];
	const uint8_t *referent = referent_of(patient);
	uint32_t nurse_count = 0;
	*first = INT64_MAX;
	for (uint32_t i = 0; i < patient->count; i++) {
		const struct facts_file *file = &patient->files[i];
		if (file->visit_count && file->visits[0].start_minute < *first)
			*first = file->visits[0].start_minute;
		for (uint32_t j = first_visit_from(file, computing->period.from_minute);
		        j < file->visit_count && has_minute(&computing->period, file->visits[j].start_minute);
		        j++) {
			const struct facts_visit *visit = &file->visits[j];
			tally_visit(visit, n);
			if (visit->nurse >= file->nurse_count)
				continue;
			const uint8_t *nurse = file->nurses[visit->nurse];
			n[INDICATOR_BY_REFERENT] += referent &&
			        memcmp(nurse, referent, SCHEMA_SHORT_BYTES) == 0;
			note_nurse(nurses, &nurse_count, nurse);
			note_nurse(computing->nurses, &computing->nurse_count, nurse);
		}
	}
	n[INDICATOR_NURSES_PER_PATIENT] = nurse_count;
}

static void tally_patients(
        const struct computing *computing, const struct tally_patient *patient, int64_t first, int64_t *n)
{
	n[INDICATOR_PATIENTS] = n[INDICATOR_VISITS] > 0;
	if (!n[INDICATOR_PATIENTS])
		return;
	n[INDICATOR_PATIENTS_NEW] = has_minute(&computing->period, first);
	n[INDICATOR_WITH_REFERENT] = referent_of(patient) != NULL;
	for (uint32_t i = 0; i < patient->count; i++)
		if (has_day(&computing->period, patient->files[i].archived_day) ||
		        has_day(&computing->period, patient->files[i].deceased_day))
			n[INDICATOR_PATIENTS_CLOSED] = 1;
}

/* ---- Ratings ----------------------------------------------------------------------------------------------------- */

/* One problem: its first and its last rating by the end of the period. */
static void tally_problem(const struct computing *computing, const struct facts_file *file, uint32_t problem,
        struct tally *tally)
{
	const struct facts_rating *first = NULL, *last = NULL;
	bool later = false;
	for (uint32_t i = 0; i < file->rating_count; i++) {
		const struct facts_rating *rating = &file->ratings[i];
		if (rating->problem != problem)
			continue;
		later |= rating->minute >= computing->period.from_minute;
		if (rating->minute >= computing->period.until_minute)
			break;
		first = first ? first : rating;
		last = rating;
	}
	if (!first)
		return;
	const uint32_t code = file->problems[problem].code;
	if (tally->numerator[INDICATOR_PATIENTS] && code && (!file->problems[problem].is_closed || later))
		tally->problems[code] = true;
	if (first == last || last->minute < computing->period.from_minute)
		return;
	int64_t *n = tally->numerator, sum = 0;
	for (uint32_t i = 0; i < 3; i++) {
		const int32_t change = last->scores[i] - first->scores[i];
		n[INDICATOR_KNOWLEDGE + i] += change;
		sum += change;
	}
	n[INDICATOR_FOLLOWED]++;
	n[sum > 0 ? INDICATOR_IMPROVED : sum < 0 ? INDICATOR_WORSE : INDICATOR_STABLE]++;
}

static void tally_ratings(const struct computing *computing, const struct tally_patient *patient,
        int64_t first_visit, struct tally *tally)
{
	int64_t *n = tally->numerator, last = INT64_MIN;
	for (uint32_t i = 0; i < patient->count; i++) {
		const struct facts_file *file = &patient->files[i];
		for (uint32_t j = 0; j < file->problem_count; j++)
			tally_problem(computing, file, j, tally);
		for (uint32_t j = 0; j < file->rating_count; j++) {
			const int64_t minute = file->ratings[j].minute;
			if (minute < computing->period.until_minute && minute > last)
				last = minute;
			if (n[INDICATOR_PATIENTS_NEW] && day_of(minute) == day_of(first_visit))
				n[INDICATOR_ASSESSED_FIRST] = 1;
		}
	}
	n[INDICATOR_RATED] = n[INDICATOR_PATIENTS] && last != INT64_MIN;
	if (n[INDICATOR_RATED])
		n[INDICATOR_REASSESSED] = computing->period.last_day - day_of(last);
}

/* ---- The rest of a dossier --------------------------------------------------------------------------------------- */

static bool was_read(const struct facts_file *file, const struct facts_transmission *item)
{
	for (uint32_t i = 0; i < item->reader_count; i++) {
		const uint32_t reader = item->readers[i].feed;
		const bool other = !file->feed_people ||
		        file->feed_people[reader] != file->feed_people[item->author];
		if (other && item->readers[i].read_ms <= item->saved_ms + READ_WITHIN_MS)
			return true;
	}
	return false;
}

static void tally_lists(const struct period *period, const struct facts_file *file, int64_t *n)
{
	for (uint32_t i = 0; i < file->transmission_count; i++) {
		if (!has_day(period, file->transmissions[i].day))
			continue;
		n[INDICATOR_TRANSMISSIONS]++;
		n[INDICATOR_UNREAD] += !was_read(file, &file->transmissions[i]);
	}
	for (uint32_t i = 0; i < file->contact_count; i++) {
		if (!has_day(period, file->contacts[i].day))
			continue;
		n[INDICATOR_CONTACTS]++;
		n[INDICATOR_CONTACTS_DOCTOR] += file->contacts[i].is_doctor;
		n[INDICATOR_LETTERS] += file->contacts[i].is_letter;
	}
	for (uint32_t i = 0; i < file->planned_count; i++) {
		if (!has_day(period, file->planned[i].day))
			continue;
		n[INDICATOR_PLANNED]++;
		n[INDICATOR_UNCLAIMED] += !file->planned[i].is_claimed;
	}
}

static void tally_surveys(const struct period *period, const struct facts_file *file, int64_t *n)
{
	for (uint32_t i = 0; i < file->survey_count; i++) {
		const struct facts_survey *survey = &file->surveys[i];
		if (!has_day(period, survey->day))
			continue;
		n[INDICATOR_ANSWERS]++;
		n[INDICATOR_RATED_CARE] += survey->satisfaction >= 0;
		n[INDICATOR_SATISFACTION] += survey->satisfaction > 0 ? survey->satisfaction : 0;
		n[INDICATOR_SAID_RECOMMENDS] += survey->recommends >= 0;
		n[INDICATOR_RECOMMENDS] += survey->recommends > 0;
		n[INDICATOR_SAID_AUTONOMOUS] += survey->autonomous >= 0;
		n[INDICATOR_AUTONOMOUS] += survey->autonomous > 0;
	}
}

static void tally_outcomes(const struct period *period, const struct tally_patient *patient, int64_t *n)
{
	int32_t death = FACTS_NO_DAY;
	bool at_home = false;
	for (uint32_t i = 0; i < patient->count; i++) {
		const struct facts_file *file = &patient->files[i];
		for (uint32_t j = 0; j < file->outcome_count; j++) {
			const struct facts_outcome *outcome = &file->outcomes[j];
			if (outcome->type == FACTS_DEATH) {
				death = death == FACTS_NO_DAY ? outcome->day : death;
				at_home |= outcome->is_home;
			} else if (outcome->type <= FACTS_WOUND_HEALED && has_day(period, outcome->day)) {
				n[INDICATOR_HOSPITALIZATIONS + outcome->type - FACTS_HOSPITALIZATION]++;
			}
		}
	}
	for (uint32_t i = 0; i < patient->count; i++)
		if (patient->files[i].deceased_day != FACTS_NO_DAY)
			death = patient->files[i].deceased_day;
	if (death != FACTS_NO_DAY && has_day(period, death)) {
		n[INDICATOR_DEATHS] = 1;
		n[INDICATOR_DEATHS_HOME] = at_home;
	}
}

/* ---- Bills ------------------------------------------------------------------------------------------------------- */

static uint32_t first_bill(const struct facts_team *team, const struct record_id *patient)
{
	uint32_t low = 0, high = team->bill_count;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (record_id_cmp(&team->bills[middle].patient, patient) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A visit that was billed and called off since is a credit to come: no more are billed than took place. */
static void tally_bills(const struct computing *computing, const struct record_id *patient, int64_t *n)
{
	const struct facts_team *team = computing->team;
	const struct period *period = &computing->period;
	for (uint32_t i = first_bill(team, patient);
	        i < team->bill_count && record_id_eq(&team->bills[i].patient, patient); i++) {
		if (team->bills[i].month < period->month ||
		        team->bills[i].month >= period->month + period->months)
			continue;
		n[INDICATOR_BILLED] += team->bills[i].visits;
		n[INDICATOR_CENTS] += team->bills[i].cents;
		n[INDICATOR_MINUTES_BILLED] += team->bills[i].minutes;
		n[INDICATOR_AMO] += team->bills[i].amo_cents;
	}
	if (n[INDICATOR_BILLED] > n[INDICATOR_VISITS])
		n[INDICATOR_BILLED] = n[INDICATOR_VISITS];
	if (n[INDICATOR_BILLED] <= 0)
		n[INDICATOR_BILLED] = n[INDICATOR_CENTS] = n[INDICATOR_AMO] = n[INDICATOR_MINUTES_BILLED] = 0;
}

static int64_t count_returns(const struct facts_return *items, uint32_t count, const struct period *period,
        const struct record_id *patient)
{
	int64_t found = 0;
	for (uint32_t i = 0; i < count; i++)
		found += record_id_eq(&items[i].patient, patient) && items[i].month >= period->month &&
		        items[i].month < period->month + period->months;
	return found;
}

void tally_of(struct computing *computing, const struct tally_patient *patient, struct tally *out)
{
	const struct record_id *id = &patient->files[0].id;
	const struct facts_team *team = computing->team;
	int64_t *n = out->numerator, first;
	*out = (struct tally){{0}, {0}};
	tally_visits(computing, patient, n, &first);
	tally_patients(computing, patient, first, n);
	tally_ratings(computing, patient, first, out);
	for (uint32_t i = 0; i < patient->count; i++) {
		tally_lists(&computing->period, &patient->files[i], n);
		tally_surveys(&computing->period, &patient->files[i], n);
	}
	tally_outcomes(&computing->period, patient, n);
	tally_bills(computing, id, n);
	n[INDICATOR_CREDITS] = count_returns(team->credits, team->credit_count, &computing->period, id);
	n[INDICATOR_REJECTS] = count_returns(team->rejects, team->reject_count, &computing->period, id);
}
