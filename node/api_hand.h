/*
 * node/api_hand.h - a device that was handed over: nothing is reachable but one questionnaire, once (node/survey/README.md, section 3).
 *
 * Of the whole program, all its teams. Only forgetting every key ends it (POST /api/lock, or the end of the program). Threads: one.
 */
#ifndef NODE_API_HAND_H
#define NODE_API_HAND_H

#include "crdt/base/ids.h"

struct api_node;

enum { API_HAND_TOKEN_BYTES = 32 };

/* Zero-initialized: it is in the hands of its nurse. */
struct api_hand {
	const struct api_node *owner; /* whose campaign it is; NULL: not handed over */
	struct record_id campaign;
	uint8_t token[API_HAND_TOKEN_BYTES];
	bool is_used; /* an answer was taken */
};

#endif
