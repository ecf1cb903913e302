/*
 * The past of documents.
 *
 * No list of a document's entries is kept. The log is passed through run by run and headers are compared: an entry names its dossier by a
 * pseudonym that follows from the epoch's key and the dossier's id, so only the entries looked for are opened, and those that cannot be
 * opened are known to belong here all the same. Documents without a dossier's key are few and small: their compartment's entries are
 * opened to see what they are about.
 */
#include "node/node_history.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/node_state.h"
#include "node/schema/schema.h"

struct node_grade {
	uint32_t feed, seq;
	uint8_t grade;
};

/* ---- Parts of a past -------------------------------------------------------------------------------------------- */

static void past_init(struct node_past *past, uint32_t doc_kind, const struct record_id *doc_id)
{
	*past = (struct node_past){.doc_kind = doc_kind, .doc_id = *doc_id};
	past->steps = crdt_history_new(doc_kind, *doc_id);
}

void node_past_close(struct node_past *past)
{
	crdt_history_free(past->steps);
	crdt_history_free(past->part);
	mem_free(past->gaps.items);
	mem_free(past->grades);
	*past = (struct node_past){0};
}

static void add_gap(
        struct node_gaps *gaps, uint32_t feed, const struct entry_header *header, enum node_gap_why why)
{
	gaps->items = mem_room(gaps->items, gaps->count, &gaps->capacity, sizeof(*gaps->items));
	gaps->items[gaps->count++] = (struct node_gap){.feed = feed,
	        .seq = header->seq,
	        .hlc = header->hlc,
	        .clock_grade = header->clock_grade,
	        .why = why};
}

static int take_change(struct node_past *past, uint32_t feed, const struct entry_header *header,
        const struct crdt_change *change)
{
	past->grades = mem_room(
	        past->grades, past->grade_count, &past->grade_capacity, sizeof(*past->grades));
	past->grades[past->grade_count++] = (struct node_grade){
	        feed, (uint32_t)header->seq, header->clock_grade};
	return crdt_history_add(past->steps, change);
}

static int grade_cmp(const void *left, const void *right)
{
	const struct node_grade *a = left, *b = right;
	if (a->feed != b->feed)
		return a->feed < b->feed ? -1 : 1;
	return (a->seq > b->seq) - (a->seq < b->seq);
}

static void finish(struct node_past *past)
{
	crdt_history_link(past->steps);
	if (past->grade_count)
		qsort(past->grades, past->grade_count, sizeof(*past->grades), grade_cmp);
}

uint8_t node_past_grade(struct node *node, const struct node_past *past, const struct op_id *op)
{
	struct node_grade wanted = {.seq = (uint32_t)op->seq};
	if (past->grade_count == 0 || !log_feed_number(node->log, &op->feed, &wanted.feed))
		return CLOCK_UNKNOWN;
	const struct node_grade *found = bsearch(
	        &wanted, past->grades, past->grade_count, sizeof(*past->grades), grade_cmp);
	return found ? found->grade : CLOCK_UNKNOWN;
}

/* ---- One entry -------------------------------------------------------------------------------------------------- */

/* What came of opening an entry: 0 with its change, or why there is none. */
static int open_entry(struct node *node, uint32_t feed, const struct run_entry *entry, struct crdt_meta *meta,
        struct crdt_change *change)
{
	const struct entry_header *header = &entry->header;
	struct record_id dossier;
	struct span raw;
	if (entry->purged)
		return NODE_GAP_ERASED;
	if (node_entry_apart(node, feed, header->seq))
		return NODE_GAP_APART;
	int result = bodies_open(node->bodies, header, entry->body, &raw, &dossier);
	/* Sealed under another secret of the same dossier, which was made apart, it does not open either. */
	if (result == ERR_LOCKED || (result == ERR_BADSEAL && !pseudonym_is_zero(&header->dossier)))
		return node_body_is_erased(node, header) ? NODE_GAP_ERASED : NODE_GAP_LOCKED;
	*meta = node_entry_meta(node, feed, header);
	if (result || crdt_change_open(change, meta, raw) || !node_entry_belongs(change, header, &dossier))
		return NODE_GAP_UNREAD;
	return 0;
}

static bool is_change(const struct entry_header *header)
{
	return header->compartment != COMPARTMENT_MEMBERSHIP && header->kind == ENTRY_CHANGE;
}

/* Entries up to here count: on the disk, and in documents. */
static uint64_t reach(struct node *node, uint32_t feed)
{
	uint64_t committed = log_feed(node->log, feed)->committed_seq,
	         applied = node_progress(node, feed)->applied;
	return applied < committed ? applied : committed;
}

/* ---- Looking for documents -------------------------------------------------------------------------------------- */

/* Under what name an epoch's entries speak of a dossier. */
struct alias {
	struct pseudonym name;
	uint32_t past;
};

struct search {
	struct node *node;
	struct node_past *pasts; /* those that are not whole yet; others are passed over */
	uint32_t count;
	struct epoch_id epoch; /* of `aliases`; zero before the first */
	struct alias *aliases; /* ascending by name; as many as pasts */
	uint32_t alias_count;
	bool is_held; /* the epoch's key is here */
	uint64_t unknown;
	bool wanted[NODE_COMPARTMENTS];
	bool all_bodies[NODE_COMPARTMENTS]; /* some document there has no dossier's key */
};

static int alias_cmp(const void *left, const void *right)
{
	return pseudonym_cmp(&((const struct alias *)left)->name, &((const struct alias *)right)->name);
}

static void name_all(struct search *search, const struct epoch_id *epoch)
{
	const struct epoch_key *key = epochs_find(search->node->epochs, epoch);
	search->epoch = *epoch;
	search->is_held = key != NULL;
	search->alias_count = 0;
	for (uint32_t i = 0; key && i < search->count; i++) {
		const struct node_past *past = &search->pasts[i];
		if (!past->is_whole && schema_doc(past->doc_kind)->has_dossier_key)
			search->aliases[search->alias_count++] = (struct alias){
			        secret_pseudonym(key, &past->doc_id), i};
	}
	if (search->alias_count)
		qsort(search->aliases, search->alias_count, sizeof(*search->aliases), alias_cmp);
}

/* The document that the header says the entry is about; NULL when it says another or nothing. */
static struct node_past *past_named(struct search *search, const struct entry_header *header)
{
	struct alias wanted = {.name = header->dossier};
	if (!epoch_id_eq(&search->epoch, &header->epoch))
		name_all(search, &header->epoch);
	search->unknown += !search->is_held;
	const struct alias *found = search->alias_count
	        ? bsearch(&wanted, search->aliases, search->alias_count, sizeof(*search->aliases), alias_cmp)
	        : NULL;
	return found ? &search->pasts[found->past] : NULL;
}

static struct node_past *past_of(
        struct node_past *pasts, uint32_t count, uint32_t doc_kind, const struct record_id *doc_id)
{
	for (uint32_t i = 0; i < count; i++)
		if (pasts[i].doc_kind == doc_kind && record_id_eq(&pasts[i].doc_id, doc_id))
			return &pasts[i];
	return NULL;
}

/* The epoch's key is not here, and keys of single dossiers in it are. */
static bool may_open(struct node *node, const struct entry_header *header)
{
	struct record_id dossier;
	return bodies_secrets(node->bodies, &header->epoch, &header->dossier, &dossier) > 0;
}

static int look_at(struct search *search, uint32_t feed, const struct run_entry *entry)
{
	const struct entry_header *header = &entry->header;
	bool has_name = !pseudonym_is_zero(&header->dossier);
	struct node_past *past = has_name && is_change(header) ? past_named(search, header) : NULL;
	bool is_guess = has_name && is_change(header) && !search->is_held && may_open(search->node, header);
	struct crdt_meta meta;
	struct crdt_change change;
	if (!is_change(header) ||
	        (!past && !is_guess && (has_name || !search->all_bodies[header->compartment])))
		return 0;
	int why = open_entry(search->node, feed, entry, &meta, &change);
	if (is_guess && why == NODE_GAP_LOCKED)
		return 0; /* counted as unknown */
	search->unknown -= is_guess;
	if (why && past)
		add_gap(&past->gaps, feed, header, (enum node_gap_why)why);
	if (why) {
		search->unknown += !past;
		return 0;
	}
	past = past_of(search->pasts, search->count, change.doc_kind, &change.doc_id);
	if (!past || past->is_whole || past->is_too_big)
		return 0;
	int result = take_change(past, feed, header, &change);
	past->is_too_big = result == ERR_TOOBIG;
	return past->is_too_big ? 0 : result;
}

static int pass_feed(struct search *search, struct store_txn *txn, uint32_t feed)
{
	struct node *node = search->node;
	uint64_t upto = reach(node, feed);
	int result = 0;
	for (uint64_t seq = log_feed(node->log, feed)->begin; result == 0 && seq <= upto;) {
		result = log_read_run(node->log, txn, &node->reader, feed, seq);
		const struct run *run = &node->reader.run;
		for (uint64_t i = result ? 0 : seq - run_first_seq(run);
		        result == 0 && i < run->count && seq <= upto; i++, seq++)
			result = look_at(search, feed, &run->entries[i]);
	}
	return result;
}

/* What is new stands alone where everything together is too much. */
static void finish_whole(struct node_past *past)
{
	if (past->is_too_big && past->part) {
		crdt_history_free(past->steps);
		past->steps = past->part;
		past->part = NULL;
	}
	past->is_whole = !past->is_too_big;
	finish(past);
}

/* Read all that ever happened to those of the documents that are not whole yet. */
static int read_whole(struct node *node, struct node_past *pasts, uint32_t count, uint64_t *unknown)
{
	struct search search = {.node = node, .pasts = pasts, .count = count};
	int result;
	struct store_txn *txn = node_txn(node, &result);
	search.aliases = mem_zero(count + 1, sizeof(*search.aliases));
	for (uint32_t i = 0; i < count; i++) {
		const struct schema_doc *doc = schema_doc(pasts[i].doc_kind);
		search.wanted[doc->compartment] |= !pasts[i].is_whole;
		search.all_bodies[doc->compartment] |= !pasts[i].is_whole && !doc->has_dossier_key;
	}
	for (uint32_t feed = 0; result == 0 && feed < log_feed_count(node->log); feed++)
		if (search.wanted[log_feed(node->log, feed)->compartment])
			result = pass_feed(&search, txn, feed);
	node_end_read(node);
	mem_free(search.aliases);
	for (uint32_t i = 0; result == 0 && i < count; i++)
		if (!pasts[i].is_whole)
			finish_whole(&pasts[i]);
	if (unknown)
		*unknown = search.unknown;
	return result;
}

int node_past_read(struct node *node, uint32_t doc_kind, const struct record_id *doc_id,
        struct node_past *out, uint64_t *unknown)
{
	*out = (struct node_past){0};
	if (!schema_doc(doc_kind))
		return ERR_NOTFOUND;
	past_init(out, doc_kind, doc_id);
	int result = read_whole(node, out, 1, unknown);
	if (result == 0 && out->is_too_big)
		return ERR_TOOBIG;
	if (result == 0 && crdt_history_change_count(out->steps) == 0 && out->gaps.count == 0)
		result = ERR_NOTFOUND;
	return result;
}

/* ---- News ------------------------------------------------------------------------------------------------------- */

/* Operations and bytes taken at a time: the page of a new patient's dossiers, with some 20 operations each, stays a page. One entry is always
 * taken whole. */
enum { SPAN_OPS_MAX = 500, SPAN_BYTES_MAX = 2 * 1024 * 1024 };

void node_present(struct node *node, struct crdt_frontier *out)
{
	out->count = 0;
	for (uint32_t i = 0; i < log_feed_count(node->log); i++) {
		const struct log_feed *feed = log_feed(node->log, i);
		if (feed->compartment != COMPARTMENT_MEMBERSHIP)
			crdt_frontier_raise(out, &feed->id, reach(node, i));
	}
}

static struct log_stream *stream_after(struct node *node, const struct crdt_frontier *from)
{
	uint32_t count = log_feed_count(node->log), used = 0;
	struct log_range *ranges = mem_zero(count + 1, sizeof(*ranges));
	for (uint32_t i = 0; i < count; i++) {
		const struct log_feed *feed = log_feed(node->log, i);
		uint64_t seen = crdt_frontier_seq(from, &feed->id);
		if (feed->compartment != COMPARTMENT_MEMBERSHIP && seen < reach(node, i))
			ranges[used++] = (struct log_range){i, seen + 1, reach(node, i)};
	}
	struct log_stream *stream = log_stream_new(node->log, ranges, used);
	mem_free(ranges);
	return stream;
}

/* Does the change do anything but add events? Then what it did shows only beside what was there before. */
static bool needs_past(const struct crdt_change *change)
{
	struct crdt_ops ops = crdt_change_ops(change);
	for (struct crdt_op op; crdt_ops_next(&ops, &op);)
		if (op.kind != CRDT_OP_EVENT)
			return true;
	return false;
}

static struct node_past *past_in(struct node_span *span, const struct crdt_change *change)
{
	struct node_past *past = past_of(span->pasts, span->past_count, change->doc_kind, &change->doc_id);
	if (past)
		return past;
	span->pasts = mem_room(span->pasts, span->past_count, &span->past_capacity, sizeof(*span->pasts));
	past = &span->pasts[span->past_count++];
	past_init(past, change->doc_kind, &change->doc_id);
	past->is_whole = true; /* until a change says otherwise */
	return past;
}

struct taken {
	uint32_t ops;
	size_t bytes;
};

static int take_entry(struct node *node, uint32_t feed, const struct run_entry *entry, struct node_span *span,
        struct taken *taken)
{
	struct crdt_meta meta;
	struct crdt_change change;
	if (!is_change(&entry->header))
		return 0;
	int why = open_entry(node, feed, entry, &meta, &change);
	if (why) {
		add_gap(&span->gaps, feed, &entry->header, (enum node_gap_why)why);
		return 0;
	}
	struct node_past *past = past_in(span, &change);
	past->is_whole &= !needs_past(&change);
	taken->ops += change.op_count;
	taken->bytes += change.bytes.size;
	return take_change(past, feed, &entry->header, &change);
}

static int take_entries(
        struct node *node, struct log_stream *stream, uint32_t entry_max, struct node_span *span)
{
	const struct run_entry *entry;
	struct taken taken = {0};
	uint32_t feed;
	int result;
	struct store_txn *txn = node_txn(node, &result);
	while (result == 0) {
		int more = log_stream_next_entry(stream, txn, &feed, &entry);
		if (more <= 0)
			return more;
		if (span->entry_count == entry_max || taken.ops >= SPAN_OPS_MAX ||
		        taken.bytes >= SPAN_BYTES_MAX) {
			span->more = true;
			return 0;
		}
		result = take_entry(node, feed, entry, span, &taken);
		crdt_frontier_raise(&span->to, &log_feed(node->log, feed)->id, entry->header.seq);
		span->entry_count++;
	}
	return result;
}

/* What a document had before decides what its changes did: read it from the start, in one pass for all. */
static int read_pasts(struct node *node, struct node_span *span)
{
	bool any = false;
	for (uint32_t i = 0; i < span->past_count; i++) {
		struct node_past *past = &span->pasts[i];
		if (past->is_whole) {
			finish(past);
			continue;
		}
		any = true;
		past->part = past->steps;
		past->steps = crdt_history_new(past->doc_kind, past->doc_id);
		past->grade_count = 0;
	}
	return any ? read_whole(node, span->pasts, span->past_count, NULL) : 0;
}

int node_span_read(
        struct node *node, const struct crdt_frontier *from, uint32_t entry_max, struct node_span *out)
{
	*out = (struct node_span){0};
	for (uint32_t i = 0; i < from->count; i++) {
		crdt_frontier_raise(&out->from, &from->items[i].feed, from->items[i].seq);
		crdt_frontier_raise(&out->to, &from->items[i].feed, from->items[i].seq);
	}
	struct log_stream *stream = stream_after(node, from);
	int result = take_entries(node, stream, entry_max, out);
	log_stream_free(stream);
	node_end_read(node);
	return result ? result : read_pasts(node, out);
}

void node_span_close(struct node_span *span)
{
	for (uint32_t i = 0; i < span->past_count; i++)
		node_past_close(&span->pasts[i]);
	mem_free(span->pasts);
	mem_free(span->gaps.items);
	crdt_frontier_close(&span->from);
	crdt_frontier_close(&span->to);
	*span = (struct node_span){0};
}

bool node_feed_author(struct node *node, uint32_t feed, struct device_id *device, struct person_id *person)
{
	const struct team_view *view = node_view(node);
	*device = log_feed(node->log, feed)->device;
	const struct team_device *known = view ? team_view_device(view, device) : NULL;
	if (known)
		*person = known->person;
	return known && !person_id_is_zero(person);
}

/* ---- Undo ------------------------------------------------------------------------------------------------------- */

/* The last entry of a feed of our own that is about document (kind, id). */
static int last_in(struct node *node, uint32_t feed, uint32_t doc_kind, const struct record_id *doc_id,
        uint64_t from, struct node_entry *entry)
{
	for (uint64_t seq = from; seq > 0; seq--) {
		int result = node_read(node, feed, seq, entry);
		if (result && result != ERR_NOTFOUND && result != ERR_LOCKED)
			return result;
		if (result == 0 &&
		        (doc_kind == 0 ||
		                (entry->change.doc_kind == doc_kind &&
		                        record_id_eq(&entry->change.doc_id, doc_id))))
			return 0;
	}
	return ERR_NOTFOUND;
}

int node_last_change(struct node *node, uint32_t doc_kind, const struct record_id *doc_id,
        struct entry_ref *entry, uint32_t *kind, struct record_id *id)
{
	struct node_entry found;
	uint64_t lamport = 0;
	int result = ERR_NOTFOUND;
	for (unsigned i = COMPARTMENT_TEAM; i < NODE_COMPARTMENTS; i++) {
		uint32_t feed = node->own_feed[i];
		if (feed == NODE_NO_FEED)
			continue;
		const struct log_feed *own = log_feed(node->log, feed);
		if (own->committed_seq < own->seq)
			return ERR_BUSY;
		int here = last_in(node, feed, doc_kind, doc_id, own->committed_seq, &found);
		if (here && here != ERR_NOTFOUND)
			return here;
		if (here || found.header.lamport < lamport)
			continue;
		lamport = found.header.lamport;
		*entry = (struct entry_ref){found.meta.feed, found.header.seq};
		*kind = found.change.doc_kind;
		*id = found.change.doc_id;
		result = 0;
	}
	return result;
}
