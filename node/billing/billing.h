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

enum { BILLING_RULE_VERSION = LOT_FORMAT }; /* version 1 is kept for the lots that were closed by it */

enum billing_visit_flag {
	BILLING_BILLABLE = 1,
	BILLING_CANCELLED = 2, /* an amendment says that it did not take place */
	BILLING_RUNNING = 4, /* started, not ended: never billed yet */
	BILLING_ALD = 8, /* the patient's AMO share is that of a long-term illness */
	BILLING_DOUBLED = 16, /* marked as a visit of two nurses */
	BILLING_NO_IDENTITY = 32, /* the dossier has no INS number */
	BILLING_NO_PRESCRIPTION = 64, /* none, or expired on that day */
	BILLING_OTHER_FUNDING = 128, /* act nomenclature or patient education paid elsewhere */
	BILLING_DISPUTED = 256, /* nurses disagree whether this file is one patient's with another */
};

/* A visit as it stands now: the last amendment applied. */
struct billing_visit {
	struct billing_item item;
	struct record_id patient;
	struct record_id file; /* the dossier it stands in: the patient's, or one that was joined with hers */
	struct record_id prescription; /* short id, then zeros; zero: it names none */
	uint32_t flags; /* enum billing_visit_flag */
	struct record_id rate; /* zero: the territory's rate of the day */
	struct person_id
	        co_nurse; /* of a visit of two; zero: none. What she is billed, the rate table says */
};

/* From that day on (local days since 1970) a nurse works as this; who has none is self-employed. */
struct billing_status {
	struct person_id nurse; /* as in billing_item */
	int64_t from_day;
	enum billing_tariff tariff;
};

/* A rate table that was corrected, and by which one; zero: withdrawn. */
struct billing_replacement {
	struct record_id rate, by;
};

/* An exported lot, decoded, with the hash of its bytes. */
struct billing_previous {
	const struct billing_lot *lot;
	struct lot_hash hash;
};

struct billing_input {
	uint32_t rule_version; /* 1 or 2; 0: BILLING_RULE_VERSION */
	struct team_id team;
	struct device_id holder;
	uint64_t fence;
	struct entry_hash lease, word; /* as in the lot */
	uint32_t month; /* to close, in months since January 1970 (calendar.h) */
	struct span territory; /* at most LIMIT_NAME_BYTES */
	struct lot_hash previous_hash; /* the lot that the lease cites; zero: none */
	const struct billing_visit *visits; /* all that are known, any order, of any month */
	uint32_t visit_count;
	const struct billing_rate *rates;
	uint32_t rate_count; /* those that hold: not the corrected ones (rule version 1: those as well) */
	const struct billing_replacement *replacements;
	uint32_t replacement_count;
	const struct billing_status *statuses; /* one per nurse and day */
	uint32_t status_count;
	const struct billing_previous *previous; /* every exported lot, also those of a lost holder */
	uint32_t previous_count;
	const struct billing_heard *heard;
	uint32_t heard_count;
	const struct entry_ref *frontier;
	uint32_t frontier_count;
	int64_t now_s; /* for anomalies alone; 0: not known */
};

/* Why a month cannot be closed. number, name, French, English */
#define BILLING_OBSTACLE_TABLE(X) \
	X(1, NO_RATE, "Aucun tarif ne vaut pour cette visite.", "No rate table holds for this visit.") \
	X(2, TWO_RATES, \
	        "Deux tarifs commencent le même jour pour ce territoire et ce statut : corrigez l'un " \
	        "d'eux.", \
	        "Two rate tables begin on one day for this territory and status: correct one of them.") \
	X(3, NEGATIVE, "La visite finit avant de commencer.", "The visit ends before it begins.") \
	X(4, TOO_LONG, "La visite dure plus de 24 heures.", "The visit lasts more than 24 hours.") \
	X(5, BAD_TIME, "L'heure de la visite n'est pas possible.", "The time of the visit is not possible.") \
	X(6, TWO_VERSIONS, "Cette visite existe en deux versions.", "This visit stands in two versions.") \
	X(7, TOO_MUCH, "Trop de minutes sur une ligne.", "Too many minutes on one line.") \
	X(8, FUTURE, "La visite est dans le futur.", "The visit is in the future.")

enum billing_obstacle_kind {
#define BILLING_OBSTACLE_ENUM(number, name, fr, en) BILLING_OBSTACLE_##name = number,
	BILLING_OBSTACLE_TABLE(BILLING_OBSTACLE_ENUM)
#undef BILLING_OBSTACLE_ENUM
};

/* The visit it concerns, when there is one; of TWO_RATES the tables. */
struct billing_obstacle {
	bool has_visit;
	struct record_id visit;
	enum billing_obstacle_kind kind; /* 0: the error says it */
	struct record_id rates[2];
};

const char *billing_obstacle_sentence(enum billing_obstacle_kind kind, bool french);

/* Does the table say only what this version knows, within its limits? One that does not is as if it were not there. */
bool billing_rate_is_known(const struct billing_rate *rate);

/* What a nurse works as on a day. */
enum billing_tariff billing_tariff_of(
        const struct billing_input *input, const struct person_id *nurse, int64_t day);

/* The table for a visit that was never billed, among those given; NULL: none. *tie: another one from the same day on, or NULL. */
const struct billing_rate *billing_rate_for(const struct billing_input *input,
        const struct billing_visit *visit, const struct billing_rate **tie);

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
