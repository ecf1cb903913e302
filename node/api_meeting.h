/*
 * node/api_meeting.h - what devices signed at a meeting, for other replies.
 *
 * A checkpoint: {"moment", "signers": [{"device", "person", "name", "role", "moment"}], "unsigned", "other", "missing": lists of such devices, "complete", "own",
 * "current", "fr", "en"}. Threads: one.
 */
#ifndef NODE_API_MEETING_H
#define NODE_API_MEETING_H

#include "node/api_node.h"

/* The last one that is shown; null: there is none. Owner decrefs. */
json_t *api_checkpoint(struct api_node *app);

#endif
