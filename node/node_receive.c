/*
 * Runs from peers.
 *
 * Normal course: decode, hash, check the chain and one signature; hold until everything it depends on is there; then judge every entry
 * by the membership its author cited, write the run as it came, and apply its entries in causal order.
 *
 * Failures: what cannot be decoded or verified ends the session with its sender. What its author had no right to write ends that feed
 * here, and every honest node does the same. What contradicts the history we hold freezes the feed, with a proof. Long because all that a
 * run has to pass is decided here, in its order.
 */
#include "node/node_state.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/team/roles.h"
#include "store/waiting.h"

/* ---- What is committed, as store/waiting.h asks it -------------------------------------------------------------- */

static uint64_t world_head(void *context, uint32_t feed)
{
	const struct node *node = context;
	if (feed >= log_feed_count(node->log))
		return 0;
	/* Of a feed that ends at a fork everything is here that it will ever have: whoever names more means one of its branches. */
	const struct log_feed *known = log_feed(node->log, feed);
	return known->is_parted || node_is_end(node, feed, known->seq, &known->hash) ? UINT64_MAX
	                                                                             : known->seq;
}

static bool world_feed_number(void *context, const struct feed_id *id, uint32_t *number)
{
	return log_feed_number(((struct node *)context)->log, id, number);
}

static bool world_knows(void *context, const struct entry_hash *hash)
{
	const struct node *node = context;
	return node->members && team_membership_knows(node->members, hash);
}

static bool world_is_end(void *context, uint32_t feed, uint64_t seq, const struct entry_hash *hash)
{
	return node_is_end(context, feed, seq, hash);
}

static struct waiting_world world_of(struct node *node)
{
	return (struct waiting_world){
	        node, world_head, world_feed_number, world_knows, node->proof_count ? world_is_end : NULL};
}

const struct refusals *node_refusals(const struct node *node)
{
	return &node->refusals;
}

void node_refused(struct node *node, enum refused what, enum team_reason reason)
{
	refusals_add(&node->refusals, what, reason);
}

uint64_t node_received(struct node *node, uint32_t feed)
{
	struct waiting_world world = world_of(node);
	uint64_t received = waiting_received(node->waiting, &world, feed);
	return received == UINT64_MAX ? log_feed(node->log, feed)->seq : received;
}

/* A part of the places left, and a few in any case: an honest device, which begins new feeds when it was put back from a backup, does not get there, and
 * 40 devices that make up as many as they can leave room for others. */
bool node_has_share(const struct node *node, const struct device_id *device)
{
	const uint32_t known = log_feed_count(node->log), left = LIMIT_FEEDS - known;
	uint32_t count = 0;
	for (uint32_t i = 0; i < known; i++)
		count += device_id_eq(&log_feed(node->log, i)->device, device);
	return count < LIMIT_FEEDS_DEVICE || count < left / LIMIT_FEEDS_SHARE;
}

int node_feed_number(struct node *node, const struct device_id *device, enum compartment compartment,
        const struct incarnation_id *incarnation, uint32_t *feed)
{
	const struct feed_id id = entry_feed_id(device, compartment, incarnation);
	if (compartment < COMPARTMENT_MEMBERSHIP || compartment > COMPARTMENT_LAST)
		return ERR_MALFORMED;
	if (!log_feed_number(node->log, &id, feed) && !node_has_share(node, device)) {
		node_refused(node, REFUSED_FEED, TEAM_REASON_TOO_MANY_FEEDS);
		return ERR_FULL;
	}
	return log_feed_add(node->log, &node->batch, device, compartment, incarnation, feed);
}

/* A team is entered with its founding entry, whose hash is its id; after that feeds are begun by those whom the membership knows. */
static int may_begin(struct node *node, const struct node_feed_name *name, const struct run *run)
{
	const struct team_view *view = node_view(node);
	const struct entry_header *first = &run->entries[0].header;
	bool is_founding = name->compartment == COMPARTMENT_MEMBERSHIP &&
	        memcmp(run->entries[0].hash.bytes, node->team.bytes, ID_LONG_BYTES) == 0;
	if (first->seq != 1)
		return NODE_RUN_IGNORED;
	if (view ? team_view_device(view, &name->device) != NULL : is_founding)
		return 0;
	node_refused(node, REFUSED_FEED, TEAM_REASON_UNKNOWN_DEVICE);
	return NODE_RUN_IGNORED;
}

int node_begin_feed(struct node *node, const struct node_feed_name *name, struct span bytes, uint32_t *feed)
{
	const struct feed_id id = entry_feed_id(&name->device, name->compartment, &name->incarnation);
	struct arena arena = {0};
	struct run run;
	if (log_feed_number(node->log, &id, feed))
		return 0;
	int result = run_decode(&run, &id, name->compartment, bytes, &arena);
	if (result == 0) {
		run_hash(&run);
		result = run_signed_by(&run, &name->device) ? 0 : ERR_BADSIG;
	}
	if (result)
		node_refused(node, REFUSED_RUN, refusals_reason_of(result));
	else
		result = may_begin(node, name, &run);
	arena_close(&arena);
	if (result == 0)
		result = node_feed_number(node, &name->device, name->compartment, &name->incarnation, feed);
	return result == ERR_FULL ? NODE_RUN_IGNORED : result;
}

/* The run was made another one: its bytes follow. */
static int encode_again(struct node *node, struct waiting_run *item)
{
	const struct feed_id id = item->run.feed;
	const enum compartment compartment = item->run.compartment;
	buf_clear(&node->scratch);
	run_encode(&item->run, &node->scratch);
	buf_clear(&item->bytes);
	buf_add_span(&item->bytes, buf_span(&node->scratch));
	arena_clear(&item->arena);
	int result = run_decode(&item->run, &id, compartment, buf_span(&item->bytes), &item->arena);
	if (result == 0)
		run_hash(&item->run);
	return result;
}

/* ---- Judging ---------------------------------------------------------------------------------------------------- */

/* The membership cited by the entry before this run: in a run of the same set, or at the feed's head. */
static struct entry_hash cited_before(
        const struct node *node, const struct waiting_run *set, const struct waiting_run *item)
{
	const struct entry_hash *cited = &log_feed(node->log, item->feed)->membership;
	for (; set && set != item; set = set->next)
		if (set->feed == item->feed)
			cited = &run_last(&set->run)->header.membership;
	return *cited;
}

/* Does its Lamport clock go on from where the feed's was? Within a run its encoding says so. */
static bool rises(const struct node *node, const struct waiting_run *set, const struct waiting_run *item)
{
	uint64_t before = log_feed(node->log, item->feed)->lamport;
	for (; set && set != item; set = set->next)
		if (set->feed == item->feed)
			before = run_last(&set->run)->header.lamport;
	return item->run.entries[0].header.lamport > before;
}

/* Entries of `compartment` may build on those of `other`: whoever reads the one also reads the other (store/README.md). */
static bool may_depend(enum compartment compartment, enum compartment other)
{
	return compartment == other || (compartment == COMPARTMENT_BILLING && other == COMPARTMENT_CLINICAL);
}

static const struct entry_header *find_in_set(const struct waiting_run *set, uint32_t feed, uint64_t seq)
{
	for (; set; set = set->next)
		if (set->feed == feed && seq >= run_first_seq(&set->run) &&
		        seq - run_first_seq(&set->run) < set->run.count)
			return &set->run.entries[seq - run_first_seq(&set->run)].header;
	return NULL;
}

static void note_recent(struct node *node, uint32_t feed, const struct entry_header *header)
{
	struct node_progress *progress = node_progress(node, feed);
	uint64_t committed = log_feed(node->log, feed)->committed_seq;
	uint64_t past = committed >= progress->recent_first ? committed + 1 - progress->recent_first : 0;
	if (past >= progress->recent_count) {
		progress->recent_count = 0;
		progress->recent_first = header->seq;
	} else if (past > progress->recent_count / 2) {
		progress->recent_count -= (uint32_t)past;
		progress->recent_first += past;
		memmove(progress->recent, progress->recent + past,
		        progress->recent_count * sizeof(*progress->recent));
	}
	if (progress->recent_count == progress->recent_capacity) {
		progress->recent_capacity = progress->recent_capacity ? 2 * progress->recent_capacity : 64;
		progress->recent = mem_resize(
		        progress->recent, progress->recent_capacity, sizeof(*progress->recent));
	}
	progress->recent[progress->recent_count++] = header->lamport;
}

/* The last entry of the feed before a fork has this Lamport clock or a greater one. */
static bool ends_after(
        const struct node *node, const struct waiting_run *set, uint32_t feed, uint64_t lamport)
{
	const struct log_feed *known = log_feed(node->log, feed);
	for (; set; set = set->next)
		for (uint32_t i = 0; set->feed == feed && i < set->run.count; i++) {
			const struct run_entry *entry = &set->run.entries[i];
			if (node_is_end(node, feed, entry->header.seq, &entry->hash))
				return entry->header.lamport >= lamport;
		}
	return known->lamport >= lamport;
}

/* Its Lamport clock is above that of the entry it depends on: everybody applies entries in the order of these clocks. */
static int check_after(struct node *node, const struct waiting_run *set, const struct entry_header *header,
        uint32_t feed, uint64_t seq)
{
	const struct log_feed *known = log_feed(node->log, feed);
	const struct entry_header *dep = find_in_set(set, feed, seq);
	const struct run_entry *entry;
	int result = 0;
	if (dep)
		return dep->lamport < header->lamport ? 0 : ERR_INVALID;
	if (known->lamport < header->lamport)
		return 0;
	if (seq > known->seq) /* it names one of two histories: it comes after what both have in common */
		return ends_after(node, set, feed, header->lamport) ? ERR_INVALID : 0;
	const struct node_progress *progress = node_progress(node, feed);
	if (seq > known->committed_seq && seq - progress->recent_first < progress->recent_count)
		return progress->recent[seq - progress->recent_first] < header->lamport ? 0 : ERR_INVALID;
	struct store_txn *txn = node_txn(node, &result);
	if (result == 0)
		result = log_read_entry(node->log, txn, &node->reader, feed, seq, &entry);
	return result ? result : entry->header.lamport < header->lamport ? 0 : ERR_INVALID;
}

static int check_deps(struct node *node, const struct waiting_run *set, const struct entry_header *header)
{
	int result = 0;
	for (uint32_t i = 0; result == 0 && i < header->dep_count; i++) {
		const struct entry_ref *dep = &header->deps[i];
		uint32_t feed;
		if (!log_feed_number(node->log, &dep->feed, &feed))
			return ERR_GAP;
		if (!may_depend(
		            (enum compartment)header->compartment, log_feed(node->log, feed)->compartment))
			return ERR_INVALID;
		result = check_after(node, set, header, feed, dep->seq);
	}
	return result;
}

/* *good counts the entries before the one that is not. */
static int judge_run(
        struct node *node, const struct waiting_run *set, const struct waiting_run *item, uint32_t *good)
{
	const struct entry_header *before = NULL;
	const struct entry_hash last_cited = cited_before(node, set, item);
	const bool plain = node_author_plain(node, item->feed);
	int result = 0;
	for (*good = 0; *good < item->run.count; ++*good) {
		const struct run_entry *entry = &item->run.entries[*good];
		const struct entry_header *header = &entry->header;
		/* Otherwise it is the same question as for the entry before it. */
		if (!plain || !before || !entry_hash_eq(&before->membership, &header->membership) ||
		        !epoch_id_eq(&before->epoch, &header->epoch) || before->kind != header->kind)
			result = node_judge(node, item->feed, before ? &before->membership : &last_cited,
			        header, &entry->hash);
		if (result == 0 || result == ERR_QUARANTINED) {
			result = check_deps(node, set, header);
			if (result)
				node->last_reason = TEAM_REASON_CONTRADICTION;
		}
		if (result)
			return result;
		before = header;
	}
	return 0;
}

/* It names something that is not here yet: its sender is asked again when the membership has moved. */
static void postpone(struct node *node, const struct waiting_run *item)
{
	waiting_drop_feed(node->waiting, item->feed);
}

static bool can_wait(int result)
{
	return result == ERR_GAP || result == ERR_IO || result == ERR_FULL;
}

/* The run is not taken. The feed ends here only where its very next entry is what nobody accepts: others may hold the `good` entries
 * before it, signed by themselves, and have built on them. */
static void refuse(struct node *node, struct waiting_run *item, int result, uint32_t good)
{
	item->doomed = true;
	if (can_wait(result)) {
		postpone(node, item);
		return;
	}
	node->refused_count++;
	if (good == 0)
		log_feed_set_state(node->log, &node->batch, item->feed, LOG_FEED_ENDED);
	waiting_drop_feed(node->waiting, item->feed);
}

/* An entry of a set, and the run it is in. */
struct ready {
	const struct run_entry *entry;
	struct waiting_run *item;
	const struct feed_id *feed; /* as it is called here */
};

static int ready_cmp(const void *left, const void *right)
{
	const struct ready *a = left, *b = right;
	const uint64_t x = a->entry->header.lamport, y = b->entry->header.lamport;
	if (x != y)
		return x < y ? -1 : 1;
	return feed_id_cmp(a->feed, b->feed);
}

/* All entries of the set, or those of the membership, each after what it builds on. The caller frees the list. */
static struct ready *in_order(
        const struct node *node, struct waiting_run *set, bool only_membership, size_t *count)
{
	size_t room = 0;
	for (const struct waiting_run *item = set; item; item = item->next)
		room += item->run.count;
	struct ready *ready = mem_zero(room, sizeof(*ready));
	*count = 0;
	for (struct waiting_run *item = set; item; item = item->next)
		for (uint32_t i = 0; i < item->run.count; i++)
			if (!only_membership || item->run.compartment == COMPARTMENT_MEMBERSHIP)
				ready[(*count)++] = (struct ready){
				        &item->run.entries[i], item, &log_feed(node->log, item->feed)->id};
	if (*count && set->next)
		qsort(ready, *count, sizeof(*ready), ready_cmp);
	return ready;
}

/* Membership entries count as soon as they are added, so all of the set are taken back when one is bad: nothing may build on what
 * never reaches the disk. */
static bool judge_membership(struct node *node, struct waiting_run *set)
{
	const uint32_t before = node->members ? team_membership_count(node->members) : 0;
	size_t count;
	struct ready *ready = in_order(node, set, true, &count);
	bool good = true;
	for (size_t i = 0; good && i < count; i++) {
		const struct run_entry *entry = ready[i].entry;
		bool is_open = log_feed(node->log, ready[i].item->feed)->state == LOG_FEED_OPEN;
		int result = is_open ? node_add_membership(node, &entry->header, &entry->hash, entry->body,
		                               ready[i].item->handed_on)
		                     : ERR_DENIED;
		good = result >= 0;
		if (!good)
			refuse(node, ready[i].item, result, (uint32_t)(entry - ready[i].item->run.entries));
	}
	if (!good)
		node_take_back_membership(node, before);
	mem_free(ready);
	return good;
}

/* Everybody applies entries in the order of these clocks, and one that stands still or goes back would have no place. */
static bool judge_clocks(struct node *node, struct waiting_run *set)
{
	bool all_good = true;
	for (struct waiting_run *item = set; item; item = item->next) {
		if (rises(node, set, item))
			continue;
		node_refused(node, REFUSED_ENTRY, TEAM_REASON_CONTRADICTION);
		refuse(node, item, ERR_INVALID, 0);
		all_good = false;
	}
	return all_good;
}

static bool judge_others(struct node *node, struct waiting_run *set)
{
	bool all_good = true;
	for (struct waiting_run *item = set; item; item = item->next) {
		uint32_t good = 0;
		if (item->run.compartment == COMPARTMENT_MEMBERSHIP)
			continue;
		bool is_open = log_feed(node->log, item->feed)->state == LOG_FEED_OPEN;
		int result = is_open ? judge_run(node, set, item, &good) : ERR_DENIED;
		if (is_open && result && !can_wait(result))
			node_refused(node, REFUSED_ENTRY, node->last_reason);
		if (result)
			refuse(node, item, result, good);
		all_good &= result == 0;
	}
	return all_good;
}

/* Judge all of the set, the membership first, since the rest is judged by it. One refused run sends the others back to wait, since
 * they may build on it. */
static bool judge_set(struct node *node, struct waiting_run **set)
{
	const uint32_t before = node->members ? team_membership_count(node->members) : 0;
	bool good = judge_clocks(node, *set) && judge_membership(node, *set);
	if (good && !judge_others(node, *set)) {
		good = false;
		node_take_back_membership(node, before);
	}
	struct waiting_run *keep = NULL, **end = &keep;
	for (struct waiting_run *item = *set, *next; item; item = next) {
		next = item->next;
		if (item->doomed) {
			waiting_run_free(item);
			continue;
		}
		item->next = NULL;
		*end = item;
		end = &item->next;
	}
	*set = keep;
	return good;
}

/* ---- Committing a set ------------------------------------------------------------------------------------------- */

static int apply_set(struct node *node, struct waiting_run *set)
{
	size_t count;
	struct ready *ready = in_order(node, set, false, &count);
	int result = 0;
	uint64_t now_ms = env_wall_ms(node->config.env);
	for (size_t i = 0; result == 0 && i < count; i++) {
		const struct entry_header *header = &ready[i].entry->header;
		struct crdt_moment moment = {header->lamport, header->hlc};
		crdt_clock_observe(&node->clock, &moment, now_ms);
		note_recent(node, ready[i].item->feed, header);
		result = node_apply_entry(node, ready[i].item->feed, ready[i].entry);
	}
	mem_free(ready);
	return result;
}

static void note_accepted(struct node *node, uint32_t feed)
{
	node->forks_due |= node->proof_count > 0; /* it may have come to where one of them is */
	/* A cut may name an entry that shows only now which branch it means. */
	if (log_feed(node->log, feed)->is_branch && !node_author_plain(node, feed))
		node->judge_again = node->weigh_again = true;
}

static int accept_set(struct node *node, struct waiting_run *set)
{
	int result = 0;
	for (struct waiting_run *item = set; result == 0 && item; item = item->next) {
		node_names_look(node, &item->run);
		/* Its sender has not heard yet that the dossier was erased, or hands on what it held. */
		if (node_strip_erased(node, &item->run))
			result = encode_again(node, item);
		if (result == 0)
			result = log_accept(node->log, &node->batch, item);
		if (result == 0)
			node_note_missing(node, item->feed, &item->run);
		note_accepted(node, item->feed);
	}
	node_names_tell(node);
	return result ? result : apply_set(node, set);
}

static void free_set(struct waiting_run *set)
{
	while (set) {
		struct waiting_run *next = set->next;
		waiting_run_free(set);
		set = next;
	}
}

static void wait_again(struct node *node, struct waiting_run *set)
{
	struct waiting_world world = world_of(node);
	while (set) {
		struct waiting_run *next = set->next;
		waiting_add(
		        node->waiting, &world, set); /* one whose predecessor was refused is dropped here */
		set = next;
	}
}

int node_take_waiting(struct node *node)
{
	struct waiting_world world = world_of(node);
	for (;;) {
		struct waiting_run *set = waiting_take(node->waiting, &world);
		if (!set)
			return 0;
		if (!judge_set(node, &set)) {
			wait_again(node, set);
			continue;
		}
		int result = accept_set(node, set);
		free_set(set);
		node->news.room |= node->crowded;
		node->crowded = false;
		if (result)
			return result;
	}
}

/* ---- Checking a run --------------------------------------------------------------------------------------------- */

/* The header hash that our own copy of the feed has at `seq`. */
static int own_hash(struct node *node, uint32_t feed, uint64_t seq, struct entry_hash *out)
{
	int result;
	struct store_txn *txn = node_txn(node, &result);
	if (result == 0)
		result = log_read_run(node->log, txn, &node->reader, feed, seq);
	if (result)
		return result;
	struct run *run = &node->reader.run;
	uint64_t first = run_first_seq(run);
	if (seq < first || seq - first >= run->count)
		return ERR_NOTFOUND;
	run_hash(run);
	*out = run->entries[seq - first].hash;
	return 0;
}

/* The run overlaps what we have: cut off what agrees. NODE_RUN_KNOWN: nothing is left. ERR_FORK: it disagrees. */
static int cut_known(struct node *node, struct waiting_run *item, uint64_t received)
{
	struct run *run = &item->run;
	uint64_t last = run_first_seq(run) + run->count - 1, common = last < received ? last : received;
	struct entry_hash ours;
	const struct entry_hash *waiting = waiting_last_hash(node->waiting, item->feed);
	const struct log_feed *feed = log_feed(node->log, item->feed);
	int result = 0;
	if (common == feed->seq && !entry_hash_is_zero(&feed->hash))
		ours = feed->hash;
	else if (waiting && common == received)
		ours = *waiting;
	else if (common <= feed->committed_seq)
		result = own_hash(node, item->feed, common, &ours);
	else
		return NODE_RUN_KNOWN; /* not yet readable: compared when heads are */
	if (result)
		return result;
	if (!entry_hash_eq(&ours, &run->entries[common - run_first_seq(run)].hash))
		return ERR_FORK;
	if (common == feed->seq && !node_progress(node, item->feed)->contradicted)
		node_progress(node, item->feed)->suspect = false;
	result = node_refill(node, item->feed, run);
	if (result)
		return result;
	if (last <= received)
		return NODE_RUN_KNOWN;
	*run = run_from(run, received + 1);
	return encode_again(node, item);
}

static bool follows(struct node *node, const struct waiting_run *item)
{
	const struct entry_hash *waiting = waiting_last_hash(node->waiting, item->feed);
	const struct entry_hash *before = waiting ? waiting : &log_feed(node->log, item->feed)->hash;
	return entry_hash_eq(before, &item->run.previous);
}

/* A body may be missing when somebody who managed the team ordered that its dossier be erased, and a device that reads the compartment knows of
 * that; where the order counts no more, whoever carried it out has no body to give. Who has no key to tell by goes by names. Any carrier can leave out
 * bodies without breaking a signature: such a run is not the entries' only copy, and taking it would make it ours. */
static bool rightly_purged(struct node *node, const struct entry_header *header)
{
	const struct epoch_key *epoch = epochs_find(node->epochs, &header->epoch);
	if (epoch && node->keys)
		return key_table_ordered_as(node->keys, epoch, &header->dossier);
	return node_goes_by_names(node, header->compartment) && node_is_named(node, header, false);
}

static int check_purged(struct node *node, const struct run *run)
{
	for (uint32_t i = 0; i < run->count; i++) {
		const struct entry_header *header = &run->entries[i].header;
		if (!run->entries[i].purged)
			continue;
		if (pseudonym_is_zero(&header->dossier))
			return ERR_MALFORMED; /* only dossiers are erased */
		if (!rightly_purged(node, header))
			return NODE_RUN_IGNORED;
	}
	return 0;
}

static int check_run(struct node *node, struct waiting_run *item)
{
	const struct log_feed *feed = log_feed(node->log, item->feed);
	const struct feed_id id = feed->written;
	int result = run_decode(&item->run, &id, feed->compartment, buf_span(&item->bytes), &item->arena);
	if (result)
		return result;
	uint64_t received = node_received(node, item->feed);
	if (run_first_seq(&item->run) > received + 1) {
		node_refused(node, REFUSED_RUN, TEAM_REASON_UNKNOWN_STATE);
		return NODE_RUN_IGNORED;
	}
	if (run_last(&item->run)->header.lamport > CRDT_LAMPORT_MAX)
		return ERR_MALFORMED;
	if (run_last(&item->run)->header.lamport >
	        node->clock.lamport + (UINT64_C(1) << LIMIT_LAMPORT_AHEAD_BITS)) {
		node_refused(node, REFUSED_RUN, TEAM_REASON_CLOCK_AHEAD);
		return NODE_RUN_IGNORED;
	}
	result = check_purged(node, &item->run);
	if (result)
		return result;
	run_hash(&item->run);
	if (!run_signed_by(&item->run, &feed->device))
		return ERR_BADSIG;
	if (run_first_seq(&item->run) <= received)
		return cut_known(node, item, received);
	return follows(node, item) ? 0 : ERR_FORK;
}

/* Our own signature, in this incarnation, on what this database does not hold: it is an older copy. A peer's word alone would let
 * anybody keep us from writing. */
static void notice_own(struct node *node, uint32_t feed)
{
	struct device_id self = node_device(node);
	const struct log_feed *known = log_feed(node->log, feed);
	node->outdated |= device_id_eq(&known->device, &self) &&
	        incarnation_id_eq(&known->incarnation, &node->config.incarnation);
}

/* A branch is named after its first header. */
static bool begins_right(const struct log_feed *feed, const struct run *run)
{
	return !feed->is_branch || run_first_seq(run) != feed->begin ||
	        entry_hash_eq(&run->entries[0].hash, &feed->first);
}

static int receive(struct node *node, uint32_t feed, struct span bytes, bool handed_on)
{
	if (feed >= log_feed_count(node->log) || node->stopped)
		return ERR_MALFORMED;
	if (log_feed(node->log, feed)->is_parted && (feed = node_part_of(node, feed, bytes)) == NODE_NO_FEED)
		return NODE_RUN_IGNORED;
	/* What our role does not give us is not kept, whoever sends it. */
	const enum compartment compartment = log_feed(node->log, feed)->compartment;
	if (node->holds_back && compartment != COMPARTMENT_MEMBERSHIP)
		return NODE_RUN_IGNORED;
	if (node_device_is_full(node, &log_feed(node->log, feed)->device, compartment)) {
		node_refused(node, REFUSED_RUN, TEAM_REASON_NO_ROOM);
		return NODE_RUN_IGNORED;
	}
	if (log_feed(node->log, feed)->state != LOG_FEED_OPEN || !node_may_read(node, compartment))
		return NODE_RUN_IGNORED;
	struct waiting_run *item = waiting_run_new(feed, bytes);
	item->handed_on = handed_on;
	int result = check_run(node, item);
	if (result == 0 && !begins_right(log_feed(node->log, feed), &item->run))
		result = ERR_MALFORMED;
	if (result < 0 && result != ERR_IO)
		node_refused(node, REFUSED_RUN, refusals_reason_of(result));
	if (result == NODE_RUN_KNOWN)
		node_refused(node, REFUSED_RUN, TEAM_REASON_EXISTS_ALREADY);
	if (result == 0 || result == ERR_FORK)
		notice_own(node, feed);
	if (result == ERR_FORK)
		result = node_fork(node, item);
	if (result) {
		waiting_run_free(item);
		node_end_read(node);
		return result;
	}
	struct waiting_world world = world_of(node);
	const uint32_t waiting = waiting_count(node->waiting);
	result = waiting_add(node->waiting, &world, item);
	node->crowded |= waiting_count(node->waiting) != waiting + 1;
	if (result == ERR_FULL || result == ERR_GAP)
		result = NODE_RUN_IGNORED;
	if (result == 0)
		result = node_take_waiting(node);
	node_end_read(node);
	return result;
}

int node_receive_run(struct node *node, uint32_t feed, struct span bytes)
{
	return receive(node, feed, bytes, false);
}

int node_receive_handed_on(struct node *node, uint32_t feed, struct span bytes)
{
	return receive(node, feed, bytes, true);
}
