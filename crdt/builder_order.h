/*
 * crdt/builder_order.h - a change written anew, so that its dependencies ascend as an entry's header wants them.
 *
 * An op may cite a feed that was not among the dependencies the builder began with; it comes last then, and ops refer to dependencies by
 * their number. For builder.c alone.
 */
#ifndef CRDT_BUILDER_ORDER_H
#define CRDT_BUILDER_ORDER_H

#include "crdt/builder.h"
#include "crdt/change.h"

bool crdt_builder_ordered(const struct crdt_builder *builder);

/* Write the ops of `change`, which `builder` made, into a builder whose dependencies ascend, and put that in its place. Errors as those of
 * the ops stick in it. */
void crdt_builder_order(struct crdt_builder *builder, const struct crdt_change *change);

#endif
