/* History, differences and undo (crdt/README.md, "History") on the random histories of crdt_world, against documents built by crdt_doc_apply(). */
#include <stdio.h>

#include "crdt/diff.h"
#include "crdt/undo.h"
#include "tests/prop/crdt_world.h"

enum { CHANGES = 20, VALUES = 4 };

static enum world_authors some_authors(struct prop *prop)
{
	return prop_chance(prop, 50) ? WORLD_HOSTILE : WORLD_HONEST;
}

/* All changes of the world's first document, added in a random order, some twice. */
static struct crdt_history *history_of(struct prop *prop, const struct world *world)
{
	struct record_id doc_id = crdt_doc_id(world->replicas[0].docs[0]);
	struct crdt_history *history = crdt_history_new(WORLD_DOC_KIND, doc_id);
	uint32_t order[WORLD_CHANGES];
	for (uint32_t i = 0; i < world->change_count; i++) {
		uint32_t to = prop_below(prop, i + 1);
		order[i] = order[to];
		order[to] = i;
	}
	for (uint32_t i = 0; i < world->change_count; i++) {
		struct crdt_change change;
		const struct world_change *it = &world->changes[order[i]];
		if (it->doc > 0)
			continue;
		int result = crdt_change_open(&change, &it->meta, it->bytes);
		for (uint32_t times = prop_chance(prop, 20) ? 2 : 1; times && !result; times--)
			result = crdt_history_add(history, &change);
		if (result)
			prop_fail(prop, "change %u is not taken: %d", order[i], result);
	}
	crdt_history_link(history);
	return history;
}

/* How many changes the first document has. */
static uint32_t change_count(const struct world *world)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < world->change_count; i++)
		count += world->changes[i].doc == 0;
	return count;
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

/* The document at a frontier, built from the history, is the one that a replica had there. */
static bool history_builds_what_was(struct prop *prop)
{
	struct world *world = world_new(prop, some_authors(prop), WORLD_REPLICAS, CHANGES);
	if (!world)
		return false;
	struct crdt_history *history = history_of(prop, world);
	struct crdt_frontier frontier = {0};
	bool good = crdt_history_change_count(history) == change_count(world) ||
	        prop_fail(prop, "changes are missing");
	for (uint32_t i = 0; i < world->replica_count && good; i++) {
		struct crdt_doc *doc;
		crdt_frontier_of(world->replicas[i].docs[0], &frontier);
		int result = crdt_history_doc(history, world->replicas[i].feeds, &frontier, &doc);
		if (result)
			good = prop_fail(prop, "the frontier of replica %u gives %d", i, result);
		else if (!same_bytes(doc, world->replicas[i].docs[0]))
			good = prop_fail(prop, "the document of replica %u differs", i);
		if (!result)
			crdt_doc_free(doc);
	}
	crdt_frontier_close(&frontier);
	crdt_history_free(history);
	world_free(world);
	return good;
}

static struct buf text_of(const struct crdt_doc *doc, struct span path)
{
	const struct seq *text = crdt_doc_text(doc, path);
	struct buf out = {0};
	struct span piece;
	for (uint64_t cursor = 0; text && seq_next(text, &cursor, &piece);)
		buf_add_span(&out, piece);
	return out;
}

/* A text tells by itself what it was at the frontier of a replica that knew less. */
static bool texts_remember_what_was(struct prop *prop)
{
	struct world *world = world_new(prop, some_authors(prop), 3, CHANGES);
	struct crdt_frontier frontier = {0};
	if (!world)
		return false;
	const struct crdt_doc *less = world->replicas[1].docs[0];
	bool good = world_meet(prop, world, &world->replicas[0], NULL);
	crdt_frontier_of(less, &frontier);
	for (uint32_t i = 0; i < world->op_count && good; i++) {
		const struct world_op *op = &world->ops[i];
		const struct crdt_doc *more = world->replicas[0].docs[0];
		struct buf want = text_of(less, op->path), got = {0};
		if (op->kind == CRDT_OP_TEXT_INSERT && op->doc == 0) {
			crdt_doc_text_past(
			        more, crdt_doc_text(more, op->path), frontier.items, frontier.count, &got);
			if (!span_eq(buf_span(&want), buf_span(&got)))
				good = prop_fail(prop, "the text of op %u was something else", i);
		}
		buf_close(&want);
		buf_close(&got);
	}
	crdt_frontier_close(&frontier);
	world_free(world);
	return good;
}

/* Every beginning of the order is closed, and so is what a moment of the clocks gives. */
static bool beginnings_are_closed(struct prop *prop)
{
	struct world *world = world_new(prop, some_authors(prop), WORLD_REPLICAS, CHANGES);
	if (!world)
		return false;
	struct crdt_history *history = history_of(prop, world);
	struct crdt_frontier frontier = {0}, all = {0};
	bool good = true;
	crdt_history_frontier(history, crdt_history_change_count(history), &all);
	uint32_t count = change_count(world);
	for (uint32_t i = 0; i <= count + 5 && good; i++) {
		struct crdt_doc *doc;
		if (i <= count)
			crdt_history_frontier(history, i, &frontier);
		else
			crdt_history_frontier_at(history, i - count - 1, &frontier);
		int result = crdt_history_doc(history, world->replicas[0].feeds, &frontier, &doc);
		if (result)
			good = prop_fail(prop, "frontier %u gives %d", i, result);
		else
			crdt_doc_free(doc);
	}
	if (good && !crdt_frontier_within(&frontier, &all))
		good = prop_fail(prop, "the clocks' last moment holds more than there is");
	if (good && !(frontier.count == all.count && crdt_frontier_within(&all, &frontier)))
		good = prop_fail(prop, "the clocks' last moment does not hold everything");
	crdt_frontier_close(&frontier);
	crdt_frontier_close(&all);
	crdt_history_free(history);
	world_free(world);
	return good;
}

/* ---- Places as sets of values ----------------------------------------------------------------------------------- */

/* The different values, each one byte below VALUES, as bits. */
static uint32_t bits_at(const struct crdt_doc *doc, struct span path, bool elements)
{
	struct crdt_values values = {0};
	uint32_t bits = 0;
	if (elements)
		crdt_doc_members(doc, path, &values);
	else
		crdt_doc_values(doc, path, &values);
	for (uint32_t i = 0; i < values.count; i++)
		bits |= 1u << values.items[i].value.data[0];
	crdt_values_close(&values);
	return bits;
}

static uint32_t bits_of(const struct crdt_history *history, struct crdt_steps steps)
{
	uint32_t bits = 0;
	for (uint32_t i = 0; i < steps.count; i++)
		bits |= 1u << crdt_history_step(history, steps.items[i])->value.data[0];
	return bits;
}

static uint32_t bit_count(uint32_t bits)
{
	return (uint32_t)__builtin_popcount(bits);
}

/* Paths at which anything was ever put, each once. */
static uint32_t paths_of(const struct crdt_history *history, struct span *out)
{
	struct crdt_steps all = crdt_history_under(history, (struct span){NULL, 0});
	uint32_t count = 0;
	for (uint32_t i = 0; i < all.count; i++) {
		struct span path = crdt_history_step(history, all.items[i])->path;
		if (count == 0 || !span_eq(out[count - 1], path))
			out[count++] = path;
	}
	return count;
}

/* ---- Differences ------------------------------------------------------------------------------------------------ */

static enum crdt_diff_kind word_for(uint32_t before, uint32_t after)
{
	if (before == 0)
		return after > 1 ? CRDT_DIFF_CONFLICT_AROSE : CRDT_DIFF_ADDED;
	if (after == 0)
		return CRDT_DIFF_REMOVED;
	if (before == 1)
		return after == 1 ? CRDT_DIFF_CHANGED : CRDT_DIFF_CONFLICT_AROSE;
	return after == 1 ? CRDT_DIFF_CONFLICT_SETTLED : CRDT_DIFF_CHANGED;
}

/* What the items about one place say, taken to what stood there, gives what stands there. */
static bool place_is_right(struct prop *prop, const struct crdt_history *history,
        const struct crdt_diff *diff, struct span path, bool elements, uint32_t from, uint32_t to)
{
	uint32_t state = from;
	for (uint32_t i = 0; i < diff->count; i++) {
		const struct crdt_diff_item *item = &diff->items[i];
		bool is_place = item->kind <= CRDT_DIFF_CONFLICT_SETTLED && span_eq(item->path, path);
		if (!is_place || item->is_element != elements)
			continue;
		uint32_t before = bits_of(history, item->before), after = bits_of(history, item->after);
		if ((before & ~state) || (!elements && before != state) || before == after)
			return prop_fail(prop, "item %u says what was not so before", i);
		if (item->kind != word_for(bit_count(before), bit_count(after)))
			return prop_fail(prop, "item %u has the wrong word: %d", i, (int)item->kind);
		state = (state & ~before) | after;
	}
	return state == to || prop_fail(prop, "the items give %x instead of %x", state, to);
}

static bool causes_are_right(struct prop *prop, const struct crdt_history *history,
        const struct crdt_diff *diff, const struct crdt_frontier *from, const struct crdt_frontier *to)
{
	uint32_t last = 0;
	for (uint32_t i = 0; i < diff->count; i++) {
		struct crdt_steps by = diff->items[i].by;
		if (by.count == 0)
			return prop_fail(prop, "item %u has no author", i);
		for (uint32_t j = 0; j < by.count; j++) {
			const struct op_id *op = &crdt_history_step(history, by.items[j])->op;
			if (crdt_frontier_holds(from, &op->feed, op->seq) ||
			        !crdt_frontier_holds(to, &op->feed, op->seq))
				return prop_fail(prop, "item %u was brought about at another time", i);
			if (j && by.items[j - 1] >= by.items[j])
				return prop_fail(prop, "the causes of item %u are not in order", i);
		}
		if (by.items[by.count - 1] < last)
			return prop_fail(prop, "item %u is not in order", i);
		last = by.items[by.count - 1];
	}
	return true;
}

static uint32_t event_count(const struct crdt_doc *doc, bool corrections)
{
	struct crdt_event event;
	uint32_t count = 0;
	for (uint32_t cursor = 0; crdt_doc_event(doc, 0, &cursor, &event);)
		count += event.is_correction == corrections;
	return count;
}

/* Events, or corrections of an event. One that says that it corrects what is in no change of the document is an event there. */
static uint32_t item_count(const struct crdt_diff *diff, bool corrections)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < diff->count; i++) {
		const struct crdt_diff_item *item = &diff->items[i];
		bool is_event = item->kind == CRDT_DIFF_EVENT_ADDED ||
		        item->kind == CRDT_DIFF_EVENT_CORRECTED;
		count += is_event && (item->before.count > 0) == corrections;
	}
	return count;
}

static bool diff_is_right(struct prop *prop, const struct crdt_history *history, const struct crdt_diff *diff,
        const struct crdt_doc *from, const struct crdt_doc *to)
{
	struct span paths[WORLD_OPS];
	uint32_t count = paths_of(history, paths);
	bool good = true;
	for (uint32_t i = 0; i < count && good; i++)
		good = place_is_right(prop, history, diff, paths[i], false, bits_at(from, paths[i], false),
		               bits_at(to, paths[i], false)) &&
		        place_is_right(prop, history, diff, paths[i], true, bits_at(from, paths[i], true),
		                bits_at(to, paths[i], true));
	if (good &&
	        (item_count(diff, false) != event_count(to, false) - event_count(from, false) ||
	                item_count(diff, true) != event_count(to, true) - event_count(from, true)))
		good = prop_fail(prop, "the events differ");
	return good;
}

/* The difference of two frontiers, in words, leads from the values at one to those at the other. */
static bool diff_leads_there(struct prop *prop)
{
	struct world *world = world_new(prop, some_authors(prop), WORLD_REPLICAS, CHANGES);
	if (!world)
		return false;
	struct crdt_history *history = history_of(prop, world);
	struct crdt_frontier from = {0}, to = {0};
	struct crdt_diff diff = {0};
	struct crdt_doc *before = NULL;
	struct world_replica *replica = &world->replicas[0],
	                     *other = &world->replicas[prop_below(prop, world->replica_count)];
	crdt_frontier_of(replica->docs[0], &from);
	bool good = crdt_history_doc(history, replica->feeds, &from, &before) == 0 ||
	        prop_fail(prop, "the first frontier is not closed");
	good = good && world_meet(prop, world, replica, prop_chance(prop, 50) ? NULL : other);
	crdt_frontier_of(replica->docs[0], &to);
	if (good && crdt_diff(history, &from, &to, &diff))
		good = prop_fail(prop, "there is no difference of these");
	good = good && diff_is_right(prop, history, &diff, before, replica->docs[0]) &&
	        causes_are_right(prop, history, &diff, &from, &to);
	if (good && !crdt_frontier_within(&to, &from) && crdt_diff(history, &to, &from, &diff) == 0)
		good = prop_fail(prop, "a difference backwards is not refused");
	crdt_doc_free(before);
	crdt_diff_close(&diff);
	crdt_frontier_close(&from);
	crdt_frontier_close(&to);
	crdt_history_free(history);
	world_free(world);
	return good;
}

/* ---- Undo ------------------------------------------------------------------------------------------------------- */

/* The values that would live at a place if `change` had never been written. */
static uint32_t bits_without(
        const struct crdt_history *history, struct span path, uint32_t kind, uint32_t change)
{
	struct crdt_steps under = crdt_history_under(history, path);
	uint32_t bits = 0;
	for (uint32_t i = 0; i < under.count; i++) {
		const struct crdt_step *step = crdt_history_step(history, under.items[i]);
		struct crdt_steps enders = crdt_history_enders(history, under.items[i]);
		bool lives = step->kind == kind && span_eq(step->path, path) && step->change != change;
		for (uint32_t j = 0; j < enders.count; j++)
			lives &= crdt_history_step(history, enders.items[j])->change == change;
		if (lives)
			bits |= 1u << step->value.data[0];
	}
	return bits;
}

static const struct crdt_undo_item *item_at(const struct crdt_undo *plan, struct span path, int element)
{
	for (uint32_t i = 0; i < plan->count; i++) {
		const struct crdt_undo_item *item = &plan->items[i];
		if (item->kind <= CRDT_UNDO_OVERTAKEN && span_eq(item->path, path) &&
		        item->is_element == (element >= 0) &&
		        (element < 0 || item->element.data[0] == element))
			return item;
	}
	return NULL;
}

/* A register after the undo: as if the change had never been, where the plan says so; untouched elsewhere. */
static bool register_is_undone(struct prop *prop, const struct crdt_history *history,
        const struct crdt_undo *plan, struct span path, uint32_t change, uint32_t before, uint32_t after)
{
	const struct crdt_undo_item *item = item_at(plan, path, -1);
	bool acts = item && (item->kind == CRDT_UNDO_RESTORE || item->kind == CRDT_UNDO_REMOVE);
	uint32_t want = acts ? bits_without(history, path, CRDT_OP_SET, change) : before;
	return after == want || prop_fail(prop, "a register gives %x instead of %x", after, want);
}

/* An element added by several stays when one takes it back: present before means present now, unless this change alone put it there. */
static bool elements_are_undone(struct prop *prop, const struct crdt_history *history,
        const struct crdt_undo *plan, struct span path, uint32_t change, uint32_t before, uint32_t after)
{
	uint32_t without = bits_without(history, path, CRDT_OP_ADD, change);
	for (int value = 0; value < VALUES; value++) {
		const struct crdt_undo_item *item = item_at(plan, path, value);
		bool acts = item && (item->kind == CRDT_UNDO_RESTORE || item->kind == CRDT_UNDO_REMOVE);
		bool want = (acts ? without : before) >> value & 1, is = after >> value & 1;
		if (is != want)
			return prop_fail(prop, "element %d is %s there", value, is ? "still" : "not");
	}
	return true;
}

static bool undo_is_right(struct prop *prop, const struct crdt_history *history, const struct crdt_undo *plan,
        uint32_t change, const struct crdt_doc *before, const struct crdt_doc *after)
{
	struct span paths[WORLD_OPS];
	uint32_t count = paths_of(history, paths);
	bool good = true;
	for (uint32_t i = 0; i < count && good; i++)
		good = register_is_undone(prop, history, plan, paths[i], change,
		               bits_at(before, paths[i], false), bits_at(after, paths[i], false)) &&
		        elements_are_undone(prop, history, plan, paths[i], change,
		                bits_at(before, paths[i], true), bits_at(after, paths[i], true));
	return good;
}

/* Replica `number`, which has everything, takes `change` back. *before is its document as it was; the caller frees it. */
static bool take_back(struct prop *prop, struct world *world, uint32_t number, uint32_t change,
        struct crdt_doc **before, bool *wrote)
{
	struct crdt_history *history = history_of(prop, world);
	struct crdt_frontier frontier = {0};
	struct crdt_undo plan = {0};
	struct crdt_builder builder;
	struct world_replica *replica = &world->replicas[number];
	const struct crdt_meta *meta = &world->changes[change].meta;
	struct entry_ref place = {meta->feed, meta->seq};
	uint32_t written = world->change_count, in_history = 0;
	crdt_frontier_of(replica->docs[0], &frontier);
	bool good = crdt_history_doc(history, replica->feeds, &frontier, before) == 0 &&
	        crdt_history_find_change(history, &place, &in_history) &&
	        crdt_undo_plan(history, &place, &plan) == 0;
	world_begin(world, number, &builder);
	good = good && crdt_undo_write(history, &plan, &builder, span_text("trompée")) == 0;
	if (!good)
		prop_fail(prop, "change %u cannot be taken back", change);
	good &= world_finish(prop, world, number, &builder);
	*wrote = world->change_count > written;
	if (good && *wrote != plan.does_something)
		good = prop_fail(prop, "the plan says whether something is done");
	good = good && undo_is_right(prop, history, &plan, in_history, *before, replica->docs[0]);
	crdt_undo_close(&plan);
	crdt_frontier_close(&frontier);
	crdt_history_free(history);
	return good;
}

static bool same_places(struct prop *prop, const struct world *world, const struct crdt_doc *a,
        const struct crdt_doc *b, bool elements)
{
	for (uint32_t i = 0; i < world->op_count; i++)
		if (bits_at(a, world->ops[i].path, elements) != bits_at(b, world->ops[i].path, elements))
			return prop_fail(prop, "op %u's place is not as it was before", i);
	return true;
}

/* Undoing gives the state as if the change had not been written, wherever nobody wrote meanwhile; and undoing the undo gives back what was
 * there before it. */
static bool undo_restores(struct prop *prop)
{
	struct world *world = world_new(prop, WORLD_HONEST, 4, CHANGES);
	if (!world)
		return false;
	uint32_t number = prop_below(prop, world->replica_count), undo = world->change_count;
	struct crdt_doc *before = NULL, *between = NULL;
	bool wrote = false, good = world_meet(prop, world, &world->replicas[number], NULL);
	uint32_t change = undo ? undo - 1 - prop_below(prop, undo) : 0;
	good = good && (undo == 0 || take_back(prop, world, number, change, &before, &wrote));
	if (good && wrote) {
		good = take_back(prop, world, number, undo, &between, &wrote) &&
		        same_places(prop, world, before, world->replicas[number].docs[0], false) &&
		        same_places(prop, world, before, world->replicas[number].docs[0], true);
	}
	crdt_doc_free(before);
	crdt_doc_free(between);
	world_free(world);
	return good;
}

int main(void)
{
	bool good = prop_holds("history builds what was", history_builds_what_was, 1500);
	good &= prop_holds("texts remember what was", texts_remember_what_was, 1500);
	good &= prop_holds("beginnings are closed", beginnings_are_closed, 500);
	good &= prop_holds("a difference leads there", diff_leads_there, 2500);
	good &= prop_holds("undo restores", undo_restores, 2500);
	return good ? 0 : 1;
}
