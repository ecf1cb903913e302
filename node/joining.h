/*
 * node/joining.h - what a newcomer says to be let in, and what a colleague's device does with it: over a connection (pairing.h) or in a file (node_bundle.h).
 *
 * Bytes: device 32, handshake key 32, sealing key 32, person 16, two signatures of 64 (the invitation's and the newcomer's), varint length, name.
 */
#ifndef NODE_JOINING_H
#define NODE_JOINING_H

#include "node/node.h"

/* Newcomer: append it. `wished`: zero is somebody new; who is in the team already stays the same person. */
void joining_write(struct node *node, const struct team_id *team, const struct team_invitation *invitation,
        const struct person_id *wished, struct span name, struct buf *out);

/* Host: read it; `name` borrows from the bytes. ERR_TRUNCATED, ERR_MALFORMED, ERR_TOOBIG; ERR_INVALID: the name is nothing that a screen can show. */
int joining_read(struct span bytes, struct team_admit *admit, struct span *name);

/* Host: let that device in by the invitation with this public key; give it keys, and its name to the directory. Who was let in before is let in again: 1. What is refused is
 * counted. `shook_hands`: it proved that it holds its handshake key; else ERR_EXISTS, where another device has a key that it names. *admission is its entry; it holds once what was written is durable. */
enum { JOINING_AGAIN = 1 };
int joining_admit(struct node *node, const uint8_t invitation_key[TEAM_KEY_BYTES], struct team_admit *admit,
        struct span name, bool shook_hands, struct entry_hash *admission);

#endif
