/* Passages, and undo inside texts, lists and counters (crdt/README.md, "History"), against documents at the frontiers and the past of a text. */
#include <stdio.h>

#include "crdt/diff.h"
#include "crdt/mpack.h"
#include "crdt/undo.h"
#include "tests/prop/past_world.h"

enum { CHANGES = 16 };

/* What all that is random shares: people who type, and operations that nobody's editor would write. */
static struct world *some_world(struct prop *prop)
{
	return prop_chance(prop, 30) ? world_new(prop, WORLD_HONEST, WORLD_REPLICAS, CHANGES)
	                             : world_new_typed(prop, WORLD_REPLICAS, CHANGES);
}

static const struct seq *seq_of(const struct crdt_doc *doc, struct span path, enum seq_kind kind)
{
	return kind == SEQ_TEXT ? crdt_doc_text(doc, path) : crdt_doc_list(doc, path);
}

/* The contents in order. */
static void content_of(const struct crdt_doc *doc, struct span path, enum seq_kind kind, struct buf *out)
{
	const struct seq *seq = seq_of(doc, path, kind);
	buf_clear(out);
	for (uint32_t i = 0; seq && i < seq_size(seq).elements; i++)
		buf_add_span(out, seq_content(seq, seq_at(seq, i)));
}

static size_t element_bytes(struct span rest, enum seq_kind kind)
{
	if (kind == SEQ_TEXT) {
		size_t size = 1;
		while (size < rest.size && (rest.data[size] & 0xc0) == 0x80)
			size++;
		return size;
	}
	struct mpack_in in = mpack_begin(rest);
	return mpack_skip(&in).size;
}

struct mark { /* where an element begins */
	size_t bytes;
	uint32_t utf16;
};

static struct mark mark_of(struct span content, enum seq_kind kind, uint32_t position)
{
	struct mark mark = {0, 0};
	for (uint32_t i = 0; i < position && mark.bytes < content.size; i++) {
		struct span rest = span_sub(content, mark.bytes, content.size);
		mark.utf16 += kind == SEQ_TEXT && rest.data[0] >= 0xf0 ? 2 : 1;
		mark.bytes += element_bytes(rest, kind);
	}
	return mark;
}

/* ---- A difference is applied ------------------------------------------------------------------------------------- */

static bool is_at(struct prop *prop, struct span content, enum seq_kind kind, struct crdt_passage_at at)
{
	return mark_of(content, kind, at.position).utf16 == at.utf16 ||
	        prop_fail(prop, "position %u is not UTF-16 unit %u", at.position, at.utf16);
}

/* What stands at `from` in the earlier content is what the passage says. */
static bool goes_from(
        struct prop *prop, struct span before, enum seq_kind kind, const struct crdt_passage *it)
{
	size_t start = mark_of(before, kind, it->from.position).bytes,
	       end = mark_of(before, kind, it->from.position + it->count).bytes;
	return span_eq(span_sub(before, start, end - start), it->content) ||
	        prop_fail(prop, "what went is not what stood at %u", it->from.position);
}

/* The earlier content without what goes or is moved: marked by element. */
static void take_out(
        const struct crdt_passages *passages, struct span before, enum seq_kind kind, struct buf *out)
{
	size_t at = 0;
	for (uint32_t position = 0; at < before.size; position++) {
		struct span rest = span_sub(before, at, before.size);
		bool goes = false;
		for (uint32_t i = 0; i < passages->count; i++) {
			const struct crdt_passage *it = &passages->items[i];
			goes |= it->kind != CRDT_PASSAGE_INSERTED && position - it->from.position < it->count;
		}
		if (!goes)
			buf_add(out, rest.data, element_bytes(rest, kind));
		at += element_bytes(rest, kind);
	}
}

static void put_in(const struct crdt_passages *passages, enum seq_kind kind, struct buf *content)
{
	for (uint32_t i = 0; i < passages->count; i++) {
		const struct crdt_passage *it = &passages->items[i];
		struct buf next = {0};
		if (it->kind == CRDT_PASSAGE_DELETED)
			continue;
		size_t start = mark_of(buf_span(content), kind, it->to.position).bytes;
		buf_add(&next, content->data, start);
		buf_add_span(&next, it->content);
		buf_add_span(&next, span_sub(buf_span(content), start, content->size));
		buf_close(content);
		*content = next;
	}
}

static bool passages_lead(struct prop *prop, const struct crdt_passages *passages, enum seq_kind kind,
        struct span before, struct span after)
{
	struct buf content = {0};
	bool good = true;
	for (uint32_t i = 0; i < passages->count && good; i++) {
		const struct crdt_passage *it = &passages->items[i];
		good = is_at(prop, before, kind, it->from) && is_at(prop, after, kind, it->to) &&
		        (it->kind == CRDT_PASSAGE_INSERTED || goes_from(prop, before, kind, it)) &&
		        ((it->count > 0 && it->content.size > 0) || prop_fail(prop, "an empty passage"));
	}
	take_out(passages, before, kind, &content);
	put_in(passages, kind, &content);
	if (good && !span_eq(buf_span(&content), after))
		good = prop_fail(prop, "%u passages do not lead there", passages->count);
	buf_close(&content);
	return good;
}

static bool causes_fit(struct prop *prop, const struct crdt_passages *passages,
        const struct crdt_frontier *from, const struct crdt_frontier *to)
{
	for (uint32_t i = 0; i < passages->count; i++) {
		const struct crdt_passage *it = &passages->items[i];
		bool in_from = crdt_frontier_holds(from, &it->by.feed, it->by.seq),
		     in_to = crdt_frontier_holds(to, &it->by.feed, it->by.seq);
		if (in_from == in_to || it->is_apart != in_from)
			return prop_fail(prop, "passage %u was brought about at another time", i);
		if (it->first_hlc > it->last_hlc)
			return prop_fail(prop, "passage %u ends before it begins", i);
	}
	return true;
}

static bool same_passages(const struct crdt_passages *a, const struct crdt_passages *b)
{
	bool same = a->count == b->count;
	for (uint32_t i = 0; i < a->count && same; i++) {
		const struct crdt_passage *x = &a->items[i], *y = &b->items[i];
		same = x->kind == y->kind && x->is_apart == y->is_apart && span_eq(x->content, y->content) &&
		        x->from.position == y->from.position && x->to.position == y->to.position &&
		        op_id_cmp(&x->by, &y->by) == 0 && x->first_hlc == y->first_hlc &&
		        x->last_hlc == y->last_hlc;
	}
	return same;
}

struct pair { /* two frontiers, and the documents there */
	const struct crdt_history *history;
	struct crdt_frontier from, to;
	const struct crdt_doc *before, *after, *all;
};

static bool place_leads(struct prop *prop, const struct pair *pair, struct span path, enum seq_kind kind)
{
	struct buf before = {0}, after = {0};
	struct crdt_passages passages = {0}, alone = {0};
	const struct seq *seq = seq_of(pair->all, path, kind);
	content_of(pair->before, path, kind, &before);
	content_of(pair->after, path, kind, &after);
	crdt_history_passages(pair->history, path, kind, &pair->from, &pair->to, &passages);
	bool good = passages_lead(prop, &passages, kind, buf_span(&before), buf_span(&after)) &&
	        causes_fit(prop, &passages, &pair->from, &pair->to);
	if (good && seq) {
		crdt_passages(seq, &pair->from, &pair->to, &alone);
		good = same_passages(&passages, &alone) ||
		        prop_fail(prop, "the sequence alone says something else");
	}
	crdt_passages_close(&passages);
	crdt_passages_close(&alone);
	buf_close(&before);
	buf_close(&after);
	return good;
}

/* Of any two replicas' frontiers, whoever is ahead. */
static bool passages_lead_there(struct prop *prop)
{
	struct world *world = some_world(prop);
	if (!world)
		return false;
	struct world_replica all, *a = &world->replicas[prop_below(prop, world->replica_count)],
	                          *b = &world->replicas[prop_below(prop, world->replica_count)];
	world_replica_open(&all, prop);
	bool good = world_meet(prop, world, &all, NULL);
	struct crdt_history *history = world_history(prop, world);
	struct pair pair = {
	        .history = history, .before = a->docs[0], .after = b->docs[0], .all = all.docs[0]};
	struct span paths[WORLD_OPS];
	crdt_frontier_of(a->docs[0], &pair.from);
	crdt_frontier_of(b->docs[0], &pair.to);
	uint32_t count = world_paths(history, paths);
	for (uint32_t i = 0; i < count && good; i++)
		good = place_leads(prop, &pair, paths[i], SEQ_TEXT) &&
		        place_leads(prop, &pair, paths[i], SEQ_LIST);
	crdt_frontier_close(&pair.from);
	crdt_frontier_close(&pair.to);
	crdt_history_free(history);
	world_replica_close(&all);
	world_free(world);
	return good;
}

/* ---- Items of a difference --------------------------------------------------------------------------------------- */

static const struct crdt_diff_item *item_of(
        const struct crdt_diff *diff, struct span path, enum crdt_diff_kind kind)
{
	for (uint32_t i = 0; i < diff->count; i++)
		if (diff->items[i].kind == kind && span_eq(diff->items[i].path, path))
			return &diff->items[i];
	return NULL;
}

static bool count_is_right(
        struct prop *prop, const struct crdt_diff_item *item, int64_t before, int64_t after)
{
	uint64_t sum = (uint64_t)before;
	if (!item)
		return before == after || prop_fail(prop, "a counter's change is not said");
	for (uint32_t i = 0; i < item->share_count; i++)
		sum += (uint64_t)item->shares[i].delta;
	return (item->count_before == before && item->count_after == after && sum == (uint64_t)after) ||
	        prop_fail(prop, "a counter's shares give %d", (int)(int64_t)sum);
}

static bool seq_is_right(struct prop *prop, const struct crdt_diff_item *item, const struct crdt_doc *from,
        const struct crdt_doc *to, struct span path, enum seq_kind kind)
{
	struct buf before = {0}, after = {0};
	content_of(from, path, kind, &before);
	content_of(to, path, kind, &after);
	struct crdt_passages passages = {0};
	if (item) /* the functions above do not change it */
		passages = (struct crdt_passages){.items = (struct crdt_passage *)(uintptr_t)item->passages,
		        .count = item->passage_count};
	bool good = passages_lead(prop, &passages, kind, buf_span(&before), buf_span(&after));
	buf_close(&before);
	buf_close(&after);
	return good;
}

static bool differences_say_content(struct prop *prop)
{
	struct world *world = some_world(prop);
	if (!world)
		return false;
	struct crdt_history *history = world_history(prop, world);
	struct crdt_frontier from = {0}, to = {0};
	struct crdt_diff diff = {0};
	struct crdt_doc *before = NULL;
	struct world_replica *replica = &world->replicas[0];
	struct span paths[WORLD_OPS];
	uint32_t count = world_paths(history, paths);
	crdt_frontier_of(replica->docs[0], &from);
	bool good = crdt_history_doc(history, replica->feeds, &from, &before) == 0 &&
	        world_meet(prop, world, replica, NULL);
	crdt_frontier_of(replica->docs[0], &to);
	good = good && crdt_diff(history, &from, &to, &diff) == 0;
	for (uint32_t i = 0; i < count && good; i++)
		good = seq_is_right(prop, item_of(&diff, paths[i], CRDT_DIFF_TEXT), before, replica->docs[0],
		               paths[i], SEQ_TEXT) &&
		        seq_is_right(prop, item_of(&diff, paths[i], CRDT_DIFF_LIST), before, replica->docs[0],
		                paths[i], SEQ_LIST) &&
		        count_is_right(prop, item_of(&diff, paths[i], CRDT_DIFF_COUNT),
		                crdt_doc_count(before, paths[i]), crdt_doc_count(replica->docs[0], paths[i]));
	crdt_doc_free(before);
	crdt_diff_close(&diff);
	crdt_frontier_close(&from);
	crdt_frontier_close(&to);
	crdt_history_free(history);
	world_free(world);
	return good;
}

/* ---- Undo -------------------------------------------------------------------------------------------------------- */

/* Of each path its text, its list and its counter. */
struct state {
	uint32_t count;
	struct span paths[WORLD_OPS]; /* of the world */
	struct buf texts[WORLD_OPS], lists[WORLD_OPS];
	int64_t counts[WORLD_OPS];
};

static struct state *state_of(const struct world *world, const struct crdt_doc *doc)
{
	struct state *state = mem_zero(1, sizeof(*state));
	for (uint32_t i = 0; i < world->op_count; i++) {
		bool known = false;
		for (uint32_t j = 0; j < state->count; j++)
			known |= span_eq(state->paths[j], world->ops[i].path);
		if (!known)
			state->paths[state->count++] = world->ops[i].path;
	}
	for (uint32_t i = 0; i < state->count; i++) {
		content_of(doc, state->paths[i], SEQ_TEXT, &state->texts[i]);
		content_of(doc, state->paths[i], SEQ_LIST, &state->lists[i]);
		state->counts[i] = crdt_doc_count(doc, state->paths[i]);
	}
	return state;
}

static void state_free(struct state *state)
{
	for (uint32_t i = 0; state && i < state->count; i++) {
		buf_close(&state->texts[i]);
		buf_close(&state->lists[i]);
	}
	mem_free(state);
}

static bool same_state(struct prop *prop, const struct state *want, const struct state *is)
{
	for (uint32_t i = 0; i < want->count; i++) {
		if (!span_eq(buf_span(&want->texts[i]), buf_span(&is->texts[i])))
			return prop_fail(prop, "text %u is not as it was", i);
		if (!span_eq(buf_span(&want->lists[i]), buf_span(&is->lists[i])))
			return prop_fail(prop, "list %u is not as it was", i);
		if (want->counts[i] != is->counts[i])
			return prop_fail(prop, "counter %u is not as it was", i);
	}
	return true;
}

struct without {
	struct crdt_feeds *feeds;
	const struct crdt_meta *meta;
};

static bool is_not(void *context, const struct doc_stamp *stamp)
{
	const struct without *without = context;
	return stamp->seq != without->meta->seq ||
	        !feed_id_eq(crdt_feeds_id(without->feeds, stamp->feed), &without->meta->feed);
}

/* What a text or list would be without a change: by its past. A move may be there whose element is not. */
static void content_without(const struct seq *seq, struct without *without, struct buf *out)
{
	struct seq_past past = {0};
	seq_past_of(seq, is_not, without, &past);
	for (uint32_t i = 0; i < past.count; i++) {
		uint32_t element = seq_shown(seq, past.items[i].number);
		if (!past.items[i].is_deleted && is_not(without, seq_origin(seq, element).stamp))
			buf_add_span(out, seq_content(seq, element));
	}
	seq_past_close(&past);
}

/* What was given back before, or was moved since, stays as it is. */
static bool is_overtaken(const struct crdt_history *history, const struct crdt_undo_item *item)
{
	bool found = false;
	for (uint32_t i = 0; i < item->others.count; i++) {
		uint32_t kind = crdt_history_step(history, item->others.items[i])->kind;
		found |= kind == CRDT_OP_TEXT_INSERT || kind == CRDT_OP_LIST_INSERT ||
		        kind == CRDT_OP_LIST_MOVE;
	}
	return found;
}

/* It is what it would be had the change not been written. */
static bool seq_is_undone(struct prop *prop, const struct crdt_history *history,
        const struct crdt_undo_item *item, const struct seq *seq, struct without *without,
        const struct buf *after)
{
	struct buf want = {0};
	content_without(seq, without, &want);
	bool good = span_eq(buf_span(&want), buf_span(after)) || is_overtaken(history, item) ||
	        prop_fail(prop, "the undo gives %zu bytes instead of %zu", after->size, want.size);
	buf_close(&want);
	return good;
}

/* What the change took away stays away once somebody added after it. */
static bool count_is_undone(struct prop *prop, const struct crdt_history *history, uint32_t change,
        struct span path, const struct crdt_undo_item *item, int64_t after)
{
	struct crdt_steps under = crdt_history_under(history, path);
	uint64_t want = 0;
	for (uint32_t i = 0; i < under.count; i++) {
		const struct crdt_step *step = crdt_history_step(history, under.items[i]);
		struct crdt_steps enders = crdt_history_enders(history, under.items[i]);
		bool counts = step->kind == CRDT_OP_COUNT && span_eq(step->path, path) &&
		        step->change != change;
		for (uint32_t j = 0; j < enders.count; j++)
			counts &= item->back.count &&
			        crdt_history_step(history, enders.items[j])->change == change;
		want += counts ? (uint64_t)step->delta : 0;
	}
	return want == (uint64_t)after || prop_fail(prop, "the counter gives %d", (int)after);
}

static const struct crdt_undo_item *undo_item_of(
        const struct crdt_undo *plan, struct span path, enum crdt_undo_kind kind)
{
	for (uint32_t i = 0; i < plan->count; i++)
		if (plan->items[i].kind == kind && span_eq(plan->items[i].path, path))
			return &plan->items[i];
	return NULL;
}

struct taken {
	uint32_t number, change; /* of the replica; of the world */
	struct crdt_history *history;
	struct crdt_undo plan;
	struct crdt_doc *before;
	struct state *was, *is;
	bool wrote;
};

static void taken_close(struct taken *taken)
{
	crdt_undo_close(&taken->plan);
	crdt_history_free(taken->history);
	crdt_doc_free(taken->before);
	state_free(taken->was);
	state_free(taken->is);
}

/* Where the plan does something: as if the change had not been; elsewhere untouched. */
static bool taken_is_right(struct prop *prop, const struct world *world, const struct taken *taken)
{
	struct without without = {world->replicas[taken->number].feeds, &world->changes[taken->change].meta};
	struct entry_ref entry = {without.meta->feed, without.meta->seq};
	uint32_t number;
	bool good = crdt_history_find_change(taken->history, &entry, &number);
	for (uint32_t i = 0; i < taken->was->count && good; i++) {
		struct span path = taken->was->paths[i];
		const struct crdt_undo_item *text = undo_item_of(&taken->plan, path, CRDT_UNDO_TEXT),
		                            *list = undo_item_of(&taken->plan, path, CRDT_UNDO_LIST);
		if (text)
			good = seq_is_undone(prop, taken->history, text, crdt_doc_text(taken->before, path),
			        &without, &taken->is->texts[i]);
		else
			good = span_eq(buf_span(&taken->was->texts[i]), buf_span(&taken->is->texts[i])) ||
			        prop_fail(prop, "a text changed that the plan does not name");
		if (good && list)
			good = seq_is_undone(prop, taken->history, list, crdt_doc_list(taken->before, path),
			        &without, &taken->is->lists[i]);
		else if (good && !list)
			good = span_eq(buf_span(&taken->was->lists[i]), buf_span(&taken->is->lists[i])) ||
			        prop_fail(prop, "a list changed that the plan does not name");
		const struct crdt_undo_item *count = undo_item_of(&taken->plan, path, CRDT_UNDO_COUNT);
		if (good && count)
			good = count_is_undone(
			        prop, taken->history, number, path, count, taken->is->counts[i]);
		else if (good)
			good = taken->was->counts[i] == taken->is->counts[i] ||
			        prop_fail(prop, "a counter changed that the plan does not name");
	}
	return good;
}

/* Replica `number`, which has everything, takes a change back. The caller closes `out`. */
static bool take_back(
        struct prop *prop, struct world *world, uint32_t number, uint32_t change, struct taken *out)
{
	struct world_replica *replica = &world->replicas[number];
	struct entry_ref entry = {world->changes[change].meta.feed, world->changes[change].meta.seq};
	struct crdt_frontier frontier = {0};
	struct crdt_builder builder;
	uint32_t written = world->change_count;
	*out = (struct taken){.number = number, .change = change, .history = world_history(prop, world)};
	crdt_frontier_of(replica->docs[0], &frontier);
	out->was = state_of(world, replica->docs[0]);
	bool good = crdt_history_doc(out->history, replica->feeds, &frontier, &out->before) == 0 &&
	        crdt_undo_plan(out->history, &entry, &out->plan) == 0;
	world->sparse_deps = false; /* the undo's entry depends on what it takes back */
	world_begin(world, number, &builder);
	good = good && crdt_undo_write(out->history, &out->plan, &builder, span_text("trompée")) == 0;
	if (!good)
		prop_fail(prop, "change %u cannot be taken back", change);
	good &= world_finish(prop, world, number, &builder);
	out->is = state_of(world, replica->docs[0]);
	out->wrote = world->change_count > written;
	crdt_frontier_close(&frontier);
	return good && taken_is_right(prop, world, out);
}

/* Done again, it does nothing more inside texts, lists and counters. */
static bool is_done(struct prop *prop, struct world *world, const struct taken *first)
{
	struct taken again;
	bool good = take_back(prop, world, first->number, first->change, &again) &&
	        same_state(prop, first->is, again.is);
	taken_close(&again);
	return good;
}

/* An undo gives the state without the change, its undo the state with it, and undoing twice is undoing once. */
static bool undo_restores_content(struct prop *prop)
{
	struct world *world = some_world(prop);
	if (!world)
		return false;
	uint32_t number = prop_below(prop, world->replica_count), undo = world->change_count;
	struct taken first = {0}, second = {0};
	bool good = world_meet(prop, world, &world->replicas[number], NULL);
	uint32_t change = undo ? undo - 1 - prop_below(prop, undo) : 0;
	good = good && (undo == 0 || take_back(prop, world, number, change, &first));
	if (good && first.wrote && prop_chance(prop, 50))
		good = is_done(prop, world, &first);
	else if (good && first.wrote)
		good = take_back(prop, world, number, undo, &second) &&
		        same_state(prop, first.was, second.is);
	taken_close(&first);
	taken_close(&second);
	world_free(world);
	return good;
}

/* The change that is last in the history's order. */
static uint32_t last_of(const struct world *world, const struct crdt_history *history)
{
	const struct crdt_meta *last = crdt_history_change(history, world->change_count - 1)->meta;
	uint32_t change = 0;
	while (world->changes[change].meta.seq != last->seq ||
	        !feed_id_eq(&world->changes[change].meta.feed, &last->feed))
		change++;
	return change;
}

/* Taking back the last change gives what stood before it, also where elements were moved. */
static bool undo_of_the_last(struct prop *prop)
{
	struct world *world = some_world(prop);
	if (!world)
		return false;
	uint32_t number = prop_below(prop, world->replica_count);
	struct world_replica *replica = &world->replicas[number];
	struct crdt_doc *before = NULL;
	struct crdt_frontier frontier = {0};
	struct taken taken = {0};
	bool good = world_meet(prop, world, replica, NULL);
	struct crdt_history *history = world_history(prop, world);
	if (world->change_count) {
		crdt_history_frontier(history, world->change_count - 1, &frontier);
		good = good && crdt_history_doc(history, replica->feeds, &frontier, &before) == 0 &&
		        take_back(prop, world, number, last_of(world, history), &taken);
		struct state *want = state_of(world, before);
		good = good && same_state(prop, want, taken.is);
		state_free(want);
	}
	crdt_doc_free(before);
	crdt_frontier_close(&frontier);
	crdt_history_free(history);
	taken_close(&taken);
	world_free(world);
	return good;
}

int main(void)
{
	bool good = prop_holds("passages lead there", passages_lead_there, 2500);
	good &= prop_holds("differences say content", differences_say_content, 1500);
	good &= prop_holds("undo restores content", undo_restores_content, 2500);
	good &= prop_holds("undo of the last change", undo_of_the_last, 1000);
	return good ? 0 : 1;
}
