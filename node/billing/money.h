/*
 * node/billing/money.h - the arithmetic of a bill: whole minutes, integer cents, explicit rounding (README.md, section 1).
 *
 * Pure integer arithmetic; amounts are never negative here, a credit changes the sign of a rounded amount.
 */
#ifndef NODE_BILLING_MONEY_H
#define NODE_BILLING_MONEY_H

#include <stdint.h>

enum billing_unit {
	BILLING_PER_VISIT = 1,
	BILLING_PER_PATIENT_MONTH = 2
}; /* as in the schema's rate table */
enum billing_ties { BILLING_HALF_UP = 1, BILLING_HALF_EVEN = 2 };

enum {
	MONEY_MINUTES_MAX = 10 * 1000 * 1000, /* of one line: a patient's month has 44,640 */
	MONEY_CENTS_PER_HOUR_MAX = 100000, /* 1,000 EUR an hour; the schema's limit */
	MONEY_PER_MILLE = 1000,
	MONEY_WEIGHT_MAX = 2 * MONEY_PER_MILLE, /* of a visit of two: both nurses are billed whole */
};

/* Minutes between two instants, each cut to its minute: what somebody gets who subtracts the printed times. Not below 0. */
int64_t money_minutes(int64_t start_s, int64_t end_s);

/* minutes * cents_per_hour / 60, rounded to the nearest cent. 0 <= minutes <= MONEY_MINUTES_MAX. */
int64_t money_cents(int64_t minutes, int64_t cents_per_hour, enum billing_ties ties);

/* The same of thousandths of a minute: parts of minutes come from doubled visits. 0 <= milliminutes <= MONEY_MINUTES_MAX *
 * MONEY_WEIGHT_MAX. money_cents(m) = money_cents_of_milli(1000 m). */
int64_t money_cents_of_milli(int64_t milliminutes, int64_t cents_per_hour, enum billing_ties ties);

/* The part of `cents` that the mandatory insurance (AMO) pays; the rest is for the complementary one (AMC). */
int64_t money_share(int64_t cents, int64_t per_mille, enum billing_ties ties);

#endif
