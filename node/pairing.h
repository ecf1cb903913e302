/*
 * node/pairing.h - redeeming an invitation over a connection (node/README.md, "Pairing").
 *
 * The handshake proved that both sides hold the invitation's secret. The host says which team it is; the guest sends its keys, signed by
 * the invitation and by itself; the host writes the admission and the keys, and when that is durable says so; then an ordinary session
 * brings the guest what it may read.
 */
#ifndef NODE_PAIRING_H
#define NODE_PAIRING_H

#include "net/address.h"
#include "node/peers.h"
#include "node/team/invitation.h"

struct pairing;

/* Frame types of a pairing; a session's begin at 16 and end below. */
enum {
	PAIRING_TEAM = 32, /* host: team id 32 */
	PAIRING_JOIN = 33, /* guest: joining.h */
	PAIRING_ADMITTED = 34, /* host: hash of the admit entry 32 */
};

/* What came of it, for the guest: 0 once admitted and the membership is durably here, or why not: it may redeem again.
 * Called once, at the latest by peers_free() and node_free(). */
typedef void (*pairing_done)(void *context, int result);

/* Connect to a host and redeem `invitation` (copied) under `name`, the name that colleagues will see. ERR_EXISTS: the node is in another
 * team. One that is in this team already redeems again when nobody there knows it (README.md, "Pairing"): what it holds and wrote stays. */
int pairing_start(struct peers *peers, const struct net_address *address,
        const struct team_invitation *invitation, struct span name, pairing_done done, void *context);

/* The same for another device of somebody who is in the team already: the host must have made the invitation for them. Where `person` wrote the invitation it counts at once; otherwise it waits, without
 * any right, until a nurse other than the host's endorses it (team/README.md, "Endorsement"). NULL: somebody new. */
int pairing_start_as(struct peers *peers, const struct net_address *address,
        const struct team_invitation *invitation, struct span name, const struct person_id *person,
        pairing_done done, void *context);

/* For peers.c. */
struct peer;
struct pairing *pairing_new_host(struct peer *peer, const uint8_t *invitation_key);
void pairing_free(struct pairing *pairing); /* NULL is allowed */
void pairing_established(struct pairing *pairing);
int pairing_frame(struct pairing *pairing, uint8_t type, struct span payload);
void pairing_recognized(
        struct pairing *pairing); /* guest: the membership came; it frees itself once that is durable */
void pairing_ended(struct pairing *pairing, int error);

#endif
