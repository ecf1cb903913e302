/* What is counted of the team alone: practice, time, answers, bills by territory, how this device sees the others. */
#include "node/indicators/computing.h"

static bool has_day(const struct period *period, int32_t day)
{
	return period_has_day(period, day);
}

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

/* Rejects that name nobody. */
static int64_t rejects_of_nobody(const struct computing *computing)
{
	const struct facts_team *team = computing->team;
	const struct record_id nobody = {{0}};
	int64_t found = 0;
	for (uint32_t i = 0; i < team->reject_count; i++)
		found += record_id_eq(&team->rejects[i].patient, &nobody) &&
		        team->rejects[i].month >= computing->period.month &&
		        team->rejects[i].month < computing->period.month + computing->period.months;
	return found;
}

static void take_sums(struct computing *computing)
{
	const struct facts_team *team = computing->team;
	int64_t other = 0;
	for (uint32_t i = 0; i < team->time_count; i++)
		if (has_day(&computing->period, team->times[i].day))
			other += team->times[i].minutes;
	const int64_t with = cell_of(computing, INDICATOR_MINUTES)->numerator;
	put(computing, INDICATOR_AMO, computing->amo, cell_of(computing, INDICATOR_CENTS)->numerator);
	put(computing, INDICATOR_PATIENT_TIME, with, with + other);
	cell_of(computing, INDICATOR_REJECTS)->numerator += rejects_of_nobody(computing);
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

static void take_observed(struct computing *computing, int64_t conflicts)
{
	const struct facts_observed *observed = &computing->team->observed;
	if (!observed->is_known || !computing->out->is_observed)
		return;
	put(computing, INDICATOR_CONFLICTS, conflicts, 0);
	put(computing, INDICATOR_DEVICES, observed->devices, 0);
	put(computing, INDICATOR_ONLY_HERE, observed->only_here, 0);
	if (observed->oldest_data_hours >= 0)
		put(computing, INDICATOR_OLDEST_DATA, observed->oldest_data_hours, 0);
}

void compute_team(struct computing *computing, int64_t conflicts)
{
	take_practice(computing);
	take_marks(computing);
	take_campaigns(computing);
	take_sums(computing);
	take_territories(computing);
	take_observed(computing, conflicts);
}
