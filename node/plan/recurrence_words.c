/* A rule as people say it, and the usual words of prescriptions as a rule. */
#include "node/plan/recurrence.h"

#include <stdio.h>
#include <string.h>

#include "node/calendar.h"

enum { DAYS_OF_WEEK = 7, HOURS = 24 };

static const struct schema_label WEEKDAY[DAYS_OF_WEEK] = {{"lundi", "Monday"}, {"mardi", "Tuesday"},
        {"mercredi", "Wednesday"}, {"jeudi", "Thursday"}, {"vendredi", "Friday"}, {"samedi", "Saturday"},
        {"dimanche", "Sunday"}};
static const struct schema_label MONTH[] = {{"", ""}, {"janvier", "January"}, {"février", "February"},
        {"mars", "March"}, {"avril", "April"}, {"mai", "May"}, {"juin", "June"}, {"juillet", "July"},
        {"août", "August"}, {"septembre", "September"}, {"octobre", "October"}, {"novembre", "November"},
        {"décembre", "December"}};
static const struct schema_label NTH[] = {{"chaque", "every"}, {"premier", "first"}, {"deuxième", "second"},
        {"troisième", "third"}, {"quatrième", "fourth"}, {"cinquième", "fifth"}};
static const struct schema_label NTH_BACK[] = {{"", ""}, {"dernier", "last"},
        {"avant-dernier", "last but one"}, {"troisième avant la fin,", "third from last"},
        {"quatrième avant la fin,", "fourth from last"}, {"cinquième avant la fin,", "fifth from last"}};

/* Hours that have a name. */
static const struct part_name {
	uint32_t hour;
	struct schema_label label;
} PARTS[] = {{8, {"matin", "morning"}}, {12, {"midi", "midday"}}, {16, {"après-midi", "afternoon"}},
        {19, {"soir", "evening"}}, {22, {"nuit", "night"}}};
enum { PART_COUNT = sizeof(PARTS) / sizeof(*PARTS) };

static const char *in(enum schema_language language, struct schema_label label)
{
	return language == SCHEMA_FR ? label.fr : label.en;
}

static void say(struct buf *out, const char *text)
{
	buf_add_span(out, span_text(text));
}

static void say_number(struct buf *out, int64_t number)
{
	char text[24];
	snprintf(text, sizeof(text), "%lld", (long long)number);
	say(out, text);
}

/* Between the words of a list: ", " and before the last " et ". */
static void say_between(struct buf *out, uint32_t done, uint32_t all, enum schema_language language)
{
	if (done)
		say(out, done + 1 < all ? ", " : language == SCHEMA_FR ? " et " : " and ");
}

void recurrence_day_words(int64_t day, enum schema_language language, struct buf *out)
{
	const struct calendar_date date = calendar_date(day);
	say_number(out, date.day);
	say(out, language == SCHEMA_FR && date.day == 1 ? "er " : " ");
	say(out, in(language, MONTH[date.month]));
	say(out, " ");
	say_number(out, date.year);
}

/* "tous les 2 jours", "every 2 days" */
static void say_every(const struct recurrence *rule, enum schema_language language, struct buf *out)
{
	static const struct schema_label one[] = {{"", ""}, {"tous les jours", "every day"},
	        {"chaque semaine", "every week"}, {"chaque mois", "every month"},
	        {"chaque année", "every year"}};
	static const struct schema_label before[] = {{"", ""}, {"tous les ", "every "},
	        {"toutes les ", "every "}, {"tous les ", "every "}, {"tous les ", "every "}};
	static const struct schema_label many[] = {{"", ""}, {" jours", " days"}, {" semaines", " weeks"},
	        {" mois", " months"}, {" ans", " years"}};
	if (rule->interval == 1) {
		say(out, in(language, one[rule->freq]));
		return;
	}
	say(out, in(language, before[rule->freq]));
	say_number(out, rule->interval);
	say(out, in(language, many[rule->freq]));
}

static void say_weekday(int weekday, uint32_t place, enum schema_language language, struct buf *out)
{
	if (place) {
		say(out, language == SCHEMA_FR ? "le " : "the ");
		say(out, in(language, place > 8 ? NTH_BACK[place - 8] : NTH[place]));
		say(out, " ");
	}
	say(out, in(language, WEEKDAY[weekday]));
}

static void say_weekdays(const struct recurrence *rule, enum schema_language language, struct buf *out)
{
	uint32_t all = 0, done = 0;
	bool is_plain = true;
	for (int i = 0; i < DAYS_OF_WEEK; i++) {
		all += (uint32_t)__builtin_popcount(rule->weekdays[i]);
		is_plain &= (rule->weekdays[i] & ~1U) == 0;
	}
	say(out, language == SCHEMA_FR ? is_plain ? ", le " : ", " : is_plain ? ", on " : ", ");
	for (int i = 0; i < DAYS_OF_WEEK; i++)
		for (uint32_t place = 0; place < 16; place++) {
			if (!(rule->weekdays[i] & 1U << place))
				continue;
			say_between(out, done++, all, language);
			say_weekday(i, place, language, out);
		}
}

static void say_month_days(const struct recurrence *rule, enum schema_language language, struct buf *out)
{
	const uint32_t all = (uint32_t)(__builtin_popcount(rule->month_days) +
	        __builtin_popcount(rule->month_days_back));
	uint32_t done = 0;
	say(out, language == SCHEMA_FR ? ", le " : ", on the ");
	for (uint32_t i = 1; i <= 31; i++) {
		if (!(rule->month_days & 1U << i))
			continue;
		say_between(out, done++, all, language);
		say_number(out, i);
	}
	for (uint32_t i = 1; i <= 31; i++) {
		if (!(rule->month_days_back & 1U << i))
			continue;
		say_between(out, done++, all, language);
		if (i > 1)
			say_number(out, i);
		say(out,
		        language == SCHEMA_FR ? i > 1 ? "e jour avant la fin" : "dernier jour"
		                : i > 1       ? "th day from the end"
		                              : "last day");
	}
}

static void say_hour(uint32_t hour, enum schema_language language, struct buf *out)
{
	for (int i = 0; i < PART_COUNT; i++)
		if (PARTS[i].hour == hour) {
			say(out, in(language, PARTS[i].label));
			return;
		}
	say(out, language == SCHEMA_FR ? "à " : "at ");
	say_number(out, hour);
	say(out, language == SCHEMA_FR ? " h" : ":00");
}

static void say_hours(const struct recurrence *rule, enum schema_language language, struct buf *out)
{
	const uint32_t all = (uint32_t)__builtin_popcount(rule->hours);
	uint32_t done = 0;
	say(out, ", ");
	for (uint32_t i = 0; i < HOURS; i++) {
		if (!(rule->hours & 1U << i))
			continue;
		say_between(out, done++, all, language);
		say_hour(i, language, out);
	}
}

static void say_end(const struct recurrence *rule, enum schema_language language, struct buf *out)
{
	if (rule->count) {
		say(out, ", ");
		say_number(out, rule->count);
		say(out, language == SCHEMA_FR ? " fois" : rule->count == 1 ? " time" : " times");
	}
	if (rule->last != RECURRENCE_FOREVER) {
		say(out, language == SCHEMA_FR ? ", jusqu'au " : ", until ");
		recurrence_day_words(rule->last, language, out);
	}
	for (uint32_t i = 0; i < rule->except_count; i++) {
		say(out, i ? ", " : language == SCHEMA_FR ? ", sauf le " : ", except on ");
		recurrence_day_words(rule->except[i], language, out);
	}
}

void recurrence_words(const struct recurrence *rule, enum schema_language language, struct buf *out)
{
	say_every(rule, language, out);
	if (rule->has_weekdays)
		say_weekdays(rule, language, out);
	if (rule->month_days || rule->month_days_back)
		say_month_days(rule, language, out);
	say_hours(rule, language, out);
	say_end(rule, language, out);
}

/* ---- Usual words -------------------------------------------------------------------------------------------------- */

/* In lower case, spaces left out; what is meant mostly. Which days "three times a week" are is proposed, never taken. */
static const struct usual {
	const char *words, *rule;
} USUAL[] = {
        {"1x/j", "FREQ=DAILY"},
        {"1/j", "FREQ=DAILY"},
        {"quotidien", "FREQ=DAILY"},
        {"daily", "FREQ=DAILY"},
        {"touslesjours", "FREQ=DAILY"},
        {"2x/j", "FREQ=DAILY;BYHOUR=8,19"},
        {"2/j", "FREQ=DAILY;BYHOUR=8,19"},
        {"matinetsoir", "FREQ=DAILY;BYHOUR=8,19"},
        {"3x/j", "FREQ=DAILY;BYHOUR=8,12,19"},
        {"3/j", "FREQ=DAILY;BYHOUR=8,12,19"},
        {"matin,midietsoir", "FREQ=DAILY;BYHOUR=8,12,19"},
        {"tousles2jours", "FREQ=DAILY;INTERVAL=2"},
        {"1j/2", "FREQ=DAILY;INTERVAL=2"},
        {"1jsur2", "FREQ=DAILY;INTERVAL=2"},
        {"1x/sem", "FREQ=WEEKLY"},
        {"2x/sem", "FREQ=WEEKLY;BYDAY=MO,TH"},
        {"3x/sem", "FREQ=WEEKLY;BYDAY=MO,WE,FR"},
        {"1x/mois", "FREQ=MONTHLY"},
};

const char *recurrence_usual(struct span words)
{
	char plain[40];
	size_t size = 0;
	for (size_t i = 0; i < words.size; i++) {
		if (words.data[i] == ' ')
			continue;
		if (size + 1 == sizeof(plain))
			return NULL;
		plain[size++] = (char)(words.data[i] >= 'A' && words.data[i] <= 'Z' ? words.data[i] + 32
		                                                                    : words.data[i]);
	}
	plain[size] = 0;
	for (size_t i = 0; i < sizeof(USUAL) / sizeof(*USUAL); i++)
		if (strcmp(plain, USUAL[i].words) == 0)
			return USUAL[i].rule;
	return NULL;
}
