/*
 * node/api_target.h - the target of a request: path and query, percent-decoded, and how a path matches a route's pattern.
 *
 * Hostile input is fine. Pure.
 */
#ifndef NODE_API_TARGET_H
#define NODE_API_TARGET_H

#include <stdbool.h>

#include "crdt/base/span.h"

enum { API_TARGET_SEGMENTS = 8, API_TARGET_QUERIES = 16, API_TARGET_BYTES = 4096 };

struct api_target {
	char *text; /* decoded pieces, each terminated */
	const char *segments[API_TARGET_SEGMENTS];
	unsigned segment_count;
	struct {
		const char *name, *value;
	} queries[API_TARGET_QUERIES];
	unsigned query_count;
};

/* "/a/b%20c?x=1&y". ERR_MALFORMED: no leading slash, an empty segment, a bad percent escape, a control character, not
 * UTF-8. ERR_TOOBIG: over one of the limits above. *out may be closed whatever came. */
int api_target_read(struct api_target *out, struct span target);
void api_target_close(struct api_target *target);

/* Does the path fit "/api/patients/:id"? */
bool api_target_match(const struct api_target *target, const char *pattern);

/* What stands for the n-th colon segment of a pattern that matched; "" past the last. */
const char *api_target_param(const struct api_target *target, const char *pattern, unsigned index);

/* NULL when absent. */
const char *api_target_query(const struct api_target *target, const char *name);

#endif
