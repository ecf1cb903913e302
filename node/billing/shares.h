/*
 * node/billing/shares.h - statements of each nurse and of each patient: what the lots of a month bill for whom (README.md, section 7).
 *
 * A line's amount is shared among its visits by what is paid for each (billed milliminutes), and that of a visit between the nurse (1,000 parts) and the second
 * one whom it names (what is over 1,000), in the order of the visits: each gets what has come together up to her, cut to the cent, less what was given before. So the
 * shares of a line are its amount, and those of a month the control totals of its lots, to the cent. Pure.
 */
#ifndef NODE_BILLING_SHARES_H
#define NODE_BILLING_SHARES_H

#include <jansson.h>

#include "node/billing/billing.h"

enum billing_by { BILLING_BY_NURSE = 1, BILLING_BY_PATIENT = 2 };

struct billing_share {
	struct record_id id; /* of the nurse (short id, then zeros) or patient */
	int64_t visit_count; /* net of credits; of a nurse also those in which she was the second */
	int64_t doubled_count; /* of them, those of two nurses */
	int64_t minutes, billed_milli, cents, amo_cents;
};

struct billing_shares {
	struct billing_share *rows; /* ascending by id; from the arena */
	uint32_t count;
	struct billing_share total; /* of all rows, with the amounts of the lots' control totals */
};

/* Of all these lots together. */
void billing_shares_of(const struct billing_previous *lots, uint32_t count, enum billing_by by,
        struct arena *arena, struct billing_shares *out);

/* `only`: that row alone (the beginning of its id, in bytes); empty: all. CSV as that of the lot's statement: separator ";", CRLF. */
void billing_shares_csv(const struct billing_shares *shares, enum billing_by by, uint32_t month,
        struct span only, struct buf *out);
json_t *billing_shares_json(const struct billing_shares *shares, enum billing_by by, struct span only);

#endif
