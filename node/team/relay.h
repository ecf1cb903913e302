/*
 * node/team/relay.h - the code by which a blind box asks to be let in (README.md, section 7).
 *
 * It holds public keys and a signature, no secret: a relay is admitted by a nurse who was given its code, and reads nothing.
 *
 * Pure. Threads: any.
 */
#ifndef NODE_TEAM_RELAY_H
#define NODE_TEAM_RELAY_H

#include "crdt/base/span.h"
#include "node/team/action.h"
#include "node/team/identity.h"

enum {
	TEAM_RELAY_CODE_BYTES = 3 * TEAM_KEY_BYTES + TEAM_SIGNATURE_BYTES + 4,
	TEAM_RELAY_TEXT_BYTES = 2 * TEAM_RELAY_CODE_BYTES + 1, /* with its terminator */
};

/* The code of the device `self` for `team`. */
void team_relay_code(
        const struct team_identity *self, const struct team_id *team, char out[TEAM_RELAY_TEXT_BYTES]);

/* White space does not count. ERR_TRUNCATED, ERR_TOOBIG, ERR_MALFORMED; ERR_CHECKDIGIT: a digit is wrong; ERR_DENIED: it was made for another
 * team. */
int team_relay_parse(struct span text, const struct team_id *team, struct team_relay *out);

#endif
