/*
 * node/team/statement.h - the byte strings that membership actions sign, hash and seal (node/team/README.md).
 *
 * Pure: BLAKE2b, Ed25519 and sealed boxes of libsodium. Each use has its own prefix, so that no signature or hash can
 * stand in for another.
 */
#ifndef NODE_TEAM_STATEMENT_H
#define NODE_TEAM_STATEMENT_H

#include "crdt/base/ids.h"
#include "node/team/action.h"

/* Sign "let this device in": once with the invitation's key, once with the newcomer's. `invitation` is the public key
 * of the invitation. The signature fields of `admit` are not read. `secret_key` is libsodium's 64 bytes. */
void team_statement_admit_sign(uint8_t signature[TEAM_SIGNATURE_BYTES], const struct team_id *team,
        const uint8_t invitation[TEAM_KEY_BYTES], const struct team_admit *admit,
        const uint8_t secret_key[64]);

/* Both signatures of `admit` hold. */
bool team_statement_admit_holds(
        const struct team_id *team, const uint8_t invitation[TEAM_KEY_BYTES], const struct team_admit *admit);

/* The same for a relay, which needs no invitation: its own signature shows that the key is held. */
void team_statement_relay_sign(uint8_t signature[TEAM_SIGNATURE_BYTES], const struct team_id *team,
        const struct team_relay *relay, const uint8_t secret_key[64]);
bool team_statement_relay_holds(const struct team_id *team, const struct team_relay *relay);

/* What a commitment is about; part of what is hashed. Epochs use their compartment's number. */
enum { TEAM_STATEMENT_DISCOVERY = 128, TEAM_STATEMENT_BEACON = 129 };

/* The hash by which every recipient of a sealed secret checks that all were given the same one. */
void team_statement_commitment(
        uint8_t out[32], const struct team_id *team, uint8_t purpose, const uint8_t secret[TEAM_KEY_BYTES]);

#endif
