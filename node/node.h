/*
 * node/node.h - one device of a team: its log, documents, keys and rights, without network and without threads of its own.
 *
 * Deterministic: everything comes in by calls (writes of the user, runs from peers, the passing of time) and goes out by
 * batches to the store's writer and by callbacks. The shell (main.c, the simulator) owns loop, sockets and files.
 *
 * Normal course of a write: node_change_begin(); operations through the builder; node_change_finish(); at the end of the event
 * node_flush() submits one batch; when it is durable, node_poll() calls back. Only then was it saved.
 *
 * Failures: a commit that failed for lack of room is undone in memory (everything is read again) and its callbacks say so. After an
 * uncertain commit the store is opened again, the batch submitted once more (it is idempotent), and callbacks wait for that.
 *
 * Threads: one.
 */
#ifndef NODE_NODE_H
#define NODE_NODE_H

#include "crdt/builder.h"
#include "crdt/doc.h"
#include "node/keyring/erased.h"
#include "node/index.h"
#include "node/refusals.h"
#include "node/team/identity.h"
#include "node/team/invitation.h"
#include "node/team/membership.h"
#include "store/log.h"
#include "store/writer.h"

struct node;

/* Everything is borrowed for the life of the node. */
struct node_config {
	const struct env *env;
	struct store *store;
	struct store_writer *writer;
	struct vault *vault;
	struct incarnation_id incarnation; /* of this database, checked (store/incarnation.h) */
	/* For looking at the past alone, over a store_past.h: documents hold nothing of a feed beyond its end, by the log's number. NULL: all there is. */
	const uint64_t *replay_ends;
};

/* Called once, when what was asked for is durable (0) or is known not to be (negative). */
typedef void (*node_done)(void *context, int result);

/* Write a new device identity into an empty database, durably. ERR_EXISTS: there is one. */
int node_init(const struct node_config *config);

/* Read everything. ERR_NOTFOUND: no identity yet. ERR_CORRUPT and the errors of the store. */
int node_new(const struct node_config *config, struct node **out);
/* NULL is allowed. What was not flushed is lost; whoever still waits is told ERR_CANCELLED. The writer is idle or was freed before. */
void node_free(struct node *node);

/* ---- Who we are ---- */

const struct team_identity *node_identity(const struct node *node);
struct device_id node_device(const struct node *node);
struct incarnation_id node_incarnation(const struct node *node);
bool node_in_team(const struct node *node);
const struct team_id *node_team(const struct node *node); /* NULL when in none */
const struct team_view *node_view(
        const struct node *node); /* NULL when in none; borrowed until the next membership entry */
/* By our own clock; either voids nothing. Over: past the end of its rights: nobody meets it any more. Lapsed: over, or not begun yet: nobody
 * seals to it or serves it; before its rights begin it may be met, and learns who belongs to the team. */
bool node_rights_over(const struct node *node, const struct team_device *device);
bool node_rights_lapsed(const struct node *node, const struct team_device *device);
struct team_membership *node_membership(struct node *node);
bool node_may_write(const struct node *node, enum compartment compartment);
bool node_may_read(
        const struct node *node, enum compartment compartment); /* also as a relay: to hold it unread */

/* ---- Team (node/team/README.md) ---- */

/* Found a team with this device as its first nurse's: the founding entry, key epochs, discovery secret. */
int node_found_team(struct node *node, struct person_id *person, node_done done,
        void *context); /* *person: the founder's new id */

/* Become a member: the founding entry's hash is the team; membership entries follow by synchronization, and with the first of them it is
 * durable. */
int node_enter_team(struct node *node, const struct team_id *team);
/* Out of it again, when nothing of it ever came: the invitation can be redeemed once more. */
void node_leave_empty_team(struct node *node);

/* Write a membership action of our own. Several heads are joined by a merge entry first. *hash is its identity. */
int node_act(struct node *node, const struct team_action *action, struct entry_hash *hash, node_done done,
        void *context);

/* Why the last action was refused; NONE: it was not, or for another reason than the team's rules. */
enum team_reason node_denied_why(const struct node *node);

/* ---- Who leaves (node_remove.c) ---- */

/* All these write a membership action on top of everything known here, with the cut as it is held here, and then give the team new keys where somebody
 * holds them who is not entitled any more. Errors of team_membership_try(): ERR_DENIED, ERR_NOTFOUND, ERR_EXISTS, ERR_INVALID. */

/* `reason`: 1 lost, 2 stolen, 3 replaced, 4 left, 0 unsaid. A person's last device is suspended. */
int node_remove_device(
        struct node *node, const struct device_id *device, uint8_t reason, node_done done, void *context);
/* Takes a second person's node_confirm(), but in a team of two, or when the person announced to leave. */
int node_remove_person(
        struct node *node, const struct person_id *person, uint8_t reason, node_done done, void *context);
/* To or from nurse it takes a node_confirm() likewise. ERR_BUSY: of one's own role, while entries of ours are on their way to the disk. */
int node_change_role(struct node *node, const struct person_id *person, uint8_t role, uint64_t rights_from_ms,
        uint64_t rights_until_ms, node_done done, void *context);
int node_confirm(struct node *node, const struct entry_hash *proposal, node_done done, void *context);
/* Take every suspension of this person's devices back. ERR_NOTFOUND: there is none. */
int node_undo_suspension(struct node *node, const struct person_id *person, node_done done, void *context);
int node_leave(struct node *node, uint64_t until_ms, node_done done, void *context);
/* Of an invitation that was redeemed twice: this device's admission counts; NULL: none of them, for the invitation (hash of its entry). */
int node_choose(struct node *node, const struct device_id *device, const struct entry_hash *invitation,
        node_done done, void *context);

/* New keys for all compartments and a new discovery secret. Only nurses who manage: ERR_DENIED. */
int node_renew_keys(struct node *node, node_done done, void *context);
/* The same where it is due: the keys are older than `max_age_ms` by our clock (0: never), somebody past the dates of her rights holds them, or somebody
 * who was removed; and of a dossier that a locum was given again in a dispute (README.md, "Roles"). Cheap when nothing is; of many devices mostly one does it. */
int node_renew_old_keys(struct node *node, uint64_t max_age_ms);

/* Give a device the keys of its role that it lacks, as far as is known here: a grant per epoch, and a packet of dossier secrets. For
 * one just admitted, and for each colleague met: who joined at one device is unknown to another that opens a dossier meanwhile. */
int node_share_keys(struct node *node, const struct device_id *device);
uint64_t node_keys_generation(
        const struct node *node); /* while it stands still nobody lacks more than before */

/* Write an invitation; *out is the code to hand over. ERR_DENIED: only nurses who manage invite. ERR_FULL: LIMIT_INVITATIONS can be redeemed
 * here already. The caller wipes *out. */
int node_invite(struct node *node, uint8_t role, uint64_t expires_ms, uint64_t rights_from_ms,
        uint64_t rights_until_ms, struct team_invitation *out, node_done done, void *context);
/* Withdraw every invitation that is open, whoever made it: LIMIT_INVITATIONS at once. *count says how many. */
int node_withdraw_all(struct node *node, uint32_t *count, node_done done, void *context);

/* Whose other device an invitation is for: somebody who is in the team. Known at this device alone, so that it is redeemed here. Zero: somebody new. */
int node_invite_person(struct node *node, const uint8_t key[TEAM_KEY_BYTES], const struct person_id *person);
int node_invited_person(struct node *node, const uint8_t key[TEAM_KEY_BYTES], struct person_id *out);

/* Was this device with this handshake key admitted before? Then it redeems again because it did not hear so. */
bool node_admitted(struct node *node, const struct device_id *device,
        const uint8_t handshake_key[TEAM_KEY_BYTES], struct entry_hash *admission);
/* Has another device than `owner` one of these keys? */
bool node_has_key_of(const struct node *node, const struct team_keys *keys, const struct device_id *owner);

/* The index-th invitation that can be redeemed at this device, or whose newcomer has not acknowledged anything yet: its public key and the secret of its handshake (to be wiped). */
bool node_open_invitation(struct node *node, uint32_t index, uint8_t key[TEAM_KEY_BYTES], uint8_t psk[32]);
/* What an invitation grants. ERR_NOTFOUND, ERR_USED (or revoked), ERR_EXPIRED. */
int node_invitation_terms(
        struct node *node, const uint8_t key[TEAM_KEY_BYTES], struct entry_hash *hash, uint8_t *role);
/* Write somebody's name into the team's directory. */
int node_name_person(struct node *node, const struct person_id *person, struct span name);

/* The secret by which members recognize beacons. False: none yet. The caller wipes it. */
bool node_discovery_secret(struct node *node, uint8_t secret[32]);

/* One of those before it, those that came last first: by them a colleague is recognized who was away during a removal. False: there is none, or this
 * device was not given it. The caller wipes it. */
bool node_past_discovery_secret(struct node *node, uint32_t index, uint8_t secret[32]);

/* Is it possible, by all that is known here, that the device never heard of the discovery secret in force? */
bool node_may_lack_discovery(struct node *node, const struct device_id *device);

/* Give a locum a dossier, or nothing new of it from now on: the dossier then gets another secret, for all others; what the locum holds it
 * holds. ERR_DENIED: this device may not. ERR_LOCKED: it has no such dossier. ERR_FULL: the dossier has LIMIT_DOSSIER_SECRETS.
 * ERR_CONFLICT: documents of two kinds have this id, which nobody's program does by itself: nothing is given. */
int node_share(
        struct node *node, const struct person_id *person, const struct record_id *patient, bool shared);
bool node_shared(struct node *node, const struct person_id *person, const struct record_id *patient);

/* A redacted copy of a dossier for one facilitator (node/case.h). Over: the consent ended by our clock, or it was erased. */
struct node_case {
	struct person_id facilitator;
	int64_t until_day; /* the last one, in days since 1970 */
	bool is_over;
};
bool node_case(struct node *node, const struct record_id *id, struct node_case *out); /* false: not here */
/* Destroy the secret of a case, on every device that hears of it. Only nurses who manage the team may (ERR_DENIED). */
int node_end_case(struct node *node, const struct record_id *id, uint8_t reason);
/* End all that are over, where this device may, and forget what the erased ones held. Cheap when there are none. */
int node_end_cases(struct node *node);

/* ---- Documents ---- */

/* A change being made. The document is as it is now; citations come from it (crdt/doc_write.h). */
struct node_change {
	struct crdt_doc *doc;
	struct crdt_builder builder;
	enum compartment compartment;
	struct record_id dossier;
	bool has_dossier;
	uint32_t doc_number, feed;
};

/* Begin a change of document (kind, id), which need not exist yet. ERR_DENIED: this device may not write there; ERR_INVALID: no
 * such kind of document; ERR_NOTEAM; ERR_LOCKED: a key is missing. Exactly one of the two calls below must follow, without another change between. */
int node_change_begin(
        struct node *node, uint32_t doc_kind, const struct record_id *doc_id, struct node_change *change);
void node_change_drop(struct node_change *change);

/* Check what the classes of its fields ask (node/classes.h: ERR_INVALID), sign, seal and apply it. `done` may be NULL; it is not called when this returns an error. *place, when not NULL, is the entry's. */
int node_change_finish(struct node *node, struct node_change *change, struct entry_ref *place, node_done done,
        void *context);

/* Documents and events to read. Borrowed until the next call into the node that writes or receives. */
int node_doc(struct node *node, uint32_t doc_kind, const struct record_id *doc_id, struct crdt_doc **doc);
uint32_t node_doc_count(const struct node *node);
int node_doc_at(struct node *node, uint32_t number, uint32_t *doc_kind,
        struct record_id *doc_id); /* in order of first sight */
/* Another number for every state of the document; 0: there is none. */
uint64_t node_doc_stamp(const struct node *node, uint32_t number);
int node_month(struct node *node, int32_t month, const struct index_event **events, uint32_t *count);
int node_doc_by_number(struct node *node, uint32_t number, struct crdt_doc **doc);

/* The change that an entry carries, opened again from the log. Borrowed until the next call of the node. When it cannot be opened, the header is set all the
 * same where there is one: ERR_LOCKED, ERR_NOTFOUND (also when the body was erased), ERR_UNSUPPORTED: it is no change. */
struct node_entry {
	struct entry_header header;
	struct crdt_meta meta;
	struct crdt_change change;
};
int node_read(struct node *node, uint32_t feed, uint64_t seq, struct node_entry *out);
int node_read_op(struct node *node, const struct op_id *op, struct node_entry *out);
int node_read_hash(
        struct node *node, uint32_t feed, uint64_t seq, struct entry_hash *out); /* an entry's identity */

/* ---- Quarantine (README.md) ---- */

/* An entry that is kept apart. Zeroed before the first; false after the last, in order of feed and sequence. */
struct node_quarantined {
	uint32_t feed; /* the log's number */
	uint64_t seq;
	enum team_reason why;
	bool is_effective; /* countersigned: it counts all the same */
};
bool node_quarantine_next(const struct node *node, struct node_quarantined *at);
uint64_t node_quarantine_count(const struct node *node); /* that do not count */

/* Vouch for entries in quarantine: they count then, everywhere. At most LIMIT_COUNTERSIGNED, each once; the comment is UTF-8, at most
 * LIMIT_COUNTERSIGN_BYTES. ERR_NOTFOUND: one is not in quarantine; ERR_EXISTS: it counts already; ERR_DENIED: it is one's own or not clinical, or
 * this device may not write; ERR_LOCKED: it cannot be read here; ERR_TOOBIG: they are too many, or of more than LIMIT_ENTRY_DEPS feeds. */
struct node_place {
	uint32_t feed; /* the log's number */
	uint64_t seq;
};
int node_countersign(struct node *node, const struct node_place *places, uint32_t count, struct span comment,
        node_done done, void *context);

/* The countersignature by which an entry counts: header (lists left out), the log's number of its feed, and its comment, appended.
 * ERR_NOTFOUND: none. */
int node_countersigned_by(struct node *node, uint32_t feed, uint64_t seq, struct entry_header *header,
        uint32_t *by_feed, struct buf *comment);

/* Does an entry count without any countersignature that lies beyond this frontier? */
bool node_counts_within(struct node *node, uint32_t feed, uint64_t seq, const struct entry_ref *frontier,
        uint32_t frontier_count);

/* ---- Receiving ---- */

/* A run from a peer: verified, held until complete, judged, written, applied. NODE_RUN_IGNORED: nothing to do with it now; NODE_RUN_KNOWN: all of it
 * was here. ERR_FORK: it contradicts what we hold; the proof is kept. Other errors: the sender is not believed. */
enum { NODE_RUN_IGNORED = 1, NODE_RUN_KNOWN = 2 };
int node_receive_run(struct node *node, uint32_t feed, struct span bytes);
/* The same from another device than its author's, or from a file: of the membership more is taken (team/README.md, section 9). */
int node_receive_handed_on(struct node *node, uint32_t feed, struct span bytes);
uint64_t node_received(struct node *node, uint32_t feed);
/* The number of a feed, given when new. The log has room for LIMIT_FEEDS of them, for ever: ERR_FULL, this device's share is used up. */
int node_feed_number(struct node *node, const struct device_id *device, enum compartment compartment,
        const struct incarnation_id *incarnation, uint32_t *feed);
struct node_feed_name {
	struct device_id device;
	enum compartment compartment;
	struct incarnation_id incarnation;
};
/* Give a feed its number for its first run, whoever brings that: signed by a device of the team, or the founding entry while no membership is here.
 * NODE_RUN_IGNORED: nothing to do with it now, or no room. Errors: the sender is not believed. */
int node_begin_feed(struct node *node, const struct node_feed_name *name, struct span run, uint32_t *feed);
/* From where a peer is asked for a feed: what was received; before the first body that is missing; or the start while its history is in doubt,
 * of those who have another head than ours (not `has_ours`): the others' answer would bring nothing but what is here. */
uint64_t node_ask_from(struct node *node, uint32_t feed, bool has_ours);
/* A peer's head of a feed; noticing forks and databases that are older than what their device wrote. */
int node_announced(struct node *node, uint32_t feed, uint64_t seq, const uint8_t *hash16);
/* What others sent and was refused since the program started (README.md, "What was refused"), and one more of it. */
const struct refusals *node_refusals(const struct node *node);
void node_refused(struct node *node, enum refused what, enum team_reason reason);
/* This database is an older copy of what this device wrote before: it must begin a new incarnation (store/incarnation.h) and
 * be opened again before anything is written. Writes fail with ERR_STALE meanwhile. */
bool node_outdated(const struct node *node);
/* Bytes of an entry on the wire, for progress before sending: the mean of those stored here. */
uint64_t node_entry_bytes(const struct node *node);
struct log *node_log(struct node *node);

/* Rows of replicated state: key packets and tombstones, acknowledgements, proofs of forks. Of the key rows, devices that read no
 * dossiers see tombstones, and packets for themselves; two of them among each other none. */
enum node_state_part {
	NODE_STATE_ALL,
	NODE_STATE_WITHOUT_KEYS,
	NODE_STATE_FOR_ONE,
	NODE_STATE_OLDER, /* + one of these: without what an earlier version refuses; by node_state_older() */
	NODE_STATE_PARTS = 2 * NODE_STATE_OLDER,
};
enum node_state_part node_state_older(struct node *node, enum node_state_part part);
/* Whose rows NODE_STATE_FOR_ONE means, until the next call of this. */
void node_state_for(struct node *node, const struct device_id *device);
uint32_t node_state_count(struct node *node, enum node_state_part part);
const uint8_t *node_state_id(
        struct node *node, enum node_state_part part, uint32_t index); /* 16 bytes, ascending */
struct span node_state_row(struct node *node, enum node_state_part part, uint32_t index);
/* Over the acknowledgements in its first half, over all other rows in the second. */
void node_state_digest(struct node *node, enum node_state_part part, uint8_t digest[32]);
/* An acknowledgement as a row. */
bool node_row_is_ack(struct span row);
struct ack;
void node_put_ack_row(const struct ack *ack, const struct entry_signature *signature, struct buf *out);
/* Is the row an acknowledgement? */
bool node_state_ack(struct node *node, enum node_state_part part, uint32_t index, struct device_id *device,
        uint64_t *counter);
int node_state_put(struct node *node, struct span row); /* 1: new here; 0: known */
/* The same, brought by that device: of an acknowledgement that is noted. */
int node_state_brought(struct node *node, struct span row, const struct device_id *by);

/* Moves with everything by which such rows are judged: what was refused before may be taken now. */
uint64_t node_rights_mark(const struct node *node);

/* Sign what this device has on its disk, for the others' receipts. ERR_DENIED: it does not know of its own admission yet. */
int node_acknowledge(struct node *node);
/* Our last one as a row of replicated state, appended to `row`; nothing when there is none yet. */
void node_own_ack(struct node *node, struct buf *row);
/* Where a feed parts into two histories; 0: nowhere, as far as is known. */
uint64_t node_forked_at(const struct node *node, uint32_t feed);
/* How far `device` acknowledged a feed as it is here. False: it never acknowledged anything. */
bool node_acknowledged(
        struct node *node, const struct device_id *device, const struct feed_id *feed, uint64_t *seq);

/* ---- Erasing a dossier (README.md, "Erasing a dossier") ---- */

/* Erase a dossier, here and on every device that hears of it: nobody can take that back. `reason`: enum key_reason. ERR_DENIED: only nurses
 * who manage the team erase. ERR_EXISTS: it is erased. `done`: the order is durable; carrying it out goes on by itself. */
int node_erase(
        struct node *node, const struct record_id *dossier, uint8_t reason, node_done done, void *context);
bool node_is_erased(const struct node *node, const struct record_id *dossier);

/* Bodies of an erased dossier may still stand in the log here: nothing of the log is given to anybody meanwhile. */
bool node_erasing(const struct node *node);
bool node_erases_now(const struct node *node); /* false also while it waits to try again */

/* All bodies are gone, and the old pages of the file are not yet. The owner closes the node, seals every row under another key into another file
 * (store/README.md, "Another key"), opens the node again and says so: then this device gives its word. */
bool node_wants_new_file(const struct node *node);
int node_file_is_new(struct node *node);

/* That file could not be made yet: the others are told why, and how much room it takes. Does nothing when they know. */
void node_file_waits(struct node *node, enum erased_wait wait, uint32_t need_mib);

/* What was erased, once per device that ordered it; and when a device said that it has done so. */
struct node_erasure {
	struct record_id dossier;
	struct device_id by;
	uint8_t reason; /* enum key_reason; others are later ones */
	uint64_t time_ms; /* by that device's clock */
	bool counts; /* false: who ordered it may not any more, and nobody who may carried it out before that was known */
	struct device_id upheld; /* whose order that device carried out and stands by; zero: it is its own */
};
bool node_erasure_at(const struct node *node, uint32_t index, struct node_erasure *out);
/* What a device said of it last. */
struct node_word {
	uint64_t time_ms;
	uint8_t wait; /* enum erased_wait (keyring/erased.h); 0: done */
	uint32_t need_mib;
	uint32_t names; /* how many names it carried out; 0: it told by keys alone */
};
bool node_erasure_word(const struct node *node, const struct record_id *dossier,
        const struct device_id *device, struct node_word *out);
/* A device that may have no keys to tell by, and so goes by names (node_names.c); and how many entries' names are known of the dossier. */
bool node_told_by_names(const struct node *node, const struct device_id *device);
uint32_t node_names_known(struct node *node, const struct record_id *dossier);
bool node_file_waits_for(const struct node *node, struct node_word *out); /* this device, now */
bool node_erasure_confirmed(const struct node *node, const struct record_id *dossier,
        const struct device_id *device, uint64_t *time_ms);

/* Rows of STORE_LOCAL (node_put_local()): drafts of a user's records, as JSON (visit/README.md, section 1). A draft goes with the dossier that it names.
 * The name of the place-th one, below LIMIT_DRAFTS. */
#define NODE_DRAFT_ROW "running visit"
enum { NODE_DRAFT_NAME_BYTES = 24 };
const char *node_draft_name(char out[NODE_DRAFT_NAME_BYTES], uint32_t place);
/* How far `device` said, the last time that was heard of it, that it has a feed: what is beyond our own head existed there. 0: nothing. */
uint64_t node_claimed(struct node *node, const struct device_id *device, const struct feed_id *feed);
/* Is the device given feeds of this compartment, to read or unread? The word of others for what they have of it counts for nothing. */
bool node_may_hold(const struct node *node, const struct device_id *device, enum compartment compartment);
/* How far another device is known to have a feed (the log's number). 0: not at all, or nobody meets it any more. Its author's device has all of it, unless
 * that began again from an older copy since. */
uint64_t node_held_by(struct node *node, const struct team_device *device, uint32_t feed);
/* The entries at the end of a feed here that no other device is known to have. */
uint64_t node_only_here(struct node *node, uint32_t feed);

/* The database cannot be read any more: every call fails. */
bool node_is_stopped(const struct node *node);

/* The writer's figures. */
void node_writing(const struct node *node, struct store_writer_stats *out);

/* ---- When others were heard of, and how old what is here of them is (README.md, "Receipts") ---- */

struct node_heard {
	uint64_t said_ms; /* its last acknowledgement, by its own clock; 0: none, or by an earlier version */
	uint64_t heard_ms; /* when that came here, by ours; 0: not known */
	struct device_id through; /* who brought it: itself, when it was met; zero: not known */
	uint64_t
	        met_ms; /* when all was exchanged with it last; 0: never, or before this database was put back */
	uint64_t compared_ms; /* when the clocks were compared last; 0: never */
	int64_t skew_ms; /* its clock minus ours, then */
};
/* All zero: nothing was ever heard. */
struct node_heard node_heard_of(const struct node *node, const struct device_id *device);
/* All was exchanged with it, `ago_ms` ago: what it saved until then is here. */
void node_met(struct node *node, const struct device_id *device, uint64_t ago_ms);
void node_clock_seen(struct node *node, const struct device_id *device, int64_t skew_ms);

/* Up to which moment everything is here that a device saved in one compartment. */
struct node_complete {
	uint64_t upto_ms; /* by its own clock; 0: not known */
	uint64_t missing; /* entries more that it is known to have saved */
	bool is_lacking; /* there are some; also where their number is not known */
};
struct node_complete node_complete_of(
        struct node *node, const struct device_id *device, enum compartment compartment);

/* ---- Turning ---- */

/* Something moved since the last call: heads were committed, rights or state changed. The shell tells its sessions. */
struct node_news {
	bool heads, membership, state;
	bool keys; /* among the state: rows of keys */
	bool rows; /* among the state: others than acknowledgements */
	bool forks; /* feeds were parted, or are to be compared from the start: there is something else to ask for */
	bool room; /* entries that waited in memory gave way to others, and there is room again */
	bool reloaded; /* everything was read again after a failed commit: numbers of feeds may have changed */
};
struct node_news node_take_news(struct node *node);

/* A number that never comes back to what it was, and is another one whenever a document is, or a row on the disk: rights, what was noticed, what this device keeps for itself. What follows from all that
 * alone may be kept as long as it stays. */
uint64_t node_generation(const struct node *node);

/* Call back when everything written so far is durable. */
int node_when_durable(struct node *node, node_done done, void *context);

/* A sealed row of this device alone (STORE_LOCAL) with the next batch; an empty value takes it away. `done` as for changes. */
int node_put_local(struct node *node, const char *name, struct span value, node_done done, void *context);

/* How many commits found no room. The shell then gives the ballast up. */
uint64_t node_no_room_count(const struct node *node);
/* While there is no room, entries of other devices are not taken, membership apart: what room is left is for revoking and deciding. */
void node_hold_back(struct node *node, bool hold);
bool node_holds_back(const struct node *node);

/* A relay's: no device may have more entries here, its membership aside. 0: no limit. What is committed already stays. */
void node_limit_device(struct node *node, uint64_t entries);

uint64_t node_device_limit(const struct node *node); /* 0: none */

/* Nothing more of this feed is taken: its device has as many entries as node_limit_device() allows. */
bool node_device_is_full(struct node *node, const struct device_id *device, enum compartment compartment);

/* Submit what was written since the last call. Cheap when there is nothing. */
int node_flush(struct node *node);

/* Run completions of commits. */
void node_poll(struct node *node);

/* Write a checkpoint of documents and indexes if enough was applied since the last one (or at all, with `always`), and the
 * batch being filled does not hold one. */
int node_checkpoint(struct node *node, bool always);

/* Nothing is borrowed from the node now: drop documents from memory that can be read again, down to a few MB. False: LIMIT_DOCS_BYTES and
 * more are left, of which only the next checkpoint makes something that can be read again. */
bool node_tidy(struct node *node);

/* The store has to be opened again: read transactions of others (node_begin_read) must end before node_poll() can go on. */
bool node_wants_store(const struct node *node);

/* True when nothing waits to be submitted or committed. */
bool node_idle(const struct node *node);

/* A read transaction on the store as it is committed now, for callers that stream (log_stream_next). */
int node_begin_read(struct node *node, struct store_txn **txn);

const struct env *node_env(const struct node *node);

#endif
