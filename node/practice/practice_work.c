/* What is due of sharing, facilitation, peers' visits and meetings between teams (README.md, section 1). */
#include "node/calendar.h"
#include "node/practice/practice.h"

struct lately {
	int32_t first; /* of any type */
	int32_t last[PRACTICE_TYPES];
	uint32_t in_last_year[PRACTICE_TYPES]; /* how many there were in the year of the last one */
};

static int32_t year_of(int32_t day)
{
	return calendar_date(day).year;
}

static int32_t day_of(int32_t year, uint32_t month, uint32_t day)
{
	return (int32_t)calendar_day((struct calendar_date){year, month, day});
}

static struct lately look(const struct practice_event *events, uint32_t count)
{
	struct lately lately = {.first = count ? events[0].day : PRACTICE_NO_DAY};
	for (int type = 0; type < PRACTICE_TYPES; type++)
		lately.last[type] = PRACTICE_NO_DAY;
	for (uint32_t i = 0; i < count; i++) {
		const enum practice_type type = events[i].type;
		const int32_t before = lately.last[type];
		const bool same_year = before != PRACTICE_NO_DAY && year_of(before) == year_of(events[i].day);
		lately.in_last_year[type] = same_year ? lately.in_last_year[type] + 1 : 1;
		lately.last[type] = events[i].day;
	}
	return lately;
}

static struct work_fact *due(struct work_facts *out, uint32_t source, int32_t day)
{
	static const uint8_t key[] = {0}; /* there is one of each */
	struct work_fact *fact = work_add(out, source);
	if (!fact)
		return NULL;
	fact->key = work_keep(out, span_of(key, sizeof(key)));
	fact->day = day;
	return fact;
}

static void sharing(const struct lately *lately, uint32_t source, struct work_facts *out)
{
	const int32_t last = lately->last[PRACTICE_SHARING];
	const int32_t day = (last == PRACTICE_NO_DAY ? lately->first : last) + PRACTICE_SHARING_DAYS;
	struct work_fact *fact = due(out, source, day);
	if (!fact)
		return;
	fact->note = day - 7;
	fact->soon = day - 3;
	fact->now = day + 1;
	fact->fr = work_words(out, "Partage de pratiques : au moins toutes les deux semaines");
	fact->en = work_words(out, "Sharing of practice: at least every two weeks");
}

static void facilitation(const struct lately *lately, uint32_t source, struct work_facts *out)
{
	const int32_t last = lately->last[PRACTICE_FACILITATION];
	const int32_t day = (last == PRACTICE_NO_DAY ? lately->first : last) + PRACTICE_FACILITATION_DAYS;
	struct work_fact *fact = due(out, source, day);
	if (!fact)
		return;
	fact->note = day + 1;
	fact->soon = day + 14;
	fact->fr = work_words(out, "Facilitation : deux heures par semaine");
	fact->en = work_words(out, "Facilitation: two hours a week");
}

static void yearly(int32_t year, uint32_t months_before, const char *fr, const char *en, uint32_t source,
        struct work_facts *out)
{
	struct work_fact *fact = due(out, source, day_of(year, 12, 31));
	if (!fact)
		return;
	fact->note = day_of(year, 12 - months_before, 1);
	fact->soon = day_of(year, months_before > 3 ? 11 : 12, 1);
	fact->now = day_of(year, 12, 15);
	fact->fr = work_words(out, "%s", fr);
	fact->en = work_words(out, "%s", en);
}

static void peer_visit(const struct lately *lately, uint32_t source, struct work_facts *out)
{
	const int32_t last = lately->last[PRACTICE_PEER_VISIT];
	yearly(last == PRACTICE_NO_DAY ? year_of(lately->first) : year_of(last) + 1, 2,
	        "Visite d'un pair sur le terrain : au moins une par an",
	        "A peer's field visit: at least one a year", source, out);
}

static void inter_team(const struct lately *lately, uint32_t source, struct work_facts *out)
{
	const int32_t last = lately->last[PRACTICE_INTER_TEAM];
	const bool enough = lately->in_last_year[PRACTICE_INTER_TEAM] >= PRACTICE_INTER_TEAMS;
	yearly(last == PRACTICE_NO_DAY ? year_of(lately->first) : year_of(last) + enough, 4,
	        "Rencontre inter-équipes : au moins deux par an",
	        "Meeting between teams: at least two a year", source, out);
}

void practice_facts(const struct digest_source *document, uint32_t source, struct work_facts *out)
{
	uint32_t count;
	struct practice_event *events = practice_events(document, &count);
	const struct lately lately = look(events, count);
	mem_free(events);
	if (count == 0)
		return;
	if (source == WORK_SHARING)
		sharing(&lately, source, out);
	else if (source == WORK_FACILITATION)
		facilitation(&lately, source, out);
	else if (source == WORK_PEER_VISIT)
		peer_visit(&lately, source, out);
	else
		inter_team(&lately, source, out);
}
