#include "node/billing/said.h"

#include <inttypes.h>
#include <stdio.h>

#define SAID_SPACE "\xc2\xa0" /* no line is broken there */

struct said said_month(uint32_t month)
{
	static const char *const names[12][2] = {{"janvier", "January"}, {"février", "February"},
	        {"mars", "March"}, {"avril", "April"}, {"mai", "May"}, {"juin", "June"}, {"juillet", "July"},
	        {"août", "August"}, {"septembre", "September"}, {"octobre", "October"},
	        {"novembre", "November"}, {"décembre", "December"}};
	struct said out;
	snprintf(out.fr, sizeof(out.fr), "%s %04u", names[month % 12][0], 1970 + month / 12);
	snprintf(out.en, sizeof(out.en), "%s %04u", names[month % 12][1], 1970 + month / 12);
	return out;
}

struct said said_money(int64_t cents)
{
	const int64_t size = cents < 0 ? -cents : cents, euros = size / 100;
	const char *sign = cents < 0 ? "-" : "";
	struct said out;
	if (euros >= 1000000)
		snprintf(out.fr, sizeof(out.fr),
		        "%s%" PRId64 SAID_SPACE "%03" PRId64 SAID_SPACE "%03" PRId64 ",%02" PRId64 SAID_SPACE
		        "€",
		        sign, euros / 1000000, euros / 1000 % 1000, euros % 1000, size % 100);
	else if (euros >= 1000)
		snprintf(out.fr, sizeof(out.fr),
		        "%s%" PRId64 SAID_SPACE "%03" PRId64 ",%02" PRId64 SAID_SPACE "€", sign, euros / 1000,
		        euros % 1000, size % 100);
	else
		snprintf(out.fr, sizeof(out.fr), "%s%" PRId64 ",%02" PRId64 SAID_SPACE "€", sign, euros,
		        size % 100);
	snprintf(out.en, sizeof(out.en), "%s%" PRId64 ".%02" PRId64 " euros", sign, euros, size % 100);
	return out;
}

struct said said_day(const char *iso)
{
	struct said out;
	snprintf(out.fr, sizeof(out.fr), "%.2s/%.2s/%.4s", iso + 8, iso + 5, iso);
	snprintf(out.en, sizeof(out.en), "%.10s", iso);
	return out;
}

struct said said_percent(uint32_t per_mille)
{
	struct said out;
	if (per_mille % 10) {
		snprintf(out.fr, sizeof(out.fr), "%u,%u" SAID_SPACE "%%", per_mille / 10, per_mille % 10);
		snprintf(out.en, sizeof(out.en), "%u.%u%%", per_mille / 10, per_mille % 10);
	} else {
		snprintf(out.fr, sizeof(out.fr), "%u" SAID_SPACE "%%", per_mille / 10);
		snprintf(out.en, sizeof(out.en), "%u%%", per_mille / 10);
	}
	return out;
}
