/*
 * node/contact.h - the code by which a colleague finds this device where nothing else does: its addresses and a fingerprint of its key.
 *
 * Public, no secret: whoever reads it learns where a device listens, and may recognize the device by it later; not which team or person it belongs to (README.md, "Finding each
 * other by a code"). It lets nobody in: the members' keys decide who talks to whom. Pure.
 */
#ifndef NODE_CONTACT_H
#define NODE_CONTACT_H

#include "crdt/base/span.h"
#include "net/address.h"
#include "node/team/groups.h"

enum { CONTACT_FINGERPRINT_BYTES = 8, CONTACT_ADDRESSES_MAX = 6 };

struct contact {
	uint8_t fingerprint[CONTACT_FINGERPRINT_BYTES];
	struct net_address addresses[CONTACT_ADDRESSES_MAX]; /* all with the same port */
	uint32_t address_count; /* at least 1 */
};

/* Of the key with which a device shakes hands. */
void contact_fingerprint(const uint8_t handshake_key[32], uint8_t out[CONTACT_FINGERPRINT_BYTES]);

/* To be typed or pasted, and for a QR code: terminated, GROUPS_TEXT_BYTES at most. Interfaces of link-local addresses are left out: they mean nothing to others. */
void contact_text(const struct contact *contact, char out[GROUPS_TEXT_BYTES]);
void contact_qr_text(const struct contact *contact, char out[GROUPS_TEXT_BYTES]);

/* As groups_read(), and ERR_VERSION: of a later version; ERR_MALFORMED with *group 0: no such code. *out is unchanged on error. */
int contact_parse(struct span text, struct contact *out, unsigned *group);

/* Does the text claim to be such a code? It begins with the prefix, or with the zero of a version below 8; an address has a dot or a colon in it. */
bool contact_is_code(const char *text);

#endif
