/*
 * node/billing/part.h - what of a lot a statement shows: all of it, one patient's lines, one nurse's visits (README.md, section 6).
 *
 * Amounts belong to lines. A visit's share of its line goes by what of it is paid for (billed milliminutes), and of a visit that is paid for two nurses the second
 * one whom it names has what is over 1,000 per mille: as in shares.h, so that all nurses' parts add up to the lot, to the cent. Pure.
 */
#ifndef NODE_BILLING_PART_H
#define NODE_BILLING_PART_H

#include "node/billing/lot.h"

enum { PART_NURSE_BYTES = 6 }; /* by which visits name their nurse */

/* Zero-initialized, part_whole: the whole lot. */
struct statement_part {
	bool has_patient, has_nurse;
	struct record_id patient;
	struct person_id nurse; /* its first PART_NURSE_BYTES count */
};

struct part_amounts {
	int64_t minutes, billed_milli, cents, amo_cents; /* as in struct billing_line: negative in a credit */
};

static inline bool part_is_whole(const struct statement_part *part)
{
	return !part->has_patient && !part->has_nurse;
}

extern const struct statement_part part_whole;

bool part_has_item(const struct statement_part *part, const struct billing_item *item);
bool part_has_line(
        const struct statement_part *part, const struct billing_line *line); /* one visit of it at least */

/* What the part is of visit `index` of a line. */
struct part_amounts part_of_item(const struct statement_part *part, const struct billing_lot *lot,
        const struct billing_line *line, uint32_t index);

/* What the part is of a line. */
struct part_amounts part_of_line(
        const struct statement_part *part, const struct billing_lot *lot, const struct billing_line *line);

/* Of all lines: the lot's totals where the part is the whole. */
struct billing_totals part_totals(const struct statement_part *part, const struct billing_lot *lot);

#endif
