#include "node/visit/running.h"

#include <stdio.h>

#include "node/calendar.h"

enum { DAY_S = 24 * 3600 };

/* The clocks of Paris are moved at one or two in the morning: at midnight they show what they showed the hour before. */
static int64_t midnight_after(int64_t moment_s)
{
	const int64_t utc = (calendar_paris_day(moment_s) + 1) * DAY_S;
	return utc - (int64_t)calendar_paris_offset_minutes(utc - VISIT_AGAIN_S) * 60;
}

struct visit_running visit_running(int64_t start_s, int64_t now_s)
{
	const int64_t midnight_s = midnight_after(start_s), long_s = start_s + VISIT_LONG_S;
	const int64_t first_s = midnight_s < long_s ? midnight_s : long_s;
	struct visit_running out = {.minutes = now_s > start_s ? (now_s - start_s) / 60 : 0,
	        .is_long = now_s > long_s,
	        .is_over_midnight = now_s >= midnight_s};
	if (now_s >= first_s && now_s > start_s) {
		const int64_t hours = (now_s - first_s) / VISIT_AGAIN_S;
		const int64_t later_s = midnight_s < long_s ? long_s : midnight_s;
		out.stage = 1 + (uint32_t)hours + (now_s >= later_s && later_s > first_s);
	}
	return out;
}

static void time_of_day(char out[6], int64_t moment_s)
{
	char text[MOMENT_TEXT_BYTES];
	moment_text(text, (struct moment){moment_s, calendar_paris_offset_minutes(moment_s)});
	snprintf(out, 6, "%.5s", text + 11);
}

void visit_running_sentence(int64_t start_s, int64_t now_s, enum schema_language language, struct buf *out)
{
	const struct visit_running running = visit_running(start_s, now_s);
	char start[6], text[256];
	const long long hours = (long long)running.minutes / 60, minutes = (long long)running.minutes % 60;
	const bool is_other_day = running.is_over_midnight;
	time_of_day(start, start_s);
	if (running.stage == 0)
		snprintf(text, sizeof(text), "%s %s.",
		        language == SCHEMA_FR ? "Une visite est en cours depuis"
		                              : "A visit has been running since",
		        start);
	else if (language == SCHEMA_FR)
		snprintf(text, sizeof(text),
		        "La visite commencée à %s%s dure depuis %lld h %02lld : arrêtez-la, avec l'heure où "
		        "elle "
		        "s'est terminée.",
		        start, is_other_day ? " un autre jour" : "", hours, minutes);
	else
		snprintf(text, sizeof(text),
		        "The visit that began at %s%s has been running for %lld h %02lld: stop it, with the "
		        "time "
		        "when it ended.",
		        start, is_other_day ? " on another day" : "", hours, minutes);
	buf_add_span(out, span_text(text));
}

static bool two_digits(const uint8_t *at, int64_t below, int64_t *out)
{
	if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
		return false;
	*out = (at[0] - '0') * 10 + (at[1] - '0');
	return *out < below;
}

bool visit_end_at(int64_t start_s, struct span text, struct moment *out)
{
	int64_t hour, minute;
	if (text.size != 5 || text.data[2] != ':' || !two_digits(text.data, 24, &hour) ||
	        !two_digits(text.data + 3, 60, &minute))
		return false;
	for (int64_t day = calendar_paris_day(start_s);; day++) {
		const int64_t utc = day * DAY_S + hour * 3600 + minute * 60;
		const int32_t offset = calendar_paris_offset_minutes(utc - 7200);
		*out = (struct moment){utc - (int64_t)offset * 60, offset};
		if (out->seconds > start_s)
			return true;
	}
}
