/*
 * node/role_words.h - what a device may see and do, and until when, in a sentence for people.
 *
 * Pure. Threads: any.
 */
#ifndef NODE_ROLE_WORDS_H
#define NODE_ROLE_WORDS_H

#include "crdt/base/mem.h"
#include "node/team/view.h"
#include "node/words.h"

/* Of a device of the team, at this moment. Appends. */
void role_words(const struct team_view *view, const struct team_device *device, uint64_t now_ms,
        enum schema_language language, struct buf *out);

#endif
