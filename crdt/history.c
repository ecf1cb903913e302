#include "crdt/history.h"

#include <assert.h>
#include <stdlib.h>

#include "crdt/base/arena.h"
#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/history_seqs.h"

struct item { /* a change */
	struct crdt_meta meta;
	struct crdt_change change;
	uint32_t first; /* step */
};

/* Step `by` ends step `of`. */
struct link {
	uint32_t by, of;
};

/* Rows of `links` for each step: from starts[n] up to starts[n + 1]. */
struct table {
	uint32_t *starts, *items;
};

struct crdt_history {
	uint32_t doc_kind;
	struct record_id doc_id;
	struct arena arena; /* changes; paths with elements */
	size_t bytes; /* taken; op_count likewise */
	uint32_t op_count;
	struct item *items;
	uint32_t item_count, item_capacity;
	uint32_t *by_place; /* changes ascending by (feed, seq) */
	struct crdt_step *steps;
	uint32_t step_count;
	uint32_t *by_path; /* steps that leave a cell, ascending by path, then number */
	uint32_t path_count;
	struct link *links;
	uint32_t link_count, link_capacity;
	struct table ended, enders;
	struct history_seqs *seqs;
	bool is_linked;
};

struct crdt_history *crdt_history_new(uint32_t doc_kind, struct record_id doc_id)
{
	struct crdt_history *history = mem_zero(1, sizeof(*history));
	history->doc_kind = doc_kind;
	history->doc_id = doc_id;
	history->seqs = history_seqs_new();
	return history;
}

void crdt_history_free(struct crdt_history *history)
{
	if (!history)
		return;
	arena_close(&history->arena);
	mem_free(history->items);
	mem_free(history->by_place);
	mem_free(history->steps);
	mem_free(history->by_path);
	mem_free(history->links);
	mem_free(history->ended.starts);
	mem_free(history->ended.items);
	mem_free(history->enders.starts);
	mem_free(history->enders.items);
	history_seqs_free(history->seqs);
	mem_free(history);
}

int crdt_history_add(struct crdt_history *history, const struct crdt_change *change)
{
	const struct crdt_meta *meta = change->meta;
	size_t deps_bytes = meta->dep_count * sizeof(*meta->deps);
	assert(!history->is_linked);
	if (change->doc_kind != history->doc_kind || !record_id_eq(&change->doc_id, &history->doc_id))
		return ERR_INVALID;
	if (change->bytes.size + deps_bytes > LIMIT_HISTORY_BYTES - history->bytes ||
	        change->op_count > LIMIT_HISTORY_STEPS - history->op_count)
		return ERR_TOOBIG;
	history->bytes += change->bytes.size + deps_bytes;
	history->op_count += change->op_count;
	history->items = mem_room(
	        history->items, history->item_count, &history->item_capacity, sizeof(*history->items));
	struct item *item = &history->items[history->item_count++];
	*item = (struct item){.meta = *meta, .change = *change};
	item->meta.deps = deps_bytes ? arena_copy(&history->arena, meta->deps, deps_bytes) : NULL;
	item->change.bytes = arena_span(&history->arena, change->bytes);
	return 0;
}

/* ---- Order ------------------------------------------------------------------------------------------------------ */

static int place_cmp(const struct crdt_meta *a, const struct crdt_meta *b)
{
	int order = feed_id_cmp(&a->feed, &b->feed);
	return order ? order : (a->seq > b->seq) - (a->seq < b->seq);
}

static int item_cmp(const void *left, const void *right)
{
	const struct item *a = left, *b = right;
	if (a->meta.lamport != b->meta.lamport)
		return a->meta.lamport < b->meta.lamport ? -1 : 1;
	return place_cmp(&a->meta, &b->meta);
}

static void order_changes(struct crdt_history *history)
{
	uint32_t kept = 0;
	if (history->item_count)
		qsort(history->items, history->item_count, sizeof(*history->items), item_cmp);
	for (uint32_t i = 0; i < history->item_count; i++)
		if (kept == 0 || item_cmp(&history->items[kept - 1], &history->items[i]) != 0)
			history->items[kept++] = history->items[i];
	history->item_count = kept;
	for (uint32_t i = 0; i < kept; i++) {
		struct item *item = &history->items[i];
		int result = crdt_change_open(&item->change, &item->meta, item->change.bytes);
		assert(result == 0); /* a copy of one that was open */
		item->first = history->step_count;
		history->step_count += item->change.op_count;
	}
}

static int by_place_cmp(const void *left, const void *right, void *context)
{
	const struct item *items = ((const struct crdt_history *)context)->items;
	return place_cmp(&items[*(const uint32_t *)left].meta, &items[*(const uint32_t *)right].meta);
}

static void index_places(struct crdt_history *history)
{
	history->by_place = mem_zero(history->item_count + 1, sizeof(*history->by_place));
	for (uint32_t i = 0; i < history->item_count; i++)
		history->by_place[i] = i;
	qsort_r(history->by_place, history->item_count, sizeof(*history->by_place), by_place_cmp, history);
}

bool crdt_history_find_change(
        const struct crdt_history *history, const struct entry_ref *entry, uint32_t *number)
{
	const struct crdt_meta wanted = {.feed = entry->feed, .seq = entry->seq};
	uint32_t low = 0, high = history->item_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = place_cmp(&history->items[history->by_place[middle]].meta, &wanted);
		if (order == 0) {
			*number = history->by_place[middle];
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool crdt_history_find(const struct crdt_history *history, const struct op_id *op, uint32_t *number)
{
	const struct entry_ref entry = {op->feed, op->seq};
	uint32_t change;
	if (!crdt_history_find_change(history, &entry, &change) ||
	        op->index >= history->items[change].change.op_count)
		return false;
	*number = history->items[change].first + op->index;
	return true;
}

/* ---- Steps ------------------------------------------------------------------------------------------------------ */

bool crdt_step_leaves_cell(const struct crdt_step *step)
{
	switch (step->kind) {
	case CRDT_OP_SET:
	case CRDT_OP_ADD:
	case CRDT_OP_COUNT:
	case CRDT_OP_LIST_INSERT:
	case CRDT_OP_LIST_DELETE:
	case CRDT_OP_LIST_MOVE:
	case CRDT_OP_TEXT_INSERT:
	case CRDT_OP_TEXT_DELETE:
		return true;
	default:
		return false;
	}
}

enum crdt_content crdt_step_content(const struct crdt_step *step)
{
	switch (step->kind) {
	case CRDT_OP_SET:
		return CRDT_CONTENT_REGISTER;
	case CRDT_OP_ADD:
		return CRDT_CONTENT_SET;
	case CRDT_OP_COUNT:
		return CRDT_CONTENT_COUNTER;
	case CRDT_OP_TEXT_INSERT:
	case CRDT_OP_TEXT_DELETE:
		return CRDT_CONTENT_TEXT;
	default:
		return CRDT_CONTENT_LIST;
	}
}

static void take_step(struct crdt_history *history, uint32_t change, const struct crdt_op *op)
{
	const struct crdt_meta *meta = &history->items[change].meta;
	struct crdt_path space;
	struct crdt_step *step = &history->steps[history->items[change].first + op->index];
	*step = (struct crdt_step){.op = {meta->feed, meta->seq, op->index},
	        .lamport = meta->lamport,
	        .hlc = meta->hlc,
	        .kind = op->kind,
	        .change = change,
	        .path = crdt_op_path(op, meta, &space),
	        .value = op->value,
	        .reason = op->reason,
	        .delta = op->delta,
	        .event_kind = op->event_kind,
	        .event_id = op->event_id,
	        .is_correction = op->corrects.present};
	if (op->path_has_element)
		step->path = arena_span(&history->arena, step->path);
	if (op->corrects.present)
		step->corrects = crdt_ref_op(meta, &op->corrects.ref);
}

static void take_steps(struct crdt_history *history)
{
	history->steps = mem_zero(history->step_count + 1, sizeof(*history->steps));
	for (uint32_t i = 0; i < history->item_count; i++) {
		struct crdt_ops ops = crdt_change_ops(&history->items[i].change);
		for (struct crdt_op op; crdt_ops_next(&ops, &op);)
			take_step(history, i, &op);
	}
}

static int by_path_cmp(const void *left, const void *right, void *context)
{
	const struct crdt_history *history = context;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	int order = span_cmp(history->steps[a].path, history->steps[b].path);
	return order ? order : (a > b) - (a < b);
}

static void index_paths(struct crdt_history *history)
{
	history->by_path = mem_zero(history->step_count + 1, sizeof(*history->by_path));
	for (uint32_t i = 0; i < history->step_count; i++)
		if (crdt_step_leaves_cell(&history->steps[i]))
			history->by_path[history->path_count++] = i;
	qsort_r(history->by_path, history->path_count, sizeof(*history->by_path), by_path_cmp, history);
}

/* ---- Links ------------------------------------------------------------------------------------------------------ */

/* Does `ender`, which names `cell`, end it? The rule of crdt_doc_apply(), said once more over op ids: tests/prop compares the two. */
static bool ends(const struct crdt_step *ender, const struct crdt_step *cell)
{
	switch (ender->kind) {
	case CRDT_OP_SET:
	case CRDT_OP_ADD:
	case CRDT_OP_REMOVE:
		return (cell->kind == CRDT_OP_SET || cell->kind == CRDT_OP_ADD ||
		               cell->kind == CRDT_OP_COUNT) &&
		        span_eq(ender->path, cell->path);
	case CRDT_OP_CLEAR:
		return crdt_step_leaves_cell(cell) &&
		        span_eq(span_sub(cell->path, 0, ender->path.size), ender->path);
	default:
		return false;
	}
}

static void link_op(struct crdt_history *history, uint32_t by, const struct crdt_op *op)
{
	struct crdt_step *step = &history->steps[by];
	struct crdt_ref ref;
	uint32_t of;
	for (struct crdt_refs refs = op->supersedes; crdt_refs_next(&refs, &ref);) {
		struct op_id cited = crdt_ref_op(&history->items[step->change].meta, &ref);
		if (!crdt_history_find(history, &cited, &of)) {
			step->lost_count++;
			continue;
		}
		if (!ends(step, &history->steps[of]))
			continue;
		history->links = mem_room(history->links, history->link_count, &history->link_capacity,
		        sizeof(*history->links));
		history->links[history->link_count++] = (struct link){by, of};
	}
}

static int by_cmp(const void *left, const void *right)
{
	const struct link *a = left, *b = right;
	if (a->by != b->by)
		return a->by < b->by ? -1 : 1;
	return (a->of > b->of) - (a->of < b->of);
}

static int of_cmp(const void *left, const void *right)
{
	const struct link *a = left, *b = right;
	if (a->of != b->of)
		return a->of < b->of ? -1 : 1;
	return (a->by > b->by) - (a->by < b->by);
}

static void fill(struct crdt_history *history, struct table *table, bool by_ender)
{
	uint32_t at = 0;
	table->starts = mem_zero(history->step_count + 1, sizeof(*table->starts));
	table->items = mem_zero(history->link_count + 1, sizeof(*table->items));
	if (history->link_count)
		qsort(history->links, history->link_count, sizeof(*history->links),
		        by_ender ? by_cmp : of_cmp);
	for (uint32_t step = 0; step < history->step_count; step++) {
		table->starts[step] = at;
		for (; at < history->link_count; at++) {
			const struct link *link = &history->links[at];
			if ((by_ender ? link->by : link->of) != step)
				break;
			table->items[at] = by_ender ? link->of : link->by;
		}
	}
	table->starts[history->step_count] = at;
}

void crdt_history_link(struct crdt_history *history)
{
	assert(!history->is_linked);
	history->is_linked = true;
	order_changes(history);
	index_places(history);
	take_steps(history);
	index_paths(history);
	for (uint32_t i = 0; i < history->item_count; i++) {
		struct crdt_ops ops = crdt_change_ops(&history->items[i].change);
		for (struct crdt_op op; crdt_ops_next(&ops, &op);)
			link_op(history, history->items[i].first + op.index, &op);
	}
	fill(history, &history->ended, true);
	fill(history, &history->enders, false);
}

static struct crdt_steps row(const struct table *table, uint32_t number)
{
	uint32_t from = table->starts[number];
	return (struct crdt_steps){table->items + from, table->starts[number + 1] - from};
}

struct crdt_steps crdt_history_ended(const struct crdt_history *history, uint32_t number)
{
	return row(&history->ended, number);
}

struct crdt_steps crdt_history_enders(const struct crdt_history *history, uint32_t number)
{
	return row(&history->enders, number);
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

uint32_t crdt_history_count(const struct crdt_history *history)
{
	return history->step_count;
}

const struct crdt_step *crdt_history_step(const struct crdt_history *history, uint32_t number)
{
	assert(number < history->step_count);
	return &history->steps[number];
}

/* First place in by_path whose path is not before `path`; with `past` the first that is neither before, at, nor under it. */
static uint32_t path_bound(const struct crdt_history *history, struct span path, bool past)
{
	uint32_t low = 0, high = history->path_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		struct span there = history->steps[history->by_path[middle]].path;
		int order = span_cmp(past ? span_sub(there, 0, path.size) : there, path);
		if (order < 0 || (past && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct crdt_steps crdt_history_under(const struct crdt_history *history, struct span path)
{
	uint32_t first = path_bound(history, path, false), end = path_bound(history, path, true);
	return (struct crdt_steps){history->by_path + first, end - first};
}

static int number_cmp(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return (a > b) - (a < b);
}

void crdt_steps_order(struct buf *numbers, size_t from_byte)
{
	if (numbers->size <= from_byte)
		return;
	uint32_t *steps = (uint32_t *)(void *)(numbers->data + from_byte), kept = 0,
	         count = (uint32_t)((numbers->size - from_byte) / sizeof(*steps));
	qsort(steps, count, sizeof(*steps), number_cmp);
	for (uint32_t i = 0; i < count; i++)
		if (kept == 0 || steps[kept - 1] != steps[i])
			steps[kept++] = steps[i];
	numbers->size = from_byte + kept * sizeof(*steps);
}

void crdt_history_of(const struct crdt_history *history, struct span path, struct buf *out)
{
	struct crdt_steps under = crdt_history_under(history, path);
	size_t start = out->size;
	for (uint32_t i = 0; i < under.count; i++) {
		struct crdt_steps enders = crdt_history_enders(history, under.items[i]);
		buf_add(out, &under.items[i], sizeof(*under.items));
		for (uint32_t j = 0; j < enders.count; j++)
			if (!crdt_step_leaves_cell(&history->steps[enders.items[j]]))
				buf_add(out, &enders.items[j], sizeof(*enders.items));
	}
	crdt_steps_order(out, start);
}

bool crdt_history_lives(
        const struct crdt_history *history, uint32_t number, const struct crdt_frontier *frontier)
{
	const struct op_id *op = &history->steps[number].op;
	if (!crdt_frontier_holds(frontier, &op->feed, op->seq))
		return false;
	struct crdt_steps enders = crdt_history_enders(history, number);
	for (uint32_t i = 0; i < enders.count; i++) {
		const struct op_id *ender = &history->steps[enders.items[i]].op;
		if (crdt_frontier_holds(frontier, &ender->feed, ender->seq))
			return false;
	}
	return true;
}

bool crdt_history_lives_after(const struct crdt_history *history, uint32_t number, uint32_t after)
{
	struct crdt_steps enders = crdt_history_enders(history, number);
	return number <= after && (enders.count == 0 || enders.items[0] > after);
}

struct history_seqs *crdt_history_seqs(const struct crdt_history *history)
{
	return history->seqs;
}

/* ---- Frontiers -------------------------------------------------------------------------------------------------- */

uint32_t crdt_history_change_count(const struct crdt_history *history)
{
	return history->item_count;
}

const struct crdt_change *crdt_history_change(const struct crdt_history *history, uint32_t number)
{
	assert(number < history->item_count);
	return &history->items[number].change;
}

uint32_t crdt_history_first_step(const struct crdt_history *history, uint32_t number)
{
	assert(number < history->item_count);
	return history->items[number].first;
}

void crdt_history_frontier(
        const struct crdt_history *history, uint32_t change_count, struct crdt_frontier *out)
{
	assert(change_count <= history->item_count);
	out->count = 0;
	for (uint32_t i = 0; i < change_count; i++)
		crdt_frontier_raise(out, &history->items[i].meta.feed, history->items[i].meta.seq);
}

/* Of a change, and the frontier that should hold what it names. */
struct closing {
	const struct crdt_history *history;
	const struct crdt_meta *meta;
	const struct crdt_frontier *frontier;
};

static bool entry_is_inside(const struct closing *c, const struct feed_id *feed, uint64_t seq)
{
	struct entry_ref entry = {*feed, seq};
	uint32_t number;
	bool is_own = seq == c->meta->seq && feed_id_eq(feed, &c->meta->feed);
	return is_own || crdt_frontier_holds(c->frontier, feed, seq) ||
	        !crdt_history_find_change(c->history, &entry, &number);
}

static bool ref_is_inside(const struct closing *c, const struct crdt_ref *ref)
{
	struct op_id op = crdt_ref_op(c->meta, ref);
	return entry_is_inside(c, &op.feed, op.seq);
}

static bool place_is_inside(const struct closing *c, const struct crdt_place *place)
{
	return !place->present || ref_is_inside(c, &place->ref);
}

static bool path_is_inside(const struct closing *c, const struct crdt_op *op)
{
	struct crdt_path space;
	struct crdt_key key;
	if (!op->path_has_element)
		return true;
	for (struct span path = crdt_op_path(op, c->meta, &space); crdt_path_next(&path, &key);)
		if (key.type == CRDT_KEY_ELEMENT &&
		        !entry_is_inside(c, &key.element.op.feed, key.element.op.seq))
			return false;
	return true;
}

static bool op_is_inside(const struct closing *c, const struct crdt_op *op)
{
	struct crdt_ref ref;
	struct crdt_run run;
	for (struct crdt_refs refs = op->supersedes; crdt_refs_next(&refs, &ref);)
		if (!ref_is_inside(c, &ref))
			return false;
	for (struct crdt_refs runs = op->targets; crdt_runs_next(&runs, &run);)
		if (!ref_is_inside(c, &run.ref))
			return false;
	return place_is_inside(c, &op->corrects) && place_is_inside(c, &op->left) &&
	        place_is_inside(c, &op->right) && place_is_inside(c, &op->element) && path_is_inside(c, op);
}

/* Is every change of the history that change `number` names inside the frontier? */
static bool is_closed(
        const struct crdt_history *history, uint32_t number, const struct crdt_frontier *frontier)
{
	const struct item *item = &history->items[number];
	struct closing closing = {history, &item->meta, frontier};
	struct crdt_ops ops = crdt_change_ops(&item->change);
	for (struct crdt_op op; crdt_ops_next(&ops, &op);)
		if (!op_is_inside(&closing, &op))
			return false;
	return true;
}

void crdt_history_frontier_at(const struct crdt_history *history, uint64_t hlc, struct crdt_frontier *out)
{
	struct crdt_frontier late = {0}; /* feeds that stop before something later */
	out->count = 0;
	for (uint32_t i = 0; i < history->item_count; i++) {
		const struct crdt_meta *meta = &history->items[i].meta;
		bool is_late = meta->hlc > hlc || crdt_frontier_seq(&late, &meta->feed) ||
		        !is_closed(history, i, out);
		crdt_frontier_raise(is_late ? &late : out, &meta->feed, meta->seq);
	}
	crdt_frontier_close(&late);
}

int crdt_history_doc(const struct crdt_history *history, struct crdt_feeds *feeds,
        const struct crdt_frontier *frontier, struct crdt_doc **out)
{
	struct crdt_doc *doc = crdt_doc_new(feeds, history->doc_kind, history->doc_id);
	int result = 0;
	for (uint32_t i = 0; i < history->item_count && !result; i++) {
		const struct crdt_meta *meta = &history->items[i].meta;
		if (!crdt_frontier_holds(frontier, &meta->feed, meta->seq))
			continue;
		if (is_closed(history, i, frontier))
			result = crdt_doc_apply(doc, &history->items[i].change);
		else
			result = ERR_GAP;
	}
	if (result) {
		crdt_doc_free(doc);
		/* A feed whose Lamport clocks go back has no order. */
		return result == CRDT_DOC_DUPLICATE ? ERR_GAP : result;
	}
	*out = doc;
	return 0;
}

static bool saves_the_same(const struct crdt_doc *a, const struct crdt_doc *b)
{
	struct buf bytes_a = {0}, bytes_b = {0};
	crdt_doc_save(a, &bytes_a);
	crdt_doc_save(b, &bytes_b);
	bool same = span_eq(buf_span(&bytes_a), buf_span(&bytes_b));
	buf_close(&bytes_a);
	buf_close(&bytes_b);
	return same;
}

int crdt_history_verify(const struct crdt_history *history, const struct crdt_doc *doc)
{
	struct record_id id = crdt_doc_id(doc);
	if (crdt_doc_kind(doc) != history->doc_kind || !record_id_eq(&id, &history->doc_id))
		return ERR_INVALID;
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_frontier wanted = {0}, reached = {0};
	struct crdt_doc *replayed = NULL;
	crdt_frontier_of(doc, &wanted);
	int result = crdt_history_doc(history, feeds, &wanted, &replayed);
	if (result == 0) {
		crdt_frontier_of(replayed, &reached);
		if (!crdt_frontier_within(&wanted, &reached))
			result = ERR_GAP;
		else if (!saves_the_same(doc, replayed))
			result = CRDT_HISTORY_DIFFERS;
	}
	crdt_doc_free(replayed);
	crdt_frontier_close(&wanted);
	crdt_frontier_close(&reached);
	crdt_feeds_free(feeds);
	return result;
}
