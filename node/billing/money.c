#include "node/billing/money.h"

#include <assert.h>

static int64_t minute_of(int64_t seconds)
{
	return seconds / 60 - (seconds % 60 < 0);
}

int64_t money_minutes(int64_t start_s, int64_t end_s)
{
	int64_t start = minute_of(start_s), end = minute_of(end_s);
	return end > start ? end - start : 0;
}

/* numerator / divisor to the nearest integer; both positive, divisor even. */
static int64_t divide(int64_t numerator, int64_t divisor, enum billing_ties ties)
{
	int64_t quotient = numerator / divisor, rest = numerator % divisor;
	if (rest * 2 > divisor || (rest * 2 == divisor && (ties == BILLING_HALF_UP || quotient % 2)))
		quotient++;
	return quotient;
}

int64_t money_cents(int64_t minutes, int64_t cents_per_hour, enum billing_ties ties)
{
	assert(minutes >= 0 && minutes <= MONEY_MINUTES_MAX);
	assert(cents_per_hour >= 0 && cents_per_hour <= MONEY_CENTS_PER_HOUR_MAX);
	return divide(minutes * cents_per_hour, 60, ties);
}

int64_t money_cents_of_milli(int64_t milliminutes, int64_t cents_per_hour, enum billing_ties ties)
{
	assert(milliminutes >= 0 && milliminutes <= (int64_t)MONEY_MINUTES_MAX * MONEY_WEIGHT_MAX);
	assert(cents_per_hour >= 0 && cents_per_hour <= MONEY_CENTS_PER_HOUR_MAX);
	return divide(milliminutes * cents_per_hour, 60 * MONEY_PER_MILLE, ties);
}

int64_t money_share(int64_t cents, int64_t per_mille, enum billing_ties ties)
{
	assert(cents >= 0 && per_mille >= 0 && per_mille <= MONEY_PER_MILLE);
	return divide(cents * per_mille, MONEY_PER_MILLE, ties);
}
