/*
 * node/team/invitation.h - the code that lets a device into a team: a random secret with role and expiry, and which team that is.
 *
 * Whoever holds the code can redeem it once, so it is a secret: shown, never logged, wiped. The log holds only its public
 * key. Text form (README.md, section 7): 17 groups of 5 characters of Crockford's base 32, four of data and one check
 * character each, so that a mistyped group is named by its number; the last group is a checksum over the whole.
 */
#ifndef NODE_TEAM_INVITATION_H
#define NODE_TEAM_INVITATION_H

#include "crdt/base/env.h"
#include "node/team/action.h"

enum {
	TEAM_INVITATION_GROUPS = 17,
	TEAM_INVITATION_GROUP_CHARS = 5,
	/* Groups and the spaces between them, terminated. */
	TEAM_INVITATION_TEXT_BYTES = TEAM_INVITATION_GROUPS * (TEAM_INVITATION_GROUP_CHARS + 1),
	TEAM_INVITATION_SECRET_BYTES = 16,
	TEAM_INVITATION_TEAM_BYTES = 19,
	TEAM_INVITATION_TEAM_BYTES_1 = 3, /* in version 1 */
	TEAM_INVITATION_HINT_BYTES = 16,
};

/* Version 1 holds the seed itself and so few bytes of the team that whoever sees the code can make a team with the same: it is read, and not made any more. */
struct team_invitation {
	uint8_t version; /* 1 or 2 */
	uint8_t secret[TEAM_INVITATION_SECRET_BYTES]; /* in version 2, from which the seed follows */
	uint8_t seed[32]; /* Ed25519 */
	uint8_t role; /* enum team_role */
	uint64_t expires_ms; /* whole minutes; 0: never */
	uint8_t team[TEAM_INVITATION_TEAM_BYTES]; /* the beginning of the team id; in version 1 shorter */
};

/* A new invitation; expires_ms is rounded down to a minute. ERR_INVALID: not a role to invite to, or too far ahead. Owner
 * calls team_invitation_wipe(). */
int team_invitation_make(struct team_invitation *out, const struct env *env, const struct team_id *team,
        uint8_t role, uint64_t expires_ms);
void team_invitation_wipe(struct team_invitation *invitation);

/* Does it let into this team? Nobody makes another one of which it says so (version 2). */
bool team_invitation_is_of(const struct team_invitation *invitation, const struct team_id *team);

/* Groups separated by spaces, terminated. */
void team_invitation_text(const struct team_invitation *invitation, char out[TEAM_INVITATION_TEXT_BYTES]);

/* The same without spaces after "RELEVE:", for a QR code (all of it in QR's alphanumeric set). */
enum { TEAM_INVITATION_QR_BYTES = 7 + TEAM_INVITATION_GROUPS * TEAM_INVITATION_GROUP_CHARS + 1 };
void team_invitation_qr_text(const struct team_invitation *invitation, char out[TEAM_INVITATION_QR_BYTES]);

/* Read either text: any case, spaces and hyphens anywhere between groups, O for 0, I and L for 1. *group (may be NULL): the
 * number, from 1, of the first group that is wrong, or 0. ERR_CHECKDIGIT: that group was mistyped (0: the whole does not
 * match its checksum). ERR_TRUNCATED, ERR_TOOBIG: too few or too many characters (in that group). ERR_MALFORMED: a
 * character outside the alphabet. ERR_VERSION, ERR_INVALID: written by another version. *out is unchanged on error. */
int team_invitation_parse(struct span text, struct team_invitation *out, unsigned *group);

/* The key pair: public key for the invite entry, libsodium's 64-byte secret key for the admit statement. */
void team_invitation_keys(
        const struct team_invitation *invitation, uint8_t public_key[32], uint8_t secret_key[64]);

/* The PSK of the pairing handshake. Wipe it. */
void team_invitation_psk(const struct team_invitation *invitation, uint8_t psk[32]);

/* What the newcomer says before pairing, so that the other side finds the PSK without learning more. */
void team_invitation_hint(const uint8_t public_key[32], uint8_t hint[TEAM_INVITATION_HINT_BYTES]);

/* Seal a PSK, bound to its invitation, for a manager's sealing key; and open such a box. For what is not a usable key: one that nobody opens.
 * ERR_BADSEAL: for another key, altered, or of another invitation; `psk` is then unchanged. */
int team_invitation_seal(uint8_t box[TEAM_PSK_BOX_BYTES], const struct env *env, const uint8_t public_key[32],
        const uint8_t psk[32], const uint8_t recipient[32]);
int team_invitation_open(uint8_t psk[32], const uint8_t box[TEAM_PSK_BOX_BYTES], const uint8_t public_key[32],
        const uint8_t own_public[32], const uint8_t own_secret[32]);

#endif
