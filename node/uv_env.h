/*
 * node/uv_env.h - the production struct env: the machine's clocks and random generator.
 */
#ifndef NODE_UV_ENV_H
#define NODE_UV_ENV_H

#include "crdt/base/env.h"

/* Static; sodium_init() must have been called before random bytes are asked for. */
const struct env *uv_env(void);

#endif
