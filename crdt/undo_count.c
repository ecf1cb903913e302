#include "crdt/undo_state.h"

struct count_planner {
	struct undo_planner *p;
	struct buf own, back, enders, later; /* uint32_t each */
	uint64_t own_sum, back_sum;
};

/* Sort one step that ever added here. */
static void look_at_count(struct count_planner *c, uint32_t number)
{
	const struct crdt_step *step = crdt_history_step(c->p->history, number);
	struct crdt_steps enders = crdt_history_enders(c->p->history, number);
	bool is_own = undo_is_own(c->p, number);
	uint32_t by_own = 0;
	for (uint32_t i = 0; i < enders.count; i++)
		by_own += undo_is_own(c->p, enders.items[i]);
	if (is_own && enders.count == 0) {
		undo_push(&c->own, number);
		c->own_sum += (uint64_t)step->delta;
	} else if (!is_own && by_own && by_own == enders.count) {
		undo_push(&c->back, number);
		c->back_sum += (uint64_t)step->delta;
	} else if (enders.count == 0 && number >= c->p->end) {
		undo_push(&c->later, number);
	}
	for (uint32_t i = 0; (is_own || by_own) && i < enders.count; i++)
		if (!undo_is_own(c->p, enders.items[i]))
			undo_push(&c->enders, enders.items[i]);
}

/* Whoever added after the change took something away went on from there. */
void undo_plan_count(struct undo_planner *p, struct crdt_steps steps)
{
	struct count_planner c = {.p = p};
	for (uint32_t i = 0; i < steps.count; i++)
		look_at_count(&c, steps.items[i]);
	bool overtaken = c.back.size && c.later.size;
	if (overtaken) {
		buf_add_span(&c.enders, buf_span(&c.later));
		buf_clear(&c.back);
		c.back_sum = 0;
	}
	crdt_steps_order(&c.enders, 0);
	struct crdt_undo_item item = {.path = crdt_history_step(p->history, steps.items[0])->path,
	        .kind = c.own.size || c.back.size ? CRDT_UNDO_COUNT
	                : c.enders.size           ? CRDT_UNDO_OVERTAKEN
	                                          : CRDT_UNDO_NOTHING,
	        .own = undo_keep(p, &c.own),
	        .back = undo_keep(p, &c.back),
	        .others = undo_keep(p, &c.enders),
	        .delta = (int64_t)(c.back_sum - c.own_sum)};
	undo_emit(p, &item);
	buf_close(&c.own);
	buf_close(&c.back);
	buf_close(&c.enders);
	buf_close(&c.later);
}

static void write_again(const struct crdt_history *history, struct crdt_builder *builder, struct span path,
        struct crdt_steps back)
{
	for (uint32_t i = 0; i < back.count; i++)
		crdt_builder_count(builder, path, crdt_history_step(history, back.items[i])->delta);
}

/* What was added goes as a whole: done twice, apart, it still goes once. */
void undo_write_count(const struct crdt_history *history, const struct crdt_undo_item *item,
        struct crdt_builder *builder, struct span reason)
{
	struct op_id cited[LIMIT_OP_SUPERSEDES];
	for (uint32_t at = 0; at < item->own.count;) {
		struct crdt_cites cites = {cited, 0};
		while (at < item->own.count && cites.count < LIMIT_OP_SUPERSEDES)
			cited[cites.count++] = crdt_history_step(history, item->own.items[at++])->op;
		crdt_builder_clear(builder, item->path, cites, reason);
	}
	write_again(history, builder, item->path, item->back);
}
