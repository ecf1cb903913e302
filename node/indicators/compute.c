#include "node/indicators/compute.h"

#include <stdlib.h>
#include <string.h>

#include "node/calendar.h"

enum { NIGHT_FROM = 20 * 60, NIGHT_UNTIL = 6 * 60, DAY_MINUTES = 24 * 60, READ_WITHIN_MS = 24 * 3600 * 1000 };
enum { PLACE_HOME = 1, PLACE_PRACTICE = 2, PEOPLE_MAX = 256, GROUP_MAX = 64 };

/* A period, in local days and minutes. */
struct period {
	int32_t first_day, last_day, month, months;
	int64_t from_minute, until_minute; /* until: not within */
};

/* One patient's numbers. */
struct tally {
	int64_t numerator[INDICATOR_NUMBER_MAX + 1];
	bool problems[STRATA_CODES];
};

/* All of one patient's files. */
struct patient {
	const struct facts_file *files[GROUP_MAX];
	uint32_t count;
};

struct computing {
	const struct facts_team *team;
	struct period period;
	struct indicator_values *out;
	uint32_t places[INDICATOR_NUMBER_MAX + 1]; /* of each number in the table, + 1 */
	uint8_t (*nurses)[SCHEMA_SHORT_BYTES];
	uint32_t nurse_count;
};

static struct period period_of(int32_t month, uint32_t months)
{
	const int64_t from_s = calendar_month_start(month),
	              until_s = calendar_month_start(month + (int32_t)months);
	return (struct period){(int32_t)(from_s / 86400), (int32_t)(until_s / 86400) - 1, month,
	        (int32_t)months, from_s / 60, until_s / 60};
}

static bool has_day(const struct period *period, int32_t day)
{
	return day >= period->first_day && day <= period->last_day;
}

static bool has_minute(const struct period *period, int64_t minute)
{
	return minute >= period->from_minute && minute < period->until_minute;
}

static int32_t day_of(int64_t minute)
{
	return (int32_t)(minute / DAY_MINUTES - (minute % DAY_MINUTES < 0));
}

/* ---- The mix ----------------------------------------------------------------------------------------------------- */

static uint32_t age_of(const struct patient *patient, const struct period *period)
{
	for (uint32_t i = 0; i < patient->count; i++) {
		if (patient->files[i]->birth_day == FACTS_NO_DAY)
			continue;
		const struct calendar_date birth = calendar_date(patient->files[i]->birth_day),
		                           last = calendar_date(period->last_day);
		const bool before = last.month < birth.month ||
		        (last.month == birth.month && last.day < birth.day);
		const int32_t years = last.year - birth.year - before;
		return strata_age(years < 0 ? 0 : years);
	}
	return strata_age(-1);
}

static bool is_ald(const struct patient *patient, const struct period *period)
{
	for (uint32_t i = 0; i < patient->count; i++) {
		const struct facts_file *file = patient->files[i];
		if (file->is_ald && (file->ald_from == FACTS_NO_DAY || file->ald_from <= period->last_day) &&
		        (file->ald_until == FACTS_NO_DAY || file->ald_until >= period->first_day))
			return true;
	}
	return false;
}

/* ---- Visits ------------------------------------------------------------------------------------------------------ */

static const uint8_t *referent_of(const struct patient *patient)
{
	for (uint32_t i = 0; i < patient->count; i++)
		if (patient->files[i]->has_referent)
			return patient->files[i]->referent;
	return NULL;
}

static void note_nurse(uint8_t (*nurses)[SCHEMA_SHORT_BYTES], uint32_t *count, const uint8_t *nurse)
{
	for (uint32_t i = 0; i < *count; i++)
		if (memcmp(nurses[i], nurse, SCHEMA_SHORT_BYTES) == 0)
			return;
	if (*count < PEOPLE_MAX)
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

/* *first: the minute of the very first visit; INT64_MAX: none. */
static void tally_visits(
        struct computing *computing, const struct patient *patient, int64_t *n, int64_t *first)
{
	uint8_t nurses[PEOPLE_MAX][SCHEMA_SHORT_BYTES];
	const uint8_t *referent = referent_of(patient);
	uint32_t nurse_count = 0;
	*first = INT64_MAX;
	for (uint32_t i = 0; i < patient->count; i++) {
		const struct facts_file *file = patient->files[i];
		if (file->visit_count && file->visits[0].start_minute < *first)
			*first = file->visits[0].start_minute;
		for (uint32_t j = 0; j < file->visit_count; j++) {
			const struct facts_visit *visit = &file->visits[j];
			if (!has_minute(&computing->period, visit->start_minute))
				continue;
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

static void tally_patient(
        const struct computing *computing, const struct patient *patient, int64_t first, int64_t *n)
{
	n[INDICATOR_PATIENTS] = n[INDICATOR_VISITS] > 0;
	if (!n[INDICATOR_PATIENTS])
		return;
	n[INDICATOR_PATIENTS_NEW] = has_minute(&computing->period, first);
	n[INDICATOR_WITH_REFERENT] = referent_of(patient) != NULL;
	for (uint32_t i = 0; i < patient->count; i++)
		if (has_day(&computing->period, patient->files[i]->archived_day) ||
		        has_day(&computing->period, patient->files[i]->deceased_day))
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

static void tally_ratings(const struct computing *computing, const struct patient *patient,
        int64_t first_visit, struct tally *tally)
{
	int64_t *n = tally->numerator, last = INT64_MIN;
	for (uint32_t i = 0; i < patient->count; i++) {
		const struct facts_file *file = patient->files[i];
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

static void tally_outcomes(const struct period *period, const struct patient *patient, int64_t *n)
{
	int32_t death = FACTS_NO_DAY;
	bool at_home = false;
	for (uint32_t i = 0; i < patient->count; i++) {
		const struct facts_file *file = patient->files[i];
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
		if (patient->files[i]->deceased_day != FACTS_NO_DAY)
			death = patient->files[i]->deceased_day;
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

/* ---- Adding up --------------------------------------------------------------------------------------------------- */

static void add(struct indicator_amount *cell, const struct indicator *indicator, int64_t n, int64_t d)
{
	cell->is_known = true;
	cell->numerator += n;
	cell->denominator += d;
	cell->people += n != 0;
	cell->rest_people += indicator->form == INDICATOR_SHARE && d > n;
}

static void add_patient(struct computing *computing, const struct patient *patient, const struct tally *tally)
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

static void take_patient(struct computing *computing, const struct patient *patient, int64_t *amo)
{
	struct tally tally = {{0}, {0}};
	int64_t *n = tally.numerator, first;
	const struct record_id *id = &patient->files[0]->id;
	const struct facts_team *team = computing->team;
	tally_visits(computing, patient, n, &first);
	tally_patient(computing, patient, first, n);
	tally_ratings(computing, patient, first, &tally);
	for (uint32_t i = 0; i < patient->count; i++) {
		tally_lists(&computing->period, patient->files[i], n);
		tally_surveys(&computing->period, patient->files[i], n);
	}
	tally_outcomes(&computing->period, patient, n);
	tally_bills(computing, id, n);
	n[INDICATOR_CREDITS] = count_returns(team->credits, team->credit_count, &computing->period, id);
	n[INDICATOR_REJECTS] = count_returns(team->rejects, team->reject_count, &computing->period, id);
	*amo += n[INDICATOR_AMO];
	add_patient(computing, patient, &tally);
}

/* ---- The team ---------------------------------------------------------------------------------------------------- */

static struct indicator_amount *cell_of(struct computing *computing, enum indicator_number number)
{
	return &computing->out->cells[computing->places[number] - 1][STRATA_CELL_ALL];
}

static void put(struct computing *computing, enum indicator_number number, int64_t n, int64_t d)
{
	*cell_of(computing, number) = (struct indicator_amount){
	        .numerator = n, .denominator = d, .is_known = true};
}

static void take_practice(struct computing *computing)
{
	const struct facts_team *team = computing->team;
	int64_t minutes[PRACTICE_TYPES] = {0}, counts[PRACTICE_TYPES] = {0};
	int32_t last_sharing = FACTS_NO_DAY;
	for (uint32_t i = 0; i < team->practice_count; i++) {
		const struct practice_event *event = &team->practice[i];
		if (event->day > computing->period.last_day)
			continue;
		if (event->type == PRACTICE_SHARING)
			last_sharing = event->day;
		if (!has_day(&computing->period, event->day))
			continue;
		counts[event->type]++;
		minutes[event->type] += event->type == PRACTICE_TRAINING
		        ? event->minutes * (int64_t)event->attendee_count
		        : event->minutes;
	}
	if (last_sharing != FACTS_NO_DAY)
		put(computing, INDICATOR_SHARING_DAYS, computing->period.last_day - last_sharing, 0);
	put(computing, INDICATOR_SHARINGS, counts[PRACTICE_SHARING], 0);
	put(computing, INDICATOR_FACILITATION, 7 * minutes[PRACTICE_FACILITATION],
	        computing->period.last_day - computing->period.first_day + 1);
	put(computing, INDICATOR_TRAINING, minutes[PRACTICE_TRAINING], 0);
	put(computing, INDICATOR_PEER_VISITS, counts[PRACTICE_PEER_VISIT], 0);
	put(computing, INDICATOR_INTER_TEAMS, counts[PRACTICE_INTER_TEAM], 0);
	put(computing, INDICATOR_NURSES, computing->nurse_count, 0);
}

static void take_marks(struct computing *computing)
{
	const struct facts_team *team = computing->team;
	int64_t count = 0, work_life = 0, conditions = 0;
	for (uint32_t i = 0; i < team->mark_count; i++) {
		const struct facts_marks *marks = &team->marks[i];
		if (!has_day(&computing->period, marks->day) || marks->work_life < 0 || marks->conditions < 0)
			continue;
		count++;
		work_life += marks->work_life;
		conditions += marks->conditions;
	}
	put(computing, INDICATOR_NURSE_ANSWERS, count, 0);
	put(computing, INDICATOR_MARKED_WORK_LIFE, count, count);
	put(computing, INDICATOR_MARKED_CONDITIONS, count, count);
	cell_of(computing, INDICATOR_NURSE_ANSWERS)->people = (uint32_t)count;
	cell_of(computing, INDICATOR_MARKED_WORK_LIFE)->people = (uint32_t)count;
	cell_of(computing, INDICATOR_MARKED_CONDITIONS)->people = (uint32_t)count;
	put(computing, INDICATOR_WORK_LIFE, work_life, count);
	put(computing, INDICATOR_CONDITIONS, conditions, count);
}

/* As few stand behind a sum as behind the least of its parts: a whole less what is shown of one campaign would tell another (README.md, section 5). */
static uint32_t fewest(uint32_t people, int64_t before, int64_t more, bool is_shown)
{
	const uint32_t behind = is_shown ? (uint32_t)more : 0;
	if (more == 0)
		return people;
	return before == 0 || behind < people ? behind : people;
}

static void add_campaign(struct computing *computing, const struct facts_campaign *campaign)
{
	for (int number = FACTS_ANSWERS_FIRST; number < FACTS_ANSWERS_FIRST + FACTS_ANSWERS; number++) {
		if (!computing->places[number])
			continue;
		const struct indicator *indicator = &indicators_table[computing->places[number] - 1];
		struct indicator_amount *cell = cell_of(computing, indicator->number);
		const int64_t n = campaign->answers[number - FACTS_ANSWERS_FIRST],
		              d = indicator->base
		        ? campaign->answers[(int)indicator->base - FACTS_ANSWERS_FIRST]
		        : 0;
		cell->people = fewest(cell->people, cell->numerator, n, campaign->is_shown);
		if (indicator->form == INDICATOR_SHARE)
			cell->rest_people = fewest(cell->rest_people, cell->denominator - cell->numerator,
			        d - n, campaign->is_shown);
		cell->numerator += n;
		cell->denominator += d;
	}
}

static void take_campaigns(struct computing *computing)
{
	for (uint32_t i = 0; i < computing->team->campaign_count; i++)
		if (has_day(&computing->period, computing->team->campaigns[i].day))
			add_campaign(computing, &computing->team->campaigns[i]);
}

static void take_sums(struct computing *computing, int64_t amo)
{
	const struct facts_team *team = computing->team;
	int64_t other = 0;
	for (uint32_t i = 0; i < team->time_count; i++)
		if (has_day(&computing->period, team->times[i].day))
			other += team->times[i].minutes;
	const int64_t with = cell_of(computing, INDICATOR_MINUTES)->numerator;
	put(computing, INDICATOR_AMO, amo, cell_of(computing, INDICATOR_CENTS)->numerator);
	put(computing, INDICATOR_PATIENT_TIME, with, with + other);
	const struct record_id nobody = {{0}};
	const int64_t rejects = count_returns(team->rejects, team->reject_count, &computing->period, &nobody);
	cell_of(computing, INDICATOR_REJECTS)->numerator += rejects;
}

/* Net of credits, whoever's the visits were. */
static void take_territories(struct computing *computing)
{
	const struct facts_team *team = computing->team;
	struct indicator_values *out = computing->out;
	struct indicator_territory sums[FACTS_TERRITORIES_MAX] = {{{0}, 0, 0, 0, 0}};
	for (uint32_t i = 0; i < team->bill_count; i++) {
		const struct facts_bill *bill = &team->bills[i];
		if (bill->month < computing->period.month ||
		        bill->month >= computing->period.month + computing->period.months)
			continue;
		struct indicator_territory *sum = &sums[bill->territory];
		sum->visits += bill->visits;
		sum->minutes += bill->minutes;
		sum->cents += bill->cents;
		sum->amo_cents += bill->amo_cents;
	}
	for (uint32_t i = 0; i < team->territory_count; i++) {
		sums[i].name = team->territories[i];
		if (sums[i].visits > 0)
			out->territories[out->territory_count++] = sums[i];
	}
}

static void take_observed(struct computing *computing)
{
	const struct facts_observed *observed = &computing->team->observed;
	int64_t conflicts = 0;
	if (!observed->is_known)
		return;
	for (uint32_t i = 0; i < computing->team->file_count; i++)
		conflicts += computing->team->files[i].has_conflict;
	put(computing, INDICATOR_CONFLICTS, conflicts, 0);
	put(computing, INDICATOR_DEVICES, observed->devices, 0);
	put(computing, INDICATOR_ONLY_HERE, observed->only_here, 0);
	if (observed->oldest_data_hours >= 0)
		put(computing, INDICATOR_OLDEST_DATA, observed->oldest_data_hours, 0);
}

/* What nobody had is none, not unknown. */
static void know_people(struct computing *computing)
{
	for (uint32_t i = 0; i < indicators_count; i++)
		for (uint32_t cell = 0; cell < STRATA_CELLS; cell++)
			computing->out->cells[i][cell].is_known |= indicators_table[i].class ==
			        INDICATOR_PEOPLE;
}

void indicators_compute(const struct facts_team *team, int32_t month, uint32_t months, struct arena *arena,
        struct indicator_values *out)
{
	struct computing *computing = arena_zero(arena, 1, sizeof(*computing));
	int64_t amo = 0;
	*out = (struct indicator_values){.month = month, .months = months};
	out->cells = arena_zero(arena, indicators_count, sizeof(*out->cells));
	*computing = (struct computing){.team = team, .period = period_of(month, months), .out = out};
	computing->nurses = arena_zero(arena, PEOPLE_MAX, SCHEMA_SHORT_BYTES);
	for (uint32_t i = 0; i < indicators_count; i++)
		computing->places[indicators_table[i].number] = i + 1;
	know_people(computing);
	for (uint32_t i = 0; i < team->file_count;) {
		struct patient patient = {.count = 0};
		const struct record_id *id = &team->files[i].id;
		for (; i < team->file_count && record_id_eq(&team->files[i].id, id); i++)
			if (patient.count < GROUP_MAX)
				patient.files[patient.count++] = &team->files[i];
		take_patient(computing, &patient, &amo);
	}
	take_practice(computing);
	take_marks(computing);
	take_campaigns(computing);
	take_sums(computing, amo);
	take_territories(computing);
	take_observed(computing);
}
