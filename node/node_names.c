/*
 * Entries of erased dossiers by their names, for devices that have no key to tell by (README.md, "Erasing a dossier"; keyring/README.md, section 11).
 *
 * Normal course: a device that manages has passed through the log, and says under which pseudonyms the dossier's entries stand there. A relay keeps the
 * row, and purges what it names. What comes later is named by another row.
 *
 * Failures: a row that a key shows to be false is refused. A relay, which cannot know that, drops what it names, as long as its issuer manages; when
 * the row counts no more those bodies are *missing*: its acknowledgement ends before the first of them, it asks for the feed from there on, and puts
 * back what comes.
 */
#include "node/node_state.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

enum { NAMES_ROW_LEAST = 16 }; /* a row counts as so many names at least */

/* ---- What is named ---------------------------------------------------------------------------------------------- */

static int named_cmp(const void *a, const void *b)
{
	const struct node_named *left = a, *right = b;
	int order = erased_name_cmp(&left->name, &right->name);
	return order ? order : record_id_cmp(&left->dossier, &right->dossier);
}

static bool row_counts(const struct node *node, const struct erased_names *row)
{
	return node_is_erased(node, &row->dossier) && node_may_erase(node, &row->issuer);
}

static void list_named(struct node *node)
{
	uint32_t total = 0, kept = 0;
	if (node->named_valid)
		return;
	for (uint32_t i = 0; i < node->names_count; i++)
		total += node->names[i].count;
	mem_free(node->named);
	node->named = mem_zero(total, sizeof(*node->named));
	node->named_count = 0;
	for (uint32_t i = 0; i < node->names_count; i++) {
		const struct erased_names *row = &node->names[i];
		const bool counts = row_counts(node, row);
		for (uint32_t j = 0; j < row->count; j++)
			node->named[node->named_count++] = (struct node_named){
			        row->items[j], row->dossier, counts};
	}
	if (total)
		qsort(node->named, total, sizeof(*node->named), named_cmp);
	for (uint32_t i = 0; i < total; i++) {
		if (kept && named_cmp(&node->named[kept - 1], &node->named[i]) == 0)
			node->named[kept - 1].counts |= node->named[i].counts;
		else
			node->named[kept++] = node->named[i];
	}
	node->named_count = kept;
	node->named_valid = true;
}

/* The first one of this name, or where it would stand. */
static uint32_t named_place(const struct node *node, const struct erased_name *name)
{
	uint32_t low = 0, high = node->named_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (erased_name_cmp(&node->named[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool node_is_named(struct node *node, const struct entry_header *header, bool must_count)
{
	const struct erased_name name = {header->epoch, header->dossier};
	list_named(node);
	for (uint32_t i = named_place(node, &name);
	        i < node->named_count && erased_name_cmp(&node->named[i].name, &name) == 0; i++)
		if (node->named[i].counts || !must_count)
			return true;
	return false;
}

uint32_t node_names_known(struct node *node, const struct record_id *dossier)
{
	uint32_t count = 0;
	list_named(node);
	for (uint32_t i = 0; i < node->named_count; i++)
		count += node->named[i].counts && record_id_eq(&node->named[i].dossier, dossier);
	return count;
}

/* ---- Who goes by names ------------------------------------------------------------------------------------------ */

static bool lacks_keys(const struct node *node, const struct device_id *device, uint8_t compartment)
{
	const struct team_view *view = node_view(node);
	return view &&
	        (team_view_level(view, device, compartment) < TEAM_LEVEL_READ ||
	                !team_role_has_history(team_view_role(view, device)));
}

bool node_goes_by_names(const struct node *node, uint8_t compartment)
{
	const struct device_id self = node_device(node);
	return lacks_keys(node, &self, compartment);
}

bool node_told_by_names(const struct node *node, const struct device_id *device)
{
	return lacks_keys(node, device, COMPARTMENT_CLINICAL);
}

/* ---- Rows ------------------------------------------------------------------------------------------------------- */

void node_forget_names(struct node *node)
{
	for (uint32_t i = 0; i < node->names_count; i++)
		erased_names_close(&node->names[i]);
	node->names_count = node->found_count = 0;
	mem_free(node->names);
	mem_free(node->named);
	mem_free(node->found);
	node->names = NULL;
	node->named = node->found = NULL;
	node->names_room = node->named_count = node->found_room = 0;
	node->named_valid = node->refilled = node->refilled_readable = false;
	node->names_all = true;
}

static bool is_false(const struct node *node, const struct erased_names *row)
{
	for (uint32_t i = 0; i < row->count; i++) {
		const struct epoch_key *epoch = epochs_find(node->epochs, &row->items[i].epoch);
		if (!epoch)
			continue;
		const struct pseudonym name = secret_pseudonym(epoch, &row->dossier);
		if (!pseudonym_eq(&name, &row->items[i].pseudonym))
			return true;
	}
	return false;
}

static bool has_room(const struct node *node, const struct erased_names *row)
{
	uint32_t names = row->count < NAMES_ROW_LEAST ? NAMES_ROW_LEAST : row->count;
	for (uint32_t i = 0; i < node->names_count; i++)
		if (device_id_eq(&node->names[i].issuer, &row->issuer))
			names += node->names[i].count < NAMES_ROW_LEAST ? NAMES_ROW_LEAST
			                                                : node->names[i].count;
	return names <= LIMIT_ERASED_NAMES_ISSUER;
}

static bool is_kept(const struct node *node, const struct erased_names *row)
{
	for (uint32_t i = 0; i < node->names_count; i++)
		if (memcmp(&node->names[i].signature, &row->signature, sizeof(row->signature)) == 0)
			return true;
	return false;
}

/* Its issuer managed the team at the state that it cites: a question with one answer for ever. */
static bool may_name(struct node *node, const struct erased_names *row)
{
	const struct team_view *view = team_membership_view_at(node->members, &row->membership);
	return view && team_view_manages(view, &row->issuer);
}

/* Takes the row, whose signature was checked. */
static int keep(struct node *node, struct erased_names *row)
{
	enum team_reason reason = TEAM_REASON_NONE;
	if (is_kept(node, row)) {
		erased_names_close(row);
		return 0;
	}
	if (!may_name(node, row))
		reason = team_view_device(node_view(node), &row->issuer) ? TEAM_REASON_NOT_ALLOWED
		                                                         : TEAM_REASON_UNKNOWN_DEVICE;
	else if (is_false(node, row))
		reason = TEAM_REASON_CONTRADICTION;
	else if (!has_room(node, row))
		reason = TEAM_REASON_NO_ROOM;
	if (reason != TEAM_REASON_NONE) {
		node_refused(node, REFUSED_NAMES, reason);
		erased_names_close(row);
		return 0;
	}
	node->names = mem_room(node->names, node->names_count, &node->names_room, sizeof(*node->names));
	node->names[node->names_count++] = *row;
	node->named_valid = false;
	node_state_moved(node);
	if (row_counts(node, row) && node_goes_by_names(node, COMPARTMENT_CLINICAL))
		node_erase_again(node);
	return 1;
}

int node_put_names(struct node *node, struct span content)
{
	struct erased_names row;
	int result = erased_names_decode(&row, content, &node->team);
	if (result) {
		node_refused(node, REFUSED_NAMES, refusals_reason_of(result));
		return result;
	}
	if (!node_view(node) || !node->keys) {
		erased_names_close(&row);
		return 0;
	}
	return keep(node, &row);
}

void node_names_recheck(struct node *node)
{
	for (uint32_t i = 0; i < node->names_count;) {
		if (!is_false(node, &node->names[i])) {
			i++;
			continue;
		}
		node_refused(node, REFUSED_NAMES, TEAM_REASON_CONTRADICTION);
		erased_names_close(&node->names[i]);
		node->names[i] = node->names[--node->names_count];
		node->named_valid = false;
		node_state_moved(node);
	}
}

void node_names_judged(struct node *node)
{
	struct node_named *before = node->named;
	const uint32_t count = node->named_count;
	const bool was_valid = node->named_valid;
	node->named = NULL;
	node->named_valid = false;
	list_named(node);
	bool moved = !was_valid || count != node->named_count;
	for (uint32_t i = 0; !moved && i < count; i++)
		moved = named_cmp(&before[i], &node->named[i]) != 0 ||
		        before[i].counts != node->named[i].counts;
	if (moved && node->names_count && node_goes_by_names(node, COMPARTMENT_CLINICAL))
		node_erase_again(node);
	mem_free(before);
}

/* ---- Naming ----------------------------------------------------------------------------------------------------- */

static bool is_found(const struct node *node, const struct erased_name *name)
{
	for (uint32_t i = 0; i < node->found_count; i++)
		if (erased_name_cmp(&node->found[i].name, name) == 0)
			return true;
	return false;
}

/* Whose it is, of the dossiers that are erased. */
static bool find_dossier(struct node *node, const struct entry_header *header, struct record_id *dossier)
{
	const struct epoch_key *epoch = epochs_find(node->epochs, &header->epoch);
	const struct key_tombstone *tombstone;
	for (size_t i = 0; epoch && (tombstone = key_table_tombstone(node->keys, i)); i++) {
		if (!tombstone->counts)
			continue;
		const struct pseudonym name = secret_pseudonym(epoch, &tombstone->order.dossier);
		*dossier = tombstone->order.dossier;
		if (pseudonym_eq(&name, &header->dossier))
			return true;
	}
	return false;
}

void node_names_look(struct node *node, const struct run *run)
{
	const struct device_id self = node_device(node);
	struct record_id dossier;
	if (!node->keys || !key_table_tombstone(node->keys, 0) || !node_may_erase(node, &self))
		return;
	for (uint32_t i = 0; i < run->count; i++) {
		const struct entry_header *header = &run->entries[i].header;
		const struct erased_name name = {header->epoch, header->dossier};
		if (pseudonym_is_zero(&header->dossier) || node_is_named(node, header, true) ||
		        is_found(node, &name))
			continue;
		if (!run->entries[i].purged && !node_body_is_erased(node, header))
			continue;
		if (!find_dossier(node, header, &dossier))
			continue;
		node->found = mem_room(
		        node->found, node->found_count, &node->found_room, sizeof(*node->found));
		node->found[node->found_count++] = (struct node_named){name, dossier, false};
	}
}

static int found_cmp(const void *a, const void *b)
{
	const struct node_named *left = a, *right = b;
	int order = record_id_cmp(&left->dossier, &right->dossier);
	return order ? order : erased_name_cmp(&left->name, &right->name);
}

static bool ordered_here(const struct node *node, const struct record_id *dossier)
{
	const struct device_id self = node_device(node);
	const struct key_tombstone *tombstone;
	for (size_t i = 0; (tombstone = key_table_tombstone(node->keys, i)); i++)
		if (tombstone->counts && record_id_eq(&tombstone->order.dossier, dossier) &&
		        device_id_eq(&tombstone->issuer, &self))
			return true;
	return false;
}

/* Names of one dossier, ascending. */
static void tell(struct node *node, const struct node_named *found, uint32_t count)
{
	const struct key_signer signer = {node->team, node_device(node), node->identity.secrets->sign};
	struct erased_names row = {.dossier = found->dossier, .count = count};
	if (!node_state_to_cite(node, &row.membership))
		return;
	row.items = mem_zero(count, sizeof(*row.items));
	for (uint32_t i = 0; i < count; i++)
		row.items[i] = found[i].name;
	erased_names_sign(&row, &signer);
	keep(node, &row);
}

void node_names_tell(struct node *node)
{
	const uint32_t total = node->found_count;
	if (total)
		qsort(node->found, total, sizeof(*node->found), found_cmp);
	for (uint32_t at = 0, count; at < total; at += count) {
		const struct node_named *first = &node->found[at];
		for (count = 1; at + count < total && count < LIMIT_ERASED_NAMES &&
		        record_id_eq(&first[count].dossier, &first->dossier);)
			count++;
		if (node->names_all || ordered_here(node, &first->dossier))
			tell(node, first, count);
	}
	node->found_count = 0;
}

/* ---- What was dropped and should not have been ------------------------------------------------------------------ */

static bool header_is_missing(void *context, const struct entry_header *header)
{
	struct node *node = context;
	const struct epoch_key *epoch = epochs_find(node->epochs, &header->epoch);
	if (pseudonym_is_zero(&header->dossier))
		return false;
	if (!epoch)
		return node_goes_by_names(node, header->compartment) && !node_is_named(node, header, true);
	/* The key came later: who was a locum is a nurse now. Rows were compared with it. */
	return !node_is_named(node, header, false) &&
	        !key_table_ordered_as(node->keys, epoch, &header->dossier);
}

bool node_body_is_missing(struct node *node, const struct run_entry *entry)
{
	return entry->purged && header_is_missing(node, &entry->header);
}

static uint64_t first_missing(struct node *node, const struct run *run, uint64_t from)
{
	for (uint32_t i = 0; i < run->count; i++)
		if (run->entries[i].header.seq >= from && node_body_is_missing(node, &run->entries[i]))
			return run->entries[i].header.seq;
	return 0;
}

void node_set_missing(struct node *node, uint32_t feed, uint64_t seq)
{
	struct node_progress *progress = node_progress(node, feed);
	if (progress->missing == seq && progress->unfilled == seq)
		return;
	progress->missing = progress->unfilled = seq;
	node->ack_due = true;
	node->news.heads = node->news.room = true; /* ask for it, also those who rested */
}

void node_note_missing(struct node *node, uint32_t feed, const struct run *run)
{
	const struct node_progress *progress = node_progress(node, feed);
	uint64_t seq = first_missing(node, run, 0);
	if (seq && (progress->missing == 0 || seq < progress->missing))
		node_set_missing(node, feed, seq);
}

static bool is_missing_here(void *context, const struct entry_header *header)
{
	struct node *node = context;
	struct record_id dossier;
	if (!header_is_missing(node, header))
		return false;
	node->refilled_readable |= bodies_secrets(node->bodies, &header->epoch, &header->dossier, &dossier) >
	        0;
	return true;
}

/* The stored run that holds `seq`: as it is on its way to the disk, or on it. */
static int stored_run(struct node *node, uint32_t feed, uint64_t seq, struct run *run, struct arena *arena)
{
	const struct log_feed *known = log_feed(node->log, feed);
	const struct buf *refilled = &node_progress(node, feed)->refilled;
	int result = 0;
	if (refilled->size) {
		result = run_decode(run, &known->written, known->compartment, buf_span(refilled), arena);
		if (result || (seq >= run_first_seq(run) && seq - run_first_seq(run) < run->count))
			return result;
	}
	struct store_txn *txn = node_txn(node, &result);
	if (result == 0)
		result = log_read_run(node->log, txn, &node->reader, feed, seq);
	if (result)
		return result;
	arena_clear(arena);
	return run_decode(run, &known->written, known->compartment, node->reader.bytes, arena);
}

/* Go on behind the stored run that holds the first missing body, or stop at the next one in it. */
static int refill_one(struct node *node, uint32_t feed, const struct run *theirs)
{
	struct node_progress *progress = node_progress(node, feed);
	struct arena arena = {0};
	struct buf encoded = {0};
	struct run run;
	int result = stored_run(node, feed, progress->missing, &run, &arena);
	if (result)
		goto done;
	run_hash(&run);
	result = log_refill(node->log, &node->batch, feed, &run, theirs, is_missing_here, node, &encoded);
	if (result == 1) {
		buf_wipe(&progress->refilled);
		buf_add_span(&progress->refilled, buf_span(&encoded));
		result = 0;
	}
	if (result)
		goto done;
	uint64_t next = first_missing(node, &run, progress->missing);
	progress->missing = next ? next : run_last(&run)->header.seq + 1;
	node->refilled = true;
done:
	buf_wipe(&encoded);
	arena_close(&arena);
	return result == ERR_TOOBIG ? 0 : result; /* it stays missing */
}

int node_refill(struct node *node, uint32_t feed, const struct run *theirs)
{
	struct node_progress *progress = node_progress(node, feed);
	const struct log_feed *known = log_feed(node->log, feed);
	int result = 0;
	if (progress->missing == 0)
		return 0;
	while (result == 0 && progress->missing >= run_first_seq(theirs) &&
	        progress->missing <= run_last(theirs)->header.seq &&
	        progress->missing <= known->committed_seq) {
		const uint64_t before = progress->missing;
		result = refill_one(node, feed, theirs);
		if (progress->missing == before)
			break;
	}
	if (progress->missing > known->seq)
		progress->missing = 0;
	return result;
}

void node_refill_committed(struct node *node)
{
	if (!node->refilled)
		return;
	node->refilled = false;
	for (uint32_t feed = 0; feed < log_feed_count(node->log); feed++) {
		struct node_progress *progress = node_progress(node, feed);
		progress->unfilled = progress->missing;
		buf_wipe(&progress->refilled);
	}
	node->ack_due = true;
	log_reader_close(&node->reader);
	node->news.heads = true;
	if (node->refilled_readable) { /* by keys of the past: documents are made afresh */
		node->unread_listed = false;
		node->late_wanted = true;
	}
	node->refilled_readable = false;
}
