/*
 * node/billing/billing.h - closing a month: which lines, which credits, what total (README.md, sections 2 and 3).
 *
 * A lot is a function of its input: any node with the same visits, rates and earlier lots computes the same bytes, in whatever
 * order they are given. Who may close is decided by the membership (the lease); its holder and fence number are arguments.
 *
 * Pure. Results borrow from the arena.
 */
#ifndef NODE_BILLING_BILLING_H
#define NODE_BILLING_BILLING_H

#include "node/billing/lot.h"

enum { BILLING_RULE_VERSION = 1 };

enum billing_visit_flag {
	BILLING_BILLABLE = 1,
	BILLING_CANCELLED = 2, /* an amendment says that it did not take place */
	BILLING_RUNNING = 4, /* started, not ended: never billed yet */
	BILLING_ALD = 8, /* the patient's AMO share is that of a long-term illness */
	BILLING_DOUBLED = 16, /* marked as a visit of two nurses */
	BILLING_NO_IDENTITY = 32, /* the dossier has no INS number */
	BILLING_NO_PRESCRIPTION = 64, /* none, or expired on that day */
	BILLING_OTHER_FUNDING = 128, /* act nomenclature or patient education paid elsewhere */
};

/* A visit as it stands now: the last amendment applied. */
struct billing_visit {
	struct billing_item item;
	struct record_id patient;
	uint32_t flags; /* enum billing_visit_flag */
	struct record_id rate; /* zero: the territory's rate of the day */
	struct person_id co_nurse; /* of a visit of two; zero: none. Not billed by */
};

/* An exported lot, decoded, with the hash of its bytes. */
struct billing_previous {
	const struct billing_lot *lot;
	struct lot_hash hash;
};

struct billing_input {
	struct team_id team;
	struct device_id holder;
	uint64_t fence;
	uint32_t month; /* to close, in months since January 1970 (calendar.h) */
	struct span territory; /* at most LIMIT_NAME_BYTES */
	struct lot_hash previous_hash; /* the lot that the lease cites; zero: none */
	const struct billing_visit *visits; /* all that are known, any order, of any month */
	uint32_t visit_count;
	const struct billing_rate *rates;
	uint32_t rate_count;
	const struct billing_previous *previous; /* every exported lot, also those of a lost holder */
	uint32_t previous_count;
	const struct billing_heard *heard;
	uint32_t heard_count;
	const struct entry_ref *frontier;
	uint32_t frontier_count;
};

/* Why a month could not be closed: the visit it concerns, when there is one. */
struct billing_obstacle {
	bool has_visit;
	struct record_id visit;
};

/* Compute the lot of a month.
 * ERR_INVALID: a later month was closed, another team's lot or rate, a limit of the schema passed. ERR_NOTFOUND: a billable visit has
 * no rate. ERR_CONFLICT: one visit, or one rate, is given in two versions, or two rates begin on one day. ERR_GAP: an earlier lot is
 * cited and not given. ERR_TOOBIG: over LIMIT_LOT_LINES and kin. *obstacle (may be NULL) then names the visit. */
int billing_close(const struct billing_input *input, struct arena *arena, struct billing_lot *lot,
        struct billing_obstacle *obstacle);

enum { BILLING_DIFFERS = 1 };

/* Does `bytes` say what this node computes from its own visits and rates, at the lot's frontier? Of `own` only team, visits, rates and
 * previous are read; of the previous lots, those that the lot names. *mine is this node's lot.
 * 0, BILLING_DIFFERS, or an error of lot_decode() or billing_close(); ERR_GAP: a lot that it names is not here. */
int billing_verify(const struct billing_input *own, struct span bytes, struct arena *arena,
        struct billing_lot *theirs, struct billing_lot *mine);

#endif
