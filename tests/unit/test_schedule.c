#include "tests/lib/check.h"

#include <stdio.h>

#include "node/medication/schedule.h"

/* "0800 1900x2 every2 days.. needed max4": one line that says everything. */
static void written(const struct schedule *schedule, char *out, size_t size)
{
	size_t at = 0;
	out[0] = '\0';
#define PUT(...) at += (size_t)snprintf(out + at, size - at, __VA_ARGS__)
	if (!schedule->is_understood)
		PUT("?");
	for (uint32_t i = 0; i < schedule->slot_count; i++) {
		PUT("%s%02u%02u", at ? " " : "", schedule->slots[i].minute / 60,
		        schedule->slots[i].minute % 60);
		if (schedule->slots[i].quantity)
			PUT("x%g", schedule->slots[i].quantity / 100.0);
	}
	if (schedule->times)
		PUT("%stimes%u", at ? " " : "", schedule->times);
	if (schedule->every_days != 1)
		PUT("%severy%u", at ? " " : "", schedule->every_days);
	if (schedule->weekdays)
		PUT("%sdays%x", at ? " " : "", schedule->weekdays);
	if (schedule->as_needed)
		PUT("%sneeded", at ? " " : "");
	if (schedule->max_per_day)
		PUT("%smax%u", at ? " " : "", schedule->max_per_day);
}

static const struct {
	const char *words, *want;
} CASES[] = {
        {"1-0-1-0", "0800x1 1900x1"},
        {"1-1-1", "0800x1 1200x1 1900x1"},
        {"1 - 0 - 0 - ½", "0800x1 2200x0.5"},
        {"0,5-0-0,25", "0800x0.5 1900x0.25"},
        {"1–0–1", "0800x1 1900x1"}, /* dashes of a text program */
        {"matin et soir", "0800 1900"},
        {"Matin, midi, soir", "0800 1200 1900"},
        {"1 matin et soir", "0800x1 1900x1"},
        {"2 cp le matin, 1 cp le soir", "0800x2 1900x1"},
        {"1 cp matin, 2 midi et soir", "?"}, /* how many in the evening? */
        {"1/2 comprimé au coucher", "2200x0.5"},
        {"10 gouttes matin midi soir", "0800x10 1200x10 1900x10"},
        {"8h 20h", "0800 2000"},
        {"8h30, 20h30", "0830 2030"},
        {"08:00 et 20:00", "0800 2000"},
        {"à 8 heures et 20 heures", "0800 2000"},
        {"25h", "?"},
        {"matin 8h", "?"}, /* the same minute twice */
        {"12 UI le matin et 8 UI le soir", "0800x12 1900x8"},
        {"tous les 2 jours, le matin", "0800 every2"},
        {"1 jour sur 2 matin", "0800 every2"},
        {"un jour sur deux le soir", "1900 every2"},
        {"tous les 3 jours", "times1 every3"},
        {"1 patch tous les 3 jours", "times1 every3"},
        {"1 fois par semaine", "times1 every7"},
        {"3 fois par semaine", "?"}, /* which days? */
        {"lundi, mercredi, vendredi matin", "0800 days15"},
        {"le dimanche", "times1 days40"},
        {"mardi tous les 2 jours", "?"},
        {"3 fois par jour", "times3"},
        {"2x/j", "times2"},
        {"2/j", "times2"},
        {"1 cp par jour", "times1"},
        {"2 cp par jour", "?"}, /* at once, or one by one? */
        {"toutes les 6 heures", "times4"},
        {"toutes les 8 h", "times3"},
        {"toutes les 7 h", "?"},
        {"si besoin, max 4 par jour", "needed max4"},
        {"1 cp si douleur, maximum 4/j", "needed max4"},
        {"si besoin max. 3 cp par 24 h", "needed max3"},
        {"si besoin, jusqu'à 4/24h", "needed max4"},
        {"si besoin", "needed"},
        {"matin et soir si besoin", "0800 1900 needed"},
        {"1 morning and evening", "0800x1 1900x1"},
        {"every 2 days in the morning", "0800 every2"},
        {"twice daily", "times2"},
        {"every other day at bedtime", "2200 every2"},
        {"as needed, at most 4 per day", "needed max4"},
        {"MATIN ET SOIR", "0800 1900"},
        /* whole or not at all */
        {"matin et soir pendant 7 jours", "?"},
        {"1 matin puis augmenter selon INR", "?"},
        {"selon protocole", "?"},
        {"jamais le matin", "?"},
        {"pas le soir", "?"},
        {"matin ou soir", "?"},
        {"1 le matin sauf dimanche", "?"},
        {"1 matin 1", "?"},
        {"1-0-1-0-1", "?"},
        {"1-1", "?"},
        {"0-0-0", "?"},
        {"", "?"},
        {"    ", "?"},
        {",", "?"},
        {"99999999999999999999 matin", "?"},
        {"max 4 par jour", "?"},
        {"si besoin max 0 par jour", "?"},
        {"0 matin", "?"},
        {"matin\xff", "?"},
        {"tous les 0 jours", "?"},
        {"tous les 9999 jours", "?"},
        {"toutes les 0 heures", "?"},
};

static void words_are_understood_whole_or_not_at_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
		struct schedule schedule;
		char got[256];
		schedule_read(span_text(CASES[i].words), &schedule);
		written(&schedule, got, sizeof(got));
		if (strcmp(got, CASES[i].want) != 0)
			fail_msg("“%s”: got %s, want %s", CASES[i].words, got, CASES[i].want);
	}
}

static void days(void **state)
{
	struct schedule schedule;
	const int64_t thursday = 0; /* 1970-01-01 */
	(void)state;
	schedule_read(span_text("matin, un jour sur deux"), &schedule);
	assert_false(schedule_is_on(&schedule, 10, 9)); /* not begun */
	assert_true(schedule_is_on(&schedule, 10, 10));
	assert_false(schedule_is_on(&schedule, 10, 11));
	assert_true(schedule_is_on(&schedule, 10, 12));
	schedule_read(span_text("jeudi"), &schedule);
	for (int64_t day = thursday; day < thursday + 15; day++)
		assert_int_equal(schedule_is_on(&schedule, 0, day), (day - thursday) % 7 == 0);
	assert_true(schedule_is_on(&schedule, -70, -7)); /* before 1970 too */
	assert_false(schedule_is_on(&schedule, -70, -6));
	schedule_read(span_text("si besoin"), &schedule);
	assert_false(schedule_is_on(&schedule, 0, 5));
	schedule_read(span_text("selon protocole"), &schedule);
	assert_false(schedule_is_on(&schedule, 0, 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(words_are_understood_whole_or_not_at_all),
	        cmocka_unit_test(days),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
