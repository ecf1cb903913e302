/*
 * node/billing/said.h - months, days, amounts and shares as people say them, in both languages.
 *
 * Pure.
 */
#ifndef NODE_BILLING_SAID_H
#define NODE_BILLING_SAID_H

#include <stdint.h>

struct said {
	char fr[48], en[48];
};

struct said said_month(uint32_t month); /* since January 1970: "mars 2026", "March 2026" */
struct said said_day(const char *iso); /* what begins with 2026-03-02: "02/03/2026", "2026-03-02" */
struct said said_money(int64_t cents); /* "1 234,56 €", "1234.56 euros" */
struct said said_percent(uint32_t per_mille); /* "62,5 %", "62.5%" */

#endif
