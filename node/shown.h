/*
 * node/shown.h - pieces of the interface's JSON that many derived views share: ids, texts, days, moments. Pure; owner decrefs.
 */
#ifndef NODE_SHOWN_H
#define NODE_SHOWN_H

#include <jansson.h>

#include "crdt/base/ids.h"
#include "crdt/base/span.h"

json_t *shown_id(struct span id); /* whole or short, in hexadecimal */
json_t *shown_record_id(const struct record_id *id);
json_t *shown_moment(int64_t seconds); /* with the offset of Paris */

/* Members that are left out where there is nothing: an empty text, an empty list (which is taken). */
void shown_put_text(json_t *json, const char *name, struct span text);
/* Days outside of 1900 to 2199, which mean "always" or "never"; "08:30" of a minute of the day. */
void shown_put_day(json_t *json, const char *name, int64_t day);
void shown_put_minute(json_t *json, const char *name, uint32_t minute);
void shown_put_list(json_t *json, const char *name, json_t *list);

#endif
