#include "node/team/membership.h"

#include <assert.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/clock.h"
#include "node/team/check.h"
#include "node/team/fold.h"
#include "node/team/resolve.h"

struct cached_view {
	uint32_t node;
	struct team_view *view; /* NULL: free */
	uint64_t used; /* greater is more recent */
};

struct team_membership {
	struct team_dag dag;
	struct team_id team;
	struct cached_view cache[LIMIT_TEAM_VIEWS];
	uint64_t clock; /* of the cache */
	struct team_view *merged; /* of several heads; NULL: to be made */
	enum team_reason refusal; /* of the last addition */
	uint64_t refused[TEAM_REASON_COUNT], duplicates;
};

struct team_membership *team_membership_new(void)
{
	return mem_zero(1, sizeof(struct team_membership));
}

static void drop_merged(struct team_membership *m)
{
	team_view_free(m->merged);
	m->merged = NULL;
}

void team_membership_free(struct team_membership *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < LIMIT_TEAM_VIEWS; i++)
		team_view_free(m->cache[i].view);
	drop_merged(m);
	team_dag_close(&m->dag);
	mem_free(m);
}

/* --- Views ------------------------------------------------------------------------------------------------------------- */

/* Takes `view`. */
static const struct team_view *keep_view(struct team_membership *m, uint32_t node, struct team_view *view)
{
	struct cached_view *slot = &m->cache[0];
	for (size_t i = 1; i < LIMIT_TEAM_VIEWS; i++)
		if (m->cache[i].used < slot->used)
			slot = &m->cache[i];
	team_view_free(slot->view);
	*slot = (struct cached_view){node, view, ++m->clock};
	return view;
}

static const struct team_view *view_after(struct team_membership *m, uint32_t node)
{
	for (size_t i = 0; i < LIMIT_TEAM_VIEWS; i++)
		if (m->cache[i].view && m->cache[i].node == node) {
			m->cache[i].used = ++m->clock;
			return m->cache[i].view;
		}
	return keep_view(m, node, team_resolve(&m->dag, &node, 1));
}

const struct team_view *team_membership_view(struct team_membership *m)
{
	if (m->dag.count == 0)
		return NULL;
	if (m->dag.head_count == 1)
		return view_after(m, m->dag.heads[0]);
	if (!m->merged)
		m->merged = team_resolve(&m->dag, m->dag.heads, m->dag.head_count);
	return m->merged;
}

const struct team_view *team_membership_view_at(struct team_membership *m, const struct entry_hash *hash)
{
	uint32_t node = team_dag_find(&m->dag, hash);
	return node == TEAM_NODE_NONE ? NULL : view_after(m, node);
}

/* Put the new node `index`, which has all of `before` as ancestors, onto a copy of it. */
static struct team_view *extend(struct team_membership *m, const struct team_view *before, uint32_t index)
{
	const struct team_node *node = m->dag.nodes[index];
	if (!node->error && node->action.kind == TEAM_ACTION_CHOOSE)
		return team_resolve(&m->dag, &index, 1); /* brings earlier entries into force */
	struct team_view *view = team_view_copy(before, m->dag.count);
	view->status[index] = node->error ? TEAM_STATUS_VOID : TEAM_STATUS_IN_FORCE;
	team_fold_entry(view, &m->dag, index);
	team_fold_settle(view, &m->dag);
	return view;
}

/* --- Adding -------------------------------------------------------------------------------------------------------------- */

/* An entry on its way in. */
struct arrival {
	const struct entry_header *header;
	const struct entry_hash *hash;
	const struct team_author *author;
	struct span body;
	struct arena arena; /* dies with the arrival */
	struct team_action action; /* in `arena` */
	uint32_t parents[LIMIT_MEMBERSHIP_HEADS + 1];
	uint32_t parent_count;
	enum team_reason reason; /* why it is refused */
};

static int refuse(struct arrival *arrival, int error, enum team_reason reason)
{
	arrival->reason = reason;
	return error;
}

/* For errors of the formats, which say themselves what is wrong. */
static int refuse_form(struct arrival *arrival, int error)
{
	return refuse(arrival, error,
	        error == ERR_TOOBIG            ? TEAM_REASON_TOO_BIG
	                : error == ERR_VERSION ? TEAM_REASON_NEWER_VERSION
	                                       : TEAM_REASON_MALFORMED);
}

/* Removals, and what they need: who lets in, invites or changes roles waits until there is room again. */
static bool is_for_removal(enum team_action_kind kind)
{
	return kind == TEAM_ACTION_MERGE || kind == TEAM_ACTION_REVOKE || kind == TEAM_ACTION_REMOVE_DEVICE ||
	        kind == TEAM_ACTION_REMOVE_PERSON || kind == TEAM_ACTION_CONFIRM ||
	        kind == TEAM_ACTION_UNDO || kind == TEAM_ACTION_EPOCH || kind == TEAM_ACTION_DISCOVERY;
}

static int read_header(struct arrival *arrival)
{
	const struct entry_header *header = arrival->header;
	int error = entry_check(header);
	if (error)
		return refuse_form(arrival, error);
	struct feed_id feed = entry_feed_id(
	        &arrival->author->device, COMPARTMENT_MEMBERSHIP, &arrival->author->incarnation);
	if (header->compartment != COMPARTMENT_MEMBERSHIP || header->kind == ENTRY_CHANGE)
		return refuse(arrival, ERR_INVALID, TEAM_REASON_WRONG_PLACE);
	if (!feed_id_eq(&feed, &header->feed))
		return refuse(arrival, ERR_INVALID, TEAM_REASON_FORGED);
	if (!epoch_id_is_zero(&header->epoch) || !pseudonym_is_zero(&header->dossier))
		return refuse(arrival, ERR_INVALID, TEAM_REASON_MALFORMED);
	if (arrival->body.size > LIMIT_MEMBERSHIP_BODY_BYTES)
		return refuse(arrival, ERR_TOOBIG, TEAM_REASON_TOO_BIG);
	struct body_hash body = entry_body_hash(arrival->body);
	if (header->body_bytes != arrival->body.size || !body_hash_eq(&body, &header->body))
		return refuse(arrival, ERR_INVALID, TEAM_REASON_FORGED);
	/* A newer kind is kept, UNKNOWN. */
	error = header->kind == ENTRY_MEMBERSHIP
	        ? team_action_decode(arrival->body, &arrival->arena, &arrival->action)
	        : 0;
	if (error)
		return refuse_form(arrival, error);
	const bool is_last = is_for_removal(arrival->action.kind);
	return header->seq <= LIMIT_MEMBERSHIP_FEED + (is_last ? LIMIT_MEMBERSHIP_LAST : 0)
	        ? 0
	        : refuse(arrival, ERR_DENIED, TEAM_REASON_NO_ROOM);
}

static int add_parent(struct arrival *arrival, const struct team_dag *dag, const struct entry_hash *hash)
{
	uint32_t node = team_dag_find(dag, hash);
	if (node == TEAM_NODE_NONE)
		return refuse(arrival, ERR_GAP, TEAM_REASON_UNKNOWN_STATE);
	for (uint32_t i = 0; i < arrival->parent_count; i++)
		if (arrival->parents[i] == node)
			return 0;
	arrival->parents[arrival->parent_count++] = node;
	if (dag->nodes[node]->lamport >= arrival->header->lamport)
		return refuse(arrival, ERR_INVALID, TEAM_REASON_CONTRADICTION);
	return 0;
}

static const struct entry_ref *find_dep(const struct entry_header *header, const struct feed_id *feed)
{
	for (uint32_t i = 0; i < header->dep_count; i++)
		if (feed_id_eq(&header->deps[i].feed, feed))
			return &header->deps[i];
	return NULL;
}

/* The places in deps are those of the heads joined, no more and no fewer. */
static bool deps_match(const struct arrival *arrival, const struct team_dag *dag)
{
	const struct entry_header *header = arrival->header;
	uint32_t matched = 0;
	if (arrival->action.kind != TEAM_ACTION_MERGE)
		return header->dep_count == 0;
	for (uint32_t i = 0; i < arrival->action.as.hashes.count; i++) {
		const struct team_node
		        *head = dag->nodes[team_dag_find(dag, &arrival->action.as.hashes.hashes[i])];
		const struct entry_ref *dep = find_dep(header, &head->feed);
		if (feed_id_eq(&head->feed, &header->feed))
			continue;
		if (!dep || dep->seq < head->seq)
			return false;
		matched += dep->seq == head->seq;
	}
	return matched >= header->dep_count;
}

static int find_parents(struct arrival *arrival, const struct team_dag *dag)
{
	const struct entry_header *header = arrival->header;
	if (dag->count == 0) {
		bool founding = arrival->action.kind == TEAM_ACTION_FOUND && header->seq == 1 &&
		        header->dep_count == 0 && entry_hash_is_zero(&header->membership);
		return founding ? 0 : refuse(arrival, ERR_GAP, TEAM_REASON_UNKNOWN_STATE);
	}
	int error = add_parent(arrival, dag, &header->membership);
	for (uint32_t i = 0;
	        !error && arrival->action.kind == TEAM_ACTION_MERGE && i < arrival->action.as.hashes.count;
	        i++)
		error = add_parent(arrival, dag, &arrival->action.as.hashes.hashes[i]);
	if (error)
		return error;
	if (header->seq > 1) {
		uint32_t previous = team_dag_find(dag, &header->previous);
		if (previous == TEAM_NODE_NONE)
			return refuse(arrival, ERR_GAP, TEAM_REASON_UNKNOWN_STATE);
		if (!feed_id_eq(&dag->nodes[previous]->feed, &header->feed) ||
		        dag->nodes[previous]->seq + 1 != header->seq)
			return refuse(arrival, ERR_INVALID, TEAM_REASON_CONTRADICTION);
	}
	return deps_match(arrival, dag) ? 0 : refuse(arrival, ERR_INVALID, TEAM_REASON_CONTRADICTION);
}

/* The previous entry of the feed is among the ancestors, and the author is somebody. */
static int check_ancestors(
        struct arrival *arrival, const struct team_dag *dag, const struct team_view *before)
{
	if (arrival->header->seq > 1 &&
	        team_view_status(before, team_dag_find(dag, &arrival->header->previous)) ==
	                TEAM_STATUS_ABSENT)
		return refuse(arrival, ERR_INVALID, TEAM_REASON_BACKDATED);
	if (!team_view_device(before, &arrival->author->device))
		return refuse(arrival, ERR_DENIED, TEAM_REASON_UNKNOWN_DEVICE);
	return 0;
}

static struct team_node *make_node(struct arena *arena, const struct arrival *arrival)
{
	struct team_node *node = arena_zero(arena, 1, sizeof(*node));
	const struct entry_header *header = arrival->header;
	node->hash = *arrival->hash;
	node->feed = header->feed;
	node->previous = header->previous;
	node->seq = header->seq;
	node->lamport = header->lamport;
	node->hlc = header->hlc;
	node->author = arrival->author->device;
	node->parent_count = arrival->parent_count;
	node->parents = arena_copy(arena, arrival->parents, arrival->parent_count * sizeof(uint32_t));
	if (header->kind == ENTRY_MEMBERSHIP && team_action_decode(arrival->body, arena, &node->action) != 0)
		assert(false && "a body decodes twice alike");
	return node;
}

static void add_founding(struct team_membership *m, const struct arrival *arrival)
{
	struct team_node *node = make_node(&m->dag.arena, arrival);
	node->author_person = node->action.as.found.person;
	node->endorsed = true;
	memcpy(m->team.bytes, node->hash.bytes, sizeof(m->team.bytes));
	uint32_t index = team_dag_append(&m->dag, node);
	keep_view(m, index, team_resolve(&m->dag, &index, 1));
}

static int add_later(struct team_membership *m, struct arrival *arrival)
{
	struct team_view *joined = NULL;
	const struct team_view *before;
	if (arrival->parent_count == 1)
		before = view_after(m, arrival->parents[0]);
	else
		before = joined = team_resolve(&m->dag, arrival->parents, arrival->parent_count);
	int result = check_ancestors(arrival, &m->dag, before);
	if (result)
		goto out;
	struct team_node *node = make_node(&m->dag.arena, arrival);
	const struct team_device *author = team_view_device(before, &node->author);
	node->author_person = author->person;
	node->author_admission = author->admit_node;
	if (team_check(before, &m->dag, &m->team, node))
		result = TEAM_MEMBERSHIP_VOID;
	uint32_t index = team_dag_append(&m->dag, node);
	drop_merged(m);
	keep_view(m, index, extend(m, before, index));
out:
	team_view_free(joined);
	return result;
}

/* What is on the disk was taken once; what is new needs room. */
enum offer { NOT_OFFERED, BY_AUTHOR, HANDED_ON };

/* Entries of this device here, from that place on. */
static uint32_t entries_of(const struct team_membership *m, const struct device_id *device, uint32_t from)
{
	uint32_t count = 0;
	for (uint32_t i = from; i < m->dag.count; i++)
		count += device_id_eq(&m->dag.nodes[i]->author, device);
	return count;
}

bool team_membership_has_room(struct team_membership *m, const struct device_id *device,
        enum team_action_kind kind, uint32_t count, bool handed_on)
{
	const uint32_t open_to_all = LIMIT_MEMBERSHIP_ENTRIES - LIMIT_MEMBERSHIP_RESERVE;
	const bool is_last = is_for_removal(kind);
	uint32_t allowed = LIMIT_MEMBERSHIP_FEED;
	if (m->dag.count + count <= LIMIT_MEMBERSHIP_FEED)
		return true;
	if (handed_on)
		allowed *= LIMIT_MEMBERSHIP_SIDES;
	if (is_last)
		allowed += LIMIT_MEMBERSHIP_LAST;
	if (entries_of(m, device, 0) + count > allowed)
		return false;
	if (m->dag.count + count <= open_to_all)
		return true;
	return is_last && m->dag.count + count <= LIMIT_MEMBERSHIP_ENTRIES &&
	        entries_of(m, device, open_to_all) + count <= LIMIT_MEMBERSHIP_LAST;
}

static int add(struct team_membership *m, const struct entry_header *header, const struct entry_hash *hash,
        const struct team_author *author, struct span body, enum offer offer)
{
	struct arrival arrival = {.header = header, .hash = hash, .author = author, .body = body};
	m->refusal = TEAM_REASON_NONE;
	if (team_dag_find(&m->dag, hash) != TEAM_NODE_NONE) {
		m->duplicates++;
		return TEAM_MEMBERSHIP_DUPLICATE;
	}
	int result = m->dag.count < LIMIT_MEMBERSHIP_ENTRIES
	        ? read_header(&arrival)
	        : refuse(&arrival, ERR_FULL, TEAM_REASON_NO_ROOM);
	if (!result && offer != NOT_OFFERED &&
	        !team_membership_has_room(m, &author->device, arrival.action.kind, 1, offer == HANDED_ON))
		result = refuse(&arrival, ERR_FULL, TEAM_REASON_NO_ROOM);
	if (!result)
		result = find_parents(&arrival, &m->dag);
	if (!result && m->dag.count == 0)
		add_founding(m, &arrival);
	else if (!result)
		result = add_later(m, &arrival);
	if (result < 0) {
		m->refusal = arrival.reason;
		m->refused[arrival.reason]++;
	}
	arena_close(&arrival.arena);
	return result;
}

int team_membership_add(struct team_membership *m, const struct entry_header *header,
        const struct entry_hash *hash, const struct team_author *author, struct span body)
{
	return add(m, header, hash, author, body, NOT_OFFERED);
}

int team_membership_offer(struct team_membership *m, const struct entry_header *header,
        const struct entry_hash *hash, const struct team_author *author, struct span body, bool handed_on)
{
	return add(m, header, hash, author, body, handed_on ? HANDED_ON : BY_AUTHOR);
}

enum team_reason team_membership_refusal(const struct team_membership *m)
{
	return m->refusal;
}

void team_membership_tally(struct team_membership *m, struct team_tally *out)
{
	const struct team_view *view = team_membership_view(m);
	*out = (struct team_tally){.duplicates = m->duplicates};
	memcpy(out->refused, m->refused, sizeof(out->refused));
	for (uint32_t i = 0; i < m->dag.count; i++) {
		if (m->dag.nodes[i]->error)
			out->powerless[m->dag.nodes[i]->reason]++;
		else
			out->voided += !team_status_holds(team_view_status(view, i));
	}
}

void team_membership_take_back(struct team_membership *m, uint32_t count)
{
	if (count >= m->dag.count)
		return;
	team_dag_truncate(&m->dag, count);
	drop_merged(m);
	for (size_t i = 0; i < LIMIT_TEAM_VIEWS; i++) {
		if (!m->cache[i].view || m->cache[i].node < count)
			continue;
		team_view_free(m->cache[i].view);
		m->cache[i] = (struct cached_view){0};
	}
}

/* --- Questions --------------------------------------------------------------------------------------------------------- */

bool team_membership_id(const struct team_membership *m, struct team_id *out)
{
	if (m->dag.count == 0)
		return false;
	*out = m->team;
	return true;
}

uint32_t team_membership_count(const struct team_membership *m)
{
	return m->dag.count;
}

bool team_membership_knows(const struct team_membership *m, const struct entry_hash *hash)
{
	return team_dag_find(&m->dag, hash) != TEAM_NODE_NONE;
}

bool team_membership_descends(
        struct team_membership *m, const struct entry_hash *later, const struct entry_hash *earlier)
{
	uint32_t from = team_dag_find(&m->dag, later), to = team_dag_find(&m->dag, earlier);
	return from != TEAM_NODE_NONE && to != TEAM_NODE_NONE && team_dag_reaches(&m->dag, from, to);
}

const struct team_action *team_membership_action(
        const struct team_membership *m, const struct entry_hash *hash, enum team_reason *reason)
{
	uint32_t node = team_dag_find(&m->dag, hash);
	if (node == TEAM_NODE_NONE)
		return NULL;
	if (reason)
		*reason = m->dag.nodes[node]->reason;
	return &m->dag.nodes[node]->action;
}

bool team_membership_written(const struct team_membership *m, const struct entry_hash *hash,
        struct device_id *author, uint64_t *wall_ms)
{
	uint32_t node = team_dag_find(&m->dag, hash);
	if (node == TEAM_NODE_NONE)
		return false;
	*author = m->dag.nodes[node]->author;
	*wall_ms = crdt_hlc_ms(m->dag.nodes[node]->hlc);
	return true;
}

static int by_hash(const void *a, const void *b)
{
	return entry_hash_cmp(a, b);
}

uint32_t team_membership_heads(const struct team_membership *m, struct entry_hash *out, uint32_t max)
{
	uint32_t count = m->dag.head_count, written = 0;
	struct entry_hash *all = mem_zero(count, sizeof(*all));
	for (uint32_t i = 0; i < count; i++)
		all[i] = m->dag.nodes[m->dag.heads[i]]->hash;
	qsort(all, count, sizeof(*all), by_hash);
	for (; written < count && written < max; written++)
		out[written] = all[written];
	mem_free(all);
	return count;
}

static int by_feed(const void *a, const void *b)
{
	return feed_id_cmp(&((const struct entry_ref *)a)->feed, &((const struct entry_ref *)b)->feed);
}

/* The places of the heads joined, one per feed, ascending. */
static void list_deps(const struct team_membership *m, const struct feed_id *own, struct arena *arena,
        struct team_merge *merge)
{
	struct entry_ref *deps = arena_zero(arena, merge->action.as.hashes.count, sizeof(*deps));
	uint32_t count = 0;
	for (uint32_t i = 0; i < merge->action.as.hashes.count; i++) {
		const struct team_node
		        *head = m->dag.nodes[team_dag_find(&m->dag, &merge->action.as.hashes.hashes[i])];
		uint32_t place = 0;
		while (place < count && !feed_id_eq(&deps[place].feed, &head->feed))
			place++;
		if (feed_id_eq(&head->feed, own) || (place < count && deps[place].seq >= head->seq))
			continue;
		deps[place] = (struct entry_ref){head->feed, head->seq};
		count = place == count ? count + 1 : count;
	}
	qsort(deps, count, sizeof(*deps), by_feed);
	merge->dep_count = count;
	merge->deps = deps;
}

int team_membership_cite(struct team_membership *m, const struct feed_id *own, struct arena *arena,
        struct entry_hash *cited, struct team_merge *merge)
{
	if (m->dag.count == 0)
		return ERR_NOTEAM;
	if (m->dag.head_count == 1) { /* as nearly always */
		*cited = m->dag.nodes[m->dag.heads[0]]->hash;
		return 0;
	}
	struct entry_hash *heads = arena_zero(arena, LIMIT_MEMBERSHIP_HEADS + 1, sizeof(*heads));
	uint32_t count = team_membership_heads(m, heads, LIMIT_MEMBERSHIP_HEADS + 1);
	count = count < LIMIT_MEMBERSHIP_HEADS + 1 ? count : LIMIT_MEMBERSHIP_HEADS + 1;
	uint32_t mine = 0;
	for (uint32_t i = 0; i < count; i++)
		if (feed_id_eq(&m->dag.nodes[team_dag_find(&m->dag, &heads[i])]->feed, own))
			mine = i;
	*cited = heads[mine];
	memmove(&heads[mine], &heads[mine + 1], (count - mine - 1) * sizeof(*heads));
	merge->action = (struct team_action){.kind = TEAM_ACTION_MERGE};
	merge->action.as.hashes = (struct team_hashes){count - 1, heads};
	list_deps(m, own, arena, merge);
	return TEAM_MEMBERSHIP_MERGE;
}

uint64_t team_membership_lamport(const struct team_membership *m)
{
	uint64_t greatest = 0;
	for (uint32_t i = 0; i < m->dag.head_count; i++) {
		uint64_t lamport = m->dag.nodes[m->dag.heads[i]]->lamport;
		greatest = lamport > greatest ? lamport : greatest;
	}
	return greatest;
}

int team_membership_try(struct team_membership *m, const struct device_id *device,
        const struct team_action *action, enum team_reason *reason)
{
	const struct team_view *view = team_membership_view(m);
	struct team_node node = {.author = *device, .action = *action};
	if (!view)
		return ERR_NOTEAM;
	int error = team_check(view, &m->dag, &m->team, &node);
	/* Heads are joined first. */
	if (!error && !team_membership_has_room(m, device, action->kind, 2, false)) {
		error = ERR_FULL;
		node.reason = TEAM_REASON_NO_ROOM;
	}
	if (reason)
		*reason = node.reason;
	return error;
}

struct team_dag *team_membership_dag(struct team_membership *m)
{
	return &m->dag;
}
