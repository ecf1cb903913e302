/*
 * node/billing/work.h - private to billing.c and work.c: what is gathered before a month is closed.
 */
#ifndef NODE_BILLING_WORK_H
#define NODE_BILLING_WORK_H

#include "node/billing/billing.h"

/* A line of an earlier lot that bills something; credits are counted in `standing`. */
struct billed {
	const struct billing_line *line;
	const struct billing_lot *lot;
	const struct lot_hash *hash; /* of the lot */
	uint32_t index; /* of the line in it */
	int32_t standing; /* 1: it stands; 0: credited; others: two holders credited or reinstated it at once */
	int32_t wanted; /* 1 when it bills a charge that is due */
};

/* A visit that is due, or was billed and is no longer known. */
struct fact {
	struct billing_item item;
	struct record_id patient;
	uint32_t month, amo_per_mille, rate; /* rate: index in work.rates */
	uint32_t rule; /* that its line is priced by */
	bool is_billed; /* taken from a line: its weight is settled */
};

struct work_visit {
	uint64_t key; /* the first bytes of its id */
	const struct billing_visit *visit;
};

/* A visit in a line that bills it, whether that stands or not. */
struct mention {
	uint64_t key;
	const struct billed *billed;
	uint32_t item;
};

struct work {
	const struct billing_input *input;
	struct arena *arena;
	struct billing_obstacle *obstacle;
	struct work_visit *visits; /* ascending by id, each once */
	uint32_t visit_count;
	struct billing_rate
	        *rates; /* ascending by id, each once: those given and those embedded in earlier lots */
	uint32_t rate_count;
	uint32_t rule;
	struct mention *mentions; /* ascending by visit; of one, those that stand first */
	uint32_t mention_count;
	struct billed *billed;
	uint32_t billed_count;
	uint32_t opening_month;
	struct fact *facts;
	uint32_t fact_count;
	struct billing_line *charges; /* as lines, kind not yet decided; rate counts in work.rates */
	uint32_t charge_count;
	struct billing_line *lines;
	uint32_t line_count;
};

/* Notes the visit that stands in the way, and why, and gives `error` back. */
int work_fail_at(
        const struct work *work, const struct record_id *visit, enum billing_obstacle_kind kind, int error);

/* The first mention of a visit: one that stands, if any does. NULL: no line ever billed it. */
const struct mention *work_mention(const struct work *work, const struct record_id *visit);
const struct billing_item *work_item(const struct mention *mention);

/* Does a line, whose contents are those of the charge, bill the same: who came, and what is paid for it? */
bool work_same_bill(
        const struct work *work, const struct billing_line *charge, const struct billing_line *line);

/* The earlier lots ascending by hash. ERR_INVALID: of another team or a later month. ERR_EXISTS: one twice. ERR_TOOBIG. */
int work_sort_previous(const struct work *work, struct billing_previous **out);

/* A rate of work->rates, or NULL. */
const struct billing_rate *work_rate_find(const struct work *work, const struct record_id *id);

/* The rate of a visit on its local day (rates.c), as an index in work->rates; `mention`: the first line that billed it, or NULL. ERR_NOTFOUND, ERR_CONFLICT. */
int work_rate_of(const struct work *work, const struct billing_visit *visit, const struct mention *mention,
        uint32_t *rate);

/* By rule version 2: how much of each visit is billed (doubled.c). Those of which nothing is are dropped. */
void work_weigh_facts(struct work *work);

/* In this order; errors as billing_close(). */
int work_take_visits(struct work *work);
int work_take_rates(struct work *work);
int work_take_billed(struct work *work);
int work_take_facts(struct work *work);
void work_take_charges(struct work *work);

#endif
