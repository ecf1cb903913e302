/*
 * node/uv_env.h - what the machine gives: clocks and randomness (the production struct env), memory.
 */
#ifndef NODE_UV_ENV_H
#define NODE_UV_ENV_H

#include "crdt/base/env.h"

/* Static; sodium_init() must have been called before random bytes are asked for. */
const struct env *uv_env(void);

/* Give what was freed back to the system, so that an idle program is small. A millisecond. */
void uv_env_give_back(void);

#endif
