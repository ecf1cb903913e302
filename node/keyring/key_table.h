/*
 * node/keyring/key_table.h - the dossier secrets of a team as replicated state (README.md, section 5).
 *
 * A set of signed rows, merged by union: in any order, any number of times, the same rows. Rows sealed to this device are opened as they
 * arrive; their secrets are what the table answers from. A tombstone beats every packet, for ever.
 *
 * Whether an issuer was entitled is the caller's question (key_row_peek), asked before key_table_add().
 * Errors: 0 or a negative ERR_*, with nothing changed. Threads: one at a time.
 */
#ifndef NODE_KEYRING_KEY_TABLE_H
#define NODE_KEYRING_KEY_TABLE_H

#include "node/keyring/key_own.h"
#include "node/keyring/key_past.h"
#include "node/keyring/key_row.h"
#include "node/keyring/tombstones.h"

/* Above this many packets from us to one device, replace them by one (key_table_issue with all its dossiers). */
enum { KEY_PACKETS_MANY = 32 };

/* Positive result of key_table_add(): nothing new in it. */
enum { KEY_TABLE_KNOWN = 1 };

struct key_table;

/* An empty table of `team`, for device `self`. `self_secret` is copied into protected memory. Owner calls key_table_free(). */
struct key_table *key_table_new(const struct team_id *team, const struct device_id *self,
        const struct seal_public *self_public, const struct seal_secret *self_secret);
void key_table_free(struct key_table *table); /* wipes; NULL is allowed */

/* Whose orders to erase count, in the caller's view of the team; without such a judge everybody's. `context` is borrowed. */
void key_table_judge_by(struct key_table *table, key_entitled may_erase, const void *context);

/* Ask it of all tombstones again. Those that count now bury their dossiers; those that count no more stay as rows without power (of version 1,
 * which cites no state, they go). True: some do now, or do no more. */
bool key_table_judge(struct key_table *table);

/* Who hands out the secrets of every dossier. Of the packets of others (a locum) only first secrets count, of dossiers that have none here, and nobody
 * relies on what they give a third (README.md, section 5, "Who sees chosen dossiers only"). Without this call everybody does. `context` is borrowed. */
void key_table_trust(struct key_table *table, key_entitled hands_out_all, const void *context);

/* Merge one row from any replica. Hostile input is fine.
 * KEY_TABLE_KNOWN. ERR_BADSIG, ERR_VERSION, errors of form. ERR_FULL: one of the limits LIMIT_KEY_*. */
int key_table_add(struct key_table *table, struct span row);

/* Merge a row of this device's own database: the secrets that were taken from it stand in rows of their own (key_table_load_own). */
int key_table_load(struct key_table *table, struct span row);

/* Drop the packets of issuers who are not entitled any more; what they gave this device stays among its own secrets. How many were dropped. */
size_t key_table_keep(struct key_table *table, key_entitled entitled, const void *context);

/* Of a packet for this device that came by another way than the replicated state: take the secrets of dossiers of which nobody holds any, here or by the
 * packets of the table, and which are `wanted`. The packet is not kept. How many, or an error of form, ERR_BADSIG, ERR_BADSEAL, ERR_DENIED (for
 * another device). */
int key_table_rescue(struct key_table *table, struct span row,
        bool (*wanted)(void *context, const struct record_id *dossier), void *context);

/* The rows, for sending and for storing: packets by (issuer, recipient, counter, id), then tombstones by (dossier, issuer). */
size_t key_table_row_count(const struct key_table *table);
void key_table_row(
        const struct key_table *table, size_t index, struct buf *out); /* appends; index < row_count */

/* Equal digests: equal rows. 32 bytes. */
void key_table_digest(const struct key_table *table, uint8_t out[32]);

/* The secrets to try for a dossier, in order; NULL past the last. Seal under index 0. Borrows until the next change. */
const struct dossier_secret *key_table_secret(
        const struct key_table *table, const struct record_id *dossier, size_t index);

/* A tombstone of somebody who may erase stands. */
bool key_table_erased(const struct key_table *table, const struct record_id *dossier);

/* The index-th tombstone, by (dossier, issuer). NULL past the last. Borrows until the next change. */
const struct key_tombstone *key_table_tombstone(const struct key_table *table, size_t index);

/* Was the dossier that has this pseudonym under the epoch erased? Tries every tombstone. */
bool key_table_erased_as(
        const struct key_table *table, const struct epoch_key *epoch, const struct pseudonym *pseudonym);

/* The same of every tombstone, whether or not it counts: somebody may have carried it out. */
bool key_table_ordered_as(
        const struct key_table *table, const struct epoch_key *epoch, const struct pseudonym *pseudonym);

/* The secrets themselves, for saving (key_own_encode) and walking. Borrows. */
const struct key_own *key_table_own(const struct key_table *table);

/* Keys of single dossiers in epochs that are not held; they come back with the packets at each start. Borrows. */
const struct key_past *key_table_past(const struct key_table *table);

/* Take in a stored row of own secrets. KEY_TABLE_KNOWN: the dossier is erased, the row should be too. */
int key_table_load_own(struct key_table *table, struct span row);

/* Give a dossier a first secret, or a newer one. Known to this device only until issued. ERR_USED: the dossier is erased. ERR_FULL. */
int key_table_create(struct key_table *table, const struct env *env, const struct record_id *dossier);

/* The same, of a version above this one too, below KEY_VERSION_PAST: colleagues may have made secrets that are still on their way. */
int key_table_renew(
        struct key_table *table, const struct env *env, const struct record_id *dossier, uint32_t above);

/* Write a packet for `recipient` with all secrets held for `dossiers` (ascending, each once) and add it. Packets of ours to that device that
 * it covers are dropped everywhere. ERR_NOTFOUND: a dossier has no secret here. ERR_INVALID: order. A key of small order gets a packet that nobody opens.
 * ERR_TOOBIG: more than LIMIT_KEY_PACKET_ITEMS secrets. ERR_FULL. */
int key_table_issue(struct key_table *table, const struct env *env, const struct key_signer *signer,
        const struct device_id *recipient, const struct seal_public *to, const struct record_id *dossiers,
        size_t count);

/* The same with these secrets and keys of past epochs: ascending by (dossier, version), at most LIMIT_KEY_PACKET_ITEMS. */
int key_table_issue_these(struct key_table *table, const struct env *env, const struct key_signer *signer,
        const struct device_id *recipient, const struct seal_public *to, const struct key_secret *secrets,
        size_t count);

/* How many items of this dossier and version one packet to `recipient` gives at most, of those that are relied on. */
uint32_t key_table_given(const struct key_table *table, const struct device_id *recipient,
        const struct record_id *dossier, uint32_t version);

/* Does a packet from `issuer` to `recipient` give this version of the dossier's secret? */
bool key_table_gives(const struct key_table *table, const struct device_id *issuer,
        const struct device_id *recipient, const struct record_id *dossier, uint32_t version);

/* How many packets stand from `issuer` to `recipient`. */
size_t key_table_packets(
        const struct key_table *table, const struct device_id *issuer, const struct device_id *recipient);

/* The dossiers of which `recipient` does not have, in packets that are relied on, every secret that this device holds: ascending, to be
 * freed by the caller. Returns how many. */
size_t key_table_lacking(
        const struct key_table *table, const struct device_id *recipient, struct record_id **dossiers);

/* Erase a dossier: add a tombstone of ours, which counts if we may erase, forget its secrets, strip them from every packet. 0 also when it was erased before.
 * ERR_FULL. */
int key_table_erase(struct key_table *table, const struct key_signer *signer, const struct key_order *order);

#endif
