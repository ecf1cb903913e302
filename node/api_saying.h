/*
 * node/api_saying.h - sentences put together for replies, in one language: of devices, and of when something was.
 *
 * Threads: one.
 */
#ifndef NODE_API_SAYING_H
#define NODE_API_SAYING_H

#include "node/api_node.h"

struct api_saying {
	struct api_node *app;
	enum schema_language language;
	struct buf *out;
};

void api_say(const struct api_saying *saying, const char *fr, const char *en);
void api_say_label(const struct api_saying *saying, const struct schema_label *label);
void api_say_count(const struct api_saying *saying, uint64_t count);
void api_say_when(const struct api_saying *saying, uint64_t ms); /* words_when(), as of now */
void api_say_device(const struct api_saying *saying, const struct device_id *device); /* api_device_words() */

#endif
