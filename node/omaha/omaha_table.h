/* node/omaha/omaha_table.h - what table.py writes, for omaha.c and omaha_json.c. */
#ifndef NODE_OMAHA_OMAHA_TABLE_H
#define NODE_OMAHA_OMAHA_TABLE_H

#include "node/omaha/omaha.h"

/* Ascending by code, the retired ones among them. */
extern const struct omaha_term omaha_problems[], omaha_signs[], omaha_targets[];
extern const uint32_t omaha_problems_count, omaha_signs_count, omaha_targets_count;

/* What the schema calls it, and what people do; each list ends without a name. Domains in the order of their numbers. */
struct omaha_item {
	const char *key;
	struct omaha_label label, definition;
};
extern const struct omaha_item omaha_domains[], omaha_categories[], omaha_scopes[], omaha_severities[];

struct omaha_scale {
	const char *key;
	struct omaha_label label, definition, levels[5]; /* 1, the worst, to 5 */
};
extern const struct omaha_scale omaha_scales[];

extern const char *const omaha_title, *const omaha_system, *const omaha_oid;

#endif
