/*
 * node/billing/lot.h - an invoice lot: what was billed for a month, with everything it was computed from, as bytes.
 *
 * Formats: README.md, section 4. Canonical: the same lot has the same bytes, so that another node that computes it gets the same
 * hash. A decoded lot borrows from its arena only. Hostile bytes are fine. No clinical content, no names.
 */
#ifndef NODE_BILLING_LOT_H
#define NODE_BILLING_LOT_H

#include "crdt/base/arena.h"
#include "crdt/base/ids.h"
#include "crdt/base/mem.h"
#include "node/billing/money.h"

ID_DEFINE(lot_hash, ID_LONG_BYTES) /* BLAKE2b-256 of "releve lot 1" and the lot's bytes */

enum {
	LOT_FORMAT_FIRST = 1, /* rule version 1 */
	LOT_FORMAT = 2, /* rule version 2 */
	LOT_MONTHS = 12 * 230, /* 1970 to 2199 */
	LOT_VISIT_SECONDS_MAX = 24 * 3600, /* the schema refuses longer visits */
	LOT_DAY_MIN = -25567, /* 1900-01-01 to 2199-12-31, as in the schema */
	LOT_DAY_MAX = 84005,
	LOT_RULE_MINUTES_MAX = 24 * 60, /* of a rate's minimum, and of what it bills at least */
	LOT_OFFSET_MAX_MINUTES = 14 * 60,
};
#define LOT_SECONDS_MAX INT64_C(7258118399) /* 2199 */

enum billing_tariff {
	BILLING_FOR_ALL = 0, /* a table that says nothing: for nurses whose kind has none of its own */
	BILLING_SELF_EMPLOYED = 1,
	BILLING_HEALTH_CENTRE = 2, /* salaried nurses of a health centre */
};

/* What the second nurse of a doubled visit is billed (README.md, section 1). */
enum billing_doubled {
	BILLING_AS_RECORDED = 0, /* every visit that was recorded, once; a nurse who is only named, nothing */
	BILLING_BOTH = 1, /* the same as the first */
	BILLING_ONE = 2, /* nothing */
	BILLING_SHARE = 3, /* so many per mille of her minutes */
};

/* The last five fields are 0, 1, 0, 0, 0 in a lot of format 1. */
struct billing_rate {
	struct record_id id;
	struct span territory;
	int64_t valid_from_day; /* days since 1970-01-01, local */
	int64_t cents_per_hour;
	enum billing_unit unit;
	enum billing_ties ties;
	uint32_t amo_per_mille, amo_ald_per_mille;
	enum billing_tariff tariff;
	uint32_t min_minutes; /* a visit of fewer minutes is not billed; at least 1 */
	uint32_t least_minutes; /* a visit that is billed counts as so many at least; 0: none */
	enum billing_doubled doubled;
	uint32_t doubled_per_mille; /* BILLING_SHARE; else 0 */
};

/* A visit as it was billed. */
struct billing_item {
	struct record_id visit;
	struct entry_hash header; /* of the entry that says so: the visit's, or that of its last amendment */
	struct person_id nurse;
	int64_t start_s, end_s; /* since 1970 */
	int32_t offset_minutes; /* of the place; decides day and month */
	/* From here on of lots of format 2; in others zero, false and MONEY_PER_MILLE. */
	struct person_id co_nurse; /* the second nurse whom the visit names; zero: none */
	bool is_doubled; /* marked as a visit of two nurses */
	uint32_t weight_per_mille; /* how much of the minutes is billed: 1 to MONEY_WEIGHT_MAX */
};

enum billing_line_kind {
	BILLING_NORMAL = 1, /* first billing, in the month of the lot */
	BILLING_LATE = 2, /* first billing, for an earlier month */
	BILLING_CORRECTION = 3, /* billed before in another form */
	BILLING_CREDIT = 4, /* takes back the line it cites */
	BILLING_REINSTATE = 5, /* takes back one credit too many of the line it cites */
};

struct billing_line {
	enum billing_line_kind kind;
	uint32_t rule; /* the rule version that its amounts follow; a credit has that of the line it cites */
	struct record_id patient;
	uint32_t month; /* calendar.h; of the visits */
	uint32_t rate; /* index in the lot's rates */
	uint32_t amo_per_mille;
	int64_t minutes; /* between start and end. Negative in a credit, as are all amounts */
	int64_t billed_milli; /* what is paid for, in thousandths of a minute: at least, doubled; minutes * 1000 by rule 1 */
	int64_t cents, amo_cents; /* the AMC part is cents - amo_cents */
	const struct billing_item
	        *items; /* one when the rate's unit is the visit; ascending by start, then id */
	uint32_t item_count;
	struct lot_hash cited_lot; /* CREDIT, REINSTATE */
	uint32_t cited_line;
};

static inline bool billing_line_cites(const struct billing_line *line)
{
	return line->kind == BILLING_CREDIT || line->kind == BILLING_REINSTATE;
}

struct billing_heard {
	struct device_id device;
	uint64_t until_ms; /* its newest entry that was here, by its own clock */
};

struct billing_totals {
	uint32_t line_count, credit_count; /* credits are among the lines */
	int64_t visit_count, minutes, billed_milli, cents, amo_cents; /* net of credits */
};

struct billing_lot {
	uint32_t format; /* LOT_FORMAT_FIRST or LOT_FORMAT */
	struct team_id team;
	uint32_t rule_version; /* equal to the format in every lot of this program */
	uint32_t month; /* the month closed, since January 1970 (calendar.h) */
	uint32_t opening_month; /* visits before it are never billed here */
	struct device_id holder; /* of the lease, and its fence number */
	uint64_t fence;
	struct lot_hash previous; /* the lot that stood last; zero for the first */
	struct entry_hash lease; /* the membership entry it was closed under; zero in format 1 */
	struct entry_hash
	        word; /* the proposal that two persons signed, when the month may have been sent before; else zero */
	const struct lot_hash *known; /* all lots that were taken into account, ascending */
	uint32_t known_count;
	struct span territory;
	const struct billing_heard *heard; /* ascending */
	uint32_t heard_count;
	const struct entry_ref *frontier; /* clinical and billing feeds read, up to which entry; ascending */
	uint32_t frontier_count;
	const struct billing_rate *rates; /* those used, ascending by id */
	uint32_t rate_count;
	const struct billing_line *lines; /* in lot_line_cmp() order */
	uint32_t line_count;
	struct billing_totals totals;
};

/* The order of lines in one lot. */
int lot_line_cmp(const struct billing_line *a, const struct billing_line *b);

/* What two lines bill, apart from being credited or not: patient, month, share, visits, their times and rate id. Who came, and what is
 * paid for it, may differ. */
int lot_content_cmp(const struct billing_line *a, const struct billing_rate *a_rates,
        const struct billing_line *b, const struct billing_rate *b_rates);

/* What is paid for a visit by rule version 2, in thousandths of a minute: 0 under the rate's minimum. */
int64_t lot_item_milli(const struct billing_item *item, const struct billing_rate *rate);

/* Fill in minutes, billed_milli, cents and amo_cents from the items and the rate, by line->rule. ERR_INVALID: over MONEY_MINUTES_MAX. */
int lot_line_price(struct billing_line *line, const struct billing_rate *rate);

struct billing_totals lot_totals(const struct billing_line *lines, uint32_t count);

/* Append the lot's bytes, in lot->format. ERR_TOOBIG: over LIMIT_LOT_BYTES; `out` is then unchanged. */
int lot_encode(const struct billing_lot *lot, struct buf *out);

/* Decode and check everything that the lot says about itself: order, amounts, totals. ERR_VERSION, ERR_TRUNCATED, ERR_TOOBIG,
 * ERR_MALFORMED: not a lot; ERR_CORRUPT: an amount or a total is not what its visits give. */
int lot_decode(struct billing_lot *out, struct span bytes, struct arena *arena);

struct lot_hash lot_hash_of(struct span bytes);

#endif
