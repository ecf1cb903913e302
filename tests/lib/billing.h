/*
 * tests/lib/billing.h - made-up visits, rates and months for the tests of node/billing.
 */
#ifndef TESTS_LIB_BILLING_H
#define TESTS_LIB_BILLING_H

#include "node/billing/billing.h"
#include "node/calendar.h"

/* Seconds at the start of a day in Greenwich. */
static inline int64_t billing_day(int32_t year, uint32_t month, uint32_t day)
{
	return calendar_day((struct calendar_date){year, month, day}) * 86400;
}

static inline struct billing_visit billing_visit_of(
        uint32_t number, uint8_t patient, int64_t start_s, int64_t seconds)
{
	struct billing_visit visit = {.flags = BILLING_BILLABLE};
	visit.item.visit.bytes[0] = (uint8_t)(number * 37); /* ids do not ascend with the numbers */
	visit.item.visit.bytes[1] = (uint8_t)number;
	visit.item.visit.bytes[2] = (uint8_t)(number >> 8);
	visit.item.header.bytes[0] = (uint8_t)(number + 1);
	visit.item.nurse.bytes[0] = (uint8_t)(1 + number % 3);
	visit.item.start_s = start_s;
	visit.item.end_s = start_s + seconds;
	visit.patient.bytes[0] = (uint8_t)(patient + 1);
	return visit;
}

/* 53.94 EUR an hour since 2020, AMO 60 %. */
static inline struct billing_rate billing_rate_of(
        uint8_t number, enum billing_unit unit, enum billing_ties ties)
{
	struct billing_rate rate = {.territory = span_text("Bretagne"),
	        .valid_from_day = 18262,
	        .cents_per_hour = 5394,
	        .unit = unit,
	        .ties = ties,
	        .amo_per_mille = 600,
	        .amo_ald_per_mille = 1000};
	rate.id.bytes[0] = number;
	return rate;
}

static inline struct billing_input billing_input_of(int32_t year, uint32_t month,
        const struct billing_visit *visits, uint32_t visit_count, const struct billing_rate *rates,
        uint32_t rate_count)
{
	struct billing_input input = {.month = (uint32_t)(year - 1970) * 12 + month - 1,
	        .territory = span_text("Bretagne"),
	        .fence = 1,
	        .visits = visits,
	        .visit_count = visit_count,
	        .rates = rates,
	        .rate_count = rate_count};
	input.team.bytes[0] = 0x7e;
	input.holder.bytes[0] = 0xde;
	return input;
}

#endif
