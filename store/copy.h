/*
 * store/copy.h - all rows of one store into another, as they are: out of a database whose file is damaged in places that are not needed.
 */
#ifndef STORE_COPY_H
#define STORE_COPY_H

#include "store/store.h"

/* Into an empty store, in several durable transactions. Errors of either store; `to` is then of no use. */
int store_copy(struct store *from, struct store *to);

#endif
