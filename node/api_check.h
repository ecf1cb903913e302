/*
 * node/api_check.h - a check of the whole database (node/node_check.h) in pieces, each answered as JSON: by the running program, or by the
 * command line over a database that nobody has open.
 */
#ifndef NODE_API_CHECK_H
#define NODE_API_CHECK_H

#include <jansson.h>

#include "crdt/base/env.h"
#include "store/vault.h"

struct api_check;

/* Everything is borrowed until api_check_free(). Errors of the store. */
int api_check_new(struct store *store, struct vault *vault, const struct env *env, uint64_t number,
        struct api_check **out);
void api_check_free(struct api_check *check); /* NULL is allowed */
uint64_t api_check_number(const struct api_check *check);

/* Go on for some hundredths of a second; replaying the log is one piece. *out, the caller's: what was checked so far, whether it is done,
 * and the faults found since the last piece. Errors of the store; *out is then NULL. */
int api_check_piece(struct api_check *check, json_t **out);

#endif
