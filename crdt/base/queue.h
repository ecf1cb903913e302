/*
 * crdt/base/queue.h - intrusive doubly linked list: a link inside each member, no allocation, O(1) removal.
 *
 * A queue head is a link that points at itself when empty; queue_init() before use. A link not in a queue is either
 * zeroed or initialized; removing it twice is harmless.
 */
#ifndef CRDT_BASE_QUEUE_H
#define CRDT_BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct queue {
	struct queue *next, *prev;
};

static inline void queue_init(struct queue *queue)
{
	queue->next = queue->prev = queue;
}

static inline bool queue_empty(const struct queue *queue)
{
	return queue->next == queue;
}

static inline void queue_push(struct queue *queue, struct queue *link)
{
	link->prev = queue->prev;
	link->next = queue;
	queue->prev->next = link;
	queue->prev = link;
}

static inline void queue_remove(struct queue *link)
{
	if (!link->next)
		return;
	link->prev->next = link->next;
	link->next->prev = link->prev;
	queue_init(link);
}

/* Takes out the oldest link; NULL when empty. */
static inline struct queue *queue_pop(struct queue *queue)
{
	struct queue *first = queue->next;
	if (first == queue)
		return NULL;
	queue_remove(first);
	return first;
}

/* The member of type `type` that holds `link` as its field `field`. */
#define queue_member(link, type, field) ((type *)(void *)((char *)(link)-offsetof(type, field)))

#define queue_member_const(link, type, field) \
	((const type *)(const void *)((const char *)(link)-offsetof(type, field)))

#endif
