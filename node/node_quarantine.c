/*
 * Entries that are kept apart, and countersignatures that make them count all the same (README.md, "Quarantine").
 *
 * Normal course: an entry is judged when it is applied, and noted when it is kept apart. When somebody's standing in the team moved, the
 * feeds are judged again of all those with whom something is the matter; when countersignatures came, the noted entries are weighed again. What
 * counts now and did not is put into its documents as late keys are (node_late.c); when something counts no more, everything is applied
 * afresh (node_rebuild).
 *
 * Failures: the set is kept with the checkpoint. One without it, or with too large a set for a row, is made again from the log.
 */
#include "node/node_state.h"

#include <sodium.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/countersign.h"

/* ---- Judging ---------------------------------------------------------------------------------------------------- */

static void mix(crypto_generichash_state *state, const void *bytes, size_t size)
{
	crypto_generichash_update(state, bytes, size);
}

static void mix_number(crypto_generichash_state *state, uint64_t number)
{
	mix(state, &number, sizeof(number));
}

static void mix_people(crypto_generichash_state *state, const struct team_view *view)
{
	for (uint32_t i = 0; i < view->device_count; i++) {
		const struct team_device *device = &view->devices[i];
		mix(state, device->id.bytes, sizeof(device->id.bytes));
		mix(state, device->person.bytes, sizeof(device->person.bytes));
		mix(state, device->admission.bytes, sizeof(device->admission.bytes));
		mix_number(state, (uint64_t)device->state << 1 | device->endorsed);
	}
	for (uint32_t i = 0; i < view->person_count; i++) {
		const struct team_person *person = &view->people[i];
		mix(state, person->id.bytes, sizeof(person->id.bytes));
		mix_number(state, person->role);
		mix_number(state, person->rights_from_ms);
		mix_number(state, person->rights_until_ms);
	}
}

static void mix_cuts(crypto_generichash_state *state, const struct team_view *view)
{
	for (uint32_t i = 0; i < view->removal_count; i++) {
		mix(state, view->removals[i].hash.bytes, sizeof(view->removals[i].hash.bytes));
		mix_number(state, view->removals[i].undone);
	}
	for (uint32_t i = 0; i < view->role_cut_count; i++) {
		const struct team_role_cut *change = &view->role_cuts[i];
		mix(state, change->person.bytes, sizeof(change->person.bytes));
		mix_number(state, change->role);
		for (uint32_t j = 0; j < change->cut->count; j++) {
			mix(state, change->cut->places[j].feed.bytes,
			        sizeof(change->cut->places[j].feed.bytes));
			mix_number(state, change->cut->places[j].seq);
		}
	}
}

uint64_t node_standing_mark(struct node *node)
{
	const struct team_view *view = node_view(node);
	crypto_generichash_state state;
	uint8_t digest[crypto_generichash_BYTES_MIN];
	uint64_t mark;
	crypto_generichash_init(&state, NULL, 0, sizeof(digest));
	if (view) {
		mix_people(&state, view);
		mix_cuts(&state, view);
		mix(&state, view->lease.lease.bytes, sizeof(view->lease.lease.bytes));
		mix_number(&state, view->lease.held);
	}
	crypto_generichash_final(&state, digest, sizeof(digest));
	memcpy(&mark, digest, sizeof(mark));
	return mark == NODE_MARK_DUE ? 1 : mark;
}

/* It cites an older state of the team than the entry before it: nobody may choose the rules that it is judged by. */
static bool backdated(struct node *node, const struct entry_hash *before, const struct entry_header *header)
{
	return !entry_hash_is_zero(before) && !entry_hash_eq(before, &header->membership) &&
	        !team_membership_descends(node->members, &header->membership, before);
}

static const struct entry_hash *hash_in(const struct team_cut *cut, const struct entry_header *header)
{
	for (uint32_t i = 0; i < cut->count; i++)
		if (cut->places[i].seq == header->seq && feed_id_eq(&cut->places[i].feed, &header->feed))
			return &cut->places[i].hash;
	return NULL;
}

/* Headers that are read from the log come without their hash. It matters to a cut only where the feed has two histories, and those part for
 * good: the entry counts as the one that the cut names. */
static struct entry_hash hash_for_cuts(const struct team_view *view, const struct entry_header *header)
{
	const struct entry_hash *hash = NULL;
	for (uint32_t i = 0; !hash && i < view->removal_count; i++)
		hash = hash_in(view->removals[i].cut, header);
	for (uint32_t i = 0; !hash && i < view->role_cut_count; i++)
		hash = hash_in(view->role_cuts[i].cut, header);
	return hash ? *hash : (struct entry_hash){{0}};
}

enum team_reason node_entry_reason(
        struct node *node, uint32_t feed, const struct entry_hash *before, const struct entry_header *header)
{
	const struct log_feed *known = log_feed(node->log, feed);
	if (known->compartment == COMPARTMENT_MEMBERSHIP || !node_view(node))
		return TEAM_REASON_NONE;
	if (backdated(node, before, header))
		return TEAM_REASON_BACKDATED;
	if (node_author_plain(node, feed))
		return TEAM_REASON_NONE;
	const struct entry_hash hash = hash_for_cuts(node_view(node), header);
	struct team_judgement judgement = node_judgement(node, feed, header, &hash, NULL);
	return judgement.verdict == TEAM_VERDICT_ACCEPTED ? TEAM_REASON_NONE : judgement.reason;
}

bool node_entry_of_locum(struct node *node, uint32_t feed, const struct entry_header *header)
{
	const struct entry_hash hash = hash_for_cuts(node_view(node), header);
	return node_after_role(node, feed, header, &hash, TEAM_ROLE_LOCUM);
}

bool node_entry_apart(const struct node *node, uint32_t feed, uint64_t seq)
{
	const struct quarantined *known = quarantine_find(&node->quarantine, feed, seq);
	return known && !known->is_effective;
}

/* ---- Settling --------------------------------------------------------------------------------------------------- */

struct settling {
	struct node *node;
	struct node_concerned gained; /* documents of entries that count now */
	bool lost; /* an entry that counted does no more */
};

static void gain(struct settling *settling, const struct entry_header *header)
{
	struct node *node = settling->node;
	struct record_id dossier;
	if (header->kind != ENTRY_CHANGE)
		return;
	if (bodies_secrets(node->bodies, &header->epoch, &header->dossier, &dossier))
		node_concern(node, &settling->gained, &header->epoch, &header->dossier, header->compartment);
	else
		node_note_unread(node, header);
}

static void judge_entry(struct settling *settling, uint32_t feed, const struct entry_hash *before,
        const struct entry_header *header)
{
	struct node *node = settling->node;
	struct quarantine *quarantine = &node->quarantine;
	const struct quarantined *known = quarantine_find(quarantine, feed, header->seq);
	enum team_reason why = node_entry_reason(node, feed, before, header);
	if (why) {
		settling->lost |= !known && header->kind == ENTRY_CHANGE;
		quarantine_note(quarantine, feed, header->seq, (uint8_t)why);
	} else if (known) {
		if (!known->is_effective)
			gain(settling, header);
		quarantine_take(quarantine, feed, header->seq);
	}
}

static int judge_feed(struct settling *settling, struct store_txn *txn, uint32_t feed)
{
	struct node *node = settling->node;
	struct entry_hash before = node_cited_before(node, feed);
	const uint64_t applied = node_progress(node, feed)->applied;
	int result = 0;
	bool follows = true;
	for (uint64_t seq = log_feed(node->log, feed)->begin; result == 0 && seq <= applied;) {
		result = log_read_run(node->log, txn, &node->reader, feed, seq);
		if (node_is_damage(result)) { /* its entries stay what they were: nobody can read them */
			result = log_next_run(txn, feed, seq, &seq);
			follows = false;
			continue;
		}
		const struct run *run = &node->reader.run;
		for (uint64_t i = result ? 0 : seq - run_first_seq(run);
		        result == 0 && i < run->count && seq <= applied; i++, seq++) {
			if (!follows) /* what the one before it cited is not known any more */
				before = run->entries[i].header.membership;
			follows = true;
			if (!run->entries[i].purged)
				judge_entry(settling, feed, &before, &run->entries[i].header);
			before = run->entries[i].header.membership;
		}
	}
	return result;
}

/* Feeds whose author nothing is the matter with, now or before, are as they were. */
static int judge_again(struct settling *settling, struct store_txn *txn)
{
	struct node *node = settling->node;
	int result = 0;
	for (uint32_t feed = 0; result == 0 && feed < log_feed_count(node->log); feed++)
		if (log_feed(node->log, feed)->compartment != COMPARTMENT_MEMBERSHIP &&
		        (!node_author_plain(node, feed) || quarantine_has_feed(&node->quarantine, feed)))
			result = judge_feed(settling, txn, feed);
	return result;
}

/* ---- Countersignatures ------------------------------------------------------------------------------------------ */

/* It comes after what it vouches for, wherever it is read: otherwise it could have force where it arrived second, and none where it arrived first. */
static bool comes_after(const struct entry_header *header, const struct entry_ref *place)
{
	for (uint32_t i = 0; i < header->dep_count; i++)
		if (feed_id_eq(&header->deps[i].feed, &place->feed))
			return place->seq <= header->deps[i].seq;
	return false;
}

/* Doubles when full: as many as there are histories for each item. */
static struct vouch *add_vouch(
        struct arena *arena, struct vouch *list, uint32_t *count, const struct vouch *added)
{
	if ((*count & (*count - 1)) == 0) {
		struct vouch *larger = arena_zero(arena, *count ? 2 * *count : 1, sizeof(*larger));
		if (*count)
			memcpy(larger, list, *count * sizeof(*list));
		list = larger;
	}
	list[(*count)++] = *added;
	return list;
}

/* The next branch of the feed named that may hold such a place. *feed is the one before. */
static bool next_history(const struct node *node, const struct entry_ref *place, uint32_t *feed)
{
	uint32_t named;
	const bool known = log_feed_number(node->log, &place->feed, &named);
	const struct log_feed *at = log_feed(node->log, named);
	if (!known || !at->is_parted || place->seq <= at->seq)
		return false;
	for (uint32_t i = *feed == named ? 0 : *feed + 1; i < log_feed_count(node->log); i++) {
		const struct log_feed *other = log_feed(node->log, i);
		if (i == named || !feed_id_eq(&other->written, &at->written) || place->seq < other->begin)
			continue;
		*feed = i;
		return true;
	}
	return false;
}

void node_apply_countersign(
        struct node *node, uint32_t feed, const struct entry_header *header, struct span raw)
{
	struct arena arena = {0};
	struct countersign read;
	if (countersign_decode(raw, &arena, &read))
		node->nonsense_count++;
	struct vouch *vouches = NULL;
	uint32_t count = 0;
	for (uint32_t i = 0; i < read.count; i++) {
		const struct countersigned *item = &read.items[i];
		struct vouch vouch = {
		        .seq = item->place.seq, .by_feed = feed, .by_seq = header->seq, .hash = item->hash};
		if (!comes_after(header, &item->place) ||
		        !log_feed_number(node->log, &item->place.feed, &vouch.feed))
			continue;
		/* Of several histories the one is meant that has an entry with this hash. */
		do
			vouches = add_vouch(&arena, vouches, &count, &vouch);
		while (next_history(node, &item->place, &vouch.feed));
	}
	node->weigh_again |= quarantine_vouch(&node->quarantine, vouches, count);
	arena_close(&arena);
}

static const struct team_device *author_of(const struct node *node, uint32_t feed)
{
	const struct team_view *view = node_view(node);
	return view ? team_view_device(view, &log_feed(node->log, feed)->device) : NULL;
}

/* Another person's, in her rights where she wrote it and since, about the very entry that stands here. */
static int has_force(struct node *node, struct vouch *vouch, bool *force)
{
	const struct team_device *author = author_of(node, vouch->feed),
	                         *by = author_of(node, vouch->by_feed);
	struct entry_hash hash;
	*force = false;
	if (log_feed(node->log, vouch->feed)->compartment != COMPARTMENT_CLINICAL || !author || !by ||
	        person_id_eq(&author->person, &by->person) ||
	        quarantine_find(&node->quarantine, vouch->by_feed, vouch->by_seq))
		return 0;
	if (vouch->match == VOUCH_UNKNOWN) {
		int result = node_entry_hash(node, vouch->feed, vouch->seq, &hash);
		if (result)
			return result == ERR_NOTFOUND ? 0 : result;
		vouch->match = entry_hash_eq(&hash, &vouch->hash) ? VOUCH_MATCHES : VOUCH_DIFFERS;
	}
	*force = vouch->match == VOUCH_MATCHES;
	return 0;
}

static int find_force(struct node *node, uint32_t feed, uint64_t seq, const struct vouch **out)
{
	uint32_t count;
	bool force = false;
	int result = 0;
	struct vouch *vouches = quarantine_vouches(&node->quarantine, feed, seq, &count);
	*out = NULL;
	for (uint32_t i = 0; result == 0 && !*out && i < count; i++) {
		result = has_force(node, &vouches[i], &force);
		if (result == 0 && force)
			*out = &vouches[i];
	}
	return result;
}

static int weigh(struct settling *settling, struct store_txn *txn, uint32_t feed, struct quarantined *entry)
{
	struct node *node = settling->node;
	const struct run_entry *there;
	const struct vouch *vouch;
	int result = find_force(node, feed, entry->seq, &vouch);
	if (result || entry->is_effective == (vouch != NULL))
		return result;
	entry->is_effective = vouch != NULL;
	if (!vouch) {
		settling->lost = true;
		return 0;
	}
	result = log_read_entry(node->log, txn, &node->reader, feed, entry->seq, &there);
	if (result == 0)
		gain(settling, &there->header);
	return result;
}

static int weigh_again(struct settling *settling, struct store_txn *txn)
{
	const struct quarantine *quarantine = &settling->node->quarantine;
	int result = 0;
	for (uint32_t feed = 0; feed < quarantine->feed_count; feed++)
		for (uint32_t i = 0; result == 0 && i < quarantine->feeds[feed].count; i++)
			result = weigh(settling, txn, feed, &quarantine->feeds[feed].items[i]);
	return result;
}

int node_settle_quarantine(struct node *node)
{
	struct settling settling = {.node = node};
	int result = 0;
	if (!node->weigh_again || !node->bodies)
		return 0;
	struct store_txn *txn = node_txn(node, &result);
	if (result == 0 && node->judge_again)
		result = judge_again(&settling, txn);
	if (result == 0 && node->judge_again) {
		node_drop_packets(node);
		settling.lost |= node_judge_orders(node);
	}
	if (result == 0)
		result = weigh_again(&settling, txn);
	node->judge_again = node->weigh_again = false;
	if (result == 0 && settling.lost)
		result = node_rebuild(node);
	else if (result == 0)
		result = node_build_anew(node, &settling.gained);
	mem_free(settling.gained.dossiers);
	return result;
}

/* ---- Looking ---------------------------------------------------------------------------------------------------- */

uint64_t node_quarantine_count(const struct node *node)
{
	return quarantine_passed_over(&node->quarantine);
}

bool node_quarantine_next(const struct node *node, struct node_quarantined *at)
{
	const struct quarantine *quarantine = &node->quarantine;
	for (uint32_t feed = at->feed; feed < quarantine->feed_count; feed++) {
		const struct quarantine_feed *list = &quarantine->feeds[feed];
		const uint32_t i = feed == at->feed ? quarantine_before(quarantine, feed, at->seq + 1) : 0;
		if (i == list->count)
			continue;
		*at = (struct node_quarantined){.feed = feed,
		        .seq = list->items[i].seq,
		        .why = (enum team_reason)list->items[i].why,
		        .is_effective = list->items[i].is_effective};
		return true;
	}
	return false;
}

static bool lies_within(
        const struct feed_id *feed, uint64_t seq, const struct entry_ref *frontier, uint32_t frontier_count)
{
	for (uint32_t i = 0; i < frontier_count; i++)
		if (feed_id_eq(&frontier[i].feed, feed))
			return seq <= frontier[i].seq;
	return false;
}

bool node_counts_within(struct node *node, uint32_t feed, uint64_t seq, const struct entry_ref *frontier,
        uint32_t frontier_count)
{
	uint32_t count;
	bool within = !quarantine_find(&node->quarantine, feed, seq), force;
	struct vouch *vouches = quarantine_vouches(&node->quarantine, feed, seq, &count);
	for (uint32_t i = 0; !within && i < count; i++)
		within = lies_within(&log_feed(node->log, vouches[i].by_feed)->id, vouches[i].by_seq,
		                 frontier, frontier_count) &&
		        has_force(node, &vouches[i], &force) == 0 && force;
	node_end_read(node);
	return within;
}

/* Opens an entry of the log. *raw borrows from the codec. */
static int open_entry(struct node *node, uint32_t feed, uint64_t seq, const struct entry_header **header,
        struct span *raw, struct record_id *dossier)
{
	const struct run_entry *entry;
	int result;
	struct store_txn *txn = node_txn(node, &result);
	if (result == 0)
		result = log_read_entry(node->log, txn, &node->reader, feed, seq, &entry);
	if (result == 0 && entry->purged)
		result = ERR_NOTFOUND;
	if (result)
		return result;
	*header = &entry->header;
	return bodies_open(node->bodies, &entry->header, entry->body, raw, dossier);
}

int node_countersigned_by(struct node *node, uint32_t feed, uint64_t seq, struct entry_header *header,
        uint32_t *by_feed, struct buf *comment)
{
	struct arena arena = {0};
	struct countersign read;
	const struct entry_header *there;
	const struct vouch *vouch = NULL;
	struct record_id dossier;
	struct span raw;
	int result = find_force(node, feed, seq, &vouch);
	if (result == 0 && !vouch)
		result = ERR_NOTFOUND;
	if (result == 0)
		result = open_entry(node, vouch->by_feed, vouch->by_seq, &there, &raw, &dossier);
	if (result == 0)
		result = countersign_decode(raw, &arena, &read);
	if (result == 0) {
		*by_feed = vouch->by_feed;
		*header = *there;
		buf_add_span(comment, read.comment);
	}
	arena_close(&arena);
	node_end_read(node);
	return result;
}

/* ---- Writing one ------------------------------------------------------------------------------------------------ */

/* What to vouch for, and the dossier that it is about; zero: none. */
struct vouching {
	struct countersigned item;
	struct record_id dossier;
};

static int vouching_cmp(const void *a, const void *b)
{
	const struct vouching *left = a, *right = b;
	int order = record_id_cmp(&left->dossier, &right->dossier);
	return order ? order : countersigned_cmp(&left->item, &right->item);
}

/* May this device vouch for it? Nobody does so for herself, for what she cannot read, or for another countersignature. */
static int check_item(struct node *node, const struct node_place *place, struct vouching *out)
{
	struct device_id self = node_device(node);
	const struct team_device *author, *own = team_view_device(node_view(node), &self);
	const struct quarantined *known = quarantine_find(&node->quarantine, place->feed, place->seq);
	const struct entry_header *header;
	struct span raw;
	if (!known)
		return ERR_NOTFOUND;
	if (known->is_effective)
		return ERR_EXISTS;
	author = author_of(node, place->feed);
	if (log_feed(node->log, place->feed)->compartment != COMPARTMENT_CLINICAL || !own || !author ||
	        person_id_eq(&own->person, &author->person))
		return ERR_DENIED;
	int result = open_entry(node, place->feed, place->seq, &header, &raw, &out->dossier);
	if (result == 0 && header->kind != ENTRY_CHANGE)
		result = ERR_DENIED;
	if (result == 0)
		result = node_entry_hash(node, place->feed, place->seq, &out->item.hash);
	out->item.place = (struct entry_ref){log_feed(node->log, place->feed)->id, place->seq};
	return result;
}

/* It comes after what it vouches for: the last of each feed. ERR_TOOBIG: of too many. */
static int depend_on(const struct countersigned *items, uint32_t count, struct entry_ref *deps)
{
	uint32_t used = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (used && feed_id_eq(&deps[used - 1].feed, &items[i].place.feed))
			used--;
		if (used == LIMIT_ENTRY_DEPS)
			return ERR_TOOBIG;
		deps[used++] = items[i].place;
	}
	return (int)used;
}

/* Sealed like the entries that it is about: what was said of a patient goes with her dossier. */
static int write_countersign(
        struct node *node, const struct countersign *countersign, const struct record_id *dossier)
{
	struct entry_ref deps[LIMIT_ENTRY_DEPS];
	struct entry_header header = {.kind = ENTRY_COUNTERSIGN, .deps = deps};
	struct epoch_id space;
	const struct body_key *key;
	struct buf raw = {0};
	uint32_t feed;
	int result = node_own_feed(node, COMPARTMENT_CLINICAL, &feed);
	const struct epoch_id *epoch = result ? NULL : node_write_epoch(node, COMPARTMENT_CLINICAL, &space);
	if (result == 0 && !epoch)
		result = ERR_LOCKED;
	if (result == 0)
		result = node_cite_membership(node, &header.membership);
	if (result == 0)
		result = bodies_key(node->bodies, epoch, record_id_is_zero(dossier) ? NULL : dossier,
		        COMPARTMENT_CLINICAL, &key, &header.dossier);
	if (result)
		return result;
	result = depend_on(countersign->items, countersign->count, deps);
	if (result < 0)
		return result;
	header.epoch = *epoch;
	header.dep_count = (uint32_t)result;
	countersign_encode(countersign, &raw);
	const struct entry_hash before = node_progress(node, feed)->cited;
	result = node_draft(node, feed, &header, key, buf_span(&raw));
	if (result == 0) {
		enum team_reason why = node_entry_reason(node, feed, &before, &header);
		node_applied_own(node, feed, &header);
		if (why)
			quarantine_note(&node->quarantine, feed, header.seq, (uint8_t)why);
		node_apply_countersign(node, feed, &header, buf_span(&raw));
	}
	buf_wipe(&raw);
	return result;
}

/* One entry for each dossier. Nothing is written where one of them could not be. */
static int write_all(struct node *node, const struct vouching *vouchings, uint32_t count, struct span comment)
{
	struct entry_ref deps[LIMIT_ENTRY_DEPS];
	struct countersigned *items = mem_zero(count, sizeof(*items));
	int result = 0;
	for (uint32_t i = 0; i < count; i++)
		items[i] = vouchings[i].item;
	for (int writing = 0; writing < 2; writing++)
		for (uint32_t start = 0, end; result >= 0 && start < count; start = end) {
			const struct record_id *dossier = &vouchings[start].dossier;
			for (end = start + 1; end < count && record_id_eq(&vouchings[end].dossier, dossier);)
				end++;
			result = writing
			        ? write_countersign(node,
			                  &(struct countersign){end - start, items + start, comment}, dossier)
			        : depend_on(items + start, end - start, deps);
		}
	mem_free(items);
	return result < 0 ? result : 0;
}

int node_countersign(struct node *node, const struct node_place *places, uint32_t count, struct span comment,
        node_done done, void *context)
{
	if (!node->in_team || !node_view(node))
		return ERR_NOTEAM;
	if (node->outdated)
		return ERR_STALE;
	if (!node_may_write(node, COMPARTMENT_CLINICAL))
		return ERR_DENIED;
	if (count == 0 || comment.size > LIMIT_COUNTERSIGN_BYTES)
		return ERR_INVALID;
	if (count > LIMIT_COUNTERSIGNED)
		return ERR_TOOBIG;
	struct vouching *vouchings = mem_zero(count, sizeof(*vouchings));
	int result = 0;
	for (uint32_t i = 0; result == 0 && i < count; i++)
		result = check_item(node, &places[i], &vouchings[i]);
	qsort(vouchings, count, sizeof(*vouchings), vouching_cmp);
	for (uint32_t i = 1; result == 0 && i < count; i++)
		if (vouching_cmp(&vouchings[i - 1], &vouchings[i]) == 0)
			result = ERR_INVALID;
	if (result == 0)
		result = write_all(node, vouchings, count, comment);
	node_end_read(node);
	mem_free(vouchings);
	return result ? result : node_wait_for_batch(node, done, context);
}
