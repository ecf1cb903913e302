/*
 * node/node_early.h - a partial copy of the team's records, and what is shown meanwhile (README.md, "Early copies").
 *
 * Dossiers that came ahead of the log are shown in place of what the log has given so far, as not verified; the log's replay verifies them, and then they
 * go. Nothing of them gets into the log, into documents that are kept, or into what this device gives to others. Threads: one.
 */
#ifndef NODE_NODE_EARLY_H
#define NODE_NODE_EARLY_H

#include "node/early.h"
#include "node/node.h"

/* ---- How much is here ---- */

struct node_copy {
	bool is_partial;
	uint64_t records,
	        goal; /* entries here; and, while it is partial, that there are as far as was announced */
	struct device_id by; /* who announced that */
	uint64_t since_ms; /* wall clock */
	uint32_t early_count; /* dossiers shown from early copies */
};
struct node_copy node_copy(const struct node *node);
bool node_copy_is_partial(const struct node *node);

/* A peer has told all that it has; so many entries of it are missing here. True: more than a third of all by what is believed of it, so that the copy is partial, and early
 * copies serve. */
bool node_copy_told(struct node *node, const struct device_id *peer, uint64_t missing);
/* Nothing of what it has is missing here any more. `says_partial`: it says that it has a partial copy itself. */
void node_copy_level(struct node *node, const struct device_id *peer, bool says_partial);
/* It says again and again that it has more, and gives none: what it announced counts no more. Nobody is accused for what it may have shown. */
void node_copy_doubted(struct node *node, const struct device_id *peer);
/* A person of this device waits for what was announced no longer. False: the copy is not partial. */
bool node_copy_accept(struct node *node);
/* Devices that announced so many entries, which came from nobody: their word alone makes no copy partial any more, until most of it came. False past the last. */
bool node_copy_unmet(const struct node *node, uint32_t index, struct device_id *device, uint64_t *goal);

/* ---- Receiving ---- */

/* May this device read dossiers, so that early copies are of use? */
bool node_early_useful(const struct node *node);
/* The dossiers held so, ascending; appended. */
void node_early_held(const struct node *node, struct buf *out);
/* One came from a colleague's device, which has all of the membership that is here (`knows_the_team`), or may judge by an older state. NODE_EARLY_IGNORED: it cannot be used: of an erased dossier, or one that is held so already; no key, no room, of a later
 * version. ERR_MALFORMED, ERR_TRUNCATED, ERR_TOOBIG, ERR_INVALID: its sender is not believed. Errors of the disk. */
enum { NODE_EARLY_IGNORED = 1 };
int node_early_take(
        struct node *node, const struct device_id *from, bool knows_the_team, struct span snapshot);

/* This device is about to write that entry: a copy that speaks of it already is shown no more. */
int node_early_written(struct node *node, const struct record_id *dossier, const struct entry_ref *place);

/* What became of a device's copies. */
struct node_early_tally {
	struct device_id sender;
	uint64_t verified; /* the log gave the same */
	uint64_t wrong; /* it did not */
	uint64_t open; /* could not be compared: what they spoke of came from nobody */
};
bool node_early_tally(const struct node *node, uint32_t index, struct node_early_tally *out);

/* ---- Looking ---- */

/* The early copy that a dossier is shown from; NULL: it is shown from the log. */
const struct early_copy *node_early_of(const struct node *node, const struct record_id *dossier);
struct early_copy *node_early_copy(struct node *node,
        const struct record_id *dossier); /* the same, for whoever keeps what is made of it */
const struct early_copy *node_early_at(const struct node *node, uint32_t index);
/* Has the log brought nothing of this operation's entry yet? */
bool node_early_ahead(const struct node *node, const struct op_id *op);
/* An event's body that is not in the log here. NULL: none, or it is in the log. */
const struct early_body *node_early_body(const struct node *node, const struct op_id *op);

/* As node_doc_count() and its kin: what is shown, early copies first. Numbers stay the same until the next call that writes or receives. */
uint32_t node_shown_count(struct node *node);
int node_shown_at(struct node *node, uint32_t number, uint32_t *doc_kind, struct record_id *doc_id);
int node_shown_by_number(struct node *node, uint32_t number, struct crdt_doc **doc);
int node_shown(struct node *node, uint32_t doc_kind, const struct record_id *doc_id, struct crdt_doc **doc);

/* ---- Giving ---- */

/* What a colleague's device is given: those that it may have and does not hold, today's first. Freed by node_early_giving_free(). */
struct node_early_giving;
struct node_early_giving *node_early_giving_new(struct node *node, const struct device_id *device,
        uint32_t days, const struct record_id *held, uint32_t held_count);
void node_early_giving_free(struct node_early_giving *giving); /* NULL is allowed */
uint32_t node_early_giving_count(const struct node_early_giving *giving);
uint64_t node_early_giving_bytes(const struct node_early_giving *giving); /* an estimate */
/* Append the next one. 1; 0: that was all; NODE_EARLY_LATER: something is not durable yet. */
enum { NODE_EARLY_LATER = 2 };
int node_early_give(struct node *node, struct node_early_giving *giving, struct buf *out);

#endif
