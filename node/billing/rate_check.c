#include "node/billing/rate_check.h"

enum rate_check rate_check(const struct billing_rate *rate, bool has_share, const struct billing_rate *rates,
        uint32_t count, const struct record_id *corrected, struct record_id *other)
{
	if (rate->doubled == BILLING_SHARE && !has_share)
		return RATE_CHECK_NO_SHARE;
	if (rate->doubled != BILLING_SHARE && has_share)
		return RATE_CHECK_SHARE_ALONE;
	for (uint32_t i = 0; i < count; i++) {
		if (corrected && record_id_eq(&rates[i].id, corrected))
			continue;
		if (rates[i].valid_from_day == rate->valid_from_day && rates[i].tariff == rate->tariff &&
		        span_eq(rates[i].territory, rate->territory)) {
			*other = rates[i].id;
			return RATE_CHECK_SAME_DAY;
		}
	}
	return RATE_CHECK_GOOD;
}

const char *rate_check_sentence(enum rate_check check, bool french)
{
	switch (check) {
	case RATE_CHECK_GOOD:
		break;
#define RATE_CHECK_CASE(number, name, fr, en) \
	case RATE_CHECK_##name: \
		return french ? fr : en;
		RATE_CHECK_TABLE(RATE_CHECK_CASE)
#undef RATE_CHECK_CASE
	}
	return "";
}
