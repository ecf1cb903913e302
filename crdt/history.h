/*
 * crdt/history.h - all changes of one document, in order: what each value was, what replaced it, what lived when.
 *
 * A *step* is one operation. Steps stand in one order that every replica shares: ascending by (Lamport clock, feed, sequence, index), in which
 * each comes after all it depends on, so that any beginning of it is closed. What a step *ends* are the cells that it names and whose
 * path its scope covers (crdt/README.md, section 1); a value lives at a frontier when it is inside and nothing that ends it is.
 * Names are op ids and paths; who stands behind a feed, and what a path means, is the caller's business.
 *
 * Use: crdt_history_add() each change, in any order; crdt_history_link(); then read. Pure. Threads: one at a time.
 */
#ifndef CRDT_HISTORY_H
#define CRDT_HISTORY_H

#include "crdt/frontier.h"
#include "crdt/passages.h"

struct crdt_history;

/* Nothing known yet. Owner calls crdt_history_free(). */
struct crdt_history *crdt_history_new(uint32_t doc_kind, struct record_id doc_id);
void crdt_history_free(struct crdt_history *history); /* NULL is allowed */

/* Take a copy of a change. One that comes again counts once. ERR_INVALID: it is about another document. ERR_TOOBIG: over
 * LIMIT_HISTORY_BYTES or LIMIT_HISTORY_STEPS in all; nothing is taken then. */
int crdt_history_add(struct crdt_history *history, const struct crdt_change *change);

/* Everything was added: order it and link the steps. Once. */
void crdt_history_link(struct crdt_history *history);

/* ---- Steps ---- */

struct crdt_step {
	struct op_id op; /* op.feed names the author */
	uint64_t lamport, hlc;
	uint32_t kind; /* enum crdt_op_kind, or an unknown number */
	uint32_t change; /* number of its change */
	uint32_t
	        lost_count; /* ops it names that are not here: erased, not readable, or of another document */
	struct span path; /* empty for events, unknown kinds, and a CLEAR of everything */
	struct span value; /* as in struct crdt_op */
	struct span reason; /* text; empty when none was given */
	int64_t delta; /* COUNT */
	uint32_t event_kind; /* EVENT, this one and the rest */
	struct record_id event_id;
	bool is_correction; /* so it says; it corrects nothing unless `corrects` is an event of the same document */
	struct op_id corrects;
};

/* Numbers of steps; borrowed from what gave them. */
struct crdt_steps {
	const uint32_t *items;
	uint32_t count;
};

/* Put the step numbers of a buffer of uint32_t, from this byte on, in ascending order, each once. */
void crdt_steps_order(struct buf *numbers, size_t from_byte);

uint32_t crdt_history_count(const struct crdt_history *history);
const struct crdt_step *crdt_history_step(const struct crdt_history *history, uint32_t number);
bool crdt_history_find(const struct crdt_history *history, const struct op_id *op, uint32_t *number);

/* The steps that a step ends, and those that end it; ascending. */
struct crdt_steps crdt_history_ended(const struct crdt_history *history, uint32_t number);
struct crdt_steps crdt_history_enders(const struct crdt_history *history, uint32_t number);

/* Is it one of those that put something at its path: a SET, ADD, COUNT, LIST_* or TEXT_*? */
bool crdt_step_leaves_cell(const struct crdt_step *step);

/* What a step that leaves a cell is about: several may stand at one path. */
enum crdt_content {
	CRDT_CONTENT_REGISTER,
	CRDT_CONTENT_SET,
	CRDT_CONTENT_COUNTER,
	CRDT_CONTENT_TEXT,
	CRDT_CONTENT_LIST,
	CRDT_CONTENT_KINDS,
};
enum crdt_content crdt_step_content(const struct crdt_step *step);

/* The steps that put something at a path at or under `path`, ascending by path, then in order. */
struct crdt_steps crdt_history_under(const struct crdt_history *history, struct span path);

/* All that happened at and under `path`, in order: cells, and the removals that ended one of them. Appended to `*out`, a buffer of uint32_t. */
void crdt_history_of(const struct crdt_history *history, struct span path, struct buf *out);

/* Did the value of step `number` live at the frontier; and right after step `after`, when nothing later had happened? */
bool crdt_history_lives(
        const struct crdt_history *history, uint32_t number, const struct crdt_frontier *frontier);
bool crdt_history_lives_after(const struct crdt_history *history, uint32_t number, uint32_t after);

/* ---- Texts and lists ---- */

/* The text or list at `path` as all steps make it; NULL when nothing was ever inserted. It is put together when it is first asked for, and
 * borrowed from the history. What a step names that is not here counts as nothing. */
const struct seq *crdt_history_text(const struct crdt_history *history, struct span path);
const struct seq *crdt_history_list(const struct crdt_history *history, struct span path);

/* Set `*out` (zero-initialized, or used before) to what changed there between two frontiers, any closed ones. Owner calls
 * crdt_passages_close(). */
void crdt_history_passages(const struct crdt_history *history, struct span path, enum seq_kind kind,
        const struct crdt_frontier *from, const struct crdt_frontier *to, struct crdt_passages *out);

/* ---- Changes and frontiers ---- */

uint32_t crdt_history_change_count(const struct crdt_history *history);
const struct crdt_change *crdt_history_change(const struct crdt_history *history, uint32_t number);

/* The steps of change `number`: from *first on, as many as it has operations. */
uint32_t crdt_history_first_step(const struct crdt_history *history, uint32_t number);

/* The number of the change that entry (feed, seq) carries. */
bool crdt_history_find_change(
        const struct crdt_history *history, const struct entry_ref *entry, uint32_t *number);

/* Set `*out` to the frontier after the first `change_count` changes; closed. */
void crdt_history_frontier(
        const struct crdt_history *history, uint32_t change_count, struct crdt_frontier *out);

/* Set `*out` to what was written up to `hlc` by its authors' clocks, as far as that is closed. Clocks may be wrong: what they say is
 * shown, and decides nothing. */
void crdt_history_frontier_at(const struct crdt_history *history, uint64_t hlc, struct crdt_frontier *out);

/* The document as it was at a frontier, as far as its changes are here: what they name and is not (erased, not readable) has no effect.
 * ERR_GAP: a change inside the frontier names one of the history that is outside. ERR_FULL: as of crdt_doc_apply(). Owner calls crdt_doc_free(). */
int crdt_history_doc(const struct crdt_history *history, struct crdt_feeds *feeds,
        const struct crdt_frontier *frontier, struct crdt_doc **out);

/* crdt_history_verify(): the document is not what its changes give. */
enum { CRDT_HISTORY_DIFFERS = 1 };

/* Is a document, which came from a snapshot, what these changes give at its frontier, byte for byte? Changes after it do not matter.
 * ERR_INVALID: it is another document. ERR_GAP: the frontier is not reached, or not closed: changes are missing here. */
int crdt_history_verify(const struct crdt_history *history, const struct crdt_doc *doc);

#endif
