/*
 * The steps that leave something at a path stand together in the history. A path where none of them is new, and none was ended by a new
 * one, is passed over; for the others the values that lived at both frontiers are put side by side.
 */
#include "crdt/diff.h"

#include <stdlib.h>

#include "crdt/base/err.h"

enum { SEEN = 1, PRESENT = 2 }; /* a step is inside the first, the second frontier */

struct differ {
	const struct crdt_history *history;
	struct crdt_diff *out;
	uint8_t *where; /* SEEN, PRESENT per step */
	struct buf before, after, by; /* uint32_t each, of the item being made */
	struct buf old_values, new_values; /* one step for each different value */
};

static bool is_new(const struct differ *d, uint32_t step)
{
	return d->where[step] == PRESENT;
}

/* Did its value live at the frontier that `bit` stands for? */
static bool lived(const struct differ *d, uint32_t step, uint8_t bit)
{
	if (!(d->where[step] & bit))
		return false;
	struct crdt_steps enders = crdt_history_enders(d->history, step);
	for (uint32_t i = 0; i < enders.count; i++)
		if (d->where[enders.items[i]] & bit)
			return false;
	return true;
}

static void push(struct buf *list, uint32_t step)
{
	buf_add(list, &step, sizeof(step));
}

static uint32_t count_of(const struct buf *list)
{
	return (uint32_t)(list->size / sizeof(uint32_t));
}

static uint32_t *steps_of(const struct buf *list)
{
	return (uint32_t *)(void *)list->data;
}

static int number_cmp(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return (a > b) - (a < b);
}

static int newest_first(const void *left, const void *right, void *context)
{
	const struct crdt_step *a = crdt_history_step(context, *(const uint32_t *)left);
	const struct crdt_step *b = crdt_history_step(context, *(const uint32_t *)right);
	if (a->hlc != b->hlc)
		return a->hlc > b->hlc ? -1 : 1;
	return op_id_cmp(&b->op, &a->op);
}

/* Ascending, each once. */
static void in_order(struct buf *list)
{
	uint32_t *steps = steps_of(list), count = count_of(list), kept = 0;
	if (count)
		qsort(steps, count, sizeof(*steps), number_cmp);
	for (uint32_t i = 0; i < count; i++)
		if (kept == 0 || steps[kept - 1] != steps[i])
			steps[kept++] = steps[i];
	list->size = kept * sizeof(*steps);
}

static struct crdt_steps keep(const struct differ *d, const struct buf *list)
{
	struct crdt_steps steps = {NULL, count_of(list)};
	if (steps.count)
		steps.items = arena_copy(&d->out->arena, list->data, list->size);
	return steps;
}

static void begin(struct differ *d)
{
	buf_clear(&d->before);
	buf_clear(&d->after);
	buf_clear(&d->by);
}

static void emit(struct differ *d, struct crdt_diff_item item)
{
	struct crdt_diff *out = d->out;
	void *history = (void *)(uintptr_t)d->history;
	in_order(&d->by);
	if (d->before.size)
		qsort_r(d->before.data, count_of(&d->before), sizeof(uint32_t), newest_first, history);
	if (d->after.size)
		qsort_r(d->after.data, count_of(&d->after), sizeof(uint32_t), newest_first, history);
	item.before = keep(d, &d->before);
	item.after = keep(d, &d->after);
	item.by = keep(d, &d->by);
	out->items = mem_room(out->items, out->count, &out->capacity, sizeof(*out->items));
	out->items[out->count++] = item;
}

/* ---- One place -------------------------------------------------------------------------------------------------- */

/* The step, if it is new, and the new ones that ended it while it stood: they brought a difference about. */
static void note_causes(struct differ *d, uint32_t step, bool stood)
{
	struct crdt_steps enders = crdt_history_enders(d->history, step);
	if (is_new(d, step))
		push(&d->by, step);
	for (uint32_t i = 0; stood && i < enders.count; i++)
		if (is_new(d, enders.items[i]))
			push(&d->by, enders.items[i]);
}

static void note(struct differ *d, uint32_t step)
{
	bool stood = lived(d, step, SEEN), stands = lived(d, step, PRESENT);
	if (stood)
		push(&d->before, step);
	if (stands)
		push(&d->after, step);
	note_causes(d, step, stood);
}

static int by_value(const void *left, const void *right, void *context)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return span_cmp(crdt_history_step(context, a)->value, crdt_history_step(context, b)->value);
}

/* One step for each different value, in the order of the values. */
static void distinct(const struct differ *d, const struct buf *list, struct buf *out)
{
	buf_clear(out);
	buf_add_span(out, buf_span(list));
	uint32_t *steps = steps_of(out), count = count_of(out), kept = 0;
	void *history = (void *)(uintptr_t)d->history;
	if (count)
		qsort_r(steps, count, sizeof(*steps), by_value, history);
	for (uint32_t i = 0; i < count; i++)
		if (kept == 0 || by_value(&steps[kept - 1], &steps[i], history) != 0)
			steps[kept++] = steps[i];
	out->size = kept * sizeof(*steps);
}

static bool same_values(const struct differ *d, const struct buf *before, const struct buf *after)
{
	if (before->size != after->size)
		return false;
	for (uint32_t i = 0; i < count_of(before); i++)
		if (by_value(steps_of(before) + i, steps_of(after) + i, (void *)(uintptr_t)d->history) != 0)
			return false;
	return true;
}

static enum crdt_diff_kind kind_of(uint32_t before, uint32_t after)
{
	if (after > 1 && before <= 1)
		return CRDT_DIFF_CONFLICT_AROSE;
	if (after == 1 && before > 1)
		return CRDT_DIFF_CONFLICT_SETTLED;
	return after == 0 ? CRDT_DIFF_REMOVED : before == 0 ? CRDT_DIFF_ADDED : CRDT_DIFF_CHANGED;
}

/* Steps of one kind at one path (and of one element): what stood and what stands. */
static void compare(struct differ *d, const uint32_t *steps, uint32_t count, bool is_element)
{
	begin(d);
	for (uint32_t i = 0; i < count; i++)
		note(d, steps[i]);
	distinct(d, &d->before, &d->old_values);
	distinct(d, &d->after, &d->new_values);
	if (!same_values(d, &d->old_values, &d->new_values))
		emit(d,
		        (struct crdt_diff_item){
		                .kind = kind_of(count_of(&d->old_values), count_of(&d->new_values)),
		                .is_element = is_element,
		                .path = crdt_history_step(d->history, steps[0])->path});
}

static int by_element(const void *left, const void *right, void *context)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	int order = span_cmp(crdt_history_step(context, a)->value, crdt_history_step(context, b)->value);
	return order ? order : (a > b) - (a < b);
}

static void compare_elements(struct differ *d, uint32_t *adds, uint32_t count)
{
	if (count)
		qsort_r(adds, count, sizeof(*adds), by_element, (void *)(uintptr_t)d->history);
	for (uint32_t first = 0, end; first < count; first = end) {
		struct span element = crdt_history_step(d->history, adds[first])->value;
		for (end = first + 1; end < count; end++)
			if (!span_eq(crdt_history_step(d->history, adds[end])->value, element))
				break;
		compare(d, adds + first, end - first, true);
	}
}

/* Operations of types that read their own content. */
static void compare_content(struct differ *d, const uint32_t *steps, uint32_t count)
{
	begin(d);
	for (uint32_t i = 0; i < count; i++)
		note_causes(d, steps[i], lived(d, steps[i], SEEN));
	in_order(&d->by);
	if (d->by.size == 0)
		return;
	uint32_t last = steps_of(&d->by)[count_of(&d->by) - 1];
	emit(d,
	        (struct crdt_diff_item){.kind = CRDT_DIFF_CONTENT,
	                .op_kind = crdt_history_step(d->history, last)->kind,
	                .path = crdt_history_step(d->history, steps[0])->path});
}

/* ---- All places ------------------------------------------------------------------------------------------------- */

static bool is_touched(const struct differ *d, uint32_t step)
{
	struct crdt_steps enders = crdt_history_enders(d->history, step);
	bool touched = is_new(d, step);
	for (uint32_t i = 0; i < enders.count && !touched; i++)
		touched = is_new(d, enders.items[i]);
	return touched;
}

static void compare_path(struct differ *d, const uint32_t *steps, uint32_t count)
{
	struct buf sets = {0}, adds = {0}, others = {0};
	bool touched = false;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t kind = crdt_history_step(d->history, steps[i])->kind;
		push(kind == CRDT_OP_SET ? &sets : kind == CRDT_OP_ADD ? &adds : &others, steps[i]);
		touched |= is_touched(d, steps[i]);
	}
	if (touched && sets.size)
		compare(d, steps_of(&sets), count_of(&sets), false);
	if (touched)
		compare_elements(d, steps_of(&adds), count_of(&adds));
	if (touched && others.size)
		compare_content(d, steps_of(&others), count_of(&others));
	buf_close(&sets);
	buf_close(&adds);
	buf_close(&others);
}

static void compare_paths(struct differ *d)
{
	struct crdt_steps all = crdt_history_under(d->history, (struct span){NULL, 0});
	for (uint32_t first = 0, end; first < all.count; first = end) {
		struct span path = crdt_history_step(d->history, all.items[first])->path;
		for (end = first + 1; end < all.count; end++)
			if (!span_eq(crdt_history_step(d->history, all.items[end])->path, path))
				break;
		compare_path(d, all.items + first, end - first);
	}
}

/* The event that a correction names goes to `before`. False: what it names would be here, and is no event: it corrects nothing. */
static bool note_corrected(struct differ *d, const struct crdt_step *step)
{
	const struct entry_ref entry = {step->corrects.feed, step->corrects.seq};
	uint32_t corrected, change;
	if (!crdt_history_find(d->history, &step->corrects, &corrected))
		return !crdt_history_find_change(d->history, &entry, &change);
	bool is_event = crdt_history_step(d->history, corrected)->kind == CRDT_OP_EVENT;
	if (is_event)
		push(&d->before, corrected);
	return is_event;
}

/* Events never change, and what is not known cannot be compared: each new one is an item. */
static void take_whole(struct differ *d, uint32_t number)
{
	const struct crdt_step *step = crdt_history_step(d->history, number);
	bool is_known = crdt_step_leaves_cell(step) || step->kind == CRDT_OP_CLEAR ||
	        step->kind == CRDT_OP_REMOVE;
	if (is_known || !is_new(d, number))
		return;
	begin(d);
	push(&d->by, number);
	struct crdt_diff_item item = {.kind = CRDT_DIFF_UNKNOWN, .op_kind = step->kind};
	if (step->kind == CRDT_OP_EVENT) {
		bool corrects = step->is_correction && note_corrected(d, step);
		item = (struct crdt_diff_item){
		        .kind = corrects ? CRDT_DIFF_EVENT_CORRECTED : CRDT_DIFF_EVENT_ADDED};
		push(&d->after, number);
	}
	emit(d, item);
}

static uint32_t last_step(const struct crdt_diff_item *item)
{
	return item->by.items[item->by.count - 1];
}

static uint32_t some_step(const struct crdt_diff_item *item)
{
	return item->before.count ? item->before.items[0] : item->after.count ? item->after.items[0] : 0;
}

static int by_last_step(const void *left, const void *right)
{
	const struct crdt_diff_item *a = left, *b = right;
	if (last_step(a) != last_step(b))
		return last_step(a) < last_step(b) ? -1 : 1;
	int order = span_cmp(a->path, b->path);
	return order ? order : (some_step(a) > some_step(b)) - (some_step(a) < some_step(b));
}

int crdt_diff(const struct crdt_history *history, const struct crdt_frontier *from,
        const struct crdt_frontier *to, struct crdt_diff *out)
{
	if (!crdt_frontier_within(from, to))
		return ERR_INVALID;
	struct differ d = {.history = history, .out = out};
	out->count = 0;
	arena_clear(&out->arena);
	d.where = mem_zero(crdt_history_count(history) + 1, 1);
	for (uint32_t i = 0; i < crdt_history_count(history); i++) {
		const struct op_id *op = &crdt_history_step(history, i)->op;
		d.where[i] = (uint8_t)((crdt_frontier_holds(from, &op->feed, op->seq) ? SEEN : 0) |
		        (crdt_frontier_holds(to, &op->feed, op->seq) ? PRESENT : 0));
	}
	compare_paths(&d);
	for (uint32_t i = 0; i < crdt_history_count(history); i++)
		take_whole(&d, i);
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), by_last_step);
	mem_free(d.where);
	buf_close(&d.before);
	buf_close(&d.after);
	buf_close(&d.by);
	buf_close(&d.old_values);
	buf_close(&d.new_values);
	return 0;
}

void crdt_diff_close(struct crdt_diff *diff)
{
	mem_free(diff->items);
	arena_close(&diff->arena);
	*diff = (struct crdt_diff){0};
}
