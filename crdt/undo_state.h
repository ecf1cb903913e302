/*
 * crdt/undo_state.h - an undo being planned: what undo.c, undo_count.c and undo_seq.c share.
 */
#ifndef CRDT_UNDO_STATE_H
#define CRDT_UNDO_STATE_H

#include "crdt/seq.h"
#include "crdt/undo.h"

struct undo_planner {
	const struct crdt_history *history;
	struct crdt_undo *out;
	uint32_t change; /* its number */
	uint32_t first, end; /* its steps */
};

static inline bool undo_is_own(const struct undo_planner *p, uint32_t step)
{
	return step >= p->first && step < p->end;
}

/* Steps in a buffer of uint32_t. */
static inline void undo_push(struct buf *list, uint32_t step)
{
	buf_add(list, &step, sizeof(step));
}

static inline struct crdt_steps undo_steps_of(const struct buf *list)
{
	return (struct crdt_steps){
	        (const uint32_t *)(const void *)list->data, (uint32_t)(list->size / sizeof(uint32_t))};
}
/* A copy that lives as long as the plan. */
struct crdt_steps undo_keep(struct undo_planner *p, const struct buf *list);

/* Add an item to the plan. */
void undo_emit(struct undo_planner *p, const struct crdt_undo_item *item);

/* --- undo_count.c: a counter --- */

/* Plan it from the steps that ever added there. */
void undo_plan_count(struct undo_planner *p, struct crdt_steps steps);
void undo_write_count(const struct crdt_history *history, const struct crdt_undo_item *item,
        struct crdt_builder *builder, struct span reason);

/* --- undo_seq.c: a text or list --- */

void undo_plan_seq(struct undo_planner *p, struct span path, enum seq_kind kind);
void undo_write_seq(const struct crdt_undo_item *item, struct crdt_builder *builder);

#endif
