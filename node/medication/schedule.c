#include "node/medication/schedule.h"

#include <string.h>

#include "node/medication/tokens.h"

/* What stands beside the rest and says nothing of when. */
static const char *const FILLERS[] = {",", ";", "+", ".", "et", "and", "le", "la", "les", "a", "au", "aux",
        "l", "'", "the", "in", "at", "on", "de", "du", "puis", "then", "prendre", "take", "given", NULL};
static const char *const MEASURES[] = {"cp", "cps", "comprime", "comprimes", "tablet", "tablets", "gelule",
        "gelules", "capsule", "capsules", "goutte", "gouttes", "drop", "drops", "sachet", "sachets",
        "ampoule", "ampoules", "dose", "doses", "bouffee", "bouffees", "puff", "puffs", "patch", "patchs",
        "injection", "injections", "unite", "unites", "ui", "u", "unit", "units", "mg", "g", "ml", "cuillere",
        "cuilleres", "application", "applications", "prise", "prises", NULL};

static const struct {
	const char *word;
	enum schedule_name name;
} NAMES[] = {{"matin", SCHEDULE_MORNING}, {"matins", SCHEDULE_MORNING}, {"morning", SCHEDULE_MORNING},
        {"midi", SCHEDULE_NOON}, {"noon", SCHEDULE_NOON}, {"soir", SCHEDULE_EVENING},
        {"soirs", SCHEDULE_EVENING}, {"evening", SCHEDULE_EVENING}, {"coucher", SCHEDULE_BEDTIME},
        {"bedtime", SCHEDULE_BEDTIME}};

static const char *const WEEKDAYS[7][5] = {{"lundi", "lundis", "monday", "mondays", NULL},
        {"mardi", "mardis", "tuesday", "tuesdays", NULL},
        {"mercredi", "mercredis", "wednesday", "wednesdays", NULL},
        {"jeudi", "jeudis", "thursday", "thursdays", NULL},
        {"vendredi", "vendredis", "friday", "fridays", NULL},
        {"samedi", "samedis", "saturday", "saturdays", NULL},
        {"dimanche", "dimanches", "sunday", "sundays", NULL}};

uint32_t schedule_minute(enum schedule_name name)
{
	static const uint32_t MINUTES[] = {0, 8 * 60, 12 * 60, 19 * 60, 22 * 60};
	return MINUTES[name];
}

/* ---- Parts ------------------------------------------------------------------------------------------------------- */

struct reading {
	struct tokens in;
	struct schedule *out;
	uint32_t quantity; /* said, and not used yet; 0: none */
	uint32_t last; /* of the slot before */
	bool is_daily; /* said in so many words */
	bool is_uneven; /* slots before had different ones: one that says none could mean either */
};

static bool put_slot(struct reading *reading, uint32_t minute, enum schedule_name name)
{
	struct schedule *out = reading->out;
	uint32_t at = out->slot_count, quantity = reading->quantity ? reading->quantity : reading->last;
	if (at == SCHEDULE_SLOTS_MAX || minute >= 24 * 60 || (!reading->quantity && reading->is_uneven))
		return false;
	reading->is_uneven |= out->slot_count && quantity != reading->last;
	reading->last = quantity;
	reading->quantity = 0;
	while (at > 0 && out->slots[at - 1].minute > minute)
		at--;
	if (at > 0 && out->slots[at - 1].minute == minute)
		return false;
	memmove(&out->slots[at + 1], &out->slots[at], (out->slot_count - at) * sizeof(*out->slots));
	out->slots[at] = (struct schedule_slot){minute, name, quantity};
	out->slot_count++;
	return true;
}

/* "1-0-1", "1-0-1-0": morning, noon, evening, bedtime. */
static bool takes_row(struct reading *reading, bool *fits)
{
	struct tokens *in = &reading->in;
	uint32_t count = 1;
	while (count <= 4 && tokens_is(tokens_ahead(in, 2 * count - 1), "-") &&
	        tokens_ahead(in, 2 * count)->kind == TOKEN_NUMBER)
		count++;
	if (tokens_ahead(in, 0)->kind != TOKEN_NUMBER || count == 1)
		return false;
	*fits = (count == 3 || count == 4) && reading->out->slot_count == 0 && !reading->quantity;
	for (uint32_t i = 0; *fits && i < count; i++) {
		enum schedule_name name = (enum schedule_name)(SCHEDULE_MORNING + i);
		reading->quantity = tokens_ahead(in, 2 * i)->hundredths;
		reading->is_uneven = false;
		if (reading->quantity)
			*fits = put_slot(reading, schedule_minute(name), name);
	}
	reading->quantity = 0;
	reading->is_uneven = true; /* nothing else says when, beside such a row */
	*fits = *fits && reading->out->slot_count > 0;
	in->at += 2 * count - 1;
	return true;
}

static bool is_hour_mark(const struct token *token)
{
	return tokens_is(token, "h") || tokens_is(token, "heures") || tokens_is(token, ":");
}

/* "8h", "8h30", "08:00". */
static bool takes_hour(struct reading *reading, bool *fits)
{
	struct tokens *in = &reading->in;
	const struct token *hour = tokens_ahead(in, 0), *mark = tokens_ahead(in, 1),
	                   *minute = tokens_ahead(in, 2);
	bool has_minutes = minute->kind == TOKEN_NUMBER && minute->is_whole &&
	        minute->hundredths < 60 * SCHEDULE_QUANTITY_ONE && !is_hour_mark(tokens_ahead(in, 3));
	if (hour->kind != TOKEN_NUMBER || !hour->is_whole || !is_hour_mark(mark))
		return false;
	if (tokens_is(mark, ":") && !has_minutes)
		return false;
	/* "8h 1 cp": the number behind is a quantity, unless it has two digits */
	has_minutes = has_minutes &&
	        (tokens_is(mark, ":") || minute->hundredths >= 10 * SCHEDULE_QUANTITY_ONE);
	*fits = put_slot(reading,
	        hour->hundredths / SCHEDULE_QUANTITY_ONE * 60 +
	                (has_minutes ? minute->hundredths / SCHEDULE_QUANTITY_ONE : 0),
	        SCHEDULE_NONE);
	in->at += has_minutes ? 3 : 2;
	return true;
}

static bool once(uint32_t *place, uint32_t value, uint32_t none)
{
	if (*place != none)
		return false;
	*place = value;
	return true;
}

static const char *const DAILY[] = {"tous les jours", "chaque jour", "par jour", "/ jour", "/ j", "quotidien",
        "quotidiennement", "every day", "daily", "a day", "per day", NULL};
static const char *const OTHER_DAY[] = {
        "1 jour sur 2", "un jour sur deux", "un jour sur 2", "tous les deux jours", "every other day", NULL};
static const char *const EVERY_DAYS[] = {"tous les # jours", "un jour sur #", "every # days", NULL};
static const char *const WEEKLY[] = {"# fois par semaine", "une fois par semaine", "once a week",
        "toutes les semaines", "every week", "hebdomadaire", "weekly", NULL};
static const char *const EVERY_HOURS[] = {
        "toutes les # heures", "toutes les # h", "every # hours", "every # h", NULL};
static const char *const TIMES[] = {"# fois par jour", "# fois / jour", "# fois / j", "# x / jour", "# x / j",
        "# / jour", "# / j", "# x par jour", "# par jour", "# times a day", "# times daily",
        "# times per day", NULL};
static const char *const ONCE[] = {"une fois par jour", "once daily", "once a day", NULL};
static const char *const TWICE[] = {"deux fois par jour", "twice daily", "twice a day", NULL};
static const char *const NEEDED[] = {"si besoin", "si necessaire", "si douleur", "si douleurs", "si fievre",
        "a la demande", "if needed", "as needed", "when needed", "prn", NULL};
static const char *const AT_MOST[] = {
        "maximum", "max .", "max", "maxi", "au maximum", "jusqu ' a", "at most", "up to", NULL};
static const char *const PER_DAY[] = {"par jour", "/ jour", "/ j", "par 24 h", "/ 24 h", "par 24 heures",
        "per day", "a day", "daily", "per 24 h", "in 24 hours", NULL};

/* "maximum 4 cp par jour" */
static bool takes_most(struct reading *reading, bool *fits)
{
	struct tokens *in = &reading->in;
	uint32_t unused;
	if (!tokens_take_any(in, AT_MOST, &unused))
		return false;
	const struct token *count = tokens_ahead(in, 0);
	*fits = tokens_is_number(count, SCHEDULE_PER_DAY_MAX);
	in->at++;
	if (tokens_is_any(tokens_ahead(in, 0), MEASURES))
		in->at++;
	*fits = *fits && tokens_take_any(in, PER_DAY, &unused) &&
	        once(&reading->out->max_per_day, count->hundredths / SCHEDULE_QUANTITY_ONE, 0);
	return true;
}

static bool takes_times(struct reading *reading, bool *fits)
{
	struct tokens *in = &reading->in;
	uint32_t number = 0;
	if (tokens_take_any(in, EVERY_HOURS, &number)) {
		*fits = number <= 24 && 24 % number == 0 && once(&reading->out->times, 24 / number, 0);
		return true;
	}
	if (tokens_take_any(in, ONCE, &number))
		number = 1;
	else if (tokens_take_any(in, TWICE, &number))
		number = 2;
	else if (!tokens_take_any(in, TIMES, &number))
		return false;
	*fits = number <= SCHEDULE_PER_DAY_MAX && once(&reading->out->times, number, 0);
	return true;
}

static bool takes_period(struct reading *reading, bool *fits)
{
	struct tokens *in = &reading->in;
	uint32_t number = 0;
	*fits = true;
	if (tokens_take_any(in, DAILY, &number)) {
		reading->is_daily = true;
		return true;
	}
	if (tokens_take_any(in, OTHER_DAY, &number)) {
		*fits = once(&reading->out->every_days, 2, 1);
		return true;
	}
	if (tokens_take_any(in, EVERY_DAYS, &number)) {
		*fits = number >= 1 && once(&reading->out->every_days, number, 1);
		return true;
	}
	number = 1;
	if (!tokens_take_any(in, WEEKLY, &number))
		return false;
	*fits = number == 1 &&
	        once(&reading->out->every_days, 7, 1); /* of several a week it is not said which days */
	return true;
}

static bool takes_name(struct reading *reading, bool *fits)
{
	const struct token *here = tokens_ahead(&reading->in, 0);
	for (size_t i = 0; i < sizeof(NAMES) / sizeof(*NAMES); i++)
		if (tokens_is(here, NAMES[i].word)) {
			reading->in.at++;
			*fits = put_slot(reading, schedule_minute(NAMES[i].name), NAMES[i].name);
			return true;
		}
	for (unsigned day = 0; day < 7; day++)
		if (tokens_is_any(here, WEEKDAYS[day])) {
			reading->in.at++;
			reading->out->weekdays |= 1u << day;
			return true;
		}
	return false;
}

static bool takes_quantity(struct reading *reading, bool *fits)
{
	struct tokens *in = &reading->in;
	if (tokens_ahead(in, 0)->kind != TOKEN_NUMBER)
		return false;
	*fits = !reading->quantity && tokens_ahead(in, 0)->hundredths > 0;
	reading->quantity = tokens_ahead(in, 0)->hundredths;
	in->at++;
	if (tokens_is_any(tokens_ahead(in, 0), MEASURES))
		in->at++;
	return true;
}

/* One part; the longer forms first. False: it is not one of ours. */
static bool read_part(struct reading *reading)
{
	static bool (*const PARTS[])(struct reading * reading, bool *fits) = {
	        takes_most, takes_row, takes_times, takes_period, takes_hour, takes_name, takes_quantity};
	uint32_t unused;
	bool fits = true;
	if (tokens_take_any(&reading->in, NEEDED, &unused)) {
		reading->out->as_needed = true;
		return true;
	}
	for (size_t i = 0; i < sizeof(PARTS) / sizeof(*PARTS); i++)
		if (PARTS[i](reading, &fits))
			return fits;
	if (!tokens_is_any(tokens_ahead(&reading->in, 0), FILLERS))
		return false;
	reading->in.at++;
	return true;
}

/* Does what was read say when, and nothing that contradicts it? */
static bool is_whole(const struct reading *reading)
{
	const struct schedule *out = reading->out;
	bool says_when = out->slot_count || out->times || out->as_needed || out->every_days > 1 ||
	        out->weekdays || reading->is_daily;
	/* "2 tablets a day": at once, or one by one? */
	bool is_open = reading->is_daily && !out->slot_count && reading->quantity > SCHEDULE_QUANTITY_ONE;
	return says_when && !is_open && !(out->slot_count && out->times) &&
	        !(out->every_days > 1 && out->weekdays) &&
	        !(reading->quantity && out->slot_count); /* a quantity that belongs to no slot */
}

void schedule_read(struct span words, struct schedule *out)
{
	struct reading reading = {.out = out};
	*out = (struct schedule){.every_days = 1};
	bool fits = tokens_read(words, &reading.in);
	while (fits && reading.in.at < reading.in.count)
		fits = read_part(&reading);
	if (!fits || !is_whole(&reading)) {
		*out = (struct schedule){.every_days = 1};
		return;
	}
	out->is_understood = true;
	if (!out->slot_count && !out->times && !out->as_needed)
		out->times = 1; /* "every two days": once on each of them */
}

bool schedule_is_on(const struct schedule *schedule, int64_t first, int64_t day)
{
	const int64_t monday = -3; /* 1969-12-29 */
	if (!schedule->is_understood || schedule->as_needed || day < first)
		return false;
	if (schedule->weekdays)
		return schedule->weekdays >> ((day - monday) % 7 + 7) % 7 & 1;
	return (day - first) % schedule->every_days == 0;
}
