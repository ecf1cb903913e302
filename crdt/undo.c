#include "crdt/undo_state.h"

#include <stdlib.h>

#include "crdt/base/err.h"

/* What stands and stood at one place. */
struct place {
	struct buf own, lost, back, others, enders; /* uint32_t each */
	bool wrote; /* the change put something here */
	bool taken; /* somebody put something here after it */
};

struct crdt_steps undo_keep(struct undo_planner *p, const struct buf *list)
{
	struct crdt_steps steps = undo_steps_of(list);
	if (steps.count)
		steps.items = arena_copy(&p->out->arena, steps.items, steps.count * sizeof(*steps.items));
	return steps;
}

static const struct crdt_step *step_at(const struct undo_planner *p, uint32_t number)
{
	return crdt_history_step(p->history, number);
}

/* Sort one step that put something here. */
static void look_at(const struct undo_planner *p, struct place *place, uint32_t step)
{
	struct crdt_steps enders = crdt_history_enders(p->history, step);
	uint32_t by_own = 0;
	for (uint32_t i = 0; i < enders.count; i++)
		by_own += undo_is_own(p, enders.items[i]);
	place->wrote |= undo_is_own(p, step);
	place->taken |= enders.count == 0 && step >= p->end;
	if (enders.count == 0)
		undo_push(undo_is_own(p, step) ? &place->own : &place->others, step);
	else if (undo_is_own(p, step) ? by_own < enders.count : by_own > 0)
		for (uint32_t i = 0; i < enders.count; i++)
			if (!undo_is_own(p, enders.items[i]))
				undo_push(&place->enders, enders.items[i]);
	if (!undo_is_own(p, step) && by_own > 0)
		undo_push(by_own == enders.count ? &place->back : &place->lost, step);
}

static void register_kind(const struct place *place, struct crdt_undo_item *item)
{
	bool lives = place->own.size > 0, comes_back = place->back.size > 0;
	if (lives)
		item->kind = comes_back ? CRDT_UNDO_RESTORE : CRDT_UNDO_REMOVE;
	else if (!place->wrote && comes_back && !place->taken)
		item->kind = CRDT_UNDO_RESTORE;
	else
		item->kind = CRDT_UNDO_OVERTAKEN;
}

/* An element is there or not, whoever added it. */
static void element_kind(const struct place *place, struct crdt_undo_item *item)
{
	bool was_there = place->back.size || place->lost.size, is_there = place->others.size > 0;
	if (place->wrote && place->own.size == 0)
		item->kind = CRDT_UNDO_OVERTAKEN;
	else if (place->wrote)
		item->kind = was_there ? CRDT_UNDO_NOTHING : CRDT_UNDO_REMOVE;
	else if (is_there)
		item->kind = CRDT_UNDO_NOTHING;
	else
		item->kind = place->back.size ? CRDT_UNDO_RESTORE : CRDT_UNDO_OVERTAKEN;
}

bool crdt_undo_acts(const struct crdt_undo_item *item)
{
	switch (item->kind) {
	case CRDT_UNDO_RESTORE:
	case CRDT_UNDO_REMOVE:
	case CRDT_UNDO_TEXT:
	case CRDT_UNDO_LIST:
	case CRDT_UNDO_COUNT:
		return true;
	case CRDT_UNDO_NOTHING:
	case CRDT_UNDO_OVERTAKEN:
	case CRDT_UNDO_EVENT:
	case CRDT_UNDO_UNKNOWN:
		return false;
	}
	return false;
}

void undo_emit(struct undo_planner *p, const struct crdt_undo_item *item)
{
	struct crdt_undo *out = p->out;
	out->does_something |= crdt_undo_acts(item);
	out->items = mem_room(out->items, out->count, &out->capacity, sizeof(*out->items));
	out->items[out->count++] = *item;
}

static void close_place(struct place *place)
{
	buf_close(&place->own);
	buf_close(&place->lost);
	buf_close(&place->back);
	buf_close(&place->others);
	buf_close(&place->enders);
}

/* Plan one place from the steps that ever put something of its kind there. */
static void plan_place(struct undo_planner *p, const uint32_t *steps, uint32_t count, bool is_element)
{
	struct place place = {.wrote = false};
	for (uint32_t i = 0; i < count; i++)
		look_at(p, &place, steps[i]);
	struct crdt_undo_item item = {.is_element = is_element, .path = step_at(p, steps[0])->path};
	if (is_element) {
		item.element = step_at(p, steps[0])->value;
		element_kind(&place, &item);
	} else {
		register_kind(&place, &item);
	}
	item.own = undo_keep(p, &place.own);
	if (item.kind == CRDT_UNDO_RESTORE)
		item.back = undo_keep(p, &place.back);
	/* Values beside it, or whoever ended what it wrote or removed. */
	item.others = undo_keep(p, place.others.size ? &place.others : &place.enders);
	if (place.wrote || place.back.size || place.lost.size)
		undo_emit(p, &item);
	close_place(&place);
}

/* ---- Which places ----------------------------------------------------------------------------------------------- */

static int by_path(const void *left, const void *right, void *context)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	int order = span_cmp(crdt_history_step(context, a)->path, crdt_history_step(context, b)->path);
	return order ? order : (a > b) - (a < b);
}

static int by_element(const void *left, const void *right, void *context)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	int order = span_cmp(crdt_history_step(context, a)->value, crdt_history_step(context, b)->value);
	return order ? order : (a > b) - (a < b);
}

static void sort(
        const struct undo_planner *p, struct buf *list, int (*cmp)(const void *, const void *, void *))
{
	struct crdt_steps steps = undo_steps_of(list);
	if (steps.count)
		qsort_r(list->data, steps.count, sizeof(*steps.items), cmp, (void *)(uintptr_t)p->history);
}

/* Steps of one kind that ever stood exactly at `path`. */
static void collect_at(const struct undo_planner *p, struct span path, uint32_t kind, struct buf *out)
{
	struct crdt_steps under = crdt_history_under(p->history, path);
	for (uint32_t i = 0; i < under.count && span_eq(step_at(p, under.items[i])->path, path); i++)
		if (step_at(p, under.items[i])->kind == kind)
			undo_push(out, under.items[i]);
}

static void plan_elements(struct undo_planner *p, struct span path)
{
	struct buf adds = {0};
	collect_at(p, path, CRDT_OP_ADD, &adds);
	sort(p, &adds, by_element);
	struct crdt_steps all = undo_steps_of(&adds);
	for (uint32_t first = 0, end; first < all.count; first = end) {
		struct span element = step_at(p, all.items[first])->value;
		for (end = first + 1; end < all.count; end++)
			if (!span_eq(step_at(p, all.items[end])->value, element))
				break;
		plan_place(p, all.items + first, end - first, true);
	}
	buf_close(&adds);
}

static void plan_register(struct undo_planner *p, struct span path)
{
	struct buf sets = {0};
	collect_at(p, path, CRDT_OP_SET, &sets);
	plan_place(p, undo_steps_of(&sets).items, undo_steps_of(&sets).count, false);
	buf_close(&sets);
}

static void plan_counter(struct undo_planner *p, struct span path)
{
	struct buf counts = {0};
	collect_at(p, path, CRDT_OP_COUNT, &counts);
	undo_plan_count(p, undo_steps_of(&counts));
	buf_close(&counts);
}

/* `touched`: bits, by enum crdt_content. */
static void plan_path(struct undo_planner *p, struct span path, unsigned touched)
{
	if (touched & 1u << CRDT_CONTENT_REGISTER)
		plan_register(p, path);
	if (touched & 1u << CRDT_CONTENT_SET)
		plan_elements(p, path);
	if (touched & 1u << CRDT_CONTENT_COUNTER)
		plan_counter(p, path);
	if (touched & 1u << CRDT_CONTENT_TEXT)
		undo_plan_seq(p, path, SEQ_TEXT);
	if (touched & 1u << CRDT_CONTENT_LIST)
		undo_plan_seq(p, path, SEQ_LIST);
}

/* Operations that are not taken back: each an item of its own. */
static void plan_other(struct undo_planner *p, uint32_t number)
{
	const struct crdt_step *step = step_at(p, number);
	struct crdt_undo_item item = {.path = step->path,
	        .kind = step->kind == CRDT_OP_EVENT ? CRDT_UNDO_EVENT : CRDT_UNDO_UNKNOWN};
	item.own.items = arena_copy(&p->out->arena, &number, sizeof(number));
	item.own.count = 1;
	undo_emit(p, &item);
}

/* Cells that the change wrote or ended: their paths are what it touched. */
static void collect_touched(struct undo_planner *p, struct buf *touched)
{
	for (uint32_t number = p->first; number < p->end; number++) {
		const struct crdt_step *step = step_at(p, number);
		struct crdt_steps ended = crdt_history_ended(p->history, number);
		if (crdt_step_leaves_cell(step))
			undo_push(touched, number);
		else if (step->kind != CRDT_OP_CLEAR && step->kind != CRDT_OP_REMOVE)
			plan_other(p, number);
		for (uint32_t i = 0; i < ended.count; i++)
			undo_push(touched, ended.items[i]);
	}
	sort(p, touched, by_path);
}

int crdt_undo_plan(const struct crdt_history *history, const struct entry_ref *change, struct crdt_undo *out)
{
	struct undo_planner planner = {.history = history, .out = out};
	struct buf touched = {0};
	uint32_t number;
	if (!crdt_history_find_change(history, change, &number))
		return ERR_NOTFOUND;
	out->count = 0;
	out->does_something = false;
	arena_clear(&out->arena);
	planner.change = number;
	planner.first = crdt_history_first_step(history, number);
	planner.end = planner.first + crdt_history_change(history, number)->op_count;
	collect_touched(&planner, &touched);
	struct crdt_steps steps = undo_steps_of(&touched);
	for (uint32_t i = 0; i < steps.count;) {
		struct span path = step_at(&planner, steps.items[i])->path;
		unsigned touched_here = 0;
		for (; i < steps.count && span_eq(step_at(&planner, steps.items[i])->path, path); i++)
			touched_here |= 1u << crdt_step_content(step_at(&planner, steps.items[i]));
		plan_path(&planner, path, touched_here);
	}
	buf_close(&touched);
	return 0;
}

void crdt_undo_close(struct crdt_undo *undo)
{
	mem_free(undo->items);
	arena_close(&undo->arena);
	*undo = (struct crdt_undo){0};
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static void write_place(const struct crdt_history *history, const struct crdt_undo_item *item,
        struct crdt_builder *builder, struct span reason)
{
	struct op_id *own = mem_zero(item->own.count + 1, sizeof(*own));
	struct crdt_cites cites = {own, item->own.count}, none = {NULL, 0};
	for (uint32_t i = 0; i < item->own.count; i++)
		own[i] = crdt_history_step(history, item->own.items[i])->op;
	if (item->kind == CRDT_UNDO_REMOVE && item->is_element)
		crdt_builder_remove(builder, item->path, cites, reason);
	else if (item->kind == CRDT_UNDO_REMOVE)
		crdt_builder_clear(builder, item->path, cites, reason);
	for (uint32_t i = 0; item->kind == CRDT_UNDO_RESTORE && i < item->back.count; i++) {
		struct span value = crdt_history_step(history, item->back.items[i])->value;
		if (!item->is_element)
			crdt_builder_set(builder, item->path, value, cites, reason);
		else if (i == 0) /* the same element, however often it was added */
			crdt_builder_add(builder, item->path, value, none);
	}
	mem_free(own);
}

int crdt_undo_write(const struct crdt_history *history, const struct crdt_undo *undo,
        struct crdt_builder *builder, struct span reason)
{
	for (uint32_t i = 0; i < undo->count; i++) {
		const struct crdt_undo_item *item = &undo->items[i];
		if (item->kind == CRDT_UNDO_TEXT || item->kind == CRDT_UNDO_LIST)
			undo_write_seq(item, builder);
		else if (item->kind == CRDT_UNDO_COUNT)
			undo_write_count(history, item, builder, reason);
		else if (crdt_undo_acts(item))
			write_place(history, item, builder, reason);
	}
	return builder->error;
}
