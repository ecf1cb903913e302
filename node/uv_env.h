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

/* Overwrite what was freed and not used again since: takes all free memory of this thread's part of the heap, wipes it and frees it. Some
 * milliseconds. What others still hold (libraries' buffers, the stack) is left. */
void uv_env_wipe_free(void);

/* After a passphrase went through here: the same, and the stack below the caller, where libraries leave copies of what they read. */
void uv_env_wipe_traces(void);

/* One heap for all threads, so that the call above reaches what any of them freed. Before the first thread. */
void uv_env_one_heap(void);

#endif
