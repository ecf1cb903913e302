/*
 * node/node_billing.h - closing a month on the node that holds the lease, and checking it on any other (node/billing/README.md).
 *
 * Reads visits, amendments, rates and earlier lots from the node's documents and log; the computation itself is node/billing.
 */
#ifndef NODE_NODE_BILLING_H
#define NODE_NODE_BILLING_H

#include "node/billing/anomalies.h"
#include "node/billing/billing.h"
#include "node/node.h"

/* Whether a lot of the ledger counts. number, name, French, English */
#define BILLING_STANDING_TABLE(X) \
	X(1, COUNTS, "Ce lot compte.", "This lot counts.") \
	X(2, SENT, "Deux personnes l'ont déclaré transmis : il compte.", \
	        "Two persons said that it was sent: it counts.") \
	X(3, NOT_HOLDER, "Qui l'a clos n'était pas désigné.", "Who closed it was not designated.") \
	X(4, CONTESTED, "Deux désignations portent le même numéro.", \
	        "Two designations have the same number.") \
	X(5, UNRELEASED, \
	        "Un appareil désigné avant n'a pas rendu le rôle, et deux personnes n'ont pas confirmé ce " \
	        "mois.", \
	        "A device that was designated before did not release, and two persons did not confirm this " \
	        "month.") \
	X(6, MISSING, "Il ne tient pas compte du dernier lot de l'appareil désigné avant.", \
	        "It does not take into account the last lot of the device that was designated before.") \
	X(7, UNUSABLE, \
	        "Il est inutilisable : d'une autre équipe, d'un mois qui n'avait pas commencé, ou il " \
	        "reprend " \
	        "une ligne qui ne compte pas.", \
	        "It cannot be used: of another team, of a month that had not begun, or it takes back a " \
	        "line " \
	        "that does not count.") \
	X(8, RELEASED, \
	        "L'appareil avait rendu le rôle, et ce lot n'est pas de ceux qu'il avait clos avant.", \
	        "The device had released the role, and this lot is none of those that it had closed " \
	        "before.")

enum billing_standing {
#define BILLING_STANDING_ENUM(number, name, fr, en) BILLING_STANDING_##name = number,
	BILLING_STANDING_TABLE(BILLING_STANDING_ENUM)
#undef BILLING_STANDING_ENUM
};

const char *billing_standing_sentence(enum billing_standing standing, bool french);
bool billing_standing_counts(enum billing_standing standing); /* COUNTS, SENT */

/* Everything that billing computes with, gathered at this moment. */
struct node_billing {
	struct billing_input input;
	struct arena arena; /* of the input and of lots computed from it */
};

/* Gather for `month` (calendar.h). `territory` empty: that of the last lot, or the only one that has rate tables. Owner calls node_billing_wipe(). ERR_BUSY: writes are under way, wait for node_when_durable(); the
 * same holds for all calls below that compute. Errors of reading. */
int node_billing_gather(struct node *node, uint32_t month, struct span territory, struct node_billing *out);
void node_billing_wipe(struct node_billing *billing);

/* Rate tables and statuses alone. Owner wipes. ERR_BUSY. */
int node_billing_rates(struct node *node, struct node_billing *out);

/* Designate a device to close months: the lease with the next fence number, which cites the lot that stands last. ERR_DENIED unless this device
 * manages. */
int node_billing_designate(struct node *node, const struct device_id *holder, node_done done, void *context);

/* The holder gives the role back: a release that cites its last lot. ERR_DENIED: this device does not hold it. ERR_BUSY. */
int node_billing_release(struct node *node, node_done done, void *context);

/* A word about closing months (node/team/action.h): in force once another person seconds it. *hash is the entry's. */
int node_billing_say(struct node *node, const struct team_billing_word *word, struct entry_hash *hash,
        node_done done, void *context);
int node_billing_second(struct node *node, const struct entry_hash *word, node_done done, void *context);

/* Why a month cannot be closed here, beside what the error says. */
struct node_billing_refusal {
	struct billing_obstacle obstacle;
	enum billing_standing standing; /* CONTESTED, UNRELEASED, MISSING; 0: not for that */
	struct device_id holder; /* who did not release, or whose lot is missing */
	uint32_t later; /* a later month that was closed; 0: none */
};

/* What to look at before the month is closed; *billing is what that was found in (`heard` is its completeness), and the caller wipes it. */
int node_billing_check(struct node *node, uint32_t month, struct span territory, struct node_billing *billing,
        struct billing_anomaly **anomalies, uint32_t *count);

/* The lot of a month as it would be if this device closed it now, whoever may; nothing is written. *billing is what it is made from; the caller wipes it. Errors of
 * billing_close(), ERR_BUSY. */
int node_billing_preview(struct node *node, uint32_t month, struct span territory,
        struct node_billing *billing, struct billing_lot *lot, struct node_billing_refusal *why);

/* Close the month: compute the lot and write it into the ledger. Only the holder of the lease may (ERR_DENIED; `why` tells when two persons have to speak first).
 * `is_again`: a further lot of a month that was closed, with the differences since. *bytes (appended) and *hash are the lot's. ERR_EXISTS: the month was closed, and
 * not `is_again`; or nothing has changed since. ERR_GAP: a former holder's last lot is not here. ERR_INVALID with the obstacle FUTURE: there is one that is not over. Errors of
 * billing_close(). */
struct node_billing_how {
	bool is_again; /* a further lot of a month that was closed */
	int64_t now_s; /* visits that end after that are refused; 0: nobody asks */
};
int node_billing_close(struct node *node, uint32_t month, struct span territory,
        const struct node_billing_how *how, struct buf *bytes, struct lot_hash *hash,
        struct node_billing_refusal *why, node_done done, void *context);

/* The same for a month that is closed for the first time. */
int node_billing_close_month(struct node *node, uint32_t month, struct span territory, struct buf *bytes,
        struct lot_hash *hash, struct billing_obstacle *obstacle, node_done done, void *context);

/* The newest lot of a month that counts; appended to `bytes`. ERR_NOTFOUND. */
int node_billing_lot(struct node *node, uint32_t month, struct buf *bytes);

/* The lot with this hash, whether it counts or not; appended to `bytes`. ERR_NOTFOUND. */
int node_billing_lot_named(struct node *node, const struct lot_hash *hash, struct buf *bytes);

/* Every lot of the ledger, in the order of month, fence, hash. `lot` lives in `billing`, which the caller wipes. */
struct node_billing_row {
	const struct billing_lot *lot;
	struct lot_hash hash;
	enum billing_standing standing;
	uint64_t written_ms; /* by its author's clock */
};
int node_billing_lots(
        struct node *node, struct node_billing *billing, struct node_billing_row **rows, uint32_t *count);

/* How a lot stands. ERR_NOTFOUND, ERR_BUSY. */
int node_billing_standing(struct node *node, const struct lot_hash *hash, enum billing_standing *standing);

/* Recompute a lot from what this node has; whether it counts is node_billing_standing(). 0: the same bytes. BILLING_DIFFERS: not. ERR_NOTFOUND: no such lot is in the ledger. ERR_GAP: this node has not everything that it was made
 * from. Otherwise the lot itself is bad. *theirs and *mine live in `billing`, which the caller wipes. */
int node_billing_verify(struct node *node, struct span bytes, struct node_billing *billing,
        struct billing_lot *theirs, struct billing_lot *mine);

#endif
