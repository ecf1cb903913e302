/*
 * How much of the team's records is here: whose word it is that there are many more, and how far that is believed (README.md, "Early copies", "What is believed").
 *
 * Normal course: node_copy_told() makes the copy partial, records come, node_copy_level() says that they are all here. Failures: who announced is away, or lied; then
 * what others sign counts, and after LIMIT_EARLY_WORD_MS one person's word alone counts no more.
 */
#include "node/node_early.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/node_state.h"
#include "store/waiting.h"

static uint64_t records(const struct node *node)
{
	uint64_t count = 0;
	for (uint32_t i = 0; i < log_feed_count(node->log); i++) {
		const struct log_feed *feed = log_feed(node->log, i);
		count += feed->seq + 1 - feed->begin;
	}
	return count;
}

struct node_copy node_copy(const struct node *node)
{
	const struct node_early *early = &node->early;
	const uint64_t here = records(node);
	return (struct node_copy){early->goal != 0, here, here > early->goal ? here : early->goal,
	        early->goal_by, early->since_ms, early->count};
}

bool node_copy_is_partial(const struct node *node)
{
	return node->early.goal != 0;
}

/* More than a third of all. */
static bool is_much(uint64_t missing, uint64_t here)
{
	return missing <= UINT64_MAX / 4 && 2 * missing > here;
}

static uint64_t lacking(const struct node *node)
{
	const uint64_t here = records(node);
	return node->early.goal > here ? node->early.goal - here : 0;
}

static const struct team_device *device_of(const struct node *node, const struct device_id *id)
{
	const struct team_view *view = node_view(node);
	return view ? team_view_device(view, id) : NULL;
}

/* ---- What is signed ---------------------------------------------------------------------------------------------- */

/* A person's device has acknowledged the feed up to there. */
struct signed_head {
	struct feed_id feed;
	uint64_t seq;
	struct person_id person;
};

static int head_cmp(const void *a, const void *b)
{
	const struct signed_head *x = a, *y = b;
	const int order = feed_id_cmp(&x->feed, &y->feed);
	return order ? order : (x->seq < y->seq) - (x->seq > y->seq);
}

static struct signed_head *signed_heads(const struct node *node, size_t *count)
{
	size_t room = 0;
	for (uint32_t i = 0; i < node->ack_count; i++)
		room += node->acks[i].ack.head_count;
	struct signed_head *heads = mem_zero(room + 1, sizeof(*heads));
	*count = 0;
	for (uint32_t i = 0; i < node->ack_count; i++) {
		const struct ack *ack = &node->acks[i].ack;
		const struct team_device *device = device_of(node, &ack->device);
		if (!device || device->relay || device->state != TEAM_DEVICE_ACTIVE)
			continue;
		for (uint32_t j = 0; j < ack->head_count; j++)
			heads[(*count)++] = (struct signed_head){
			        ack->heads[j].feed, ack->heads[j].seq, device->person};
	}
	if (*count)
		qsort(heads, *count, sizeof(*heads), head_cmp);
	return heads;
}

/* Up to where so many persons vouch for the feed whose heads begin at `heads`, the highest first; 0: fewer do. *end becomes the number of its heads. */
static uint64_t vouched(const struct signed_head *heads, size_t count, uint32_t persons, size_t *end)
{
	uint64_t seq = 0;
	for (*end = 0; *end < count && feed_id_eq(&heads[*end].feed, &heads->feed); ++*end) {
		bool is_new = true;
		for (size_t i = 0; i < *end && is_new; i++)
			is_new = !person_id_eq(&heads[i].person, &heads[*end].person);
		if (persons && is_new && --persons == 0)
			seq = heads[*end].seq;
	}
	return seq;
}

/* What is here of a feed; what this device may not have is not missing. */
static uint64_t lacking_of(const struct node *node, const struct feed_id *id, uint64_t seq)
{
	uint32_t number;
	if (!log_feed_number(node->log, id, &number))
		return node_early_useful(node) ? seq : 0;
	const struct log_feed *feed = log_feed(node->log, number);
	return feed->seq < seq && node_may_read(node, feed->compartment) ? seq - feed->seq : 0;
}

/* Entries that are not here, and that devices of so many persons have acknowledged. */
static uint64_t signed_missing(const struct node *node, uint32_t persons)
{
	size_t count, end;
	uint64_t missing = 0;
	struct signed_head *heads = signed_heads(node, &count);
	for (size_t at = 0; at < count; at += end) {
		const uint64_t seq = vouched(heads + at, count - at, persons, &end);
		const uint64_t more = lacking_of(node, &heads[at].feed, seq);
		missing += more < UINT64_MAX / 4 - missing ? more : UINT64_MAX / 4 - missing;
	}
	mem_free(heads);
	return missing;
}

/* ---- Whose word counts no more ----------------------------------------------------------------------------------- */

static struct node_spent *spent_of(const struct node *node, const struct device_id *device)
{
	for (uint32_t i = 0; i < node->early.spent_count; i++)
		if (device_id_eq(&node->early.spent[i].device, device))
			return &node->early.spent[i];
	return NULL;
}

static bool is_active(const struct node *node, const struct device_id *id)
{
	const struct team_device *device = device_of(node, id);
	return device && device->state == TEAM_DEVICE_ACTIVE;
}

/* So much was announced, and did not come. */
static void spend(struct node *node)
{
	struct node_early *early = &node->early;
	for (uint32_t i = early->spent_count; i > 0; i--)
		if (!is_active(node, &early->spent[i - 1].device))
			early->spent[i - 1] = early->spent[--early->spent_count];
	if (!is_much(lacking(node), records(node)) || spent_of(node, &early->goal_by) ||
	        !is_active(node, &early->goal_by) || early->spent_count == LIMIT_EARLY_SENDERS)
		return;
	early->spent = mem_room(early->spent, early->spent_count, &early->spent_room, sizeof(*early->spent));
	early->spent[early->spent_count++] = (struct node_spent){early->goal_by, early->goal};
}

/* Most of it came after all. */
static void forgive(struct node *node, const struct device_id *device)
{
	struct node_early *early = &node->early;
	struct node_spent *spent = spent_of(node, device);
	const uint64_t here = records(node);
	if (!spent || (spent->goal > here && is_much(spent->goal - here, here)))
		return;
	*spent = early->spent[--early->spent_count];
	early->moved = true;
}

bool node_copy_unmet(const struct node *node, uint32_t index, struct device_id *device, uint64_t *goal)
{
	if (index >= node->early.spent_count)
		return false;
	*device = node->early.spent[index].device;
	*goal = node->early.spent[index].goal;
	return true;
}

void node_copy_put_spent(const struct node *node, struct buf *row)
{
	const struct node_early *early = &node->early;
	wire_put_varint(row, early->spent_count);
	for (uint32_t i = 0; i < early->spent_count; i++) {
		buf_add(row, early->spent[i].device.bytes, ID_LONG_BYTES);
		wire_put_varint(row, early->spent[i].goal);
	}
}

void node_copy_read_spent(struct node *node, struct wire_in *in)
{
	struct node_early *early = &node->early;
	const uint32_t count = wire_count(in, LIMIT_EARLY_SENDERS, ID_LONG_BYTES + 1);
	for (uint32_t i = 0; i < count; i++) {
		struct node_spent spent;
		wire_raw(in, spent.device.bytes, ID_LONG_BYTES);
		spent.goal = wire_varint(in);
		if (in->error)
			return;
		early->spent = mem_room(
		        early->spent, early->spent_count, &early->spent_room, sizeof(*early->spent));
		early->spent[early->spent_count++] = spent;
	}
}

/* ---- Announced, and here ------------------------------------------------------------------------------------------ */

/* Of so many that are missing by its word. A relay writes nothing: what it announces is believed as far as a person's device has signed it. */
static uint64_t believed(const struct node *node, const struct device_id *peer, uint64_t missing)
{
	const struct team_device *device = device_of(node, peer);
	const bool is_alone = spent_of(node, peer) || node->early.spent_count == LIMIT_EARLY_SENDERS;
	if (!device || !is_much(missing, records(node)))
		return 0;
	if (!is_alone && !device->relay)
		return missing;
	const uint64_t signed_ = signed_missing(node, is_alone ? 2 : 1);
	return missing < signed_ ? missing : signed_;
}

bool node_copy_told(struct node *node, const struct device_id *peer, uint64_t missing)
{
	struct node_early *early = &node->early;
	const uint64_t here = records(node);
	missing = believed(node, peer, missing);
	if (!is_much(missing, here))
		return false;
	if (here + missing > early->goal) {
		if (!early->goal) {
			early->since_ms = env_wall_ms(node->config.env);
			early->known = docs_count(node->docs);
		}
		early->goal = here + missing;
		early->goal_by = *peer;
		early->moved = true;
	}
	return true;
}

/* Whoever of another person reads everything and has no partial copy itself brought all that it has, a long while after the announcement; and no two persons vouch for what is
 * missing. */
static bool is_outvoted(struct node *node, const struct device_id *peer, bool says_partial)
{
	struct node_early *early = &node->early;
	const struct team_device *by = device_of(node, &early->goal_by), *device = device_of(node, peer);
	const uint64_t now_ms = env_wall_ms(node->config.env);
	if (now_ms < early->since_ms) { /* the clock was set back: it may have been far ahead then */
		early->since_ms = now_ms;
		early->moved = true;
	}
	if (now_ms - early->since_ms < LIMIT_EARLY_WORD_MS || says_partial || !by || !device ||
	        device->relay || !is_active(node, peer) ||
	        (!by->relay && person_id_eq(&by->person, &device->person)) ||
	        team_view_level(node_view(node), peer, COMPARTMENT_CLINICAL) < TEAM_LEVEL_READ)
		return false;
	return !is_much(signed_missing(node, 2), records(node));
}

static bool is_whole(struct node *node, const struct device_id *peer, bool says_partial)
{
	const struct node_early *early = &node->early;
	return early->goal == 0 || lacking(node) == 0 || device_id_eq(&early->goal_by, peer) ||
	        !is_active(node, &early->goal_by) || is_outvoted(node, peer, says_partial);
}

static void end(struct node *node)
{
	struct node_early *early = &node->early;
	if (early->goal) {
		spend(node);
		early->moved = node->news.heads = true;
	}
	early->goal = early->since_ms = 0;
	early->goal_by = (struct device_id){{0}};
	early->rest_due = early->count > 0;
}

void node_copy_level(struct node *node, const struct device_id *peer, bool says_partial)
{
	struct node_early *early = &node->early;
	if (waiting_count(node->waiting))
		return;
	forgive(node, peer);
	if (is_whole(node, peer, says_partial)) {
		end(node);
		early->rest_by = *peer;
	} else if (docs_count(node->docs) > early->known) {
		early->known = docs_count(node->docs);
		early->moved = true;
	}
}

void node_copy_doubted(struct node *node, const struct device_id *peer)
{
	struct node_early *early = &node->early;
	if (early->goal == 0 || !device_id_eq(&early->goal_by, peer) || waiting_count(node->waiting))
		return;
	end(node);
	early->rest_by = (struct device_id){{0}};
}

bool node_copy_accept(struct node *node)
{
	if (node->early.goal == 0)
		return false;
	end(node);
	node->early.rest_by = (struct device_id){{0}};
	return true;
}
