#include "tests/sim/sim_check.h"
#include "tests/sim/sim_early.h"
#include "tests/sim/sim_order.h"

#include <sodium.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/node_check.h"
#include "node/node_history.h"
#include "node/schema/schema.h"
#include "tests/sim/sim_text.h"
#include "tests/sim/sim_trust_check.h"

enum { DIGEST_BYTES = 16 };

static bool is_member(const struct team_view *view, const struct device_id *id)
{
	const struct team_device *device = view ? team_view_device(view, id) : NULL;
	return device && device->state == TEAM_DEVICE_ACTIVE;
}

static bool reads(const struct team_view *view, const struct device_id *id, enum compartment compartment)
{
	return compartment == COMPARTMENT_MEMBERSHIP
	        ? is_member(view, id)
	        : team_view_level(view, id, (uint8_t)compartment) >= TEAM_LEVEL_READ;
}

bool sim_is_apart(struct node *node, const struct feed_id *id, uint64_t seq, bool *effective)
{
	uint32_t feed;
	if (!log_feed_number(node_log(node), id, &feed))
		return false;
	struct node_quarantined at = {.feed = feed, .seq = seq - 1};
	bool found = node_quarantine_next(node, &at) && at.feed == feed && at.seq == seq;
	*effective = found && at.is_effective;
	return found;
}

/* --- Convergence ------------------------------------------------------------------------------------------------------- */

static bool at_rest(struct sim_world *world, char *why, size_t why_bytes)
{
	for (uint32_t i = 0; i < world->member_count; i++) {
		struct sim_member *member = &world->members[i];
		if (sim_is_out(member))
			continue;
		const char *what = !member->device.up                             ? "is down"
		        : !node_in_team(member->device.node)                      ? "is in no team"
		        : !node_view(member->device.node)                         ? "knows no member"
		        : !is_member(node_view(member->device.node), &member->id) ? "is no active member"
		        : node_outdated(member->device.node)                      ? "is outdated"
		        : !node_idle(member->device.node)                         ? "is busy"
		                                                                  : NULL;
		if (what) {
			snprintf(why, why_bytes, "%u %s", i, what);
			return false;
		}
	}
	return true;
}

static bool same_membership(struct sim_world *world, char *why, size_t why_bytes)
{
	struct entry_hash first[LIMIT_MEMBERSHIP_HEADS], other[LIMIT_MEMBERSHIP_HEADS];
	uint32_t count = team_membership_heads(
	        node_membership(world->members[0].device.node), first, LIMIT_MEMBERSHIP_HEADS);
	for (uint32_t i = 1; i < world->member_count; i++) {
		if (sim_is_out(&world->members[i]))
			continue;
		uint32_t other_count = team_membership_heads(
		        node_membership(world->members[i].device.node), other, LIMIT_MEMBERSHIP_HEADS);
		if (other_count == count && count <= LIMIT_MEMBERSHIP_HEADS &&
		        memcmp(first, other, count * sizeof(*first)) == 0)
			continue;
		snprintf(why, why_bytes, "membership heads of 0 and %u differ (%u and %u)", i, count,
		        other_count);
		return false;
	}
	return true;
}

/* Has to hold its feeds, be it unread. */
static bool keeps(const struct team_view *view, const struct sim_member *member, enum compartment compartment)
{
	return !sim_is_out(member) &&
	        (compartment == COMPARTMENT_MEMBERSHIP ? is_member(view, &member->id)
	                                               : team_view_level(view, &member->id,
	                                                         (uint8_t)compartment) >= TEAM_LEVEL_RELAY);
}

static bool same_heads(struct sim_world *world, char *why, size_t why_bytes)
{
	const struct team_view *view = node_view(world->members[0].device.node);
	for (uint32_t i = 0; i < world->member_count; i++) {
		if (sim_is_out(&world->members[i]))
			continue;
		struct log *log = node_log(world->members[i].device.node);
		for (uint32_t f = 0; f < log_feed_count(log); f++) {
			const struct log_feed *feed = log_feed(log, f);
			if (feed->committed_seq == 0 || !keeps(view, &world->members[i], feed->compartment))
				continue;
			for (uint32_t j = 0; j < world->member_count; j++) {
				if (!keeps(view, &world->members[j], feed->compartment))
					continue;
				struct log *there = node_log(world->members[j].device.node);
				uint32_t number;
				const struct log_feed *known = log_feed_number(there, &feed->id, &number)
				        ? log_feed(there, number)
				        : NULL;
				if (known && known->committed_seq == feed->committed_seq &&
				        entry_hash_eq(&known->committed_hash, &feed->committed_hash))
					continue;
				snprintf(why, why_bytes,
				        "feed %02x%02x compartment %u: %u has %llu (state %u), %u has %llu "
				        "(state %u)",
				        feed->id.bytes[0], feed->id.bytes[1], feed->compartment, i,
				        (unsigned long long)feed->committed_seq, feed->state, j,
				        known ? (unsigned long long)known->committed_seq : 0,
				        known ? known->state : 0);
				return false;
			}
		}
	}
	return true;
}

struct doc_digest {
	uint32_t kind;
	struct record_id id;
	uint8_t digest[DIGEST_BYTES];
};

static int digest_cmp(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct doc_digest));
}

/* What a device shows of every document, in an order of its own. *list is to be freed. */
static uint32_t digest_docs(struct node *node, struct doc_digest **list)
{
	uint32_t count = node_doc_count(node), kept = 0;
	struct buf bytes = {0};
	*list = mem_zero(count, sizeof(**list));
	for (uint32_t i = 0; i < count; i++) {
		struct doc_digest *out = &(*list)[kept];
		struct crdt_doc *doc;
		struct entry_ref ref;
		uint32_t cursor = 0;
		if (node_doc_at(node, i, &out->kind, &out->id) || node_doc_by_number(node, i, &doc) ||
		        !crdt_doc_frontier(doc, &cursor, &ref))
			continue; /* opened for a change that came to nothing */
		buf_clear(&bytes);
		crdt_doc_save(doc, &bytes);
		crypto_generichash(out->digest, DIGEST_BYTES, bytes.data, bytes.size, NULL, 0);
		kept++;
	}
	buf_close(&bytes);
	qsort(*list, kept, sizeof(**list), digest_cmp);
	return kept;
}

static bool doc_for(
        const struct team_view *view, const struct sim_member *member, const struct doc_digest *doc)
{
	return !sim_is_out(member) && sim_reads_doc(member, view, doc->kind, &doc->id);
}

/* Documents of one list that both may read and that the other list does not hold equally. */
static bool missing(const struct team_view *view, const struct sim_member *a, const struct doc_digest *ours,
        uint32_t count, const struct sim_member *b, const struct doc_digest *theirs, uint32_t their_count,
        char *why, size_t why_bytes)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!doc_for(view, a, &ours[i]) || !doc_for(view, b, &ours[i]) ||
		        bsearch(&ours[i], theirs, their_count, sizeof(*theirs), digest_cmp))
			continue;
		bool there = false;
		for (uint32_t j = 0; j < their_count; j++)
			there |= theirs[j].kind == ours[i].kind && record_id_eq(&theirs[j].id, &ours[i].id);
		snprintf(why, why_bytes, "document %u %02x%02x of %u %s %u", ours[i].kind,
		        ours[i].id.bytes[0], ours[i].id.bytes[1], a->device.number,
		        there ? "differs on" : "is missing on", b->device.number);
		return true;
	}
	return false;
}

static bool same_docs(struct sim_world *world, char *why, size_t why_bytes)
{
	struct doc_digest *lists[SIM_MEMBERS_MAX] = {NULL};
	uint32_t counts[SIM_MEMBERS_MAX];
	const struct team_view *view = node_view(world->members[0].device.node);
	bool same = true;
	for (uint32_t i = 0; i < world->member_count; i++)
		counts[i] = sim_is_out(&world->members[i])
		        ? 0
		        : digest_docs(world->members[i].device.node, &lists[i]);
	for (uint32_t i = 0; same && i < world->member_count; i++)
		for (uint32_t j = 0; same && j < world->member_count; j++)
			same = !missing(view, &world->members[i], lists[i], counts[i], &world->members[j],
			        lists[j], counts[j], why, why_bytes);
	for (uint32_t i = 0; i < world->member_count; i++)
		mem_free(lists[i]);
	return same;
}

/* Its body was erased there, and with it goes that it was kept apart. */
static bool is_purged(struct node *node, const struct feed_id *id, uint64_t seq)
{
	struct log *log = node_log(node);
	struct log_reader reader = {0};
	const struct run_entry *entry;
	struct store_txn *txn;
	uint32_t feed;
	if (!log_feed_number(log, id, &feed) || node_begin_read(node, &txn))
		return false;
	bool purged = log_read_entry(log, txn, &reader, feed, seq, &entry) == 0 && entry->purged;
	log_reader_close(&reader);
	store_abort(txn);
	return purged;
}

/* What is vouched for is told under the dossier's secret: a locum hears of it where she reads that dossier. */
static bool hears_of(const struct sim_member *member, const struct feed_id *id, uint64_t seq)
{
	struct node *nurse = member->world->members[0].device.node;
	struct node_entry entry;
	uint32_t feed;
	return member->role != TEAM_ROLE_LOCUM ||
	        (log_feed_number(node_log(nurse), id, &feed) && node_read(nurse, feed, seq, &entry) == 0 &&
	                schema_doc(entry.change.doc_kind) &&
	                sim_reads_doc(member, node_view(nurse), entry.change.doc_kind, &entry.change.doc_id));
}

/* It is so at the other one too, if that one may read it. */
static bool apart_there(struct sim_world *world, uint32_t here, uint32_t there, const struct log_feed *feed,
        const struct node_quarantined *at)
{
	const struct team_view *view = node_view(world->members[0].device.node);
	struct node *node = world->members[there].device.node;
	bool effective;
	if (sim_is_out(&world->members[there]) || !reads(view, &world->members[here].id, feed->compartment) ||
	        !reads(view, &world->members[there].id, feed->compartment))
		return true;
	if (!sim_is_apart(node, &feed->id, at->seq, &effective))
		return is_purged(node, &feed->id, at->seq);
	return effective == at->is_effective || !hears_of(&world->members[here], &feed->id, at->seq) ||
	        !hears_of(&world->members[there], &feed->id, at->seq);
}

/* What is kept apart at one of two that both may read is so at the other, and counts there or not. */
static bool same_quarantine(struct sim_world *world, char *why, size_t why_bytes)
{
	for (uint32_t i = 0; i < world->member_count; i++) {
		struct node *node = world->members[i].device.node;
		if (sim_is_out(&world->members[i]))
			continue;
		for (struct node_quarantined at = {0}; node_quarantine_next(node, &at);) {
			const struct log_feed *feed = log_feed(node_log(node), at.feed);
			world->counts.quarantined += i == 0;
			for (uint32_t j = 0; j < world->member_count; j++) {
				if (apart_there(world, i, j, feed, &at))
					continue;
				snprintf(why, why_bytes,
				        "quarantine: entry %u of %02x%02x at %u, because %u, is not so at %u",
				        (unsigned)at.seq, feed->id.bytes[0], feed->id.bytes[1], i,
				        (unsigned)at.why, j);
				return false;
			}
		}
	}
	return true;
}

bool sim_check_converged(struct sim_world *world, char *why, size_t why_bytes)
{
	world->counts.checks++;
	return at_rest(world, why, why_bytes) && same_membership(world, why, why_bytes) &&
	        same_heads(world, why, why_bytes) && same_quarantine(world, why, why_bytes) &&
	        sim_trust_settled(world, why, why_bytes) && same_docs(world, why, why_bytes) &&
	        sim_early_is_settled(world, why, why_bytes);
}

/* --- Nothing acknowledged is lost --------------------------------------------------------------------------------------- */

static bool is_there(struct node *node, uint32_t number, const struct sim_save *save)
{
	const struct log_feed *feed = log_feed(node_log(node), number);
	struct entry_hash hash;
	return save->place.seq >= feed->begin && save->place.seq <= feed->committed_seq &&
	        node_read_hash(node, number, save->place.seq, &hash) == 0 &&
	        entry_hash_eq(&hash, &save->hash);
}

bool sim_find(struct node *node, const struct sim_save *save, uint32_t *number, struct entry_ref *place)
{
	struct log *log = node_log(node);
	for (*number = 0; *number < log_feed_count(log); ++*number)
		if (feed_id_eq(&log_feed(log, *number)->written, &save->place.feed) &&
		        is_there(node, *number, save)) {
			*place = (struct entry_ref){log_feed(log, *number)->id, save->place.seq};
			return true;
		}
	return false;
}

bool sim_check_holds(struct node *node, const struct sim_save *save)
{
	uint32_t number;
	struct entry_ref place;
	return sim_find(node, save, &number, &place);
}

/* In its document, or named as kept apart. */
bool sim_check_shows(struct node *node, const struct sim_save *save)
{
	struct crdt_doc *doc;
	bool effective;
	uint32_t number;
	struct entry_ref place;
	if (!sim_find(node, save, &number, &place))
		return false;
	if (sim_is_apart(node, &place.feed, place.seq, &effective) && !effective)
		return true;
	return node_doc(node, save->doc_kind, &save->doc, &doc) == 0 &&
	        crdt_doc_applied(doc, &place.feed) >= place.seq;
}

struct whole {
	struct sim_world *world;
	uint32_t member;
};

static void on_fault(void *context, const struct scrub_fault *fault)
{
	const struct whole *whole = context;
	char feed[2 * 4 + 1];
	const bool is_word = fault->what == SCRUB_CHAIN || fault->what == SCRUB_MISSING;
	if (is_word && whole->world->members[whole->member].is_liar)
		return; /* it signed that it had this */
	ids_hex(feed, fault->feed.bytes, 4);
	sim_fail(whole->world, "whole: %u has in table %s: %s, feed %s, entries %u to %u", whole->member,
	        store_table_name(fault->table), scrub_what_name(fault->what), feed, (unsigned)fault->first,
	        (unsigned)fault->last);
}

/* What each device has on its disk is what its log says, and the log holds together. */
static void check_whole(struct sim_world *world, struct sim_member *member)
{
	struct whole whole = {world, member->device.number};
	struct node_check *check;
	struct sim_device *device = &member->device;
	int result = node_check_new(device->store, device->vault, &device->env, on_fault, &whole, &check);
	if (result)
		return; /* closed for a moment, its last commit being in doubt */
	world->counts.checks++;
	while (node_check_step(check) == 1)
		;
	if (node_check_counts(check).derived == NODE_CHECK_UNREPLAYED)
		sim_fail(world, "whole: the log of %u cannot be replayed", whole.member);
	node_check_free(check);
}

void sim_check_restart(struct sim_world *world, struct sim_member *member)
{
	if (member->device.counts.crashes !=
	        member->crashes_seen) /* it takes its time: not after each locking */
		check_whole(world, member);
	member->crashes_seen = member->device.counts.crashes;
	sim_trust_check_restart(member);
	struct node *node = member->device.node;
	for (const struct sim_save *save = world->saves; save; save = save->next) {
		if (!save->acknowledged || save->taken_back || save->member != member->device.number)
			continue;
		world->counts.checks++;
		if (!sim_check_holds(node, save))
			sim_fail(world, "acknowledged: save %u of %u is not in its log after a restart",
			        save->number, save->member);
		else if (!node_is_erased(node, &save->doc) && !sim_check_shows(node, save) &&
		        !sim_order_left_nothing(world, save))
			sim_fail(world, "acknowledged: save %u of %u is not in its document after a restart",
			        save->number, save->member);
	}
}

static bool opens(struct node *node, const struct sim_save *save)
{
	uint32_t feed;
	struct node_entry entry;
	struct entry_ref place;
	return sim_find(node, save, &feed, &place) && node_read(node, feed, save->place.seq, &entry) == 0 &&
	        entry.change.doc_kind == save->doc_kind && record_id_eq(&entry.change.doc_id, &save->doc);
}

static bool anybody_holds(struct sim_world *world, const struct sim_save *save)
{
	for (uint32_t i = 0; i < world->member_count; i++)
		if (!sim_is_out(&world->members[i]) && sim_check_holds(world->members[i].device.node, save))
			return true;
	return false;
}

static void check_save(struct sim_world *world, const struct sim_save *save)
{
	const struct team_view *view = node_view(world->members[0].device.node);
	struct sim_member *author = &world->members[save->member];
	const bool erased = sim_is_erased(world, &save->doc) || sim_order_left_nothing(world, save);
	if (author->device.up && !save->taken_back && !sim_check_holds(author->device.node, save))
		sim_fail(world, "acknowledged: save %u of %u is not in its log", save->number, save->member);
	if (sim_is_out(author) && !anybody_holds(world, save))
		return; /* nobody met it any more */
	for (uint32_t i = 0; i < world->member_count; i++) {
		struct sim_member *member = &world->members[i];
		struct node *node = member->device.node;
		if (sim_is_out(member) || !sim_reads_doc(member, view, save->doc_kind, &save->doc))
			continue;
		world->counts.checks++;
		if (!sim_check_holds(node, save) || (!erased && !sim_check_shows(node, save)))
			sim_fail(world, "acknowledged: save %u of %u never came to %u", save->number,
			        save->member, i);
	}
	bool reads = !sim_is_out(author) && !erased &&
	        sim_reads_doc(author, view, save->doc_kind, &save->doc);
	if (reads && !opens(author->device.node, save))
		sim_fail(world, "acknowledged: save %u of %u cannot be read by its author", save->number,
		        save->member);
}

/* --- Rights -------------------------------------------------------------------------------------------------------------- */

static bool has_entry(struct node *node, const struct sim_forbidden *entry)
{
	struct store_txn *txn;
	struct log_reader reader = {0};
	struct log *log = node_log(node);
	uint32_t feed;
	bool found = false;
	if (!log_feed_number(log, &entry->place.feed, &feed) ||
	        log_feed(log, feed)->committed_seq < entry->place.seq || node_begin_read(node, &txn))
		return false;
	if (log_read_run(log, txn, &reader, feed, entry->place.seq) == 0) {
		run_hash(&reader.run);
		uint64_t at = entry->place.seq - run_first_seq(&reader.run);
		found = entry_hash_eq(&reader.run.entries[at].hash, &entry->hash);
	}
	log_reader_close(&reader);
	store_abort(txn);
	return found;
}

/* And nobody vouched for it. */
static bool counts(struct node *node, const struct sim_forbidden *entry)
{
	struct crdt_doc *doc;
	bool effective;
	if (sim_is_apart(node, &entry->place.feed, entry->place.seq, &effective) && effective)
		return false;
	return node_doc(node, SCHEMA_DOC_DOSSIER, &entry->doc, &doc) == 0 &&
	        crdt_doc_applied(doc, &entry->place.feed) >= entry->place.seq;
}

static void check_authorized(struct sim_world *world)
{
	for (const struct sim_forbidden *entry = world->forbidden; entry; entry = entry->next)
		for (uint32_t i = 0; i < world->member_count; i++) {
			if (!world->members[i].device.up)
				continue;
			world->counts.checks++;
			struct node *node = world->members[i].device.node;
			if (entry->quarantined ? counts(node, entry) : has_entry(node, entry))
				sim_fail(world, "authorized: %u accepted %s", i, entry->what);
		}
}

/* Nobody becomes a nurse by its own word. */
static void check_roles(struct sim_world *world, const struct sim_member *at)
{
	const struct team_view *view = node_view(at->device.node);
	for (uint32_t i = 0; view && i < world->member_count; i++) {
		const struct sim_member *member = &world->members[i];
		const struct team_device *device = team_view_device(view, &member->id);
		if (device && member->role != TEAM_ROLE_NURSE &&
		        team_view_role(view, &member->id) == TEAM_ROLE_NURSE)
			sim_fail(world, "authorized: %u believes that %u is a nurse", at->device.number, i);
	}
}

static void check_confidential(struct sim_world *world, struct sim_member *member)
{
	struct node *node = member->device.node;
	struct log *log = node_log(node);
	if (member->role != TEAM_ROLE_FACILITATOR || (world->troubles & SIM_ROLES))
		return;
	world->counts.checks++;
	for (uint32_t f = 0; f < log_feed_count(log); f++) {
		const struct log_feed *feed = log_feed(log, f);
		if (feed->seq &&
		        team_role_level(member->role, (uint8_t)feed->compartment) == TEAM_LEVEL_NONE &&
		        feed->compartment != COMPARTMENT_MEMBERSHIP)
			sim_fail(world, "confidential: facilitator %u holds a feed of compartment %u",
			        member->device.number, feed->compartment);
	}
	for (uint32_t i = 0; i < node_doc_count(node); i++) {
		uint32_t kind;
		struct record_id id;
		if (node_doc_at(node, i, &kind, &id) == 0 && kind == SCHEMA_DOC_DOSSIER)
			sim_fail(
			        world, "confidential: facilitator %u holds a dossier", member->device.number);
	}
}

void sim_check_always(struct sim_world *world)
{
	check_authorized(world);
	for (uint32_t i = 0; i < world->member_count; i++)
		if (world->members[i].device.up) {
			check_roles(world, &world->members[i]);
			check_confidential(world, &world->members[i]);
		}
}

static bool same_bytes(const struct crdt_doc *a, const struct crdt_doc *b)
{
	struct buf left = {0}, right = {0};
	crdt_doc_save(a, &left);
	crdt_doc_save(b, &right);
	bool same = span_eq(buf_span(&left), buf_span(&right));
	buf_close(&left);
	buf_close(&right);
	return same;
}

static void check_past(struct sim_world *world, struct sim_member *member, uint32_t number)
{
	struct node *node = member->device.node;
	struct node_past past = {0};
	struct crdt_frontier frontier = {0};
	struct crdt_feeds *feeds;
	struct crdt_doc *held, *built = NULL;
	struct record_id id;
	uint32_t kind;
	struct entry_ref ref;
	uint32_t cursor = 0;
	int result = node_doc_at(node, number, &kind, &id);
	if (result == 0 && node_doc(node, kind, &id, &held) == 0 && !crdt_doc_frontier(held, &cursor, &ref))
		return; /* opened for a change that came to nothing */
	feeds = crdt_feeds_new();
	if (result == 0)
		result = node_past_read(node, kind, &id, &past, NULL);
	if (result == 0)
		result = node_doc(node, kind, &id, &held);
	if (result) {
		sim_fail(world, "past: %u cannot read that of document %u, kind %u: %s",
		        member->device.number, number, kind, err_name(result));
	} else {
		crdt_frontier_of(held, &frontier);
		result = crdt_history_doc(past.steps, feeds, &frontier, &built);
		if (result || !same_bytes(built, held))
			sim_fail(world, "past: %u holds another document %u than its log says (%d)",
			        member->device.number, number, result);
	}
	world->counts.checks++;
	crdt_doc_free(built);
	crdt_feeds_free(feeds);
	crdt_frontier_close(&frontier);
	node_past_close(&past);
}

/* Reading the past passes through the log each time: some documents of each device. */
static void check_pasts(struct sim_world *world)
{
	enum { EACH = 6 };
	for (uint32_t i = 0; i < world->member_count; i++) {
		struct sim_member *member = &world->members[i];
		if (!member->device.up || !node_in_team(member->device.node) || sim_is_out(member))
			continue;
		uint32_t count = node_doc_count(member->device.node), step = count / EACH + 1;
		for (uint32_t number = i % step; number < count; number += step)
			check_past(world, member, number);
	}
}

void sim_check_end(struct sim_world *world)
{
	sim_check_always(world);
	sim_trust_check_end(world);
	check_pasts(world);
	for (uint32_t i = 0; i < world->member_count; i++)
		if (world->members[i].device.up)
			check_whole(world, &world->members[i]);
	for (const struct sim_save *save = world->saves; save; save = save->next)
		if (save->acknowledged && !save->rolled_back)
			check_save(world, save);
	sim_text_check(world);
	sim_early_check(world);
}
